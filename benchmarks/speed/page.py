"""The tables of `docs/performance.md`: what each figure means, its bar, and what was measured."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.plots import markdown

FIGURES = {  # meaning, bar, aim; the sign shows which way is better
    "decode_vs_base": (
        "offset decoding at α = 1 ÷ the base alone through transformers' `generate`, tokens per second",
        "≥ 1.0",
        "≥ 1.5",
    ),
    "decode_vs_own_base": ("the same ÷ the base alone in our own loop: what the method costs", "≥ 0.85", "≥ 1.2"),
    "decode_vs_plain": (
        "the same ÷ the plain loop of three models, each with transformers' own forward pass",
        "≥ 1.5",
        "≥ 2",
    ),
    "map_vs_answer": (
        "exact map of [0, 2] ÷ one undrafted offset decode as long as the map's longest branch, our loop, seconds",
        "≤ 2.0",
        "≤ 1.2",
    ),
    "map_vs_grid": ("the map ÷ 41 such decodes that may end, seconds", "≤ 0.06", "≤ 0.03"),
    "curve_vs_point": ("all-α teacher-forced scores ÷ those at one α, seconds", "≤ 1.3", "≤ 1.1"),
    "train_vs_naive": ("a training step with stored logits ÷ one that runs all three models, seconds", "≤ 0.6", ""),
    "train_vs_naive_with_storing": ("the same, with the pass that stores them spread over the training", "≤ 0.6", ""),
    "train_vs_direct": (
        "a step of the pair ÷ a step of tuning M itself, same objective, rank and batches, seconds",
        "≤ 0.5",
        "0.25",
    ),
    "slider_ms": (
        "milliseconds on the wire from letting go of α on a mapped question to what is said of its answer",
        "≤ 100",
        "≤ 30",
    ),
    "follow_p95_ms": (
        "milliseconds of the browser for one input while the thumb moves, handler and layout, 95th percentile of 200",
        "≤ 16",
        "",
    ),
    "undrafted_vs_own_base": ("offset decoding without drafts ÷ the base in our own loop, tokens per second", "", ""),
    "answer_vs_own_base": ("decode_vs_own_base where answers may end: what a person waits for", "", ""),
    "plain_vs_base": ("the plain loop of three models ÷ `generate`, tokens per second", "", ""),
    "curve_and_point_vs_point": ("an evaluation (scores at α and the curves) ÷ the scores alone, seconds", "", ""),
    "offset_ms_a_token": ("milliseconds a token of offset decoding", "", ""),
    "map_seconds": ("seconds of a map", "", ""),
    "step_seconds": ("seconds of a training step (4 batches of 8 questions)", "", ""),
}

GROWTH = {  # the heading of the first column of each table
    "lengths": "Seconds by tokens of one answer",
    "branches": "Seconds a token, by branches read together",
    "sets": "Seconds by questions evaluated at one α",
}
Points = list[list[float]]  # (size, seconds)


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Every table of the page from the file of results: `machine`, `figures`, and one a part of `growth`."""
    machine = pd.DataFrame([figures["machine"]])
    return {
        "machine": markdown(machine),
        "figures": _rows(figures),
        **{name: _growth(GROWTH[name], lines) for name, lines in figures["growth"].items()},
    }


def _rows(figures: Mapping[str, Any]) -> str:
    lines = ["| figure | meaning | bar | aim | measured |", "|---|---|---|---|---|"]
    for name, (meaning, bar, aim) in FIGURES.items():
        if name in figures:
            middle, low, high = (_number(figures[name][key]) for key in ("median", "min", "max"))
            lines.append(f"| {name} | {meaning} | {bar or '–'} | {aim or '–'} | **{middle}** ({low} to {high}) |")
    return "\n".join(lines)


def _growth(title: str, lines: Mapping[str, Points]) -> str:
    """Sizes across, one row a line of the plot."""
    sizes = [f"{size:g}" for size, _ in next(iter(lines.values()))]
    rows = [
        f"| {line} | " + " | ".join(_number(seconds) for _, seconds in points) + " |" for line, points in lines.items()
    ]
    return "\n".join([f"| {title} | " + " | ".join(sizes) + " |", "|---|" + "---|" * len(sizes), *rows])


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"
