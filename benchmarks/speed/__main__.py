"""What the method costs, as ratios: `python -m benchmarks.speed [--rounds 5] [--json]`, within ten minutes on two cores.

Everything is measured on the demo, interleaved in one process, several rounds; only the slider needs a server and a
browser beside. `decode_*` are tokens per second of ours ÷ those of the other (higher is better), `*_vs_*` else seconds
of ours ÷ those of the other (lower is better). What each figure means: docs/performance.md.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.speed import curves, decoding, slider, training
from benchmarks.speed.timing import Spread, spread
from engine.models.kernels import fastest_kind
from engine.models.loading import load_pair

PARTS = ("decoding", "map", "curves", "training", "slider")


def measure(parts: list[str], rounds: int) -> dict[str, Spread]:
    found: dict[str, Spread] = {}
    if {"decoding", "map", "curves"} & set(parts):
        pair = load_pair("demo")
        if "decoding" in parts:
            found |= decoding.decoding(pair, rounds, per_round=3)
            found |= decoding.to_the_end(pair, rounds, per_round=6)
        if "map" in parts:
            found |= decoding.mapping(pair, rounds)
        if "curves" in parts:
            seen = curves.curve_vs_point(pair, curves.chosen(4), rounds)
            found["curve_vs_point"] = seen["curve_vs_point"]
            found["curve_and_point_vs_point"] = seen["both_vs_point"]
    if "training" in parts:
        with tempfile.TemporaryDirectory() as scratch:
            found |= training.training(Path(scratch), rounds)
    if "slider" in parts:
        found["slider_ms"] = spread(slider.measure())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone; may be given again")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.only or list(PARTS), arguments.rounds)
    figures: dict[str, Any] = {name: value._asdict() for name, value in found.items()}
    figures["machine"] = {
        "cores": os.cpu_count(), "threads": torch.get_num_threads(), "processor": platform.machine(),
        "kernel": fastest_kind("cpu", torch.float32), "torch": torch.__version__,
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in found.items():
        print(f"{name:30} {value.median:8.3f}   {value.min:.3f} to {value.max:.3f}")


if __name__ == "__main__":
    main()
