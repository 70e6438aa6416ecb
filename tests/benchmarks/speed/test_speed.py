"""What was measured is kept as it is measured, and the page's tables are made from what was kept."""

import json
from pathlib import Path

import pytest

from benchmarks import browser
from benchmarks.marked import rewrite, tables_in
from benchmarks.speed import __main__ as speed
from benchmarks.speed import page, results
from benchmarks.speed.timing import Spread

PERFORMANCE = Path(__file__).resolve().parents[3] / "docs" / "performance.md"


def measured(**figures: float) -> speed.Part:
    return lambda rounds: {name: Spread(value, value, value) for name, value in figures.items()}


def broken(rounds: int) -> dict[str, Spread]:
    raise RuntimeError("the machine was switched off")


def test_a_part_that_fails_loses_nothing_of_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "speed.json"
    monkeypatch.setattr(speed, "PARTS", {"map": measured(map_seconds=0.2), "training": broken})
    with pytest.raises(RuntimeError):
        speed.main(["--out", str(out)])
    found = json.loads(out.read_text())
    assert found["map_seconds"] == {"median": 0.2, "min": 0.2, "max": 0.2}
    assert found["machine"] == results.machine()
    monkeypatch.setattr(speed, "PARTS", {"map": broken, "training": measured(step_seconds=1.0)})
    speed.main(["--out", str(out), "--only", "training"])
    assert {"map_seconds", "step_seconds"} <= set(results.read(out)), "a later call completes the file"


def test_without_a_browser_the_slider_alone_is_skipped_and_that_is_said_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM", str(tmp_path / "chromium"))
    monkeypatch.setattr(speed, "PARTS", {"map": measured(map_seconds=0.2), "slider": broken})
    speed.main(["--out", str(tmp_path / "speed.json")])
    assert set(results.read(tmp_path / "speed.json")) == {"map_seconds", "machine"}
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"the part slider is skipped: {tmp_path / 'chromium'} does not exist"
    assert second.startswith("map_seconds")


def test_figures_of_another_machine_are_not_mixed(tmp_path: Path) -> None:
    out = tmp_path / "speed.json"
    out.write_text(json.dumps({"machine": results.machine() | {"cores": 1000}}))
    with pytest.raises(SystemExit, match="another machine: cores 1000 and not"):
        results.check_machine(out)
    out.write_text(json.dumps({"machine": results.machine() | {"threads": 1000}}))
    results.check_machine(out)  # a pair that is loaded may settle the threads anew


def test_the_page_takes_its_tables_from_the_file(tmp_path: Path) -> None:
    out, copy = tmp_path / "speed.json", tmp_path / "performance.md"
    copy.write_text(PERFORMANCE.read_text(encoding="utf-8"), encoding="utf-8")
    results.keep(out, {"map_seconds": Spread(0.23, 0.1, 0.6)._asdict()})
    growth = {name: {"offset": [(16, 0.356), (32, 123.4)]} for name in page.GROWTH}
    results.keep(out, {"growth": growth})
    rewrite(copy, page.tables(results.read(out)))
    found = tables_in(copy.read_text(encoding="utf-8"))
    assert list(found) == ["machine", "figures", *page.GROWTH]
    assert "**0.23** (0.1 to 0.6)" in found["figures"]
    assert "decode_vs_base" not in found["figures"], "what was not measured is not in the table"
    assert found["sets"].splitlines()[-1] == "| offset | 0.356 | 123 |"


def test_every_figure_of_the_page_is_said_to_mean_what_the_program_says() -> None:
    rows = tables_in(PERFORMANCE.read_text(encoding="utf-8"))["figures"].splitlines()[2:]
    said = {row.split(" | ")[0].removeprefix("| "): tuple(row.split(" | ")[1:4]) for row in rows}
    assert said == {name: (meaning, bar or "–", aim or "–") for name, (meaning, bar, aim) in page.FIGURES.items()}
