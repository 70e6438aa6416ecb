"""Every chart goes through one function, and its CSV is harmless and noted where it names questions."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st

from db.reads.erasures import exports_of
from engine.store.session import reading
from pages.parts.shared import charts
from pages.parts.shared.charts import OfRun, csv_button

ROOT = Path(__file__).resolve().parents[4]
ONE = ROOT / "pages" / "parts" / "shared" / "charts.py"


def drawn_in(path: Path) -> list[str]:
    """The functions of a file that call Streamlit's or plotly's own way to draw."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr in ("plotly_chart", "line_chart", "bar_chart", "altair_chart")
    ]


def test_charts_are_drawn_by_one_function_alone() -> None:
    files = [*(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]
    found = {path.relative_to(ROOT): drawn_in(path) for path in files if drawn_in(path)}
    assert found == {ONE.relative_to(ROOT): ["draw_chart", "draw_chart"]}


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """What a press of the button that was drawn last gives."""
    made: list[Any] = []
    monkeypatch.setattr(st, "download_button", lambda *_, data, **__: made.append(data))
    return lambda: bytes(made[-1]())


def test_a_csv_is_harmless_to_a_spreadsheet(pressed: Callable[[], bytes]) -> None:
    csv_button(pd.DataFrame({"α": [0.5], "name": ["=1+1"]}), "Any chart")
    assert pressed().decode("utf-8-sig") == '"α","name"\r\n"0.5","\'=1+1"\r\n'


def test_a_csv_that_names_questions_is_noted_when_it_is_handed_out(world: Path, pressed: Callable[[], bytes]) -> None:
    csv_button(pd.DataFrame({"question": ["Who?"]}), "thresholds", OfRun(1, 1.0))
    with reading() as session:
        assert not exports_of(session, [1])
    pressed()
    with reading() as session:
        (noted,) = exports_of(session, [1])
    assert (noted.filename, noted.rows) == ("oubliette-thresholds.csv", 1)


def test_losses_have_their_names_at_their_ends_and_no_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    monkeypatch.setattr(charts, "draw_chart", lambda chart, *_, **__: found.append(chart))
    steps = pd.DataFrame(
        {
            "step": [0, 1, 2],
            "epoch": [0, 0, 1],
            "forget_loss": [3.0, 2.0, 1.0],
            "retain_loss": [None, 0.5, 0.4],
            "forget_probability": [None, None, 0.2],
        }
    )
    charts.losses(steps)
    layout = found[0].to_dict()["layout"]
    assert [item["text"] for item in layout["annotations"]] == ["forget probability", "forget loss", "retain loss"]
    assert not [line for line in found[0].data if line.showlegend]
    charts.losses(steps.assign(forget_probability=None))
    assert "yaxis2" not in found[1].to_dict()["layout"]
