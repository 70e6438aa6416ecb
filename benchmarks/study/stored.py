"""The study's database: in the work folder, and packed in the repository, so that the page can be made anywhere."""

import lzma
import sqlite3
from pathlib import Path

from benchmarks.study.runs import study_runs
from engine.settings import cache_folder
from engine.store import history
from engine.versions import PACKAGES

PACKED = Path(__file__).with_name("study.sqlite.xz")
NAME = "oubliette.sqlite"


def work_folder() -> Path:
    return cache_folder() / "study"


def pack() -> None:
    """Pack the work folder's database, whole or not at all."""
    copy = work_folder() / "study.sqlite.part"
    copy.unlink(missing_ok=True)
    with sqlite3.connect(work_folder() / NAME) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    with sqlite3.connect(copy) as database:  # paths of this machine mean nothing on another
        database.execute("PRAGMA foreign_keys = ON")  # removing a run removes its rows
        database.execute("UPDATE runs SET spec = json_set(spec, '$.task_folder', '') WHERE kind = 'tasks'")
        database.execute("UPDATE sets SET source = 'lm-eval' WHERE source LIKE 'lm-eval,%'")
        database.execute("DELETE FROM runs WHERE status != 'finished'")
    packed = copy.with_suffix(".xz")
    packed.write_bytes(lzma.compress(copy.read_bytes(), preset=9))
    copy.unlink()
    packed.replace(PACKED)


def unpack(folder: Path) -> None:
    """Unpack the database into `folder`, unless it has one."""
    target = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if PACKED.exists() and not target.exists():
        scratch = target.with_suffix(".part")
        scratch.write_bytes(lzma.decompress(PACKED.read_bytes()))
        scratch.rename(target)


def finished() -> set[str]:
    return {run.name for run in history.list_runs() if run.status == "finished"}


def versions() -> dict[str, str]:
    """The versions recorded by the runs of the study: by package its version, or several."""
    found: dict[str, dict[str, None]] = {}
    for run in study_runs():
        for name, value in history.run_detail(run.id).versions.items():
            if name in ("oubliette", "python", *PACKAGES, "lm-eval"):  # a run keeps other facts beside them
                found.setdefault(name, {})[value] = None
    return {name: " and ".join(values) for name, values in found.items()}
