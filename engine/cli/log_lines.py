"""What the commands on evaluation logs share: the option for the retain model's log, figures as JSON and as lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from engine.evaluation.logs.scores import LogFigure

retain = click.option(
    "--retain",
    type=Path,
    metavar="RETAIN.json",
    help="log of the retain model, which never saw the forget set, over the same rows",
)


def figure_rows(figures: Mapping[str, LogFigure]) -> list[dict[str, Any]]:
    """Plain JSON values."""
    return [{"name": name, **figure._asdict()} for name, figure in figures.items()]


def figure_lines(figures: Mapping[str, LogFigure]) -> list[str]:
    return [f"{name:<24} {_words(figure)}" for name, figure in figures.items()]


def _words(figure: LogFigure) -> str:
    between = "" if figure.low is None else f"  {figure.low:.4f} to {figure.high:.4f}"
    over = "" if figure.rows is None else f"  n = {figure.rows}"
    return f"{figure.value:.4g}{between}{over}" + (f"  ({figure.note})" if figure.note else "")


def noted(notes: Sequence[str]) -> list[str]:
    return [f"note: {note}" for note in notes]
