"""The checks shown on screen hold for a sound pair and fail for an unsound one."""

import dataclasses

import pytest

from engine.models import soundness
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.soundness import check_pair


def test_a_sound_pair_passes_all_three(tiny_pair: LoadedPair) -> None:
    checks = check_pair(tiny_pair, "what city does Ada likes ?", "Rome")
    assert [check.passed for check in checks] == [True, True, True]
    assert "0" in checks[0].detail


def test_a_wrong_formula_is_noticed(tiny_pair: LoadedPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "combine_logits", lambda base, trained, reference, alpha: base + trained - reference)
    assert [check.passed for check in check_pair(tiny_pair, "what city", "Rome")] == [True, True, False]


def test_a_base_alone_has_nothing_to_check(tiny_pair: LoadedPair) -> None:
    alone = OffsetModel(tiny_pair.model.base, None, None, tiny_pair.model.vocabulary)
    assert check_pair(dataclasses.replace(tiny_pair, model=alone), "what city", "Rome") == []
