"""Processes killed at random moments: `python -m benchmarks.kills [--kills 60] [--seed 0] [--json]`.

Report, export (CSV and log), import-log and erase in turn, each as a real process on a copy of a small database. Half
the moments are uniform over the command's time, half are right after its first sign of writing. trials.py says what
is checked. The exit code is 1 after a fault.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.kills.trials import FILES, Kill, Trial, check, make_template

COMMANDS = ("report", *FILES, "import-log", "erase")
SIGNS = {"import-log": ("oubliette.sqlite-wal",), "erase": ("erasing/*.json",)}  # in the data folder
PART = ("parts/*.json",)
AFTER_SIGN = {"import-log": 0.6, "erase": 0.2}  # seconds; a report takes its place within milliseconds
SHORT = 0.015
LOOKS = 0.0005  # seconds between two looks for a sign


def after(seconds: float) -> Kill:
    """Kills after this many seconds, if the process still runs."""

    def kill(process: "subprocess.Popen[str]", _: Path) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()

    return kill


def after_sign(command: str, seconds: float) -> Kill:
    """Kills this many seconds after the command's first sign of writing."""

    def kill(process: "subprocess.Popen[str]", trial: Path) -> None:
        while process.poll() is None:
            if any(any((trial / "data").glob(sign)) for sign in SIGNS.get(command, PART)):
                time.sleep(seconds)
                process.kill()
                return
            time.sleep(LOOKS)

    return kill


def moment(command: str, draws: random.Random, whole: float, by_clock: bool) -> tuple[str, Kill]:
    if by_clock:
        seconds = draws.uniform(0, whole)
        return f"at {seconds:.2f} of {whole:.2f} s", after(seconds)
    seconds = draws.uniform(0, AFTER_SIGN.get(command, SHORT))
    return f"{seconds * 1000:.1f} ms after its first sign", after_sign(command, seconds)


def table(trials: list[Trial]) -> str:
    lines = [f"{'command':<11} kills  ended before  handed out  left beside  faults"]
    for command in COMMANDS:
        own = [trial for trial in trials if trial.command == command]
        killed = [trial for trial in own if trial.killed]
        out, left = sum(trial.handed_out for trial in killed), sum(bool(trial.left) for trial in killed)
        faults = sum(len(trial.faults) for trial in own)
        lines.append(
            f"{command:<11} {len(killed):>5}  {len(own) - len(killed):>12}  {out:>10}  {left:>11}  {faults:>6}"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description="Kill commands at random moments.")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    draws, trials = random.Random(arguments.seed), list[Trial]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_template(folder / "template")
        whole = {}
        for command in COMMANDS:  # how long it takes without a kill
            found = check(folder / "template", folder / f"whole-{command}", Trial(command, "not killed"))
            whole[command] = found.seconds
            trials += [found] if found.faults else []
        killed = attempt = 0
        while killed < arguments.kills and attempt < 3 * arguments.kills:
            command = COMMANDS[attempt % len(COMMANDS)]
            words, kill = moment(command, draws, whole[command], by_clock=attempt // len(COMMANDS) % 2 == 0)
            trials.append(check(folder / "template", folder / str(attempt), Trial(command, words), kill))
            killed, attempt = killed + trials[-1].killed, attempt + 1
            for fault in trials[-1].faults:
                print(f"{command}, killed {words}: {fault}", file=sys.stderr)
    print(json.dumps([asdict(trial) for trial in trials], indent=1) if arguments.json else table(trials))
    return int(any(trial.faults for trial in trials))


if __name__ == "__main__":
    sys.exit(main())
