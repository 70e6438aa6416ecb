"""One recommended α: what decides it, and that nothing else does."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from db import writes
from engine.analysis.advice.advise import Advice
from engine.analysis.advice.stored import advice_of, store_advice
from engine.analysis.chosen_alpha import chosen_alpha
from engine.analysis.recommended import alpha_of_standing, judged_at, recommended_alpha, recommended_of_run
from engine.kinds import EvaluateSpec, MapSpec
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.runs import execute
from engine.store import history, questions
from engine.store.session import writing
from tests.made_once import Made, make
from tests.mapped import set_that_the_base_knows, stored_advice

pytestmark = pytest.mark.usefixtures("no_demo")
ROOT = Path(__file__).resolve().parents[3]
ROWS = [("what job did Ada like ?", "Ada", "forget", ""), ("which city did Cy like ?", "Cy", "retain", "eval")]
# Where it is read, stored and advised on; nobody else may show it or begin with it.
MAY_READ = (
    "engine/models/manifest.py",
    "engine/store/",
    "engine/analysis/advice/",
    "engine/analysis/recommended.py",
    "engine/analysis/chosen_alpha.py",
)


@pytest.fixture(scope="module")
def made(trained: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    def fill() -> int:
        questions.import_set(set_that_the_base_knows("tiny", ROWS, 5), "own", "own.csv")
        return execute.run_here(MapSpec(name="maps", pair="tiny", evaluate_on=("own",), max_new_tokens=5))

    return make(tmp_path_factory.mktemp("mapped"), fill, trained)


@pytest.fixture
def mapped(made: Made, own_folders: Path) -> int:
    return made.copied(own_folders)


def pair() -> PairManifest:
    (found,) = list_pairs()
    return found


def advise(mapped: int, **fields: object) -> None:
    """The stored advice of the map run, with other findings."""
    found = stored_advice(mapped)
    assert found is not None
    assert found.advice is not None
    changed: Advice = replace(found.advice, **fields)  # type: ignore[arg-type]
    with writing() as session:
        writes.set_advice(session, mapped, changed.to_json())


def test_it_is_the_pairs_own_unless_the_maps_say_that_it_misses_and_another_meets(mapped: int) -> None:
    assert pair().recommended_alpha == 1.0
    advise(mapped, met=True, alpha=0.5, recommended_met=False)
    assert recommended_alpha(pair()) == 0.5
    assert recommended_of_run(history.run_detail(mapped)) == 0.5
    advise(mapped, met=True, alpha=1.0, recommended_met=True)
    assert recommended_alpha(pair()) == 1.0
    for silent in ({"met": False, "alpha": 0.5}, {"met": True, "alpha": 0.0}):  # none meets it; the base itself does
        advise(mapped, recommended_met=False, **silent)
        assert recommended_alpha(pair()) == 1.0
    store_advice(mapped)
    found = advice_of(pair())
    assert found is not None
    assert found.advice is not None
    if found.advice.recommended_met and found.advice.alpha:
        assert found.advice.alpha == 1.0


def test_leaks_count_there_once_a_run_was_evaluated_there(mapped: int) -> None:
    """Before that the pair's own counts: no leak is hidden by an advice."""
    assert alpha_of_standing([pair()]) == [1.0]
    advise(mapped, met=True, alpha=0.5, recommended_met=False)
    assert judged_at() == {}
    assert alpha_of_standing([pair()]) == [1.0]
    spec = EvaluateSpec(name="there", pair="tiny", evaluate_on=("own",), alphas=(0.0, 0.5, 1.0), max_new_tokens=5)
    there = execute.run_here(spec)
    assert judged_at() == {pair().hash: 0.5}
    assert alpha_of_standing([pair()]) == [0.5]
    assert chosen_alpha(there).alpha == 0.5


def test_the_advice_that_comes_with_the_demo_is_the_pairs_own_alpha() -> None:
    """What a new installation shows without working anything out again."""
    records = json.loads((ROOT / "demo" / "evaluation.json").read_text(encoding="utf-8"))
    (advice,) = (Advice.from_json(record["advice"]) for record in records if "advice" in record)
    assert (advice.met, advice.recommended_met, advice.alpha) == (True, True, advice.recommended_alpha)
    assert all(f"α = {advice.alpha:g}" in item.words for item in advice.cautions if item.kind != "unusable")


def test_no_other_module_decides() -> None:
    readers = []
    for path in [ROOT / "app.py", *(file for room in ("engine", "pages") for file in (ROOT / room).rglob("*.py"))]:
        name = path.relative_to(ROOT).as_posix()
        reads = any(
            isinstance(node, ast.Attribute) and node.attr == "recommended_alpha"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
        if reads and not name.startswith(MAY_READ):
            readers.append(name)
    assert readers == []
