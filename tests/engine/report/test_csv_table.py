import csv
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError, StorageError
from engine.evaluation.leak_rule import LEAK_RULE
from engine.report.csv_table import REPORT_COLUMNS, TWELVE, build_report, csv_bytes, defuse, write_report

FORMULA = "=+-@\t\r\n\0＝＋－＠"
nasty = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(FORMULA + "\"',;"), max_size=12)


def parse(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def row(**fields: Any) -> dict[str, Any]:
    return {name: "" for name in REPORT_COLUMNS if name not in ("exported", "leak rule")} | {
        "leak base": 1.0,
        "leak unlearned": 0.0,
        "retain-only leak": None,
        "degenerate base": None,
        "degenerate unlearned": True,
        **fields,
    }


@pytest.mark.parametrize("start", list(FORMULA))
def test_a_text_that_reads_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert defuse(start + "1+1") == "'" + start + "1+1"


@pytest.mark.parametrize("cell", [0, -3, -0.5, 1e-21, True])
def test_numbers_stay_numbers(cell: float) -> None:
    assert defuse(cell) is cell


def test_other_cells() -> None:
    assert [defuse(cell) for cell in (None, float("nan"), pd.NA, pd.NaT)] == [""] * 4
    assert defuse("-5") == "'-5"  # a text, though it looks like a number
    assert defuse(("=a", "b")) == "'=a | b"
    assert defuse("plain = text") == "plain = text"


@given(
    st.lists(st.lists(nasty, min_size=2, max_size=2), max_size=5), st.lists(nasty, min_size=2, max_size=2, unique=True)
)
def test_texts_come_back_and_no_cell_begins_with_a_formula(rows: list[list[str]], names: list[str]) -> None:
    parsed = parse(csv_bytes(pd.DataFrame(rows, columns=names, dtype=object)))
    expected = [names, *rows]
    assert len(parsed) == len(expected)
    for found, original in zip((c for r in parsed for c in r), (c for r in expected for c in r), strict=True):
        assert not found.startswith(tuple(FORMULA))
        assert found == ("'" + original if original.startswith(tuple(FORMULA)) else original)


@given(st.lists(st.integers() | st.floats(allow_nan=False), min_size=1, max_size=5))
def test_numbers_come_back_as_they_were(numbers: list[float]) -> None:
    parsed = parse(csv_bytes(pd.DataFrame({"n": pd.Series(numbers, dtype=object)})))
    assert [float(cell) for (cell,) in parsed[1:]] == [float(number) for number in numbers]


def test_the_bytes_are_what_spreadsheets_need() -> None:
    assert csv_bytes(pd.DataFrame({"=a": ['x "y"', -1.5]}, dtype=object)) == (
        b'\xef\xbb\xbf"\'=a"\r\n"x ""y"""\r\n"-1.5"\r\n'
    )


def test_a_lone_surrogate_does_not_stop_a_report() -> None:
    assert parse(csv_bytes(pd.DataFrame({"a": ["x\ud800"]}, dtype=object)))[1] == ["x?"]


def test_a_report_has_its_columns_in_order_and_says_when_and_by_which_rule() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    report = build_report([row(question="q", extra="e", **{"key terms": ("a", "b")})], moment)
    assert list(report.columns) == [*TWELVE, *(name for name in REPORT_COLUMNS if name not in TWELVE), "extra"]
    parsed = parse(csv_bytes(report))
    cells = dict(zip(parsed[0], parsed[1], strict=True))
    assert cells["exported"] == "2026-01-02T03:04:05+00:00"
    assert cells["leak rule"] == LEAK_RULE
    assert (cells["leak base"], cells["leak unlearned"], cells["retain-only leak"]) == ("1", "0", "")
    assert cells["key terms"] == "a | b"


def test_a_score_that_was_not_made_is_an_empty_cell() -> None:
    parsed = parse(csv_bytes(build_report([row(**{"leak base": None, "rouge base": None}), row()])))
    place = parsed[0].index("leak base")
    assert [line[place] for line in parsed[1:]] == ["", "1"]
    assert parsed[1][parsed[0].index("rouge base")] == ""


def test_a_report_of_nothing_is_its_header() -> None:
    assert len(parse(csv_bytes(build_report([])))) == 1
    assert len(parse(csv_bytes(build_report(pd.DataFrame([row()]).head(0))))) == 1


def test_building_leaves_the_rows_alone() -> None:
    frame = pd.DataFrame([row()])
    before = frame.copy()
    build_report(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match=r"have no \['pair hash'\]"):
        build_report(pd.DataFrame([row()]).drop(columns="pair hash"))


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old")
    path.chmod(0o600)
    write_report(b"new", path)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item for item in tmp_path.iterdir() if item.name != "data"] == [path]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    write_report(b"new", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_what_is_no_ordinary_file_is_refused_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="pipe.csv: it is not an ordinary file"):
        write_report(b"new", pipe)
    assert pipe.is_fifo()
    with pytest.raises(StorageError, match="cannot be written to"):
        write_report(b"new", Path(__file__) / "x.csv")
    with pytest.raises(StorageError, match="cannot be written to"):
        write_report(b"new", tmp_path / ("a" * 300))


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old")

    def full(part: Path, data: bytes) -> None:
        part.write_bytes(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.report.csv_table.write_new", full)
    with pytest.raises(StorageError, match=r"report\.csv: No space left on device"):
        write_report(b"new", path)
    assert path.read_text() == "old"
    assert [item for item in tmp_path.iterdir() if item.name != "data"] == [path]


def test_a_missing_folder_is_a_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written to .*nowhere"):
        write_report(b"new", tmp_path / "nowhere" / "report.csv")
