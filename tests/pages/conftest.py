"""The small world as a data folder of its own for each test, and the program opened at a page of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import engine.models.demo
from engine.training_settings import TrainingSettings
from tests.world import ROWS as FIVE
from tests.world import build_world

APP = Path(__file__).resolve().parents[2] / "pages" / "router.py"
ROWS = f"{FIVE}Which job does Cy like?,sailor,sailor,Cy,retain,eval\n"
SHORT = TrainingSettings(epochs=2, rank=4, batch_size=2)


@pytest.fixture(scope="session")
def built_world(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path, tiny_reference: Path) -> Path:
    """The data folder, made once; tests work on copies."""
    return build_world(tmp_path_factory.mktemp("world") / "data", tiny_base, tiny_reference, ROWS, SHORT)


@pytest.fixture(autouse=True)
def no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's pairs are hidden, as if it were whole: what a page shows must not hang on what this machine has."""
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "demo"))
    monkeypatch.setattr(engine.models.demo, "demo_problem", lambda: "")
    monkeypatch.setattr(engine.models.demo, "demo_ready", lambda: True)


@pytest.fixture
def world(built_world: Path, own_folders: Path) -> Path:
    """The data folder of this test, with everything in it."""
    return Path(shutil.copytree(built_world, own_folders))


Opener = Callable[..., AppTest]


@pytest.fixture
def visit() -> Opener:
    """Open the program at a page (`compare`, or `` for Overview) with a query, as a link does."""

    def opened(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if page:
            app.switch_page(f"{page}.py")
        app.run()
        # Now that the navigation is known, name the page again: AppTest would take every further run for a change of
        # page, and drop clicks.
        return app.switch_page(f"{page}.py") if page else app

    return opened


def parameter(app: AppTest, name: str) -> str:
    """A parameter of the address as text; AppTest hands back a text or a list, by who wrote it."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


@pytest.fixture
def asked() -> Callable[[AppTest, str], str]:
    return parameter


@pytest.fixture
def turn() -> Callable[[AppTest, float], AppTest]:
    """Move α as the dial of a mapped question does, which AppTest cannot press: its callback sets α, then the page
    runs.
    """

    def turned(app: AppTest, alpha: float) -> AppTest:
        app.session_state["alpha"] = alpha
        return app.run()

    return turned
