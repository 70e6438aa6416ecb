"""How cost grows: `python -m benchmarks.speed.growth [--figures speed.json] [--report docs/performance.md]`.

Answers of 16 to 256 tokens, 1 to 64 branches read together, evaluations of 10 to 1,000 questions, on the demo. Each
part is in the file of `python -m benchmarks.speed` as soon as it is measured. Then the tables of the page are rewritten
from that file and its plot is drawn. `--page-only` measures nothing.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.browser import screenshot, why_missing
from benchmarks.marked import rewrite
from benchmarks.speed import results
from benchmarks.speed.decoding import ask, generate, last
from benchmarks.speed.page import tables
from engine.data.demo.questions import demo_examples
from engine.data.examples import Example
from engine.decoding.batched import stream_rows
from engine.decoding.speculative import stream_speculatively
from engine.evaluation.evaluate import evaluate_examples
from engine.models.loading import LoadedPair, load_pair

LENGTHS, BRANCHES, SETS = (16, 32, 64, 128, 256), (1, 2, 4, 8, 16, 32, 64), (10, 30, 100, 300, 1000)
BRANCH_TOKENS, ROUNDS = 16, 2

Growth = dict[str, list[tuple[int, float]]]  # by line: (size, seconds)


def middle(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median seconds over a few rounds; the first, uncounted, warms up."""
    found = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found[1:])


def lengths(pair: LoadedPair) -> Growth:
    asked = ask(pair, 1)
    prompt, found = asked.prompts[0], Growth()
    for tokens in LENGTHS:
        forced = asked.forced._replace(max_new_tokens=tokens)
        ways: dict[str, Callable[[], object]] = {
            "offset, drafted": lambda f=forced: last(stream_speculatively(pair.model, [prompt], [1.0], f)),  # type: ignore[misc]
            "offset, not drafted": lambda f=forced: last(stream_rows(pair.model, [prompt], [1.0], f)),  # type: ignore[misc]
            "base alone": lambda f=forced: last(stream_rows(pair.model, [prompt], [0.0], f)),  # type: ignore[misc]
            "base alone, transformers": lambda t=tokens: generate(pair.model.base, prompt, t, 0),  # type: ignore[misc]
        }
        for name, way in ways.items():
            found.setdefault(name, []).append((tokens, middle(way)))
    return found


def branches(pair: LoadedPair) -> Growth:
    """Seconds a token for this many rows at alphas from 0.1 to 2, as a map reads them."""
    asked = ask(pair, 1)
    forced = asked.forced._replace(max_new_tokens=BRANCH_TOKENS)
    found = []
    for rows in BRANCHES:
        alphas = [0.1 + 1.9 * row / max(1, rows - 1) for row in range(rows)]
        work = lambda a=alphas, n=rows: list(stream_rows(pair.model, asked.prompts * n, a, forced))  # type: ignore[misc]  # noqa: E731
        found.append((rows, middle(work) / BRANCH_TOKENS))
    return {"one token of every branch": found}


def sets(pair: LoadedPair) -> Growth:
    """Seconds of one evaluation at alpha 1: answers, true answers and curves of this many questions."""
    plain = [replace(example, paraphrased_question="", training_questions=()) for example in demo_examples()]
    turned = [
        replace(example, question=turn.paraphrased_question)
        for example, turn in zip(plain, demo_examples(), strict=True)
        if turn.paraphrased_question
    ]
    pool: list[Example] = [*plain, *turned]
    found = []
    for size in SETS:
        chosen = [pool[place % len(pool)] for place in range(size)]
        work = lambda c=chosen: evaluate_examples(pair, c, (1.0,), leaks=lambda example, text: False)  # type: ignore[misc]  # noqa: E731
        began = time.perf_counter()
        work()
        found.append((size, time.perf_counter() - began))
    return {"an evaluation": found}


def draw_growth(growth: dict[str, Growth], picture: Path) -> None:
    titles = {
        "lengths": ("tokens of an answer", "s"),
        "branches": ("branches", "s a token"),
        "sets": ("questions", "s"),
    }
    figure = make_subplots(rows=1, cols=len(growth), horizontal_spacing=0.08)
    for column, (name, lines) in enumerate(growth.items(), start=1):
        for line, points in lines.items():
            figure.add_trace(
                go.Scatter(x=[x for x, _ in points], y=[y for _, y in points], name=line, mode="lines+markers"),
                row=1,
                col=column,
            )
        figure.update_xaxes(title=titles[name][0], type="log", row=1, col=column)
        figure.update_yaxes(title=titles[name][1], type="log", row=1, col=column)
    figure.update_layout(
        template="plotly_white",
        width=1200,
        height=460,
        margin={"l": 60, "r": 20, "t": 20, "b": 60},
        legend={"orientation": "h", "y": -0.25},
    )
    screenshot(figure.to_html(include_plotlyjs=True), picture, 1200, 460)


GROWING: dict[str, Callable[[LoadedPair], Growth]] = {"lengths": lengths, "branches": branches, "sets": sets}


def measure(path: Path) -> None:
    """Each part is in the file before the next begins."""
    pair = load_pair("demo")
    for name, part in GROWING.items():
        results.keep(path, {"growth": results.read(path).get("growth", {}) | {name: part(pair)}})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.growth", description="How cost grows.")
    parser.add_argument("--figures", type=Path, default=Path("speed.json"), help="of `python -m benchmarks.speed`")
    parser.add_argument("--report", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--page-only", action="store_true", help="make the page from the file")
    arguments = parser.parse_args()
    if missing := why_missing():
        print(f"the plot will not be drawn: {missing}", file=sys.stderr, flush=True)
    if not arguments.page_only:
        results.check_machine(arguments.figures)
        measure(arguments.figures)
    figures = results.read(arguments.figures)
    if not {"machine", "growth"} <= set(figures):
        raise SystemExit(f"{arguments.figures} holds no figures on the growth of costs: call this without --page-only")
    rewrite(arguments.report, tables(figures))
    if not missing:
        draw_growth(figures["growth"], arguments.report.parent / "growth.png")


if __name__ == "__main__":
    main()
