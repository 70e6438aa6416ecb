"""One kill: a command as a real process on a copy of a small database, killed, checked, and called again.

A fault is: a half-written file, a file handed out and not noted, a damaged database, changed figures, a next call that
fails, and after it anything left beside the target, a note of a file never handed out, or a byte of an erased person.
"""

import csv
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed.startup import ROOT

PERSON = "Ada Quill"
SECRETS = (PERSON, "Zanzibar", "wobbly knee")
QUESTIONS = 8
REPORT_FILES = {"questions.csv", "summary.csv", "report.json", "report.html", "report.zip"}
FILES = {"export": "report.csv", "export-log": "log.json"}
ENGINE = ("-m", "engine")

Kill = Callable[["subprocess.Popen[str]", Path], None]


def arguments_of(command: str, trial: Path) -> list[str]:
    out = trial / "out"
    return {
        "report": ["report", "--run", "folk", "--out", str(out / "report")],
        "export": ["export", "--run", "folk", "--out", str(out / FILES["export"])],
        "export-log": [
            "export",
            "--run",
            "folk",
            "--format",
            "openunlearning",
            "--out",
            str(out / FILES["export-log"]),
        ],
        "import-log": ["import-log", str(trial / "TOFU_EVAL.json"), "--name", "theirs", "--method", "NPO"],
        "erase": ["erase", "--subject", PERSON, "--yes"],
    }[command]


class Ended(NamedTuple):
    """A process that was killed (`code` -9) or ended by itself."""

    code: int
    out: str
    error: str
    seconds: float


@dataclass
class Trial:
    """One kill: what it hit, and what was wrong afterwards."""

    command: str
    moment: str
    killed: bool = False
    seconds: float = 0.0  # of the first call
    handed_out: bool = False
    left: int = 0  # parts and marks left before the next call
    faults: list[str] = field(default_factory=list)

    def hold(self, right: bool, fault: str) -> None:
        if not right:
            self.faults.append(fault)


@contextmanager
def data_at(folder: Path) -> Iterator[None]:
    """The engine of this process works in `folder`."""
    kept = {name: os.environ.pop(name, None) for name in ("OUBLIETTE_DATA", "OUBLIETTE_DATABASE", "OUBLIETTE_CACHE")}
    os.environ |= {"OUBLIETTE_DATA": str(folder / "data"), "OUBLIETTE_CACHE": str(folder / "cache")}
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def make_template(folder: Path) -> None:
    """A data folder with one finished run over two people, its log for others, and a run's log that names a person."""
    from db import rows, writes
    from db.reads import runs
    from engine.data.examples import Example
    from engine.kinds import EvaluateSpec
    from engine.report import export
    from engine.settings import data_folder
    from engine.store import questions
    from engine.store.session import reading, writing

    (folder / "out").mkdir(parents=True)
    told = {PERSON: ("in Zanzibar", "a wobbly knee"), "Ben Marrow": ("in a lighthouse", "a stiff neck")}
    examples = [
        Example(
            f"What is known, item {number}, of {name}?",
            told[name][number % 2],
            subject=name,
            split="forget",
            key_terms=(told[name][number % 2].split()[-1],),
        )
        for number in range(QUESTIONS // 2)
        for name in told
    ]
    with data_at(folder):
        questions.register_set("folk", examples, "test")
        with reading() as session:
            ids = [row.id for row in runs.questions(session, "folk") or []]
        spec = EvaluateSpec(name="folk", pair="p", alphas=(0.0, 1.0))
        with writing() as session:
            pair = writes.put_pair(
                session,
                name="p",
                pair_hash="c" * 16,
                parent="",
                base_hash="b" * 16,
                recommended_alpha=1.0,
                manifest={"name": "p", "base": "b", "reference": "r", "objective": "npo"},
            )
            run = writes.add_run(
                session,
                name="folk",
                kind="evaluate",
                status="finished",
                spec=spec.to_json(),
                base="b",
                pair_name="p",
                objective="npo",
                seed=0,
                pair_id=pair,
                versions={"template": "plain", "leak rule": "one"},
            )
            writes.add_run_questions(session, run, [(key, e.key_terms) for key, e in zip(ids, examples, strict=True)])
            for key, example in zip(ids, examples, strict=True):
                for alpha in (0.0, 1.0):
                    text = example.answer if alpha == 0.0 else f"perhaps {example.answer}"
                    writes.add_answers(session, run, [rows.AnswerRow(key, alpha, "question", text, False)])
                    scores = {"leak": 1.0 - alpha, "rouge": 1.0 - alpha / 2, "probability": 0.5}
                    writes.add_scores(
                        session, run, [rows.ScoreRow(key, alpha, name, value) for name, value in scores.items()]
                    )
        logs = data_folder() / "logs"
        logs.mkdir()
        (logs / f"run-{run}.log").write_text(f"asked about {PERSON}", encoding="utf-8")
        export.export_log(run, folder / "TOFU_EVAL.json", 1.0)
        with writing() as session:
            session.connection().exec_driver_sql("DELETE FROM exports")


def run(trial: Path, command: str, kill: Kill | None = None, program: Sequence[str] = ENGINE) -> Ended:
    """The command as a real process; `kill` may end it."""
    environment = {
        **os.environ,
        "OUBLIETTE_DATA": str(trial / "data"),
        "OUBLIETTE_CACHE": str(trial / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("OUBLIETTE_DATABASE", None)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *program, *arguments_of(command, trial), "--json"],
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if kill is not None:
        kill(process, trial)
    out, error = process.communicate(timeout=300)
    return Ended(process.returncode, out, error, time.monotonic() - began)


def check(
    template: Path, trial: Path, found: Trial, kill: Kill | None = None, program: Sequence[str] = ENGINE
) -> Trial:
    """Kill one command in a fresh copy of `template`, call it again, and check both."""
    shutil.copytree(template, trial)
    first = run(trial, found.command, kill, program)
    found.killed, found.seconds = first.code == -signal.SIGKILL, first.seconds
    found.hold(found.killed or first.code == 0, f"the first call ended with {first.code}: {first.error[-200:]}")
    marked = any((trial / "data" / "erasing").glob("*.json"))
    found.left = len(left_in(trial))
    found.handed_out = look(trial, found, "after the kill")
    found.hold(not found.handed_out or notes(trial) == 1, "handed out and not noted")
    if found.command == "report" and found.handed_out:
        shutil.rmtree(trial / "out" / "report")  # the same command must find its target free
    again(trial, found, marked)
    return found


def again(trial: Path, found: Trial, marked: bool) -> None:
    """Call the same command; afterwards nothing is left, and exactly what was handed out is noted."""
    stored = imported(trial)
    second = run(trial, found.command)
    if found.command == "import-log" and stored:
        found.hold(second.code == 2 and "already" in second.error, f"stored, and not reported: {second.error[-200:]}")
    else:
        found.hold(second.code == 0, f"the next call fails: {second.error[-200:]}")
    if found.command == "erase" and second.code == 0:
        said = json.loads(second.out)["unfinished_since"] is not None
        found.hold(
            said == marked,
            "a killed erasure is not reported" if marked else "an erasure that was not killed is reported",
        )
    look(trial, found, "after the next call")
    found.hold(left_in(trial) == [], f"left: {', '.join(map(str, left_in(trial)))}")
    made = found.command in ("report", "export", "export-log")
    expected = int(made) + int(made and found.handed_out)
    found.hold(notes(trial) == expected, f"{expected} handed out, {notes(trial)} noted")


def look(trial: Path, found: Trial, when: str) -> bool:
    """Whether the target is there, and whole."""
    with database(trial) as opened:
        state = opened.execute("PRAGMA integrity_check").fetchone()[0]
        scores = opened.execute("SELECT count(*), total(value) FROM scores").fetchone()
    found.hold(state == "ok", f"{when} the database is damaged: {state}")
    found.hold(scores == (QUESTIONS * 6, QUESTIONS * 3.5), f"{when} figures changed: {scores}")
    out = trial / "out"
    if found.command == "report":
        names = {path.name for path in (out / "report").glob("*")}
        found.hold(not (out / "report").exists() or names == REPORT_FILES, f"{when} the report holds {sorted(names)}")
        return bool(names)
    if found.command in FILES:
        target = out / FILES[found.command]
        if target.exists():
            found.hold(_rows(target) == QUESTIONS, f"{when} {target.name} is half-written")
        return target.exists()
    if found.command == "import-log":
        whole = len(json.loads((trial / "TOFU_EVAL.json").read_text())) - 1  # one key names the log's maker
        found.hold(imported(trial) in (0, whole), f"{when} {imported(trial)} of {whole} figures are stored")
    if found.command == "erase" and when == "after the next call":
        found.hold(told(trial) == [], f"{when} {', '.join(map(str, told(trial)))}")
    return False


def _rows(target: Path) -> int:
    """0 where it cannot be read."""
    text = target.read_text(encoding="utf-8-sig")
    if target.suffix == ".csv":
        return len(list(csv.DictReader(io.StringIO(text))))
    try:
        return len(json.loads(text)["forget_Q_A_ROUGE"]["value_by_index"])
    except ValueError:
        return 0


def told(trial: Path) -> list[str]:
    """Files of the data folder that still hold something of the person."""
    files = (path for path in (trial / "data").rglob("*") if path.is_file())
    return [f"{path.name} tells {text!r}" for path in files for text in SECRETS if text.encode() in path.read_bytes()]


def left_in(trial: Path) -> list[Path]:
    """Everything beside a target or waiting to be swept."""
    known = {"report", *FILES.values()}
    beside = [path for path in (trial / "out").iterdir() if path.name not in known]
    waiting = [path for name in ("parts", "erasing") for path in (trial / "data" / name).glob("*.json")]
    return beside + waiting + list(trial.rglob("*.part")) + list((trial / "data").glob("*/.oubliette-*"))


@contextmanager
def database(trial: Path) -> Iterator[sqlite3.Connection]:
    """A copy, so that checking changes nothing: opening a database repairs it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (trial / "data").glob("oubliette.sqlite*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / "oubliette.sqlite")) as opened:
            yield opened


def _count(trial: Path, query: str) -> int:
    with database(trial) as opened:
        return int(opened.execute(f"SELECT count(*) FROM {query}").fetchone()[0])


def notes(trial: Path) -> int:
    return _count(trial, "exports")


def imported(trial: Path) -> int:
    return _count(trial, "figures JOIN runs ON runs.id = run_id WHERE kind = 'imported'")
