"""Files and folders that appear whole or not at all: what a killed process left is swept, and nothing else ever is."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import StorageError
from engine.settings import data_folder
from engine.store.handing_out import note_handed_out, sweep
from engine.store.session import reading, writing
from engine.whole_files import HIDDEN, discard, part_of, scratch_in, write_new
from tests.stored_runs import store_run, store_set

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from engine.whole_files import part_of, write_new
with part_of(Path(sys.argv[1])) as part:
    if sys.argv[2] == "folder":
        part.mkdir()
        write_new(part / "secret", b"zebropathy")
    else:
        write_new(part, b"zebropathy")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def leave(target: Path, kind: str = "file") -> Path:
    """The part that a killed process leaves beside `target`."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), kind], cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    (part,) = target.parent.glob(f"{HIDDEN}*")
    return part


def beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path.name != "data")


def exports() -> int:
    with reading() as session:
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM exports").scalar() or 0)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_process_left_is_swept_wherever_it_lies(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "there" / "report"
    target.parent.mkdir()
    part = leave(target, kind)
    assert part.stat().st_mode & 0o077 == 0 or kind == "folder"
    assert main.main(["methods"]) == 0  # any command at all
    assert beside(target) == []
    assert list((data_folder() / "parts").iterdir()) == []


def test_what_is_still_being_written_stays_and_is_private(tmp_path: Path) -> None:
    with part_of(tmp_path / "report.csv") as part:
        write_new(part, b"whole")
        for _ in range(2):
            sweep()
        other = threading.Thread(target=sweep)
        other.start()
        other.join()
        assert part.read_bytes() == b"whole"
        assert part.stat().st_mode & 0o777 == 0o600
        assert len(part.name.removeprefix(HIDDEN)) == 32
    assert (tmp_path / "report.csv").read_bytes() == b"whole"
    assert beside(tmp_path / "report.csv") == ["report.csv"]


def test_another_process_never_sweeps_what_still_grows(tmp_path: Path) -> None:
    with part_of(tmp_path / "report.csv") as part:
        write_new(part, b"whole")
        program = "from engine.store.handing_out import sweep; sweep()"
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=os.environ, check=True)
        assert part.exists()


def test_what_is_not_ours_is_never_touched(tmp_path: Path) -> None:
    target = tmp_path / "report"
    part = leave(target)
    alike, precious = tmp_path / f"{HIDDEN}{'0' * 32}", tmp_path / "precious"
    for path in (alike, precious, tmp_path / ".77.part", tmp_path / ".report-x"):
        path.write_text("a person's own")
    part.unlink()
    part.symlink_to(precious)  # somebody put a link in its place
    forged = data_folder() / "parts" / f"{'1' * 32}.json"
    forged.write_text(json.dumps({"part": str(precious), "note": {}}))
    forged.with_suffix(".lock").touch()
    for text in ("", "[" * 100_000, "[]", '{"part": 3, "note": []}', '{"part": "x"'):
        (data_folder() / "parts" / f"{len(text)}.json").write_text(text)
        (data_folder() / "parts" / f"{len(text)}.lock").touch()
    sweep()
    assert beside(target) == sorted([".77.part", ".report-x", alike.name, part.name, "precious"])
    assert part.is_symlink()


def test_a_folder_that_is_away_now_is_swept_when_it_is_back(tmp_path: Path) -> None:
    target = tmp_path / "stick" / "report"
    target.parent.mkdir()
    leave(target)
    target.parent.rename(tmp_path / "unplugged")
    sweep()
    (tmp_path / "unplugged").rename(target.parent)
    assert beside(target) != []
    sweep()
    assert beside(target) == []


def test_it_is_noted_before_it_appears_and_not_where_it_cannot_appear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store_run("r", {"rouge": dict.fromkeys(store_set(), 1.0)})
    real, seen = Path.replace, list[int]()

    def look(path: Path, target: Path) -> Path:
        seen.append(exports())
        if target.name == "refused":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", look)
    with part_of(tmp_path / "x.csv", note_handed_out(run, 1.0, "x.csv", 4, "s" * 64)) as part:
        write_new(part, b"x")
    assert (seen, exports()) == ([1], 1)
    with pytest.raises(OSError), part_of(tmp_path / "refused", note_handed_out(run, 1.0, "y", 4, "t" * 64)) as part:
        write_new(part, b"y")
    assert (seen, exports()) == ([1, 2], 1)
    assert beside(tmp_path / "x") == ["x.csv"]


def test_a_database_that_refuses_the_note_hands_nothing_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store_run("r", {"rouge": dict.fromkeys(store_set(), 1.0)})
    monkeypatch.setattr("db.session.BUSY_TIMEOUT_MS", 50)
    note = note_handed_out(run, 1.0, "x.csv", 4, "s" * 64)
    with writing() as held:
        held.connection()  # which takes the lock
        with pytest.raises(StorageError, match="locked"), part_of(tmp_path / "x.csv", note) as part:
            write_new(part, b"x")
    assert (beside(tmp_path / "x"), exports()) == ([], 0)


NOTED = """
import os, signal, sys
from pathlib import Path
from engine.store.handing_out import note_handed_out
from engine.whole_files import part_of, write_new
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with part_of(Path(sys.argv[1]), note_handed_out(int(sys.argv[2]), 1.0, "x.csv", 4, "s" * 64)) as part:
    write_new(part, b"zebropathy")
"""


def test_a_note_that_cannot_be_taken_back_now_is_taken_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store_run("r", {"rouge": dict.fromkeys(store_set(), 1.0)})
    monkeypatch.setattr("db.session.BUSY_TIMEOUT_MS", 50)
    target = tmp_path / "x.csv"
    subprocess.run([sys.executable, "-c", NOTED, str(target), str(run)], cwd=ROOT, env=os.environ, check=False)
    assert exports() == 1
    with writing() as held:
        held.connection()  # which takes the lock
        sweep()
    assert (len(beside(target)), exports()) == (1, 1)
    sweep()
    assert (beside(target), exports(), list((data_folder() / "parts").iterdir())) == ([], 0, [])


def test_a_note_of_what_the_disk_refused_is_taken_back_later_where_the_database_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store_run("r", {"rouge": dict.fromkeys(store_set(), 1.0)})
    monkeypatch.setattr("db.session.BUSY_TIMEOUT_MS", 50)
    target = tmp_path / "x.csv"
    target.mkdir()
    (target / "in the way").touch()
    note = note_handed_out(run, 1.0, "x.csv", 4, "s" * 64)
    with contextlib.ExitStack() as busy:

        def write() -> None:
            note.write()
            busy.enter_context(writing()).connection()

        with pytest.raises(OSError), part_of(target, note._replace(write=write)) as part:
            write_new(part, b"x")
        assert exports() == 1
    sweep()
    assert (beside(target), exports()) == (["x.csv"], 0)


@pytest.mark.parametrize(
    "note",
    [{"x": "y"}, {"sha256": "s", "created": "never"}, {"sha256": "s", "created": 3}, {"sha256": "s", "created": None}],
)
def test_a_damaged_entry_ends_no_sweep(tmp_path: Path, note: dict[str, object]) -> None:
    store_set()
    first, second = (tmp_path / name / "report" for name in ("one", "two"))
    for target in (first, second):
        target.parent.mkdir()
        leave(target)
    for record in (data_folder() / "parts").glob("*.json"):
        record.write_text(json.dumps(json.loads(record.read_text()) | {"note": note}))
    sweep()
    assert (beside(first), beside(second)) == ([], [])


def test_a_note_is_taken_back_alone(tmp_path: Path) -> None:
    run = store_run("r", {"rouge": dict.fromkeys(store_set(), 1.0)})
    first, second = (note_handed_out(run, 1.0, "x.csv", 4, "s" * 64) for _ in range(2))
    first.write()
    second.write()
    second.take_back(second.words)
    with reading() as session:
        (left,) = session.connection().exec_driver_sql("SELECT created FROM exports")
    assert left[0].replace(" ", "T") == first.words["created"].removesuffix("+00:00")


def test_nothing_is_made_through_a_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    for path in (tmp_path / "link", tmp_path / "dangling"):
        path.symlink_to(precious if path.name == "link" else tmp_path / "nowhere")
        with pytest.raises(FileExistsError):
            write_new(path, b"x")
    assert precious.read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_discarded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pairs" / "guard"
    folder.mkdir(parents=True)
    (folder / "oubliette.json").write_text("zebropathy")
    discard(folder)
    assert beside(folder) == []
    folder.mkdir()
    with monkeypatch.context() as broken:
        broken.setattr("shutil.rmtree", lambda *_, **__: None)  # as if it had been killed
        discard(folder)
    assert [name.startswith(HIDDEN) for name in beside(folder)] == [True]
    sweep()
    assert beside(folder) == []


def test_a_data_folder_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StorageError, match="the data folder .*data cannot be used"), scratch_in(tmp_path):
        pass
    sweep()
    assert beside(tmp_path / "x") == []
