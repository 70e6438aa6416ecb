"""Questions of which nothing but the answer is known: no command, export or report prints None or nan where n/a is
meant.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.differences import recorded_settings
from engine.cli import main as program
from engine.kinds import EvaluateSpec, MapSpec
from engine.runs import execute
from engine.store import history

Specs = Callable[..., Any]
PAGES = Path(__file__).resolve().parents[3] / "pages"
WORDS = re.compile(r"\b(None|nan|NaN|NaT|inf|Infinity)\b")
OUR_NONE = re.compile(r"\bNone(:| of the | on these questions)")  # the beginning of a sentence


def missing_words(text: str) -> list[str]:
    text = OUR_NONE.sub("", text)
    return [text[max(0, found.start() - 60) : found.end() + 30] for found in WORDS.finditer(text)]


@pytest.fixture
def bare(train_spec: Specs, tmp_path: Path) -> str:
    """Runs over questions without perturbed answers, paraphrases, key terms, subjects and halves; the kept ones'
    file.
    """
    files = []
    for name in ("Ada", "Ben"):
        files.append(tmp_path / f"bare-{name}.csv")
        files[-1].write_text(f"question,answer\nwhere lives {name} ?,Rome\nwhat job did {name} like ?,baker\n")
    forget, retain = map(str, files)
    spec = train_spec(epochs=1, forget=forget, retain=(retain,), evaluate_on=(forget, retain))
    execute.run_here(spec)
    asked: dict[str, Any] = {"evaluate_on": spec.evaluate_on, "max_new_tokens": spec.max_new_tokens}
    execute.run_here(MapSpec(name="map", pair="tiny", alphas=(0.0, 2.0), **asked))
    execute.run_here(EvaluateSpec(name="base", pair=f"base:{spec.base}", alphas=(0.0,), **asked))
    return retain


def test_nothing_prints_a_missing_value_as_a_word(
    bare: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (
        ["runs"],
        ["figures", "--run", "tiny"],
        ["figures", "--run", "tiny", "--against", "base"],
        ["figures", "--run", "base", "--reference", "tiny"],
        ["curves", "--run", "tiny"],
        ["curves", "--run", "base"],
        ["advise", "--pair", "tiny"],
        ["advise", "--pair", "tiny", "--leaks", "0.5"],
        ["verdicts", "--run", "tiny"],
        ["questions", "--set", "bare-Ada"],
        ["map", "where lives Ada ?", "--pair", "tiny", "--set", "bare-Ada"],
        ["ask", "where lives Ada ?", "--pair", "tiny"],
        ["export", "--run", "tiny", "--out", str(tmp_path / "rows.csv")],
        ["export", "--run", "tiny", "--format", "openunlearning", "--out", str(tmp_path / "log.json")],
        ["report", "--run", "tiny", "--out", str(tmp_path / "alone")],
        ["report", "--run", "tiny", "--against", "base", "--out", str(tmp_path / "beside")],
    ):
        capsys.readouterr()
        program.main(command)
        out, err = capsys.readouterr()
        assert "unexpected" not in err
        assert not missing_words(out + err), command
    reports = [path for name in ("alone", "beside") for path in (tmp_path / name).iterdir() if path.suffix != ".zip"]
    assert len(reports) == 8
    for path in (tmp_path / "rows.csv", tmp_path / "log.json", *reports):
        assert not missing_words(path.read_text(encoding="utf-8-sig")), path.name


def test_settings_are_told_in_words(bare: str) -> None:
    told = recorded_settings(history.run_detail(history.find_run("tiny").id))
    assert (told["beta"], told["curves"]) == ("by default", "yes")
    assert not {"None", "True", "False", "nan"} & set(told.values())


def test_every_table_of_a_page_says_what_stands_for_a_missing_value() -> None:
    """Streamlit would write "None"."""
    calls = [
        node
        for path in PAGES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dataframe"
    ]
    assert len(calls) > 20
    for call in calls:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("placeholder") == "MISSING", ast.unparse(call)
