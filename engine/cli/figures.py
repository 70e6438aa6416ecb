"""`python -m engine figures`: means of a stored run with their intervals, and what changes to another. Loads no
model.
"""

from collections.abc import Sequence
from typing import Any

import click

from engine.analysis.figures import BOUNDED, Figure, run_figures
from engine.analysis.paired import Comparison, Difference, compare_runs
from engine.analysis.retain_only import QualityFigure, noise_floor, noise_words, quality_against, quality_figure
from engine.analysis.ruined import ruin_of_run, ruin_words
from engine.analysis.tofu_and_privacy import READ, PrivacyFigure, figure_words, run_privacy, run_tofu
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.data.examples import KEPT
from engine.evaluation.aggregates import AGGREGATES, SHOWN
from engine.evaluation.metrics import METRICS
from engine.store import history
from engine.store.judged_by import rouge_note
from engine.terminal import Printed
from engine.wording import named_run


@command("figures", "means of a stored run with intervals, and what changes to another run")
@options.run
@options.alpha
@click.option("--against", metavar="RUN", help="a second run, paired with the first by question")
@click.option("--against-alpha", metavar="ALPHA", help="its alpha (default: as for the first)")
@click.option(
    "--reference",
    metavar="RUN",
    help="run of the retain model for forget quality (default: the newest of the base over the same questions)",
)
def figures(arguments: Arguments) -> Printed:
    """Every measure of a run at one alpha, its forget quality, and with `--against` the paired differences."""
    run = history.find_run(arguments.run)
    alpha = options.report_alpha(arguments.alpha, run.id)
    found = run_figures(run.id, alpha)
    quality = (
        quality_figure(run.id, alpha)
        if arguments.reference is None
        else quality_against(run.id, alpha, history.find_run(arguments.reference).id)
    )
    why = ruin_of_run(history.run_detail(run.id), alpha)
    ruined = [ruin_words(run.pair, why)] if why else []
    data: dict[str, Any] = {
        **({"ruined": why} if why else {}),
        "run": run.name,
        "run_number": run.id,
        "pair": run.pair,
        "alpha": alpha,
        "figures": [item._asdict() for item in found],
        "forget_quality": _quality_json(quality),
        "noise_floor": {name: _quality_json(item) for name, item in noise_floor(run.id, quality).items()},
        "measures": {
            name: _entry(name) for name in dict.fromkeys([*(i.metric for i in found), *AGGREGATES]) if name in SHOWN
        },
    }
    lines = [f"{named_run(run)}, pair {run.pair}, alpha {alpha:g}: mean, 95 % interval over people"]
    lines += ruined
    lines += [*_table(found), *(["", BOUNDED] if any(item.bounded for item in found) else [])]
    lines += ["", f"forget quality: {quality.words}"]
    if noise := noise_words(run.id, quality):
        lines.append(f"  beside it, {noise}")
    if note := rouge_note(history.run_detail(run.id)):
        data["rouge_words"] = note
        lines.append(note)
    tofu, privacy = run_tofu(run.id, alpha), run_privacy(run.id, alpha)
    data["tofu"] = {name: item._asdict() for name, item in tofu.items()}
    data["privacy"] = [_privacy_data(item) for item in privacy]
    lines += [
        "",
        "TOFU's figures, by OpenUnlearning's names:",
        *(f"  {n:<24} {figure_words(i)}" for n, i in tofu.items()),
    ]
    if privacy:
        lines += ["", f"membership, forget against holdout. {READ}", *(f"  {i.metric:<24} {i.words}" for i in privacy)]
    if arguments.against is not None:
        other = history.find_run(arguments.against)
        compared = compare_runs(run.id, other.id, alpha, options.report_alpha(arguments.against_alpha, other.id))
        data["against"] = _comparison_data(compared)
        lines += ["", *_comparison_lines(compared)]
    return Printed(data, "\n".join(lines))


def _privacy_data(item: PrivacyFigure) -> dict[str, Any]:
    estimates = {name: getattr(item, name)._asdict() for name in ("auc", "difference", "privleak")}
    for estimate in estimates.values():
        estimate["rows"] = estimate["rows"]._asdict()
    return {"metric": item.metric, **estimates, "reference_run": item.retain_id}


def _entry(name: str) -> dict[str, Any]:
    metric = SHOWN[name]
    directions = {split: metric.direction(split) for split in ("forget", "retain", "world", "holdout")}
    return {
        "label": metric.label,
        "unit": metric.unit,
        "formula": metric.formula,
        "source": metric.source,
        "direction": directions,
    }


def _table(rows: Sequence[Figure | Difference]) -> list[str]:
    """One line per measure under the title of its part, with its direction."""
    lines: list[str] = []
    part: tuple[str, ...] | None = None
    for item in rows:
        if (item.set, item.split, item.half) != part:
            part = item.set, item.split, item.half
            lines += ["", f"{item.set}:{'/'.join(filter(None, part[1:])) or 'all questions'}"]
        direction = METRICS[item.metric].direction(item.split) if item.metric in METRICS else ""
        # What the leak rule finds in an answer to be kept is remembered, and no leak.
        name = item.metric.replace("leak", "remembered") if item.split in KEPT else item.metric
        lines.append(f"  {name:<24} {item.words:<44} {direction}".rstrip())
    return lines


def _comparison_lines(found: Comparison) -> list[str]:
    title = (
        f"from {named_run(found.first)} at alpha {found.first_alpha:g} to {named_run(found.second)} at alpha"
        f" {found.second_alpha:g}: second - first, paired by question"
    )
    flags = [f"warning: {item.words}" for item in found.unlike]
    return [title, found.left_out_words, *flags, *_table(found.differences)]


def _comparison_data(found: Comparison) -> dict[str, Any]:
    return {
        "run": found.second.name,
        "run_number": found.second.id,
        "alpha": found.second_alpha,
        "questions": found.shared,
        "only_first": found.only_first,
        "only_second": found.only_second,
        "unlike": [item._asdict() for item in found.unlike],
        "differences": [item._asdict() for item in found.differences],
    }


def _quality_json(quality: QualityFigure) -> dict[str, Any]:
    """By the names that this command's JSON has for the run of the retain model."""
    names = {"retain_rows": "reference_rows", "retain_id": "reference_id", "retain_run": "reference"}
    return {names.get(name, name): value for name, value in quality._asdict().items()}
