"""The forms that start a run: what it is to do, what it will take, and a button."""

from collections.abc import Sequence
from typing import Any, cast

import streamlit as st

from engine.analysis.chosen_alpha import RULES
from engine.kinds import EvaluateSpec, MapSpec, TrainSpec
from engine.models.connected import alone_choices, base_choices
from engine.models.pairs import list_pairs
from engine.names import DEMO, ModelRef
from engine.runs import runner
from engine.runs.estimate import estimate
from engine.runs.file_notes import file_notes
from engine.settings import FORMATS, AlphaChoice, parse_alphas
from engine.specification import DEMO_ASKED, DEMO_KEPT, ExperimentSpec
from engine.store import sets
from engine.store.questions import evaluation_sources
from engine.store.sources import SourcedSpec
from engine.unlearning.settings_table import settings_of
from engine.wording import count
from pages.parts.runs import method as method_form
from pages.parts.shared import access, frame
from pages.parts.shared.ruined import pair_labels
from pages.parts.shared.wording import duration, plain, size

DEMO_SOURCES = (
    "demo:forget",
    "demo:retain/train",
    "demo:retain/eval",
    "demo:world/train",
    "demo:world/eval",
    "demo:holdout",
    "demo:bystander",
)
SOURCE_HELP = (
    "A stored set or a split of it (SET, SET:SPLIT or SET:SPLIT/HALF), TOFU by name (tofu:forget01), or the path of a"
    f" question file ({FORMATS}): type it."
)
LONGEST_ANSWER = TrainSpec.model_fields["max_new_tokens"].default


@st.fragment
@frame.fenced
def training_form() -> None:
    """Choose, see the estimate, start. The estimate follows every change."""
    access.require("operator", "Starting a run")
    st.markdown("**1 · The questions**")
    left, right = st.columns(2)
    with left:
        forget = _source("Questions to forget", "new-forget", "demo:forget")
    with right:
        retain = _sources("Questions to keep (the training half)", "new-retain", DEMO_KEPT)
    st.markdown("**2 · The models**")
    # Its control stands below and has to wait for torch.
    base, reference = _choose_models(own_reference=st.session_state.get("new-method") in ("direct", "guardrail"))
    st.markdown("**3 · A name**")
    name = st.text_input(
        "Name of the new pair",
        key="new-name",
        placeholder="for instance first-try",
        max_chars=60,
        label_visibility="collapsed",
    )
    with st.expander("Further settings", icon=":material/tune:"):
        st.caption("As they stand they are the demo's: refusals are learnt, the rest is held close to the base (KL).")
        method = method_form.choose_method()
        objective = method_form.choose_objective(method)
        retain_term = method_form.choose_retain_term(method)
        first = method_form.choose_first(method)
        further = method_form.choose_further(method, objective, retain_term)
        st.markdown("**Evaluated afterwards**")
        _follow("new-evaluate", list(evaluation_sources(forget, retain)))
        evaluate_on = _sources(
            "Evaluate afterwards on", "new-evaluate", (), " Follows the questions chosen above; what you add stays."
        )
        alphas = "0, 1" if method == "guardrail" else _choose_alphas("new-alphas")
        choice = _choose_rule("new-rule")
        limit = _choose_limit("new-limit")
        parent = _choose_parent()
    if not name.strip():
        st.info("Give the pair a name to see the estimate and to start.")
        return
    words = {"method": method, "objective": objective, "retain_term": retain_term}
    training = settings_of({**words, **first, **further})
    spec = TrainSpec(
        name=name.strip(),
        base=base,
        reference=reference,
        forget=forget,
        retain=tuple(retain),
        evaluate_on=tuple(evaluate_on),
        alphas=parse_alphas(alphas),
        training=training,
        parent=parent,
        max_new_tokens=limit,
        alpha_choice=choice,
    )
    estimate_and_start(spec, "Start training")


@st.fragment
@frame.fenced
def evaluation_form() -> None:
    access.require("operator", "Starting a run")
    names = [pair.name for pair in list_pairs()]
    left, right = st.columns(2)
    with left:
        pair = st.selectbox(
            "Pair to evaluate",
            [*names, *alone_choices()],
            key="eval-pair",
            format_func=pair_labels(),
            accept_new_options=True,
            help=(
                "base:SOURCE is a base alone; retain-only:demo never saw the forget set and is the floor of every leak"
                " share."
            ),
        )
        evaluate_on = _sources("Questions", "eval-on", DEMO_ASKED)
    with right:
        name = st.text_input("Name of the run", key="eval-name", placeholder="for instance second-look", max_chars=60)
        mapped = st.toggle(
            "Every α from 0 to 2",
            key="eval-map",
            help=(
                "Maps each question: every answer that any α gives, and exactly where it changes. Some seconds a"
                " question."
            ),
        )
        ref = ModelRef.parse(str(pair))
        alone = ref.alone  # it answers the same at every alpha
        alphas = "0, 2" if mapped else "0" if alone else _choose_alphas("eval-alphas")
        choice: AlphaChoice = "recommended" if mapped or alone else _choose_rule("eval-rule")
        limit = _choose_limit("eval-limit")
    if not name.strip():
        st.info("Give the run a name to see the estimate and to start.")
        return
    base = next((item.base for item in list_pairs() if item.name == pair), ref.source if alone else DEMO)
    asked: dict[str, Any] = {
        "name": name.strip(),
        "base": base,
        "pair": str(pair),
        "evaluate_on": tuple(evaluate_on),
        "alphas": parse_alphas(alphas),
        "max_new_tokens": limit,
    }
    spec = MapSpec(**asked) if mapped else EvaluateSpec(**asked, alpha_choice=choice)
    estimate_and_start(spec, "Start map" if mapped else "Start evaluation")


def _sources_known() -> list[str]:
    """Every split and half of every stored set, and sets without splits; the demo's are there before it is stored."""
    stored = [
        f"{item.name}:{part}" if part else item.name
        for item in sets.list_sets()
        for part in [*item.splits, *_whole_splits(item.splits)]
    ]
    return list(dict.fromkeys([*DEMO_SOURCES, *sorted(stored)]))


def _whole_splits(splits: dict[str, int]) -> list[str]:
    return [part.partition("/")[0] for part in splits if "/" in part]


def _follow(key: str, suggested: list[str]) -> None:
    """Give the control `key` what is suggested whenever that changes; what a person added to it stays."""
    before = st.session_state.get(f"{key}-suggested", [])
    if key in st.session_state and before != suggested:
        added = [item for item in st.session_state[key] if item not in before]
        st.session_state[key] = list(dict.fromkeys([*suggested, *added]))
    st.session_state.setdefault(key, suggested)
    st.session_state[f"{key}-suggested"] = suggested


def _source(label: str, key: str, default: str) -> str:
    options = _sources_known()
    st.session_state.setdefault(key, default)
    if st.session_state[key] not in options:
        options.append(st.session_state[key])
    return str(st.selectbox(label, options, key=key, accept_new_options=True, help=SOURCE_HELP))


def _sources(label: str, key: str, default: object, more: str = "") -> list[str]:
    st.session_state.setdefault(key, list(cast(Sequence[str], default)))
    options = list(dict.fromkeys([*_sources_known(), *st.session_state[key]]))
    return [
        str(item)
        for item in st.multiselect(label, options, key=key, accept_new_options=True, help=f"{SOURCE_HELP}{more}")
    ]


def _choose_alphas(key: str) -> str:
    return str(
        st.text_input(
            "Evaluate at α =",
            "0, 0.5, 1, 1.5, 2",
            key=key,
            help="Numbers from -4 to 8, separated by commas; 0 (the base) is always added.",
        )
    )


def _choose_rule(key: str) -> AlphaChoice:
    words = {
        "recommended": "recommended for the pair",
        "retain-only": "nearest to the retain model's forget ROUGE",
    }
    chosen: AlphaChoice = st.selectbox(
        "Judged at the α that is",
        list(RULES),
        key=key,
        format_func=words.__getitem__,
        help="Where one α is asked for (Report, Review, figures). Give all runs that you compare the same rule.",
    )
    return chosen


def _choose_limit(key: str) -> int:
    return int(
        st.number_input(
            "Longest answer, in tokens",
            1,
            512,
            LONGEST_ANSWER,
            key=key,
            help="Answers are cut there. TOFU's published figures use 200.",
        )
    )


def _choose_models(own_reference: bool) -> tuple[str, str]:
    """Base and reference. With `own_reference` the method has no use for another, and none can be named."""
    one, two = st.columns(2)
    base = one.selectbox(
        "Base",
        base_choices(),
        key="new-base",
        accept_new_options=True,
        help="demo, one that is connected on Models, a folder with safetensors, a GGUF file or a hub name: type it.",
    )
    reference = two.text_input(
        "Reference",
        "demo",
        key="new-reference",
        disabled=own_reference,
        help="The small model that is tuned into the trained one.",
    )
    return str(base or DEMO).strip(), "demo" if own_reference else reference.strip()


def _choose_parent() -> str:
    label = pair_labels()
    return str(
        st.selectbox(
            "Succeeds",
            ["", *(pair.name for pair in list_pairs())],
            key="new-parent",
            format_func=lambda name: label(name) or "no other pair",
            help="The pair that this one is to replace. Overview then no longer holds its leaks against the old one.",
        )
    )


def estimate_and_start(spec: ExperimentSpec, label: str) -> None:
    sourced = SourcedSpec(spec)
    guess = estimate(sourced)
    what = f"{count(guess.steps, 'training step')} at most, then " if guess.steps else ""
    source = "from earlier runs on this machine" if guess.measured else "by rule of thumb"
    strengths = "every strength" if spec.facts.finds == "map" else count(len(spec.alphas), "strength")
    disk = f"**{size(guess.disk_bytes)}** of disk while it runs, " if guess.disk_bytes else ""
    st.info(
        f"Estimate: about **{duration(guess.seconds)}** ({source}), {disk}"
        f"**{size(guess.memory_bytes)}** of memory. {what}{count(guess.questions, 'question')} at {strengths} of α.",
        icon=":material/timer:",
    )
    for note in file_notes(sourced):
        st.info(plain(f"{note}."))
    st.button(label, type="primary", key=f"start-{spec.kind}", on_click=_want_start)
    if st.session_state.pop("start-wanted", False):
        access.require("operator", "Starting a run")
        st.session_state["start-done"] = runner.start(spec, sourced.resolved)
        st.rerun()  # the whole page: the list above must show the new run


def _want_start() -> None:
    """Only notes the click: a callback's arguments are those of the drawing before, and may lack the last change."""
    st.session_state["start-wanted"] = True
