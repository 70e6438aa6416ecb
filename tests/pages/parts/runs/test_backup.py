from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.kinds import EvaluateSpec
from engine.runs.execute import store_spec
from engine.settings import data_folder
from engine.store.backup import check
from pages.parts.runs import backup
from tests.pages.conftest import Opener


def shown(app: AppTest) -> list[str]:
    return [item.label for item in app.get("download_button")]  # type: ignore[union-attr]


@pytest.mark.usefixtures("world")
def test_one_click_makes_a_whole_backup(visit: Opener, tmp_path: Path) -> None:
    app = visit("runs", view="backup")
    assert not app.exception
    assert shown(app) == ["Make a backup"]
    path = tmp_path / "b.zip"
    path.write_bytes(backup._packed())
    assert check(path).files > 1
    assert [item.name for item in data_folder().iterdir() if item.name.startswith(".oubliette")] == []


@pytest.mark.usefixtures("world")
def test_a_run_that_waits_is_named(visit: Opener) -> None:
    store_spec(EvaluateSpec(name="again", pair="tiny", evaluate_on=("folk:forget",)), "elsewhere")
    app = visit("runs", view="backup")
    assert shown(app) == []
    assert "Run again (2) is queued" in app.info[0].value.replace("\\", "")
