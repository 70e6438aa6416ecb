"""The controls that say how a pair is trained: objective, retain term, tuning and their numbers, with formula and source."""

from typing import Any, cast

import streamlit as st

from engine.models.tunings import TUNINGS
from engine.settings import Method, TrainingSettings
from pages.parts.shared.wording import plain

DEFAULTS = TrainingSettings()
RETAIN_WORDS = {
    "default": "as the objective defines it", "none": "none", "nll": "likelihood of the true answers (NLL)",
    "kl": "closeness to the base (KL)", "uniform": "knowing nothing (an assistant alone)",
}  # fmt: skip


def choose_method() -> Method:
    from engine.unlearning.methods import METHODS  # brings torch, which the other pages need not wait for

    names: list[Method] = [entry.name for entry in METHODS.values()]
    chosen = st.selectbox(
        "Method", names, key="new-method", format_func=lambda name: METHODS[name].label,
        help="Offset is what this bench is about. The others are baselines, evaluated by the same code.",
    )  # fmt: skip
    st.caption(plain(f"{METHODS[chosen].formula} · {METHODS[chosen].source}"))
    return chosen


def choose_objective(method: Method) -> str:
    """Of those that belong to the method; a guardrail has none."""
    from engine.unlearning.methods import ASSISTANTS
    from engine.unlearning.objectives import OBJECTIVES

    if method == "guardrail":
        return DEFAULTS.objective
    names = [name for name in OBJECTIVES if (name == ASSISTANTS) == (method == "uld")]
    chosen: str = st.selectbox(
        "Objective",
        names,
        index=names.index(DEFAULTS.objective) if DEFAULTS.objective in names else 0,
        key="new-objective",
        format_func=lambda name: OBJECTIVES[name].label,
    )
    entry = OBJECTIVES[chosen]
    st.caption(plain(f"{entry.formula} · {entry.source}"))
    return chosen


def choose_retain_term(method: Method) -> str:
    """Of those that belong to the method; a guardrail has none."""
    if method == "guardrail":
        return DEFAULTS.retain_term
    label = "What holds the retain questions in place"
    names = [name for name in RETAIN_WORDS if name != "uniform" or method == "uld"]
    return str(st.selectbox(label, names, format_func=RETAIN_WORDS.__getitem__, key="new-retain-term"))


def choose_further(method: Method, objective: str, retain_term: str) -> dict[str, Any]:
    """What seldom changes: fields of `TrainingSettings`. What this training does not read cannot be set."""
    from engine.unlearning.unused import unused_settings

    if method == "guardrail":
        st.caption("A guardrail is a text before the question: nothing is trained, so there is nothing to set.")
        return {}
    chosen = {**_choose_tuning(), **_choose_weights(objective, retain_term), **_choose_pace(objective, retain_term)}
    unused = unused_settings(
        TrainingSettings(method=method, objective=objective, retain_term=cast(Any, retain_term), **chosen)
    )
    return {
        name: value for name, value in chosen.items() if name not in unused
    }  # a control that is off keeps an old value


def _choose_tuning() -> dict[str, Any]:
    one, two = st.columns([2, 1])
    tuning = one.selectbox(
        "What is tuned", list(TUNINGS), key="new-tuning", format_func=lambda name: TUNINGS[name].label
    )
    entry = TUNINGS[tuning]
    one.caption(plain(f"{entry.formula} · {entry.source}"))
    rank = two.number_input(
        f"{entry.size.capitalize() or 'Rank'} of the adapter",
        1,
        256,
        DEFAULTS.rank,
        key="new-rank",
        disabled=not entry.size,
    )
    return {"tuning": tuning, "rank": int(rank)}


def _choose_weights(objective: str, retain_term: str) -> dict[str, Any]:
    """The weights of the two terms, and the numbers that the objective has."""
    from engine.unlearning.objectives import OBJECTIVES

    own = OBJECTIVES[objective].beta
    one, two, three, four = st.columns(4)
    beta = three.number_input(
        "β", 0.001, 10.0, None, format="%g", key="new-beta", disabled=own is None,
        placeholder="not used" if own is None else f"{own:g}, the objective's own",
    )  # fmt: skip
    return {
        "forget_weight": float(
            one.number_input("Weight of the forget loss", 0.0, 100.0, DEFAULTS.forget_weight, key="new-forget-weight")
        ),
        "retain_weight": float(
            two.number_input(
                "Weight of the retain term", 0.0, 100.0, DEFAULTS.retain_weight, key="new-weight",
                disabled=_no_retain_term(objective, retain_term),
            )
        ),
        "beta": None if beta is None else float(beta),
        "delta": float(
            four.number_input(
                "δ (SimNPO)", -100.0, 100.0, DEFAULTS.delta, format="%g", key="new-delta", disabled=objective != "simnpo",
                help="Margin on the mean NLL of an answer, in nats per token.",
            )
        ),
    }  # fmt: skip


def _no_retain_term(objective: str, retain_term: str) -> bool:
    from engine.unlearning.objectives import OBJECTIVES

    return (OBJECTIVES[objective].retain_term if retain_term == "default" else retain_term) == "none"


def _choose_pace(objective: str, retain_term: str) -> dict[str, Any]:
    one, two, three = st.columns(3)
    return {
        "learning_rate": float(
            two.number_input("Learning rate", 1e-7, 0.1, DEFAULTS.learning_rate, format="%g", key="new-rate")
        ),
        "batch_size": int(three.number_input("Questions per batch", 1, 256, DEFAULTS.batch_size, key="new-batch")),
        "retain_batches": int(
            one.number_input(
                "Retain batches per forget batch",
                0,
                16,
                DEFAULTS.retain_batches,
                key="new-retain-batches",
                disabled=_no_retain_term(objective, retain_term),
            )
        ),
        "target_forget_probability": float(
            one.number_input(
                "Stop at forget probability",
                0.0,
                1.0,
                DEFAULTS.target_forget_probability,
                format="%g",
                key="new-target",
            )
        ),
        "clip_norm": float(
            two.number_input("Largest norm of a gradient", 1e-3, 1e3, DEFAULTS.clip_norm, format="%g", key="new-clip")
        ),
    }
