"""The database file itself: migrations, locks, full disks, foreign keys, and the sentences for what goes wrong."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import db.migrations
from db import session, writes
from db.base import Base
from db.errors import DatabaseBusyError, DatabaseError, DatabaseFullError, NewerSchemaError
from db.reads import sets

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "deep").mkdir()
    return f"sqlite:///{tmp_path / 'deep' / 'store.sqlite'}"


def file_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def add_set(url: str, name: str = "a", rows: int = 0) -> None:
    texts = ("paraphrased_question", "paraphrased_answer", "subject", "domain", "group", "split", "half")
    question = {**dict.fromkeys(texts, ""), "answer": "a"}
    lists: dict[str, list[str]] = {"perturbed_answer": [], "key_terms": [], "training_questions": []}
    with session.writing(url) as opened:
        questions = [{**question, **lists, "question": f"q{i}", "content_hash": f"h{i}"} for i in range(rows)]
        writes.put_set(opened, name, "test", questions)


def test_first_use_makes_the_newest_schema(url: str) -> None:
    with session.reading(url) as opened:
        assert sets.sets(opened) == []
        assert opened.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == db.migrations.HEAD


def test_every_connection_has_foreign_keys_wal_and_a_wait(url: str) -> None:
    for opening in (session.reading, session.writing):
        with opening(url) as opened:
            assert opened.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1
            assert opened.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
            assert opened.execute(sa.text("PRAGMA busy_timeout")).scalar() == session.BUSY_TIMEOUT_MS


def test_a_row_that_refers_to_nothing_is_refused_and_nothing_is_kept(url: str) -> None:
    def write() -> None:
        with session.writing(url) as opened:
            writes.put_set(opened, "a", "test", [])
            writes.add_export(opened, run_id=99, alpha=0.0, filename="x", rows=1, sha256="")

    with pytest.raises(DatabaseError, match="FOREIGN KEY"):
        write()
    with session.reading(url) as opened:
        assert sets.sets(opened) == []


def test_the_migrations_make_exactly_the_models(url: str) -> None:
    with session.reading(url):
        pass
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    engine.dispose()
    assert found == []


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(db.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == db.migrations.HEAD


def test_two_processes_may_start_on_an_empty_database(url: str) -> None:
    code = (
        f"from db import session, writes\nwith session.writing({url!r}) as s: writes.put_set(s,"
        " __import__('sys').argv[1], '', [])"
    )
    several = [subprocess.Popen([sys.executable, "-c", code, f"set{i}"], cwd=ROOT) for i in range(4)]
    assert [process.wait(60) for process in several] == [0, 0, 0, 0]
    with session.reading(url) as opened:
        assert [row.name for row in sets.sets(opened)] == ["set0", "set1", "set2", "set3"]


def test_a_failing_migration_leaves_the_database_as_it_was(url: str) -> None:
    add_set(url)
    session._engines.clear()  # a new process
    with sqlite3.connect(file_of(url)) as other:
        other.execute("UPDATE alembic_version SET version_num = '0004'")  # and the tables of 0005 are there
    other.close()
    with pytest.raises(DatabaseError, match="verdicts already exists"), session.reading(url):
        pass
    with sqlite3.connect(file_of(url)) as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchall() == [("0004",)]
        assert other.execute("SELECT name FROM sets").fetchall() == [("a",)]
    other.close()


def test_a_database_of_another_program_is_refused_and_left_alone(url: str) -> None:
    with sqlite3.connect(file_of(url)) as other:
        other.execute("CREATE TABLE steps (mine TEXT)")
        other.execute("INSERT INTO steps VALUES ('kept')")
    other.close()
    with pytest.raises(DatabaseError, match="made by another program .*'steps'"), session.reading(url):
        pass
    with sqlite3.connect(file_of(url)) as other:
        assert other.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("steps",)]
        assert other.execute("SELECT * FROM steps").fetchall() == [("kept",)]
    other.close()


def test_a_newer_schema_is_refused_with_both_revisions_and_left_alone(url: str) -> None:
    add_set(url)
    session._engines.clear()  # a new process
    with sqlite3.connect(file_of(url)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9041'")
    other.close()
    with pytest.raises(NewerSchemaError, match=rf"schema 9041.*knows is {db.migrations.HEAD}"), session.reading(url):
        pass
    with sqlite3.connect(file_of(url)) as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchall() == [("9041",)]
        assert other.execute("SELECT name FROM sets").fetchall() == [("a",)]
    other.close()


def test_a_database_locked_by_another_process_is_said_in_one_sentence(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_set(url)
    monkeypatch.setattr(session, "BUSY_TIMEOUT_MS", 150)
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); print(1, flush=True);"
        " sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, file_of(url)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(DatabaseBusyError, match="locked by another process, which has not released it yet$"):
        add_set(url, "b")
    with session.reading(url) as opened:  # under WAL reading goes on
        assert [row.name for row in sets.sets(opened)] == ["a"]
    holder.communicate("")
    add_set(url, "b")


def test_a_writer_waits_for_another_that_is_soon_done(url: str) -> None:
    add_set(url)
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print(1,"
        " flush=True); time.sleep(0.5); c.rollback()"
    )
    with subprocess.Popen([sys.executable, "-c", code, file_of(url)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        add_set(url, "b")


def test_a_full_disk_is_said_and_nothing_half_written_stays(url: str) -> None:
    add_set(url)

    def write() -> None:
        with session.writing(url) as opened:
            opened.execute(sa.text("PRAGMA max_page_count = 60"))  # SQLite then answers as on a full disk
            for number in range(100):
                writes.put_set(opened, f"s{number}", "x" * 10_000, [])

    with pytest.raises(DatabaseFullError, match="disk under the database"):
        write()
    with session.reading(url) as opened:
        assert [row.name for row in sets.sets(opened)] == ["a"]


def test_a_file_that_was_deleted_is_made_anew(url: str) -> None:
    add_set(url)
    for path in Path(file_of(url)).parent.iterdir():
        path.unlink()
    with session.reading(url) as opened:
        assert sets.sets(opened) == []


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("nonsense", "must be an SQLAlchemy URL"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("postgres ql://me:secret@localhost/x", "must be an SQLAlchemy URL"),
        ("postgresql://me:secret@localhost:port/x", "must be an SQLAlchemy URL"),
        ("nosuch://host/name", "nosuch"),
        ("postgresql+psycopg2://me:secret@localhost/x", "psycopg2"),
        ("sqlite:////dev/null/store.sqlite", "the folder /dev/null "),
        ("sqlite:////no/such/folder/store.sqlite", "the folder /no/such/folder "),
    ],
)
def test_a_url_that_cannot_be_used_says_why_and_shows_no_password(bad: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as caught, session.reading(bad):
        pass
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_not_touched(url: str) -> None:
    Path(file_of(url)).write_text("dear diary, " * 100)
    with pytest.raises(DatabaseError, match="not a database"), session.reading(url):
        pass
    assert Path(file_of(url)).read_text().startswith("dear diary")
