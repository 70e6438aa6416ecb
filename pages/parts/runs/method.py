"""The controls that say how a pair is trained: method, objective, tuning, and a number for each entry of the table."""

from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.bounds import OWN, Setting
from engine.models.tunings import TUNINGS
from engine.training_settings import GENERAL, RETAIN_CHOICES, Method, TrainingSettings, Tuning
from engine.unlearning.objectives import OBJECTIVES, get_objective
from engine.unlearning.settings_table import SAFE, settings_of, settings_table
from engine.unlearning.unused import unused_settings
from pages.parts.shared.wording import plain

COLUMNS = 4


def choose_method() -> Method:
    from engine.unlearning.methods import METHODS  # brings torch, which the other pages need not wait for

    names: list[Method] = [entry.name for entry in METHODS.values()]
    chosen = st.selectbox(
        GENERAL["method"].label,
        names,
        key="new-method",
        format_func=lambda name: METHODS[name].label,
        help="Offset is what this bench is about. The others are baselines, evaluated by the same code.",
    )
    st.caption(plain(f"{METHODS[chosen].formula} · {METHODS[chosen].source}"))
    return chosen


def choose_objective(method: Method) -> str:
    """Of those that belong to the method; a guardrail has none."""
    from engine.unlearning.methods import ASSISTANTS

    if method == "guardrail":
        return TrainingSettings().objective
    names = [name for name in OBJECTIVES if (name == ASSISTANTS) == (method == "uld")]
    chosen: str = st.selectbox(
        GENERAL["objective"].label,
        names,
        index=names.index(SAFE.objective) if SAFE.objective in names else 0,
        key="new-objective",
        format_func=lambda name: OBJECTIVES[name].label,
    )
    entry = OBJECTIVES[chosen]
    st.caption(plain(f"{entry.formula} · {entry.source}"))
    return chosen


def choose_retain_term(method: Method) -> str:
    """Of those that belong to the method; a guardrail has none."""
    if method == "guardrail":
        return TrainingSettings().retain_term
    names = [name for name in RETAIN_CHOICES if name != "uniform" or method == "uld"]
    label = GENERAL["retain_term"].label
    start = names.index(SAFE.retain_term)
    return str(st.selectbox(label, names, start, format_func=RETAIN_CHOICES.__getitem__, key="new-retain-term"))


def choose_first(method: Method) -> dict[str, Any]:
    """The numbers that change most, by name."""
    off = method == "guardrail"
    rows = [row for row in settings_table().values() if row.first]
    values = {row.name: _number(place, row, off=off) for place, row in zip(st.columns(len(rows)), rows, strict=True)}
    return {} if off else values


def choose_further(method: Method, objective: str, retain_term: str) -> dict[str, Any]:
    """What seldom changes, by name. What this training does not read cannot be set, and is left out."""
    if method == "guardrail":
        st.caption("A guardrail is a text before the question: nothing is trained, so there is nothing to set.")
        return {}
    tuning = _choose_tuning()
    words = {"method": method, "objective": objective, "retain_term": retain_term, "tuning": tuning}
    unread = unused_settings(settings_of(words))
    own = {number.name: f"{number.default:g}, {OWN}" for number in get_objective(objective).numbers}
    labels = {"rank": f"{TUNINGS[tuning].size.capitalize() or 'Rank'} of the adapter"}
    rows = [row for row in settings_table().values() if row.type is not str and not row.first]
    columns = st.columns(COLUMNS)
    values = {
        row.name: _number(
            columns[place % COLUMNS],
            replace(row, label=labels.get(row.name, row.label)),
            off=row.name in unread,
            unset=own.get(row.name, "not used"),
        )
        for place, row in enumerate(rows)
    }
    unused = unused_settings(settings_of(words | values))  # a control that is off keeps an old value
    return {name: value for name, value in {"tuning": tuning, **values}.items() if name not in unused}


def _choose_tuning() -> Tuning:
    tuning = st.selectbox(
        GENERAL["tuning"].label, list(TUNINGS), key="new-tuning", format_func=lambda name: TUNINGS[name].label
    )
    st.caption(plain(f"{TUNINGS[tuning].formula} · {TUNINGS[tuning].source}"))
    return tuning


def _number(place: DeltaGenerator, row: Setting, *, off: bool, unset: str = "") -> Any:
    """The control of one number; None where it is left to the objective, and `unset` then stands in it."""
    safe = SAFE.flat.get(row.name, row.default)  # an objective's own number is left to it
    default = None if safe is None else row.type(safe)
    value = place.number_input(
        row.label,
        row.type(row.low),
        row.type(row.high),
        default,
        format="%g" if row.type is float else "%d",
        key=f"new-{row.name.replace('_', '-')}",
        disabled=off,
        help=row.note or None,
        placeholder=unset,
    )
    return None if value is None else row.type(value)
