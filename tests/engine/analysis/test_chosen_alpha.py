"""At which strength a run is judged, and by which rule."""

from dataclasses import replace
from typing import Any

import pytest

from db import writes
from db.rows import ScoreRow
from engine.analysis.chosen_alpha import RULES, chosen_alpha, report_alpha
from engine.analysis.differences import unlike
from engine.errors import SettingError
from engine.evaluation.rouge import VARIANT
from engine.kinds import EvaluateSpec, TrainSpec
from engine.store.history import ROUGE as ROUGE_WORDS
from engine.store.history import run_detail
from engine.store.session import writing
from engine.training_settings import TrainingSettings
from tests.stored_runs import EXAMPLES, store_run, store_set


def over_alpha(rouge: dict[float, float], **fields: Any) -> int:
    """A run with this forget ROUGE by alpha; what it keeps is always 1."""
    asked = store_set()
    spec = EvaluateSpec(name="r", pair="p", alphas=tuple(rouge), **fields)
    first, *others = rouge
    values = {
        alpha: {key: rouge[alpha] if e.split == "forget" else 1.0 for key, e in zip(asked, EXAMPLES, strict=True)}
        for alpha in rouge
    }
    run_id = store_run("r", {"rouge": values[first]}, alpha=first, spec=spec.to_json())
    with writing() as session:
        for alpha in others:
            writes.add_scores(
                session, run_id, [ScoreRow(key, alpha, "rouge", value) for key, value in values[alpha].items()]
            )
    return run_id


def gold(forget: float) -> int:
    asked = store_set()
    values = {key: forget if e.split == "forget" else 1.0 for key, e in zip(asked, EXAMPLES, strict=True)}
    return store_run("gold", {"rouge": values}, alpha=0.0, pair_name="retain-only:b")


ROUGE = {0.0: 1.0, 0.5: 0.7, 1.0: 0.25, 1.5: 0.0}


def test_a_run_is_judged_at_the_recommended_alpha_or_else_the_largest() -> None:
    gold(0.6)
    run_id = over_alpha(ROUGE)
    assert chosen_alpha(run_id) == (1.5, RULES["recommended"]), "the pair of a run that is stored here is not known"
    assert report_alpha(run_id) == 1.5


@pytest.mark.parametrize(("forget", "expected"), [(0.6, 0.5), (0.3, 1.0), (0.0, 1.5), (0.85, 0.0)])
def test_a_run_is_judged_where_it_forgets_as_much_as_the_retain_only_model(forget: float, expected: float) -> None:
    reference = gold(forget)
    run_id = over_alpha(ROUGE, alpha_choice="retain-only")
    assert chosen_alpha(run_id) == (expected, f"{RULES['retain-only']}, run gold ({reference})")
    store_run(
        "gold", {"rouge": dict.fromkeys(store_set()[:1], 1.0)}, alpha=0.0, pair_name="retain-only:b"
    )  # asked one alone
    assert chosen_alpha(run_id).alpha == expected
    assert report_alpha(run_id) == expected


def test_without_a_retain_only_run_the_rule_says_what_stands_in_for_it() -> None:
    alpha, words = chosen_alpha(over_alpha(ROUGE, alpha_choice="retain-only"))
    assert alpha == 1.5
    assert "no run of its base's retain model was asked all of its forget questions, so it could not be" in words


def test_a_retain_only_run_whose_rouge_was_read_otherwise_is_not_said_to_be_missing() -> None:
    asked = store_set(
        "folk", [replace(example, answer="\u043a\u0440\u0430\u0441\u043d\u044b\u0439") for example in EXAMPLES]
    )
    scores = {"rouge": dict.fromkeys(asked, 0.5)}
    store_run("gold", scores, alpha=0.0, pair_name="retain-only:b")
    spec = EvaluateSpec(name="r", pair="p", alphas=(1.0,), alpha_choice="retain-only").to_json()
    versions = {"torch": "2", "template": "plain", "leak rule": "one", ROUGE_WORDS: VARIANT}
    run_id = store_run("r", scores, spec=spec, versions=versions)
    with writing() as session:
        writes.add_run_questions(session, run_id, [(key, ()) for key in asked])
    words = chosen_alpha(run_id).words
    assert "ROUGE of the retain model's run was computed by another reading of words, so it could not be" in words
    store_run("gold", scores, alpha=0.0, pair_name="retain-only:b", versions=versions)
    assert chosen_alpha(run_id).words.startswith(RULES["retain-only"])


def test_another_rule_is_flagged_where_runs_are_compared() -> None:
    first, second = over_alpha(ROUGE), over_alpha(ROUGE, alpha_choice="retain-only")
    assert "choice of alpha" in [flag.what for flag in unlike(run_detail(first), run_detail(second))]
    assert "choice of alpha" not in [flag.what for flag in unlike(run_detail(first), run_detail(first))]


def test_another_stopping_rule_is_flagged_between_trainings() -> None:
    runs = [
        store_run(
            name,
            {},
            kind="train",
            spec=TrainSpec(name=name, training=TrainingSettings(target_forget_probability=target)).to_json(),
        )
        for name, target in (("one", 0.01), ("two", 0.1))
    ]
    (flag,) = [flag for flag in unlike(*map(run_detail, runs)) if flag.what == "stopping rule"]
    assert "forget probability 0.01, at most 8 epochs" in flag.words


def test_an_unknown_rule_lists_the_choices() -> None:
    with pytest.raises(SettingError, match="must be one of recommended, retain-only, got 'best'"):
        TrainSpec(name="x", alpha_choice="best")  # type: ignore[arg-type]
