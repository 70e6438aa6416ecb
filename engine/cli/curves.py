"""`python -m engine curves`: what a stored evaluation measures at any alpha of its curves. Loads no model."""

from collections.abc import Hashable
from typing import Any

import click
import pandas as pd

from engine.analysis import forced_curves
from engine.analysis.forced_curves import Quality
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.settings import parse_alphas
from engine.store import history
from engine.terminal import Printed
from engine.wording import named_run

SHOWN = ("probability", "truth_ratio_score", "kl")


@command("curves", "what a stored evaluation measures at any alpha, without a model")
@options.run
@click.option("--alphas", help="alphas, as 0,0.37,1 (default: a grid over all that its curves hold)")
def curves(arguments: Arguments) -> Printed:
    """Means per split and half at the given alphas, or at a grid over all that the curves hold, and forget quality."""
    run = history.find_run(arguments.run)
    questions = forced_curves.questions_of(run.id)
    low, high = forced_curves.reach(questions)
    alphas = parse_alphas(arguments.alphas) if arguments.alphas is not None else forced_curves.grid(low, high)
    means = forced_curves.means(questions, SHOWN, alphas)
    quality = forced_curves.quality(run.id, questions, alphas)
    data = {
        "run": run.name,
        "run_id": run.id,
        "pair": run.pair,
        "low": low,
        "high": high,
        "figures": means.to_dict("records"),
        "forget_quality": None if quality is None else _quality_data(quality),
    }
    lines = [f"{named_run(run)}, pair {run.pair}: curves from alpha {low:g} to {high:g}"]
    for (split, half), part in means.groupby(["split", "half"], sort=False):
        own = quality if split == forced_curves.FORGET else None
        lines += ["", _title(split, half, part, own), _table(part, own)]
    return Printed(data, "\n".join([*lines, "", _quality_words(quality)]))


def _title(split: Hashable, half: Hashable, part: pd.DataFrame, quality: Quality | None) -> str:
    where = "/".join(str(name) for name in (split, half) if name) or "all questions"
    counts = part.groupby("metric", sort=False)["questions"].first()
    errors = part.groupby("metric", sort=False)["error"].max()
    said = ", ".join(f"{name} n = {counts[name]}, error at most {errors[name]:.1e}" for name in counts.index)
    return f"{where}: {said}" + ("" if quality is None else f"; forget quality n = {quality.retain_rows}")


def _table(part: pd.DataFrame, quality: Quality | None) -> str:
    wide = part.pivot(index="alpha", columns="metric", values="value")[list(dict.fromkeys(part["metric"]))]
    formats = dict.fromkeys(wide.columns, "{:.4f}".format)
    if quality is not None:
        wide["forget_quality"] = [point.quality.p_value for point in quality.points]
        wide["at_least"] = [point.least for point in quality.points]
        wide["at_most"] = [point.most for point in quality.points]
        formats |= dict.fromkeys(("forget_quality", "at_least", "at_most"), "{:.3g}".format)
    return (
        wide.rename_axis(None, axis=1)
        .reset_index()
        .to_string(index=False, formatters={"alpha": "{:g}".format, **formats})
    )


def _quality_data(quality: Quality) -> dict[str, Any]:
    points = [
        {
            "alpha": p.alpha,
            "p_value": p.quality.p_value,
            "at_least": p.least,
            "at_most": p.most,
            "statistic": p.quality.statistic,
        }
        for p in quality.points
    ]
    steps = quality.steps.to_json()
    return {
        "rows": quality.rows,
        "reference_rows": quality.retain_rows,
        "verdict": forced_curves.quality_verdict(quality),
        "points": points,
        "steps": steps,
    }


def _quality_words(quality: Quality | None) -> str:
    if quality is None:
        return "forget quality: n/a, no retain model of this base was asked these forget questions"
    return (
        "forget quality: p-value of a KS test of truth ratios (A) against the retain model's,"
        f" {quality.retain_rows} of {quality.rows} forget questions on either side; at_least, at_most: bounds of the"
        f" p-value, given the errors of the ratios\n{forced_curves.quality_verdict(quality)}"
    )
