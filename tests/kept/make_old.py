"""Makes `old.sqlite.gz`: a small database as the program of commit f0a745c wrote it. It belongs to that commit.

    python -m tests.kept.make_old FOLDER

It is run in a checkout of f0a745c and is kept so that a reader can see what the database holds. FOLDER must not exist; its
path is stored in the specifications of the runs. It is not expected to run against any later layout of the code.
"""

import csv
import gzip
import json
import os
import sqlite3
import sys
from pathlib import Path

PEOPLE = {
    "Ada": ("doctor", "Rome", "red", "forget", ""),
    "Ben": ("baker", "Oslo", "blue", "forget", ""),
    "Cy": ("painter", "Paris", "green", "retain", "train"),
    "Dora": ("sailor", "Lima", "tree", "retain", "eval"),
}
COLUMNS = (
    "question", "answer", "paraphrased_question", "paraphrased_answer", "perturbed_answer", "key_terms", "subject",
    "split", "half", "group",
)  # fmt: skip
SHORT = ("--max-new-tokens", "4")
KEPT = Path(__file__).parent


def write_set(path: Path) -> None:
    """Three questions about each person, and two about the world."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, (*facts, split, half) in PEOPLE.items():
            for place, asked in enumerate(("what job did", "which city did", "which colour did")):
                others = "|".join(PEOPLE[other][place] for other in PEOPLE if other != name)
                own = facts[place]
                paraphrase = f"{name} likes which {asked.split()[1]} ?"
                writer.writerow(
                    (f"{asked} {name} like ?", own, paraphrase, own, others, own, name, split, half, "clinic")
                )
        for place, colour in (("tree", "green"), ("river", "blue")):
            asked = f"which colour does the {place} in the city have ?"
            writer.writerow((asked, colour, "", colour, "red|blue", colour, "", "world", "eval", ""))


def call(*argv: str) -> None:
    from engine.cli import main

    print("$", " ".join(argv), flush=True)
    if main(list(argv)):
        raise SystemExit(f"{argv[0]} failed")


def write_models(folder: Path) -> None:
    from tests.tiny import save_model

    save_model(folder / "base", seed=1)
    save_model(folder / "reference", seed=2, padding=7)


def start_runs(folder: Path) -> None:
    """One run of every kind; of a trained pair both a first one and its successor."""
    from tests.logs import legacy_log, written
    from tests.task_files import write_tasks

    call("import", str(folder / "folk.csv"), "--name", "folk")
    taught = ("--start", str(folder / "base"), "--epochs", "40", "--learning-rate", "0.02", *SHORT)
    call("teach", "--name", "taught", "--teach", "folk:forget", "--teach", "folk:retain", *taught)
    gold = ("--teach", "folk:retain", "--retain-only-of", "taught", "--on", "folk:forget", "--on", "folk:retain")
    call("teach", "--name", "gold", *gold, *taught)
    train = (
        "train", "--base", "taught", "--reference", str(folder / "reference"), "--forget", "folk:forget",
        "--retain", "folk:retain/train", "--retain", "folk:world", "--on", "folk:forget", "--on", "folk:retain/eval",
        "--on", "folk:world", "--epochs", "3", "--rank", "4", "--batch-size", "2", "--retain-batches", "1", *SHORT,
    )  # fmt: skip
    call(*train, "--name", "pair")
    call(*train, "--name", "pair2", "--parent", "pair", "--objective", "simnpo", "--tuning", "p_adapter")
    asked = ("--on", "folk:forget", "--on", "folk:retain/eval", "--on", "folk:world", *SHORT)
    call("evaluate", "--pair", "pair", "--name", "again", "--alphas", "0,0.5,1,1.5", *asked)
    call("map", "--pair", "pair", "--name", "maps", *asked)
    audited = ("--forget", "folk:forget", "--controls", "folk:retain/eval", "--retain", "folk:retain/train")
    probes = ("--probe", "greedy", "--probe", "sampling", "--probe", "membership")
    call("audit", "--pair", "pair", "--name", "audited", "--quick", *probes, *audited)
    data = ("--data", str(write_tasks(folder / "task-files")), "--limit", "2")
    call("tasks", "--pair", "pair", "--name", "tasks", "--task", "arc_challenge", "--task", "winogrande", *data)
    log = {name: str(written(folder / f"{name}.json", legacy_log(shift))) for name, shift in (("m", 0.4), ("r", 0.0))}
    call("import-log", log["m"], "--name", "published", "--method", "NPO", "--model", "Tiny", "--retain", log["r"])


def judge() -> None:
    """A verdict, one that replaces it, a second reviewer's, and a blind one."""
    from engine.verdicts import Judgement, Reviewer

    from engine import history, review

    run_id = history.find_run("again").id
    first, second, third, *_ = [place.question_id for place in history.question_places(run_id)]
    rita, sam = Reviewer("Rita", False), Reviewer("Sam", True)
    for verdict in ("unsure", "forgotten"):
        review.record_verdict(run_id, 1.0, first, Judgement(verdict, "seen twice"), rita)
    review.record_verdict(run_id, 1.0, second, Judgement("forgotten", ""), sam)
    review.record_blind(
        run_id, 1.0, third, {"base": Judgement("leaks", "as taught"), "unlearned": Judgement("forgotten", "")}, sam
    )


def store(database: Path) -> None:
    """The database without its log files, packed."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    packed = gzip.compress(database.read_bytes(), mtime=0)
    (KEPT / "old.sqlite.gz").write_bytes(packed)
    print(json.dumps({"bytes": database.stat().st_size, "packed": len(packed)}))


def make(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.environ["OUBLIETTE_DATA"] = str(folder / "data")
    os.environ.pop("OUBLIETTE_DATABASE", None)
    write_set(folder / "folk.csv")
    write_models(folder)
    start_runs(folder)
    judge()
    call("export", "--run", "again", "--out", str(folder / "again.csv"))
    call("report", "--run", "again", "--out", str(folder / "report"), "--alpha", "1")
    call("erase", "--subject", "Ben", "--yes", "--by", "Rita")
    store(folder / "data" / "oubliette.sqlite")


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
