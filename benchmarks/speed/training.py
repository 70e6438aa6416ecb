"""What a step of training a pair costs: with stored logits, with three models a step, and beside tuning M itself.

Real steps of `train_pair` on questions of the demo set; the variants take turns, step by step.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.speed.timing import Spread, ratio
from engine.data.demo.questions import demo_examples
from engine.data.examples import Example
from engine.models.bases import load_base
from engine.models.loading import TrainingModels, open_training
from engine.models.tuning import prepare_trained
from engine.training_settings import TrainingSettings
from engine.unlearning import frozen_logits
from engine.unlearning.training import Step, train_pair

SETTINGS = TrainingSettings(objective="npo", seed=0)
EVERY = 2  # of the demo's questions to forget and to retain: their proportion determines what storing costs


class Variant(NamedTuple):
    """`storing`: seconds of the pass that stores logits; `steps`: seconds of each step."""

    storing: float
    steps: list[float]
    total: int  # steps of the whole training


def questions(split: str, half: str = "") -> list[Example]:
    return [item for item in demo_examples() if item.split == split and half in ("", item.half)][::EVERY]


def direct_models() -> TrainingModels:
    """M itself with an adapter: then the ensemble at alpha 1, M + (tuned M - M), is the tuned M."""
    base = load_base("demo")
    base.model.requires_grad_(False)
    tuned = prepare_trained(base.model, SETTINGS, SETTINGS.seed)
    return TrainingModels(base.model, None, tuned, base.tokenizer, base.template, base.hash)


def begin(models: TrainingModels, scratch: Path, *, stored: bool) -> tuple[Iterator[Step], Step, float]:
    """A training after its first step, which includes storing the logits; and how long that took."""
    import time

    forget, retain = questions("forget"), questions("retain", "train")
    with patch.object(frozen_logits, "reserve", frozen_logits.reserve if stored else lambda scratch, size: None):
        began = time.perf_counter()
        steps = train_pair(models, forget, retain, SETTINGS, scratch)
        first = next(steps)
    return steps, first, time.perf_counter() - began - first.seconds


def training(scratch: Path, rounds: int) -> dict[str, Spread]:
    """train_vs_naive, the same with the storing pass spread over a training's steps, and train_vs_direct."""
    pair = begin(open_training("demo", "demo", SETTINGS), scratch, stored=True)
    naive = begin(open_training("demo", "demo", SETTINGS), scratch, stored=False)
    direct = begin(direct_models(), scratch, stored=True)
    seconds: dict[str, list[float]] = {"pair": [], "naive": [], "direct": []}
    for number in range(rounds):
        turns = [("pair", pair), ("naive", naive), ("direct", direct)]
        for name, (steps, _, _) in turns if number % 2 else turns[::-1]:
            seconds[name].append(next(steps).seconds)
    total = pair[1].steps_total
    with_storing = [one + pair[2] / total for one in seconds["pair"]]
    return {
        "train_vs_naive": ratio(seconds["pair"], seconds["naive"]),
        "train_vs_naive_with_storing": ratio(with_storing, seconds["naive"]),
        "train_vs_direct": ratio(seconds["pair"], seconds["direct"]),
        "step_seconds": ratio(seconds["pair"], [1.0] * rounds),
    }
