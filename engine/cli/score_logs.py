"""`python -m engine score-logs`: forget quality and model utility of an evaluation log. Stores nothing."""

from pathlib import Path

import click

from engine.cli import log_lines
from engine.cli.command import Arguments, command
from engine.evaluation.aggregates import FORGET_QUALITY
from engine.evaluation.logs.reading import STYLE_WORDS, Log, read_log
from engine.evaluation.logs.scores import AS_PUBLISHED, VARIANT_UNKNOWN, Scored, score_log
from engine.terminal import Printed


@command("score-logs", "forget quality and model utility of an evaluation log (TOFU's or OpenUnlearning's)")
@click.argument("model", type=Path, metavar="MODEL.json")
@click.option("--variant", type=click.Choice(("A", "B")), default="A", help="variant of the truth ratio (default: A)")
@log_lines.retain
def score_logs(arguments: Arguments) -> Printed:
    log = read_log(arguments.model)
    retain = None if arguments.retain is None else read_log(arguments.retain)
    found = score_log(log, retain, arguments.variant)
    quality, notes = found.forget_quality, [*log.notes, *found.notes]
    data = {
        "model": log.name,
        "retain": None if retain is None else retain.name,
        "style": log.style,
        "variant": found.variant,
        "rows": found.rows,
        "forget_quality": None if quality is None else quality.p_value,
        "forget_quality_reason": found.quality_reason,
        "statistic": None if quality is None else quality.statistic,
        "reference_rows": None if quality is None else quality.retain_rows,
        "model_utility": found.model_utility,
        "model_utility_reason": found.utility_reason,
        "figures": log_lines.figure_rows(found.figures),
        "published": log.published,
        "notes": notes,
    }
    head = (
        f"{log.name}: {STYLE_WORDS[log.style]}, {found.rows} rows of the forget set, truth ratio in variant"
        f" {found.variant}"
    )
    lines = [head, *_headline(found, log), *log_lines.figure_lines(found.figures), *log_lines.noted(notes)]
    return Printed(data, "\n".join(lines))


def _headline(found: Scored, log: Log) -> list[str]:
    quality, utility = found.forget_quality, found.model_utility
    said = found.quality_reason
    if quality is None and FORGET_QUALITY in log.published:
        said += f"; the log itself states {log.published[FORGET_QUALITY]:.4g}, {AS_PUBLISHED}, {VARIANT_UNKNOWN}"
    if quality is not None:
        said = (
            f"{quality.p_value:.4g}  p-value of a KS test against the retain model, {quality.rows} rows against "
            f"{quality.retain_rows}; higher is better, and it depends on the number of rows"
        )
    return [
        f"forget quality  {said}",
        (
            "model utility  "
            f" {found.utility_reason if utility is None else f'{utility:.4f}  harmonic mean of nine; higher is better'}"
        ),
    ]
