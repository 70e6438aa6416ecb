"""Report's controls: which run, which α, which of its questions. All of them stand in the address."""

from collections.abc import Callable

import streamlit as st

from engine.report.selection import SHOWS, Selection
from engine.store.history import RunSummary
from engine.wording import split_word
from pages.parts.shared import address, frame, run_choice
from pages.parts.shared.run_choice import ALPHA, names_of

RUN, SPLIT, SHOW, AGAINST = "report", "part", "show", "beside"
# Names under which other pages and people send the same things.
ALSO = {"run": RUN, "alpha": ALPHA, "split": SPLIT, "against": AGAINST}


def take_other_names() -> None:
    """`run=`, `alpha=`, `split=` and `against=` in a link are taken as this page's own parameters, which win."""
    for other, own in ALSO.items():
        if other in st.query_params:
            if own not in st.query_params:
                st.query_params[own] = st.query_params[other]
            del st.query_params[other]


def choose_report_run(runs: list[RunSummary]) -> int:
    return run_choice.choose_run(runs, RUN, _run_named(runs))


def _run_named(runs: list[RunSummary]) -> Callable[[str], int]:
    """A reader of an address that takes a run's number or its name."""
    by_number = address.one_of(RUN, [run.id for run in runs])

    def read(text: str) -> int:
        named = next((run.id for run in runs if run.name == text), None)
        return by_number(text) if named is None else named

    return read


def choose_selection(splits: list[str]) -> Selection:
    """Which questions; the report is of exactly these."""
    left, right = frame.controls("part").columns(2)
    parts, shows = ["", *(split for split in splits if split)], list(SHOWS)
    with left:
        split = address.select(
            "Part", parts, SPLIT, "", format_func=lambda name: split_word(name) if name else "All parts"
        )
    with right:
        show = address.select(
            "Questions",
            shows,
            SHOW,
            "all",
            text=address.unless("all"),
            format_func=lambda name: SHOWS[name].capitalize(),
        )
    return Selection(split, show)


def choose_second_run(runs: list[RunSummary], chosen: int) -> int | None:
    """A second run to stand beside the first; None for none."""
    others = [None, *(run.id for run in runs if run.id != chosen)]
    names = names_of(runs)
    return address.select(
        "Beside another run",
        others,
        AGAINST,
        None,
        text=address.unless(None),
        disabled=len(others) == 1,
        placeholder="– (none)",
        format_func=lambda run_id: "– (none)" if run_id is None else names[run_id],
        help="The report then shows what differs between the two, and only that.",
    )
