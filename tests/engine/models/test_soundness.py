"""The first experiments hold for real tiny models, leave them as they were, and fail for a pair that breaks them."""

import copy
from dataclasses import replace

import pytest
import torch

from engine.models import soundness
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.soundness import soundness_checks

QUESTION, ANSWER = "what city does Ada likes ?", "Rome"


def test_the_experiments_hold_and_change_nothing(tiny_pair: LoadedPair) -> None:
    before = copy.deepcopy(tiny_pair.model.state_dict())
    checks = soundness_checks(tiny_pair, QUESTION, ANSWER)
    assert [check.passed for check in checks] == [True, True, True]
    assert "largest difference 0" in checks[0].detail
    assert "base and reference did not move" in checks[2].detail
    assert all(torch.equal(value, before[name]) for name, value in tiny_pair.model.state_dict().items())


def test_a_wrong_formula_is_found(tiny_pair: LoadedPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "combine_logits", lambda base, trained, reference, alpha: base + trained - reference)
    assert [check.passed for check in soundness_checks(tiny_pair, QUESTION, ANSWER)] == [True, True, False]


def test_a_base_alone_has_nothing_to_check(tiny_pair: LoadedPair) -> None:
    alone = replace(tiny_pair, model=OffsetModel(tiny_pair.model.base, None, None, tiny_pair.model.vocabulary))
    assert soundness_checks(alone, QUESTION, ANSWER) == []
