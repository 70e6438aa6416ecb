"""Which finished run is looked at, and at which of the strengths that it evaluated."""

from collections.abc import Callable

from engine.analysis.chosen_alpha import chosen_alpha
from engine.analysis.recommended import recommended_of_run
from engine.analysis.ruined import marked
from engine.store import history
from engine.store.history import RunDetail, RunSummary
from pages.parts.shared import address
from pages.parts.shared.ruined import ruins

ALPHA = "at"  # shared by the pages, so that the strength carries over


def runs_with_answers() -> list[RunSummary]:
    """Finished runs that answered questions, newest first."""
    found = [run for run in history.list_runs() if run.status == "finished" and run.facts.finds == "answers"]
    return [run for run in found if history.alphas_of(run.id)]


def names_of(runs: list[RunSummary]) -> dict[int, str]:
    known = ruins()
    return {run.id: f"{run.name} (run {run.id}, pair {marked(run.pair, known)})" for run in runs}


def choose_run(runs: list[RunSummary], key: str, read: Callable[[str], int] | None = None) -> int:
    """`key` is the control's, and the address's; the demo's pair is chosen at first. `read` reads more than a
    number.
    """
    ids, names = [run.id for run in runs], names_of(runs)
    default = next((run.id for run in runs if run.pair == "demo"), ids[0])
    return address.select("Run", ids, key, default, read=read, format_func=names.__getitem__)


def choose_alpha(detail: RunDetail) -> float:
    """At first the one that the run's specification chooses."""
    alphas = history.alphas_of(detail.summary.id)
    default, rule = chosen_alpha(detail.summary.id)
    recommended = recommended_of_run(detail)
    return address.select(
        "α",
        alphas,
        ALPHA,
        default,
        read=_alpha_read(alphas),
        names=shown_alpha,
        help=f"The strengths this run evaluated. Chosen at first: {rule}.",
        format_func=lambda alpha: f"{alpha:g} (recommended)" if alpha == recommended else f"{alpha:g}",
    )


def shown_alpha(alpha: float) -> str:
    return f"{alpha:g}"


def _alpha_read(alphas: list[float]) -> Callable[[str], float]:
    """A reader of an address that takes 1.0 for 1."""
    by_name = address.one_of(ALPHA, alphas, shown_alpha)

    def read(text: str) -> float:
        try:
            return by_name(f"{float(text):g}")
        except ValueError:
            return by_name(text)

    return read
