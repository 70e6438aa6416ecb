"""What the method costs, as ratios: `python -m benchmarks.speed [--rounds 5] [--only PART] [--out speed.json]`.

Takes about ten minutes on two cores. Everything is measured on the demo, interleaved in one process, several rounds;
only the slider needs a server and a browser. Each part is in the file as soon as it is measured, and measuring one
again replaces its figures. `decode_*` are our tokens per second ÷ those of the other (higher is better), the other
`*_vs_*` our seconds ÷ those of the other (lower is better). docs/performance.md explains each.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks.browser import why_missing
from benchmarks.speed import curves, decoding, results, slider, training
from benchmarks.speed.timing import Spread, spread
from engine.models.loading import LoadedPair, load_pair

Part = Callable[[int], dict[str, Spread]]


@cache
def _pair() -> LoadedPair:
    return load_pair("demo")


def _decoding(rounds: int) -> dict[str, Spread]:
    pair = _pair()
    return decoding.decoding(pair, rounds, per_round=3) | decoding.to_the_end(pair, rounds, per_round=6)


def _map(rounds: int) -> dict[str, Spread]:
    return decoding.mapping(_pair(), rounds)


def _curves(rounds: int) -> dict[str, Spread]:
    seen = curves.curve_vs_point(_pair(), curves.chosen(4), rounds)
    return {"curve_vs_point": seen["curve_vs_point"], "curve_and_point_vs_point": seen["both_vs_point"]}


def _training(rounds: int) -> dict[str, Spread]:
    with tempfile.TemporaryDirectory() as scratch:
        return training.training(Path(scratch), rounds)


def _slider(_: int) -> dict[str, Spread]:
    found = slider.measure()
    return {"slider_ms": spread(found.release), "follow_p95_ms": Spread(*[found.slowest] * 3)}


PARTS: dict[str, Part] = {
    "decoding": _decoding,
    "map": _map,
    "curves": _curves,
    "training": _training,
    "slider": _slider,
}
IN_A_BROWSER = ("slider",)


def possible(parts: list[str]) -> list[str]:
    """The parts that can be measured here; the reasons for the others are printed first."""
    if not (missing := why_missing()):
        return parts
    for name in IN_A_BROWSER:
        if name in parts:
            print(f"the part {name} is skipped: {missing}", file=sys.stderr, flush=True)
    return [name for name in parts if name not in IN_A_BROWSER]


def measure(parts: list[str], rounds: int, out: Path) -> None:
    """Measure one part after the other; each is printed and in the file `out` before the next begins."""
    for name in parts:
        found = PARTS[name](rounds)
        results.keep(out, {figure: value._asdict() for figure, value in found.items()})
        for figure, value in found.items():
            print(f"{figure:30} {value.median:8.3f}   {value.min:.3f} to {value.max:.3f}", file=sys.stderr, flush=True)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="What the method costs, as ratios.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=tuple(PARTS), action="append", help="only this part; may be repeated")
    parser.add_argument(
        "--out", type=Path, default=Path("speed.json"), help="file of the figures (default: speed.json)"
    )
    parser.add_argument("--json", action="store_true", help="print the contents of the file at the end")
    arguments = parser.parse_args(words)
    parts = possible(arguments.only or list(PARTS))
    results.check_machine(arguments.out)
    measure(parts, arguments.rounds, arguments.out)
    if arguments.json:
        print(json.dumps(results.read(arguments.out)))


if __name__ == "__main__":
    main()
