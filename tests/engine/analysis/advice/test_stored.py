"""The advice of a run is stored when it ends, with what it depends on, and read back; what is in doubt is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import writes
from engine.analysis.advice import words
from engine.analysis.advice.stored import REASON, advice_of, advise_run, map_run_of, run_to_open, store_advice
from engine.analysis.exact_curves import mapped_questions
from engine.errors import RunError
from engine.evaluation.leak_rule import LEAK_RULE_VERSION
from engine.kinds import MapSpec
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.runs import execute
from engine.settings import Demand
from engine.store import history, questions
from engine.store.session import writing
from tests.made_once import Made, make
from tests.mapped import set_that_the_base_knows, stored_advice

Specs = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("no_demo")
ROWS = [
    ("what job did Ada like ?", "Ada", "forget", ""),
    ("which city did Ada like ?", "Ada", "forget", ""),
    ("which city did Ben like ?", "Ben", "retain", "eval"),
    ("which city did Cy like ?", "Cy", "retain", "eval"),
]


def map_run(*sources: str, name: str = "maps", alphas: tuple[float, ...] = (0.0, 2.0)) -> int:
    return execute.run_here(MapSpec(name=name, pair="tiny", evaluate_on=sources, alphas=alphas, max_new_tokens=5))


@pytest.fixture(scope="module")
def made(trained: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    def fill() -> int:
        questions.import_set(set_that_the_base_knows("tiny", ROWS, 5), "own", "own.csv")
        return map_run("own")

    return make(tmp_path_factory.mktemp("mapped"), fill, trained)


@pytest.fixture
def mapped(made: Made, own_folders: Path) -> int:
    return made.copied(own_folders)


@pytest.fixture
def finished(mapped: int) -> int:
    """The training run beside the map."""
    return history.find_run("tiny").id


def only_pair() -> PairManifest:
    (pair,) = list_pairs()
    return pair


def test_a_map_run_stores_its_advice_and_says_what_it_rests_on(mapped: int) -> None:
    found = stored_advice(mapped)
    assert found is not None
    assert found.advice == advise_run(mapped, Demand())
    basis = found.advice.basis
    assert (basis.forget_questions, basis.forget_persons, basis.leak_rule) == (2, 1, LEAK_RULE_VERSION)
    assert (basis.low, basis.high, basis.max_new_tokens, basis.floor.share) == (0.0, 2.0, 5, None)
    assert not found.outdated
    assert advice_of(only_pair()) == found
    assert map_run_of(only_pair()).id == mapped
    said = words.demand_words(found.advice)
    assert "because no retain model was asked these questions" in said


def test_the_floor_is_that_of_the_forget_questions_alone(mapped: int, train_spec: Specs) -> None:
    base = train_spec().base
    alone = execute.run_here(
        train_spec(kind="evaluate", name="alone", base=base, pair=f"base:{base}", evaluate_on=("own",))
    )
    with writing() as session:  # as if it had been the retain-only model
        writes.update_run(session, alone, pair_name=f"retain-only:{base}")
    floor = advise_run(mapped, Demand()).basis.floor
    rows = history.question_scores(alone, 0.0)
    leaks = rows[(rows["metric"] == "leak") & (rows["split"] == "forget")]["value"]
    assert (floor.share, floor.questions) == (leaks.mean(), 2)


def test_a_run_without_a_forget_or_a_kept_part_stores_why(mapped: int) -> None:
    for source, why in (("own:retain", "about forgetting"), ("own:forget", "about what survives")):
        found = stored_advice(map_run(source, name="half"))
        assert found is not None
        assert found.advice is None
        assert why in found.reason


def test_without_the_base_in_range_there_is_none(mapped: int) -> None:
    found = stored_advice(map_run("own", name="high", alphas=(0.5, 1.5)))
    assert found is not None
    assert "advice needs α = 0" in found.reason


def test_a_run_that_has_not_mapped_everything_advises_nothing(mapped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.analysis.advice import stored

    really = mapped_questions
    monkeypatch.setattr(stored, "mapped_questions", lambda *arguments: really(*arguments)[1:])
    with pytest.raises(RunError, match="has mapped 3 of its 4 questions, and the others may leak"):
        advise_run(mapped, Demand())


def test_runs_that_store_none_have_none(mapped: int, finished: int) -> None:
    assert stored_advice(finished) is None
    with pytest.raises(RunError, match="maps nothing"):
        advise_run(finished, Demand())


def test_a_stored_advice_of_another_version_is_said_and_not_shown(mapped: int) -> None:
    with writing() as session:
        writes.set_advice(session, mapped, {"format": 99})
    found = stored_advice(mapped)
    assert found is not None
    assert found.advice is None
    assert "cannot be read by this version" in found.reason
    store_advice(mapped)
    assert advice_of(only_pair()).advice is not None  # type: ignore[union-attr]


def test_a_newer_run_without_an_advice_does_not_hide_an_older_one(mapped: int) -> None:
    """Nor does one that was made with another key; without any, the newest reason is what there is to say."""
    whole = stored_advice(mapped)
    half = map_run("own:forget", name="half")
    assert whole is not None
    found = advice_of(only_pair())
    assert found is not None
    assert found._replace(newer="") == whole
    assert found.newer.startswith(f"run half ({half}) has none: none of the mapped questions is to be kept")
    other = whole.advice.to_json()  # type: ignore[union-attr]
    other["basis"]["pair"] = "of another tokenizer"
    with writing() as session:
        writes.set_advice(session, half, other)
    assert advice_of(only_pair()) == whole
    with writing() as session:
        writes.set_advice(session, mapped, {REASON: "nothing"})
    assert advice_of(only_pair()) == (mapped, "maps", None, "nothing", "")
    with writing() as session:
        writes.set_advice(session, mapped, other)
    assert advice_of(only_pair()) is None


def test_a_few_questions_mapped_later_do_not_outweigh_the_whole_set(mapped: int) -> None:
    whole = stored_advice(mapped)
    small = whole.advice.to_json()  # type: ignore[union-attr]
    small["basis"]["forget_questions"] = 1
    few = map_run("own:forget", name="few")
    with writing() as session:
        writes.set_advice(session, few, small)
    assert advice_of(only_pair()) == whole
    assert map_run_of(only_pair()).id == mapped
    assert run_to_open([history.run_detail(run_id).summary for run_id in (few, mapped)]) == mapped
    with writing() as session:
        writes.set_advice(session, few, whole.advice.to_json())  # type: ignore[union-attr]
    assert advice_of(only_pair()).run_id == few  # type: ignore[union-attr]  # of equals the newest


def test_a_pair_made_anew_has_none(mapped: int) -> None:
    other = PairManifest("tiny", "tiny", "tiny", "npo")
    assert advice_of(other) is None
    with pytest.raises(RunError, match="no set is mapped with pair 'tiny' yet"):
        map_run_of(other)


def test_an_older_advice_that_passes_over_the_pairs_own_alpha_is_worked_out_again(mapped: int) -> None:
    """Earlier versions advised 1.02 where 1, with which the pair was made, meets the demand as well."""
    now = advice_of(only_pair())
    assert now is not None
    assert now.advice is not None
    older = now.advice.to_json() | {"alpha": 1.02, "recommended_met": True, "recommended_alpha": 1.0}
    with writing() as session:
        writes.set_advice(session, mapped, older)
    assert advice_of(only_pair()) == now
    assert stored_advice(mapped) == now, "and kept, so that it is worked out once"


def test_the_reason_has_its_own_key(mapped: int) -> None:
    with writing() as session:
        writes.set_advice(session, mapped, {REASON: "nothing"})
    assert stored_advice(mapped).reason == "nothing"  # type: ignore[union-attr]
