"""The exact map against plain decodes on the demo: `python -m benchmarks.speed.alpha_map [--points 200] [--json]`.

At random (question, alpha) the map's answer is compared with a plain greedy decode. Where they differ, and the two best
tokens are within 1e-4 somewhere along the answer, the difference is a tie and counted as one. The time of a map is
measured against one plain decode forced to the length of the map's longest answer, both in one process, in turn.
"""

import argparse
import json
import random
import statistics
import time
from typing import NamedTuple

import torch

from engine.data.demo.questions import demo_examples
from engine.data.examples import JUDGED
from engine.data.prompts import encode_prompt, end_token
from engine.decoding.alpha_map import LOGIT_ERROR, AlphaMap, map_prompt
from engine.decoding.choosing import Decoded, Settings
from engine.decoding.decode import decode
from engine.models.loading import LoadedPair, load_pair
from engine.models.offset import combine_logits

LOW, HIGH, TOKENS = 0.0, 2.0, 64
POINTS_A_QUESTION = 5


class Question(NamedTuple):
    """One question mapped: seconds of the map and of the plain decode, and how its random points compare."""

    intervals: int
    merged: int
    complete: bool
    map_seconds: float
    decode_seconds: float
    points: int
    ties: int
    wrong: int


def settings_of(pair: LoadedPair, tokens: int = TOKENS, *, endless: bool = False) -> Settings:
    end = end_token(pair.tokenizer)
    return Settings(() if endless else {end}, end, tokens)


def measure(pair: LoadedPair, question: str, draw: random.Random) -> Question:
    prompt = encode_prompt(pair.tokenizer, pair.template, question)
    began = time.monotonic()
    found = map_prompt(pair.model, prompt, settings_of(pair), LOW, HIGH)
    map_seconds = time.monotonic() - began
    longest = max(len(interval.tokens) + interval.ended for interval in found.intervals)
    began = time.monotonic()
    decode(pair.model, [prompt], [1.0], settings_of(pair, longest, endless=True))
    decode_seconds = time.monotonic() - began
    differ = [_differs(pair, prompt, found, draw.uniform(LOW, HIGH)) for _ in range(POINTS_A_QUESTION)]
    ties = sum(lead is not None and lead < LOGIT_ERROR for lead in differ)
    wrong = sum(lead is not None and lead >= LOGIT_ERROR for lead in differ)
    return Question(
        intervals=len(found.intervals),
        merged=found.merged,
        complete=found.complete,
        map_seconds=map_seconds,
        decode_seconds=decode_seconds,
        points=len(differ),
        ties=ties,
        wrong=wrong,
    )


def _differs(pair: LoadedPair, prompt: list[int], found: AlphaMap, alpha: float) -> float | None:
    """None where map and plain decode agree at `alpha`, else the smallest lead of a best token along the answer."""
    plain = decode(pair.model, [prompt], [alpha], settings_of(pair))[0]
    held = found.at(alpha)
    if (held.tokens, held.ended, held.degenerate) == plain:
        return None
    return smallest_lead(pair, prompt, plain, alpha)


@torch.inference_mode()
def smallest_lead(pair: LoadedPair, prompt: list[int], answer: Decoded, alpha: float) -> float:
    """The smallest difference between best and second best logit at any token of an answer, from one full pass."""
    ids = torch.tensor([[*prompt, *answer.tokens]], device=pair.model.device)
    models = (pair.model.base, pair.model.trained, pair.model.reference)
    logits = [model(input_ids=ids).logits[0, len(prompt) - 1 :, : pair.model.vocabulary] for model in models if model]
    best = combine_logits(logits[0], logits[1], logits[2], alpha).topk(2).values
    return float((best[:, 0] - best[:, 1]).min())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.alpha_map", description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    draw = random.Random(0)
    pair = load_pair("demo")
    asked = [e.question for e in demo_examples() if e.split in JUDGED]
    chosen = draw.sample(asked, -(-arguments.points // POINTS_A_QUESTION))
    measure(pair, chosen[0], random.Random(1))  # the first pass of a model is slow
    seen = [measure(pair, question, draw) for question in chosen]
    ratios = [item.map_seconds / item.decode_seconds for item in seen]
    figures = {
        "points": sum(item.points for item in seen),
        "ties": sum(item.ties for item in seen),
        "wrong": sum(item.wrong for item in seen),
        "intervals": {"median": statistics.median(i.intervals for i in seen), "max": max(i.intervals for i in seen)},
        "merged": sum(item.merged for item in seen),
        "incomplete": sum(not item.complete for item in seen),
        "map_seconds": {
            "median": statistics.median(i.map_seconds for i in seen),
            "max": max(i.map_seconds for i in seen),
        },
        "map_vs_answer": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
    }
    print(json.dumps(figures) if arguments.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
