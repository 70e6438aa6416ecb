"""A log-in that was left is over for good, and with it every older one of the same person."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from engine.errors import AccessError
from engine.store import handing_out
from engine.whole_files import HIDDEN
from pages.parts.shared import log_outs

ROOT = Path(__file__).resolve().parents[4]

NOW = 1_800_000_000.5
ADA = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True, "iat": 1_799_999_900, "sub": "1"}


def test_nobody_has_logged_out_of_a_new_folder(own_folders: Path) -> None:
    assert not log_outs.is_over(ADA)
    assert not own_folders.exists()


def test_a_log_in_is_over_however_its_cookie_or_its_session_tells_it() -> None:
    log_outs.note({**ADA, "origin": "http://127.0.0.1:8501"}, NOW)
    assert log_outs.is_over(ADA)
    assert log_outs.is_over({**ADA, "tokens": {"id": "x"}})


@pytest.mark.parametrize(
    ("more", "over"),
    [
        ({"iat": 1_799_999_901, "sid": "another browser"}, True),
        ({"iat": 1_700_000_000}, True),
        ({"iat": 1_799_999_999}, True),
        ({"iat": 1_800_000_001}, False),
        ({"iat": 1_800_000_000}, False),  # providers tell whole seconds: this may be the next log-in
        ({"email": "ADA@example.org", "iat": 1_799_999_999}, True),
        ({"email": "ben@example.org"}, False),
        ({"email": "\u212ada@example.org"}, False),
        ({"iat": None}, True),
        ({"iat": float("nan")}, True),
    ],
)
def test_older_log_ins_of_the_same_person_are_over_too(more: dict[str, Any], over: bool) -> None:
    log_outs.note(ADA, NOW)
    assert log_outs.is_over({**ADA, **more}) is over


def test_a_log_in_dated_ahead_of_this_clock_is_over_when_it_was_left() -> None:
    ahead = {**ADA, "iat": NOW + 30}
    log_outs.note(ahead, NOW)
    assert log_outs.is_over(ahead)


def test_the_file_names_nobody_and_only_its_owner_reads_it(own_folders: Path) -> None:
    log_outs.note(ADA, NOW)
    path = own_folders / "log-outs.json"
    assert "@" not in path.read_text()
    assert "example" not in path.read_text()  # "ada" may stand in a hash by chance
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path.name for path in own_folders.iterdir() if path.name.startswith((HIDDEN, "log-outs-"))] == []


KILLED = """
import os, signal
from pathlib import Path
from pages.parts.shared import log_outs
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
log_outs.note({"email": "ada@example.org", "iat": 1799999900}, 1800000000.5)
"""


def test_what_a_killed_log_out_left_is_swept(own_folders: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, env=os.environ, check=False, stderr=subprocess.DEVNULL
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(own_folders.glob(f"{HIDDEN}*"))) == 1
    handing_out.sweep()
    assert not list(own_folders.glob(f"{HIDDEN}*"))
    log_outs.note(ADA, NOW)
    assert log_outs.is_over(ADA)


def test_what_no_log_in_can_reach_any_more_is_dropped(own_folders: Path) -> None:
    log_outs.note(ADA, NOW)
    log_outs.note({**ADA, "email": "ben@example.org"}, NOW + 31 * 24 * 3600)
    assert len(json.loads((own_folders / "log-outs.json").read_text())) == 2


@pytest.mark.parametrize("content", ["", "[]", '{"a": "b"}', "{", '{"a": null}', "\u00e9"])
def test_a_damaged_file_lets_nobody_in(own_folders: Path, content: str) -> None:
    own_folders.mkdir(parents=True)
    (own_folders / "log-outs.json").write_text(content, encoding="utf-8")
    with pytest.raises(AccessError, match="nobody can come in"):
        log_outs.is_over(ADA)
    with pytest.raises(AccessError, match="could not be stored"):
        log_outs.note(ADA, NOW)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30, deadline=None
)
@given(
    some.lists(some.tuples(some.sampled_from("abc"), some.integers(0, 50)), max_size=6),
    some.sampled_from("abc"),
    some.integers(0, 60),
)
def test_who_is_out_follows_from_the_last_time_they_left(
    own_folders: Path, leaving: list[tuple[str, int]], who: str, issued: int
) -> None:
    """Against the plain rule: over if this very log-in was left, or its person left in a later second."""
    start = int(time.time())
    (own_folders / "log-outs.json").unlink(missing_ok=True)
    left = set()
    for name, at in sorted(leaving, key=lambda item: item[1]):
        log_outs.note({"email": f"{name}@example.org", "iat": start + at - 5}, start + at + 0.5)
        left.add((name, at - 5))
    expected = (who, issued) in left or any(name == who and issued < at for name, at in leaving)
    assert log_outs.is_over({"email": f"{who}@example.org", "iat": start + issued}) is expected
