"""Runs in worker processes: real ones, a really killed one, a really stuck one, a real SQLite file."""

import os
import platform
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from filelock import FileLock

from db.reads import runs as reads
from engine import settings
from engine.analysis.advice.stored import advise_run
from engine.data.examples import Example
from engine.errors import DataError, ModelError, RunError, SettingError
from engine.kinds import MapSpec, TrainSpec
from engine.models.identity import map_key
from engine.models.pairs import list_pairs
from engine.runs import execute, runner, worker
from engine.runs.worker import GONE
from engine.settings import Demand, data_folder, keep_private
from engine.specification import ExperimentSpec
from engine.store import history, locks
from engine.store.maps import QuestionMap, stored_map
from engine.store.questions import register_set
from engine.store.session import reading
from engine.training_settings import TrainingSettings
from tests.mapped import stored_advice

Specs = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("no_demo")
# A target of 0 is never reached, so this trains until it is stopped.
ENDLESS = TrainingSettings(epochs=200, batch_size=1, rank=4, target_forget_probability=0.0)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def no_worker_outlives_its_test() -> Iterator[None]:
    yield
    for child in runner._children:
        if child.poll() is None:
            child.kill()
        child.wait(20)
    runner._children.clear()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def status(run_id: int) -> str:
    return history.run_detail(run_id).summary.status


def tended(run_id: int) -> str:
    runner.tend()
    return status(run_id)


def worker_of(run_id: int) -> int:
    with reading() as session:
        row = reads.run(session, run_id)
    assert row is not None
    assert row.worker_pid is not None
    return row.worker_pid


def calls(pid: int, port: int) -> bool:
    """Whether a process holds a connection to a port here."""
    connections = psutil.Process(pid).net_connections("tcp")
    return any(each.status == psutil.CONN_ESTABLISHED and each.raddr.port == port for each in connections)


def test_a_run_finishes_in_another_process_and_the_caller_sees_it_move(train_spec: Specs) -> None:
    run_id = runner.start(train_spec(epochs=20))
    seen = list(runner.follow(run_id, 0.05))
    assert seen[-1].status == "finished", seen[-1].message
    assert worker_of(run_id) != os.getpid()
    shares = [summary.progress for summary in seen if summary.progress is not None]
    assert shares == sorted(shares)
    assert len(set(shares)) > 2
    assert [manifest.name for manifest in list_pairs()] == ["tiny"]
    assert len(history.steps(run_id)) == 40


def test_kill_9_makes_a_run_interrupted_keeps_its_steps_and_leaves_no_pair(train_spec: Specs) -> None:
    run_id = runner.start(train_spec(training=ENDLESS))
    wait_for(lambda: len(history.steps(run_id)) >= 3)
    scratch = data_folder() / "scratch" / f"run-{run_id}"
    assert scratch.exists()
    (data_folder() / "pairs" / ".saving-x").mkdir(parents=True)  # as if it had been saving
    os.kill(worker_of(run_id), signal.SIGKILL)
    wait_for(lambda: tended(run_id) == "interrupted", 10)  # the system takes a moment to free the lock
    assert "stopped before" in history.run_detail(run_id).summary.message
    assert len(history.steps(run_id)) >= 3
    assert list_pairs() == []
    assert not scratch.exists()
    assert list((data_folder() / "pairs").iterdir()) == []
    again = runner.retry(run_id)  # the name is free again
    assert status(again) in ("queued", "running")
    runner.cancel(again)


MANY = [f"which city did Ada like {word} ?" for word in "one two red blue green tree river Rome Oslo Paris".split()]


def map_spec(name: str = "maps") -> ExperimentSpec:
    """A map long enough to be stopped half-way: of wide range, and forty questions."""
    rows = [
        Example(f"{start} {question}", "Rome", split="forget")
        for start in ("", "Ben", "Cy", "Dora")
        for question in MANY
    ]
    register_set("many", rows, "test")
    return MapSpec(name=name, pair="tiny", evaluate_on=("many",), alphas=(-4.0, 8.0), max_new_tokens=48)


def mapped(run_id: int) -> list[QuestionMap]:
    """The stored maps of a run's questions, in the order in which they are made."""
    (pair,) = list_pairs()
    asked = history.asked(run_id)
    found = [stored_map(map_key(pair), example.question, 48, -4.0, 8.0) for example, _ in asked]
    return [item for item in found if item is not None]


@pytest.mark.parametrize("how", ["killed", "cancelled"])
def test_a_map_stopped_half_way_keeps_what_is_finished_and_goes_on(finished: int, how: str) -> None:
    run_id = runner.start(map_spec())
    wait_for(lambda: len(mapped(run_id)) >= 2)
    if how == "killed":
        os.kill(worker_of(run_id), signal.SIGKILL)
        wait_for(lambda: tended(run_id) == "interrupted", 10)
    else:
        runner.cancel(run_id)
        wait_for(lambda: tended(run_id) == "cancelled", 10)
    kept = mapped(run_id)
    assert 2 <= len(kept) < 40
    assert all(item.answers[0].low == -4.0 and item.answers[-1].high == 8.0 for item in kept)  # none is half a map
    assert stored_advice(run_id) is None
    with pytest.raises(RunError, match=f"has mapped {len(kept)} of its 40 questions"):
        advise_run(run_id, Demand())
    again = runner.retry(run_id)
    wait_for(lambda: tended(again) == "finished", 120)
    whole = mapped(again)
    assert len(whole) == 40
    assert whole[: len(kept)] == kept  # to the second that each took: not made again
    assert stored_advice(again) is not None


def test_a_second_start_is_queued_and_begins_when_the_first_has_ended(train_spec: Specs) -> None:
    first = runner.start(train_spec("one", epochs=30))
    second = runner.start(train_spec("two", epochs=1))
    assert status(second) == "queued"
    wait_for(lambda: status(first) == "finished")
    wait_for(lambda: status(second) == "finished")  # nobody tends here: the first worker started it
    a, b = (history.run_detail(run_id).summary for run_id in (first, second))
    assert a.finished is not None
    assert b.started is not None
    assert a.finished <= b.started
    assert worker_of(first) != worker_of(second)
    wait_for(lambda: not psutil.pid_exists(worker_of(second)))


def test_many_starts_at_once_execute_every_run_once(train_spec: Specs) -> None:
    ids: list[int] = []
    threads = [
        threading.Thread(target=lambda i=i: ids.append(runner.start(train_spec(f"n{i}", epochs=1)))) for i in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 3
    for run_id in ids:
        assert list(runner.follow(run_id))[-1].status == "finished"
        assert list(history.steps(run_id)["step"]) == [1, 2]
    runs = sorted((history.run_detail(run_id).summary for run_id in ids), key=lambda run: run.created)
    spans = sorted((run.started, run.finished) for run in runs)
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))  # type: ignore[operator]


def test_two_starts_of_one_name_at_once_make_one_run(train_spec: Specs) -> None:
    outcomes: list[object] = []

    def begin() -> None:
        try:
            outcomes.append(runner.start(train_spec(epochs=1)))
        except RunError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [text for text in outcomes if isinstance(text, str)]
    assert len(refused) == 1
    assert "already queued or running" in refused[0]
    assert len(history.list_runs()) == 1
    list(runner.follow(history.list_runs()[0].id))


def test_a_training_is_cancelled(train_spec: Specs) -> None:
    run_id = runner.start(train_spec(training=ENDLESS))
    wait_for(lambda: len(history.steps(run_id)) >= 2)
    runner.cancel(run_id)
    wait_for(lambda: status(run_id) == "cancelled")
    assert len(history.steps(run_id)) >= 2
    assert list_pairs() == []
    wait_for(lambda: not (data_folder() / "scratch" / f"run-{run_id}").exists())


def test_a_run_is_cancelled_while_it_loads_its_models(train_spec: Specs) -> None:
    run_id = runner.start(train_spec())
    wait_for(lambda: "loading" in history.run_detail(run_id).summary.stage)
    runner.cancel(run_id)
    wait_for(lambda: status(run_id) == "cancelled")
    assert history.steps(run_id).empty


def test_a_run_stuck_in_foreign_code_is_cancelled_and_the_next_begins(
    train_spec: Specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # a hub that takes calls and never answers
    request.addfinalizer(silent.close)
    port = silent.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "600")
    run_id = execute.store_spec(train_spec("stuck", base="nobody/nothing"), locks.place())
    runner.tend()
    wait_for(lambda: status(run_id) == "running" and calls(worker_of(run_id), port))
    (data_folder() / "scratch" / f"run-{run_id}").mkdir(parents=True)
    following = runner.start(train_spec("next", epochs=1))
    runner.cancel(run_id)
    wait_for(lambda: status(run_id) == "cancelled")
    assert "was cancelled" not in runner.log_file(run_id).read_text()  # not by itself: the watchdog ended it
    assert not (data_folder() / "scratch" / f"run-{run_id}").exists()
    wait_for(lambda: status(following) == "finished")


def test_a_queued_run_is_cancelled_at_once_and_never_begins(train_spec: Specs) -> None:
    first = runner.start(train_spec("one", epochs=1))
    second = runner.start(train_spec("two", epochs=1))
    runner.cancel(second)
    assert status(second) == "cancelled"
    assert list(runner.follow(first))[-1].status == "finished"
    assert status(second) == "cancelled"
    assert history.run_detail(second).summary.started is None
    runner.cancel(first)  # too late: it stays what it is
    assert status(first) == "finished"


def test_a_worker_that_dies_before_it_begins_fails_its_run_once_and_the_next_goes_on(
    train_spec: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(runner, "ROOT", Path("/nowhere"))  # the worker cannot import the engine
        broken = runner.start(train_spec("broken", epochs=1))
        for child in runner._children:
            child.wait(30)
        runner.tend()
    run = history.run_detail(broken).summary
    assert run.status == "failed"
    assert "before it began" in run.message
    assert "No module named" in runner.log_file(broken).read_text()
    fine = runner.start(train_spec("fine", epochs=1))
    assert list(runner.follow(fine))[-1].status == "finished"


def test_a_worker_that_finds_another_one_alive_leaves_its_run_queued(train_spec: Specs, tmp_path: Path) -> None:
    run_id = execute.store_spec(train_spec(epochs=1), locks.place())
    with FileLock(data_folder() / "worker.lock"):
        code = f"from engine.runs import worker; worker.LOCK_SECONDS = 0.1; raise SystemExit(worker.main({run_id}))"
        assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0
        runner.tend()
        assert status(run_id) == "queued"
    assert list(runner.follow(run_id))[-1].status == "finished"


def test_a_place_is_a_random_id_that_stays_with_its_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = locks.place()
    assert locks.place() == first
    assert platform.node() not in first
    assert str(data_folder()) not in first
    data_folder().rename(tmp_path / "moved")
    assert locks.place() != first
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path / "moved"))
    assert locks.place() == first


def test_a_taken_name_and_an_unknown_parent_are_refused(train_spec: Specs) -> None:
    (data_folder() / "pairs" / "tiny").mkdir(parents=True)
    with pytest.raises(RunError, match="already a pair 'tiny'"):
        runner.start(train_spec())
    with pytest.raises(ModelError, match="no pair 'nobody'"):
        runner.start(train_spec("other", parent="nobody"))
    assert history.list_runs() == []


def test_runs_of_another_machine_on_the_same_database_are_left_alone(train_spec: Specs) -> None:
    from db import writes
    from engine.store.session import writing

    run_id = execute.store_spec(train_spec(), "elsewhere:/data")
    with writing() as session:
        writes.claim_run(session, run_id)
    runner.tend()
    assert status(run_id) == "running"


def test_a_failing_run_says_why_and_its_log_has_the_rest(train_spec: Specs, tmp_path: Path, tiny_base: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for path in tiny_base.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.safetensors").write_bytes(b"no weights")
    run_id = runner.start(train_spec(base=str(folder)))
    run = list(runner.follow(run_id))[-1]
    assert run.status == "failed"
    assert run.message
    wait_for(lambda: "Traceback" in runner.log_file(run_id).read_text())


def test_a_relative_path_means_the_file_it_meant_when_the_run_was_started(
    train_spec: Specs, forget_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(forget_file.parent)
    spec = train_spec(forget="forget.csv", evaluate_on=("forget.csv",), epochs=1)
    run_id = runner.start(spec)
    stored = history.run_detail(run_id).spec
    assert isinstance(stored, TrainSpec)
    assert stored.forget == str(forget_file)
    assert stored.evaluate_on == (str(forget_file),)
    assert list(runner.follow(run_id))[-1].status == "finished"


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"training": TrainingSettings(objective="magic")}, SettingError, "npo"),
        ({"forget": "nowhere.csv"}, DataError, "nowhere.csv"),
        ({"forget": "demo:secrets"}, DataError, "demo:forget"),
        ({"evaluate_on": ("unknown:forget",)}, DataError, "unknown"),
        ({"evaluate_on": ()}, SettingError, "at least one set"),
        ({"base": "/no/such/folder"}, ModelError, "/no/such/folder"),
        ({"kind": "evaluate", "pair": "nope"}, ModelError, "nope"),
    ],
)
def test_a_bad_specification_is_refused_before_anything_is_stored(
    train_spec: Specs, fields: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        runner.start(train_spec(**fields))
    assert history.list_runs() == []


def test_alpha_0_is_always_evaluated_and_equal_strengths_once(train_spec: Specs) -> None:
    run_id = runner.start(train_spec(alphas=(1.0, 0.5, 1.0), epochs=1))
    assert history.run_detail(run_id).summary.alphas == (0.0, 0.5, 1.0)
    runner.cancel(run_id)


def test_pages_can_import_the_runner_without_a_model_library() -> None:
    code = (
        "import sys; import engine.runs.runner, engine.runs.execute, engine.store.history, engine.cli.main; "
        "print([m for m in ('torch', 'transformers', 'peft', 'datasets', 'scipy', 'alembic') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("how", ["removed", "moved", "made anew"])
def test_a_worker_whose_data_folder_is_gone_ends_and_makes_nothing_anew(
    how: str, train_spec: Specs, tmp_path: Path
) -> None:
    run_id = runner.start(train_spec(training=ENDLESS))
    wait_for(lambda: len(history.steps(run_id)) >= 2)
    folder, child = data_folder(), runner._children[-1]
    folder.rename(tmp_path / "moved")
    if how == "removed":
        shutil.rmtree(tmp_path / "moved")
    if how == "made anew":
        folder.mkdir()
        (folder / "worker.lock").touch()
    assert child.wait(20) == GONE
    assert folder.exists() == (how == "made anew")


def test_a_run_whose_data_folder_is_gone_is_interrupted_in_a_database_elsewhere(
    train_spec: Specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", f"sqlite:///{tmp_path / 'own.sqlite'}")
    run_id = runner.start(train_spec(training=ENDLESS))
    wait_for(lambda: len(history.steps(run_id)) >= 2)
    shutil.rmtree(data_folder())
    assert runner._children[-1].wait(20) == GONE
    assert not data_folder().exists()
    ended = history.run_detail(run_id).summary
    assert (ended.status, "is gone" in ended.message) == ("interrupted", True)


PRIVATE = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
sys.argv = ["engine", "import", sys.argv[2], "--name", "own"]
from engine.__main__ import run
code = run()
Path("made").mkdir()
Path("made", "file").touch()
sys.exit(code)
"""


@pytest.mark.parametrize("umask", ["000", "022", "077", "0177"])
def test_what_is_written_is_the_persons_own(umask: str, forget_file: Path, tmp_path: Path) -> None:
    """A real process; a stricter umask stays as it is."""
    done = subprocess.run(
        [sys.executable, "-c", PRIVATE, umask, str(forget_file)],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if umask == "0177" and os.getuid():  # nobody but the superuser can enter a folder that this umask makes
        assert done.returncode == 2
        return
    assert done.returncode == 0, done.stderr
    allowed = 0o777 & ~(int(umask, 8) | 0o077)
    found = [*data_folder().rglob("*"), data_folder(), tmp_path / "made", tmp_path / "made" / "file"]
    assert data_folder() / "oubliette.sqlite" in found
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == allowed & (0o777 if path.is_dir() else 0o666), path


def test_a_run_leaves_nothing_that_others_may_read(train_spec: Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        keep_private()
        run_id = runner.start(train_spec(epochs=1))
        assert list(runner.follow(run_id, 0.05))[-1].status == "finished"
    finally:
        os.umask(before)
    found = [data_folder(), *data_folder().rglob("*")]
    assert runner.log_file(run_id) in found
    assert [path for path in found if path.stat().st_mode & 0o077] == []


def test_our_own_data_folder_is_closed_and_a_persons_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "share" / "oubliette", tmp_path / "named"):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    before = os.umask(0o022)
    try:
        monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path / "named"))
        keep_private()
        monkeypatch.delenv("OUBLIETTE_DATA")
        monkeypatch.setattr(settings, "user_data_path", lambda *_, **__: tmp_path / "share" / "oubliette")
        keep_private()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "named").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "share" / "oubliette").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "share").stat().st_mode) == 0o755


def test_a_cancelled_import_is_not_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception amid torch's import ends a worker in C++, and its run stayed "running" until somebody looked."""
    (tmp_path / "slow_library.py").write_text("from engine.runs import worker\nSEEN = worker._is_importing()\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert import_module("slow_library").SEEN
    assert not worker._is_importing()
