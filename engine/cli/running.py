"""What the commands that start a run share: the run is followed to its end, and what it found is printed."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from engine.analysis.figures import with_intervals
from engine.analysis.remaining_leaks import LeakShare, leak_shares
from engine.analysis.ruined import ruin_of_run, ruin_words
from engine.cli.command import Arguments
from engine.data.examples import KEPT
from engine.errors import RunError
from engine.runs import runner
from engine.runs.check import checked
from engine.runs.estimate import Estimate, estimate, late_words
from engine.runs.file_notes import file_notes
from engine.specification import ExperimentSpec
from engine.store import history
from engine.store.judged_by import rouge_note
from engine.store.sources import SourcedSpec
from engine.terminal import Bar, Interrupts, Printed, say
from engine.wording import named_run

SHOWN_METRICS = ("rouge", "rouge_paraphrase", "leak", "probability")


def execute(spec: ExperimentSpec, arguments: Arguments) -> history.RunSummary:
    """Say what a run will take, start it, wait for its end with a bar; Ctrl-C cancels it. `RunError` unless it
    finishes.
    """
    with Interrupts() as interrupts:
        sourced = checked(SourcedSpec(spec))
        guess = estimate(sourced)
        if not arguments.json:
            say("\n".join((_estimate_words(guess), *file_notes(sourced))))
        run_id = runner.enqueue(sourced)
        with Bar() as bar:
            for summary in runner.follow(run_id):
                if interrupts.take():
                    runner.cancel(run_id)
                late = late_words(summary, guess.seconds)
                bar(summary.progress or 0.0, " · ".join(filter(None, (late, summary.stage or summary.status))))
    if summary.status != "finished":
        raise RunError(f"{named_run(summary)} was {_ended(summary)}")
    return summary


def run_and_show(spec: ExperimentSpec, arguments: Arguments) -> Printed:
    """Execute a run; what it found."""
    summary = execute(spec, arguments)
    run_id = summary.id
    if spec.facts.finds == "map":
        asked = len(history.asked(run_id))
        return Printed(
            {**run_data(summary), "questions": asked}, f"{named_run(summary)} finished: {asked} questions mapped"
        )
    means = history.trade_off([run_id])
    means = means[means["metric"].isin(SHOWN_METRICS) & (means["count"] > 0)]
    columns = ["alpha", "set", "split", "half", "metric", "mean", "low", "high", "count"]
    means = with_intervals(means)
    table = means[columns].to_string(index=False, float_format="{:.3f}".format, na_rep="n/a")
    shares = leak_shares(run_id)
    detail = history.run_detail(run_id)
    rule, reads = detail.versions.get(history.LEAK_RULE, ""), rouge_note(detail)
    ruined = ruin_lines(detail)
    known = means[columns].astype(object).where(means[columns].notna(), None)  # JSON has no NaN
    data = {
        "means": known.to_dict("records"),
        "leaks": [row._asdict() for row in shares],
        "leak_rule": rule,
        "rouge_words": reads,
        **({"ruined": ruined[0]} if ruined else {}),
    }
    lines = [
        f"{named_run(summary)} finished: means, with the ends of their 95 % intervals over people",
        table,
        "",
        *_leak_words(shares),
        *ruined,
        rule,
        *filter(None, [reads]),
    ]
    return Printed({**run_data(summary), **data}, "\n".join(lines))


def _estimate_words(guess: Estimate) -> str:
    disk = f"{guess.disk_bytes / 1e9:.1f} GB of disk while it runs, " if guess.disk_bytes else ""
    return f"estimate: {max(1, round(guess.seconds / 60))} min, {disk}{guess.memory_bytes / 1e9:.1f} GB of memory"


def _leak_words(shares: Sequence[LeakShare]) -> list[str]:
    """What the leak rule flags per split, half and alpha beside the baseline where it is known; an answer to be kept is
    remembered, which is no leak.
    """
    lines = []
    for (split, half), group in itertools.groupby(
        sorted(shares, key=lambda row: (row.split, row.half, row.alpha)), lambda row: (row.split, row.half)
    ):
        part = list(group)
        at = ", ".join(f"{row.share:.0%} at alpha {row.alpha:g}" for row in part)
        asked, floor = part[0].questions, part[0].floor
        known = "not known" if floor is None else f"{floor:.0%} ({part[0].floor_questions} of {asked} questions)"
        where = "/".join(filter(None, (split, half))) or "all questions"
        found = "remembered" if split in KEPT else "leaks"
        lines.append(f"{found}, {where}: {at}; baseline, the retain model: {known}")
    return lines


def ruin_lines(detail: history.RunDetail) -> list[str]:
    """A warning where the pair that a run read is ruined at one of its alphas, by the largest such alpha."""
    for alpha in sorted((alpha for alpha in detail.spec.alphas if alpha), reverse=True):
        if why := ruin_of_run(detail, alpha):
            return [ruin_words(detail.summary.pair, why)]
    return []


def _ended(summary: history.RunSummary) -> str:
    words = {"failed": "not finished", "cancelled": "cancelled", "interrupted": "interrupted"}
    return f"{words[summary.status]}: {summary.message}" if summary.message else words[summary.status]


def run_data(run: history.RunSummary) -> dict[str, Any]:
    """Plain JSON values; times as ISO 8601 in UTC."""
    data: dict[str, Any] = {}
    for name, value in run._asdict().items():
        if hasattr(value, "isoformat"):
            value = value.isoformat()
        elif isinstance(value, float) and not math.isfinite(value):
            value = None
        data[name] = list(value) if isinstance(value, tuple) else value
    return data
