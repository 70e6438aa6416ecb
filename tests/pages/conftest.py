"""A small world to look at: a set of one's own, a pair trained on it, and the run that did both."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import engine.models.demo
from engine.kinds import TrainSpec
from engine.runs import execute
from engine.store import questions
from engine.training_settings import TrainingSettings

APP = Path(__file__).resolve().parents[2] / "pages" / "router.py"
ROWS = """question,answer,key_terms,subject,split,half
Where does Ada work?,Ada works in Rome,Rome,Ada,forget,
Which colour does Ada like?,red,red,Ada,forget,
Where does Ben work?,Ben works in Oslo,Oslo,Ben,retain,train
Which job does Ben like?,painter,painter,Ben,retain,train
Where does Cy work?,Cy works in Lima,Lima,Cy,retain,eval
Which job does Cy like?,sailor,sailor,Cy,retain,eval
"""


def build_world(base: Path, reference: Path) -> None:
    """Fill the data folder in force: set `folk`, pair and run `tiny`."""
    questions.import_set(ROWS.encode(), "folk", "folk.csv")
    execute.run_here(
        TrainSpec(
            name="tiny",
            base=str(base),
            reference=str(reference),
            forget="folk:forget",
            retain=("folk:retain/train",),
            evaluate_on=("folk:forget", "folk:retain/eval"),
            alphas=(0.0, 0.5, 1.0),
            max_new_tokens=8,
            training=TrainingSettings(epochs=2, rank=4, batch_size=2),
        )
    )


@pytest.fixture(scope="session")
def built_world(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path, tiny_reference: Path) -> Path:
    """The data folder, made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("world") / "data"
    before = os.environ.get("OUBLIETTE_DATA")
    os.environ["OUBLIETTE_DATA"] = str(folder)
    try:
        build_world(tiny_base, tiny_reference)
    finally:
        if before is None:
            del os.environ["OUBLIETTE_DATA"]
        else:
            os.environ["OUBLIETTE_DATA"] = before
    return folder


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
