"""All alphas under teacher forcing: `python -m benchmarks.speed.curves [--questions 8] [--rounds 5] [--json]`.

Real questions of the demo (forget, retain and world facts, with their paraphrased and wrong answers), whole times with
the three forward passes of each, in turn within every round. `curve_vs_point` is every score at every alpha from 0 to 2
against the same scores at alpha 1; `both_vs_point` is an evaluation, which takes the point's scores and the curves from
the same passes. The curves are then compared with direct evaluation at random alphas.
"""

import argparse
import json
import random
import statistics
from collections.abc import Sequence

import torch

from benchmarks.speed.timing import Spread, Work, ratio, spread, take_turns
from engine.data.demo.questions import demo_examples
from engine.data.examples import JUDGED, Example
from engine.evaluation.answer_readings import read_over_alpha
from engine.evaluation.scoring import curve_span, teacher_forced, teacher_forced_scores
from engine.models.loading import LoadedPair, load_pair

ALPHA = 1.0
POINTS = 50


def chosen(each: int) -> list[Example]:
    """Questions at equal distances in each split, so that they are about several people."""
    found = []
    for split in JUDGED:
        part = [example for example in demo_examples() if example.split == split and example.half != "train"]
        found += part[:: max(1, len(part) // each)][:each]
    return found


def curve_vs_point(pair: LoadedPair, examples: Sequence[Example], rounds: int) -> dict[str, Spread]:
    """Times and their ratios over the rounds: median, min, max."""
    span = curve_span(())
    ways: dict[str, Work] = {
        "point": lambda _: teacher_forced_scores(pair, examples, (ALPHA,)),
        "curve": lambda _: teacher_forced(pair, examples, (), span),
        "both": lambda _: teacher_forced(pair, examples, (ALPHA,), span),
    }
    seen = take_turns(ways, rounds)
    return {
        "point_seconds": spread(seen["point"]),
        "curve_vs_point": ratio(seen["curve"], seen["point"]),
        "both_vs_point": ratio(seen["both"], seen["point"]),
    }


def accuracy(pair: LoadedPair, examples: Sequence[Example], points: int = POINTS) -> dict[str, float]:
    """For the true answers' curves: the largest error at random alphas against direct evaluation, and the
    stated one.
    """
    draw = random.Random(0)
    alphas = [draw.uniform(*curve_span(())) for _ in range(points)]
    found = read_over_alpha(pair, [(e.question, e.answer) for e in examples], alphas, curve_span(()))
    curves = [(item.curve, item.readings) for item in found if item.curve is not None]
    seen = [
        abs(float(value) - reading.loss)
        for curve, readings in curves
        for value, reading in zip(curve.loss.at(alphas), readings, strict=True)
    ]
    return {
        "points": len(seen),
        "largest_error": max(seen),
        "largest_stated_error": max(curve.loss.error for curve, _ in curves),
        "largest_doubt": max(curve.doubt for curve, _ in curves),
        "knots_median": statistics.median(len(curve.loss.alphas) for curve, _ in curves),
        "knots_max": max(len(curve.loss.alphas) for curve, _ in curves),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.curves", description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=8, help="of each split")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    pair, examples = load_pair("demo"), chosen(arguments.questions)
    figures = {
        "questions": len(examples),
        "threads": torch.get_num_threads(),
        **{name: seen._asdict() for name, seen in curve_vs_point(pair, examples, arguments.rounds).items()},
        "accuracy": accuracy(pair, examples),
    }
    print(json.dumps(figures) if arguments.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
