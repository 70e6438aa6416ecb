"""Pages over a damaged database: a sentence or n/a, never a traceback."""

import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from db import session as database
from engine.settings import data_folder
from tests.pages.conftest import APP
from tests.reports import store_report

PAGES = ("overview", "compare", "tradeoff", "runs", "review", "report")
DAMAGE = {
    "infinite": "UPDATE scores SET value = 9e999",
    "minus infinite": "UPDATE scores SET value = -9e999 WHERE metric = 'rouge'",
    "no JSON": "UPDATE pairs SET manifest = '{'",
    "no specification": "UPDATE runs SET spec = '{}'",
    "another kind": "UPDATE runs SET kind = 'zzz', status = 'zzz'",
    "no time": "UPDATE runs SET created = 'yesterday'",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_over_damaged_rows_shows_no_traceback(page: str) -> None:
    store_report()
    path = data_folder() / "oubliette.sqlite"
    with sqlite3.connect(path) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    whole = path.read_bytes()
    for damage, statement in DAMAGE.items():
        with sqlite3.connect(path) as opened:
            opened.execute(statement)
        opened.close()
        database._engines.clear()
        app = AppTest.from_file(str(APP), default_timeout=120).run()
        app.switch_page(f"{page}.py").run()
        assert not app.exception, (damage, [item.value for item in app.exception])
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(whole)
