"""TOFU's figures and the membership suite of stored runs, from scores that are written down here."""

import pytest

from engine.analysis.tofu_and_privacy import figure_words, run_privacy, run_tofu
from engine.data.examples import Example
from engine.evaluation.utility import harmonic_mean
from tests.stored_runs import store_run, store_set

TOFU = tuple(
    Example(f"{group} {number} ?", "red", subject=group, split=split, half=half, group=group)
    for group, split, half in (
        ("forget01", "forget", ""),
        ("retain", "retain", "train"),
        ("retain", "retain", "eval"),
        ("real_authors", "world", ""),
        ("world_facts", "world", ""),
    )
    for number in ((1, 2) if half != "train" else (3, 4))
)
PEOPLE = tuple(
    Example(f"what did {name} like ?", "red", subject=name, split=split)
    for split, names in (("forget", "ab"), ("holdout", "cd"))
    for name in names
)


def test_tofus_figures_are_of_its_parts_and_of_what_was_not_trained_on() -> None:
    ids = store_set("slice", TOFU)
    values = [0.9, 0.7, 0.1, 0.1, 0.8, 0.6, 0.5, 0.3, 0.4, 0.2]  # two of each part, in order
    scores = {name: dict(zip(ids, values, strict=True)) for name in ("probability", "probability_normalised", "rouge")}
    scores["truth_ratio"] = dict.fromkeys(ids, 0.5)
    found = run_tofu(store_run("r", scores), 1.0)
    assert found["forget_Q_A_Prob"].value == pytest.approx(0.8)
    assert found["retain_Q_A_Prob"].value == pytest.approx(0.7), "the half that was trained on must be left out"
    assert found["retain_Q_A_Prob"].rows == 2
    assert found["ra_Q_A_ROUGE"].value == pytest.approx(0.4)
    assert found["wf_Q_A_Prob_normalised"].value == pytest.approx(0.3)
    nine = [0.7, 0.7, 0.5, 0.4, 0.4, 0.5, 0.3, 0.3, 0.5]
    assert found["model_utility"].value == pytest.approx(harmonic_mean(nine))
    assert figure_words(found["model_utility"]) == f"{harmonic_mean(nine):.4f} [n/a] (n 6, truth ratio in variant A)"


def test_what_is_missing_is_said_and_is_no_zero() -> None:
    ids = store_set("slice", TOFU)[:2]
    found = run_tofu(store_run("r", {"probability": dict.fromkeys(ids, 0.5)}), 1.0)
    assert found["model_utility"].value is None
    assert "it needs nine figures, and lacks retain_Q_A_Prob" in figure_words(found["model_utility"])


def test_membership_is_read_beside_the_retain_only_model() -> None:
    ids = store_set("people", PEOPLE)
    ours = dict(zip(ids, (1.0, 2.0, 3.0, 4.0), strict=True))  # every holdout answer is less likely: AUC 1
    theirs = dict(zip(ids, (1.0, 3.5, 3.0, 4.0), strict=True))  # three of four pairs: AUC 0.75
    run_id = store_run("r", {"mia_min_k": ours})
    (alone,) = run_privacy(run_id, 1.0)
    assert (alone.auc.value, alone.difference.value) == (1.0, None)
    assert "no run of this base's retain model has finished" in alone.words
    gold = store_run("gold", {"mia_min_k": theirs}, alpha=0.0, pair_name="retain-only:b")
    (found,) = run_privacy(run_id, 1.0)
    assert (found.auc.value, found.difference.value, found.retain_id) == (1.0, 0.25, gold)
    assert found.privleak.value == pytest.approx(-100.0)
    assert found.words.startswith("AUC 1.000 [1.000, 1.000] (2 forget, 2 holdout); minus the retain model's +0.250")
    assert "; PrivLeak -100.0" in found.words
    (of_gold,) = run_privacy(gold, 0.0)
    assert "this is a retain model itself" in of_gold.words


def test_a_reference_that_was_asked_others_is_named() -> None:
    ids = store_set("people", PEOPLE)
    run_id = store_run("r", {"mia_loss": dict.fromkeys(ids, 1.0)})
    store_run("gold", {"mia_loss": dict.fromkeys(ids[:3], 1.0)}, alpha=0.0, pair_name="retain-only:b")
    (found,) = run_privacy(run_id, 1.0)
    assert found.auc.value == 0.5
    assert "the retain model was not asked 1 of the other's holdout questions" in found.words


def test_a_run_without_membership_scores_has_none() -> None:
    ids = store_set("people", PEOPLE)
    assert run_privacy(store_run("r", {"rouge": dict.fromkeys(ids, 1.0)}), 1.0) == []
