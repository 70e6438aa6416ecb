"""Many visitors at once: `python -m benchmarks.sessions [--app FOLDER ...] [--sessions 20] [--json]`.

The demo is set up in a separate folder, with questions of other sets beside it. Sessions without a browser move α on
mapped questions, two in Chromium beside them do the same, and a training runs at nice 10 with one thread. Measured is
the server's time from the message that carries a move to the one that brings the card with the answer; each visitor
pauses before the next move. `--app` names other checkouts of the program, measured one after the other, to see the
effect of a change.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Page, async_playwright

from benchmarks.browser import CHROMIUM, FLAGS
from benchmarks.sessions.client import HIGH, LOW, STEP, Session
from benchmarks.speed.startup import ROOT, free_port, is_up

OTHER_SET = 10_000  # questions of a set that is not looked at
FILL = """
import sys
try:
    from engine.store import questions as execute
except ImportError:  # an older checkout
    from engine import experiment as execute
from engine.data.examples import Example
splits = ("forget", "retain", "world")
for place, size in enumerate(map(int, sys.argv[1:])):
    execute.register_set(f"other-{place}", [
        Example(
            f"What is item {n} of list {place}, about matter {n * 7 % 1000}?", f"It is thing {n} of {place}.",
            paraphrased_question=f"Item {n} of list {place}?", perturbed_answer=("one", "two"),
            subject=f"Person {n // 20}",
            split=splits[n % 3], half=("", "train", "eval")[n % 3],
        )
        for n in range(size)
    ], "benchmark")
"""
TRAIN = """
import os
try:
    from engine.runs import execute, worker
except ImportError:  # an older checkout
    from engine import experiment as execute, worker
getattr(worker, "step_back", lambda: os.nice(10))()  # as the program's own workers do, or did
from engine.kinds import TrainSpec
from engine.training_settings import TrainingSettings
training = TrainingSettings(epochs=200, target_forget_probability=0.0)
execute.run_here(TrainSpec(name="beside", training=training))
"""
MAPPED = """SELECT position + 1 FROM questions JOIN sets ON sets.id = set_id
WHERE sets.name = 'demo' AND split = 'forget' AND EXISTS (SELECT 1 FROM maps WHERE maps.question = questions.question)
ORDER BY position"""


class Moves(NamedTuple):
    """Milliseconds over all moves."""

    moves: int
    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Moves":
        steps = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
        return cls(len(seconds), *(round(1000 * value, 1) for value in (steps[49], steps[94], max(seconds))))


def measure(app: Path, arguments: argparse.Namespace) -> dict[str, Moves]:
    """Results of one checkout of the program, by kind of visitor."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        environment = os.environ | {"OUBLIETTE_DATA": folder, "PYTHONPATH": str(app)}
        environment.pop("OUBLIETTE_DATABASE", None)
        sizes = [OTHER_SET] * (arguments.questions // OTHER_SET) + [arguments.questions % OTHER_SET]
        _python(app, environment, "-m", "engine", "demo")
        _python(app, environment, "-c", FILL, *(str(size) for size in sizes if size))
        with closing(sqlite3.connect(Path(folder) / "oubliette.sqlite")) as database:
            mapped = [int(row[0]) for row in database.execute(MAPPED)]
        port = free_port()
        options = ("--server.port", str(port), "--server.headless", "true")
        running.enter_context(_process(app, environment, "-m", "streamlit", "run", "app.py", *options))
        while not is_up(port):
            time.sleep(0.05)
        asyncio.run(_opened_once(port, mapped[0]))
        training = None
        if arguments.training:
            one_thread = environment | {"OMP_NUM_THREADS": "1"}
            training = running.enter_context(_process(app, one_thread, "-c", TRAIN))
        found = asyncio.run(_visit(port, mapped, arguments))
        if training is not None and training.poll() is not None:
            raise SystemExit(f"{app}: the training ended with code {training.returncode} before the visitors did")
        return found


def _python(app: Path, environment: dict[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=app, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{app}: {done.stderr[-400:]}")


@contextmanager
def _process(app: Path, environment: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


async def _opened_once(port: int, question: int) -> None:
    """The first visitor waits for the models, which is not measured."""
    async with Session(port, question) as session:
        await session.open()
        await session.rest(5.0)


async def _visit(port: int, mapped: list[int], arguments: argparse.Namespace) -> dict[str, Moves]:
    draws = random.Random(arguments.seed)
    places = [mapped[number % len(mapped)] for number in range(arguments.sessions + arguments.browsers)]
    found: dict[str, list[float]] = {"sessions": [], "browsers": []}
    async with async_playwright() as playwright:
        browser = None
        if arguments.browsers:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        ready = asyncio.Barrier(arguments.sessions + arguments.browsers)
        async with asyncio.TaskGroup() as group:
            for place in places[: arguments.sessions]:
                pauses = _pauses(draws, arguments)
                group.create_task(_session(Session(port, place, arguments.whole), pauses, ready, found["sessions"]))
            for place in places[arguments.sessions :]:
                assert browser is not None
                page = await browser.new_page()
                group.create_task(_browser(page, port, place, _pauses(draws, arguments), ready, found["browsers"]))
        if browser is not None:
            await browser.close()
    return {name: Moves.of(seconds) for name, seconds in found.items() if seconds}


def _pauses(draws: random.Random, arguments: argparse.Namespace) -> list[float]:
    """Seconds that a visitor looks at an answer, one for each move."""
    return [draws.uniform(0.5, 1.5) * arguments.pause for _ in range(arguments.moves)]


async def _session(session: Session, pauses: list[float], ready: asyncio.Barrier, found: list[float]) -> None:
    draws = random.Random(session.question)
    async with session:
        await session.open()
        await ready.wait()
        await session.rest(pauses[0])
        for pause in pauses:
            steps = [
                step for step in range(round((HIGH - LOW) / STEP) + 1) if abs(step * STEP - session.alpha) > STEP / 2
            ]
            found.append(await session.move(LOW + STEP * draws.choice(steps)))
            await session.rest(pause)


async def _browser(
    page: Page, port: int, place: int, pauses: list[float], ready: asyncio.Barrier, found: list[float]
) -> None:
    """Moves the slider by keys, and times the messages by the browser's own clock."""
    sent, received = list[float](), list[tuple[float, bytes]]()
    wire = await page.context.new_cdp_session(page)
    wire.on("Network.webSocketFrameSent", lambda event: sent.append(event["timestamp"]))
    wire.on("Network.webSocketFrameReceived", lambda event: received.append((event["timestamp"], _data(event))))
    await wire.send("Network.enable")
    await page.goto(f"http://127.0.0.1:{port}/compare?set=demo&pair=demo&split=forget&q={place}&alpha=0")
    thumb = page.get_by_role("slider").first
    await thumb.wait_for(timeout=120_000)
    await ready.wait()
    await thumb.focus()
    for number, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        sent.clear()
        received.clear()
        await thumb.press("ArrowRight")
        words = f"α = {STEP * (number + 1):g}<".encode()
        end = time.monotonic() + 120
        while time.monotonic() < end:
            held = [moment for moment, frame in received if words in frame and b"First difference" in frame]
            if held and sent:
                found.append(held[0] - sent[0])
                break
            await asyncio.sleep(0.02)


def _data(event: dict[str, Any]) -> bytes:
    frame = event["response"]
    return base64.b64decode(frame["payloadData"]) if frame["opcode"] == 2 else frame["payloadData"].encode()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--app", action="append", type=Path, metavar="FOLDER", help="a checkout (default: this one)")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--moves", type=int, default=20, help="of each visitor")
    parser.add_argument("--questions", type=int, default=120_000, help="of other sets, stored beside the demo's")
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between an answer and the next move")
    parser.add_argument("--whole", action="store_true", help="each move reruns the whole page, not only the slider")
    parser.add_argument("--no-training", dest="training", action="store_false")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {}
    for app in arguments.app or [ROOT]:
        found[str(app)] = measure(app.resolve(), arguments)
        if not arguments.json:
            for kind, moves in found[str(app)].items():
                times = f"p50 {moves.p50} ms, p95 {moves.p95} ms, longest {moves.longest} ms"
                print(f"{app}: {kind}: {moves.moves} moves, {times}", flush=True)
    if arguments.json:
        print(json.dumps({app: {k: moves._asdict() for k, moves in kinds.items()} for app, kinds in found.items()}))


if __name__ == "__main__":
    main()
