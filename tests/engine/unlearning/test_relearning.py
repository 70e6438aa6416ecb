"""A copy is tuned on the ensemble at the audited strength; the pair it came from stays as it was."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.data.prompts import collate, encode
from engine.errors import DivergedError, SettingError
from engine.evaluation.answer_readings import read_over_alpha
from engine.models.baselines import Scaled, Silent
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel, answer_logits, combine_logits
from engine.models.p_adapter import add_p_adapter
from engine.unlearning.relearning import relearn, tuned_part
from tests.audited import FORGET, TOKENIZER, examples, pair_of, weights_of
from tests.tiny import make_model

ON = examples(FORGET[:3])


def losses(pair: LoadedPair, alpha: float) -> list[float]:
    read = read_over_alpha(pair, [(example.question, example.answer) for example in ON], [alpha], None)
    return [item.readings[0].loss for item in read]


def offset_pair() -> LoadedPair:
    return pair_of(make_model(TOKENIZER, 1), make_model(TOKENIZER, 2), make_model(TOKENIZER, 3))


def p_adapter_pair() -> LoadedPair:
    reference = make_model(TOKENIZER, 2)
    trained = add_p_adapter(reference, 8, seed=0)
    with torch.no_grad():
        trained.get_input_embeddings().up.weight += 0.1
    return pair_of(make_model(TOKENIZER, 1), reference, trained, tuning="p_adapter")


def uld_pair() -> LoadedPair:
    assistant = make_model(TOKENIZER, 2)
    return pair_of(make_model(TOKENIZER, 1), assistant, Silent(assistant), method="uld")


def direct_pair() -> LoadedPair:
    base, tuned = make_model(TOKENIZER, 1), make_model(TOKENIZER, 2)
    pair, models = pair_of(base, method="direct"), Scaled(base, tuned)

    def at(alpha: float) -> LoadedPair:
        return dataclasses.replace(pair, model=OffsetModel(models.at(alpha), None, None, len(TOKENIZER)))

    return dataclasses.replace(pair, by_strength=at)


@pytest.mark.parametrize("make", [offset_pair, p_adapter_pair, uld_pair, direct_pair])
@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_the_ensemble_learns_and_the_pair_stays_bit_for_bit(make: Any, alpha: float, tmp_path: Path) -> None:
    pair = make()
    alone, strength = pair.at(alpha)
    before, loss = weights_of(alone), losses(alone, strength)
    found = relearn(pair, alpha, ON, 30, 0, tmp_path)
    assert all(torch.equal(value, before[name]) for name, value in alone.model.state_dict().items())
    assert list(tmp_path.iterdir()) == []
    assert len(found.losses) == 30
    assert found.losses[0] == pytest.approx(sum(loss) / 3, rel=1e-4)  # three answers of as many tokens, in one batch
    assert max(losses(found.pair, found.alpha)) < min(loss)
    part = tuned_part(alone.model)
    for name in ("base", "reference", "trained"):
        if name != part and not (part == "base" or isinstance(alone.model.trained, Silent)):
            assert getattr(found.pair.model, name) is getattr(alone.model, name)


def test_the_first_loss_is_that_of_the_formula(tmp_path: Path) -> None:
    """Worked out from the three models directly, at a strength that is none of the usual."""
    pair = offset_pair()
    batch = collate([encode(TOKENIZER, pair.template, example.question, example.answer) for example in ON], 0)
    with torch.no_grad():
        base, trained, reference = (
            answer_logits(model, batch, len(TOKENIZER))
            for model in (pair.model.base, pair.model.trained, pair.model.reference)
        )
        expected = torch.nn.functional.cross_entropy(combine_logits(base, trained, reference, 1.7), batch.labels)
    assert relearn(pair, 1.7, ON, 1, 0, tmp_path).losses == [pytest.approx(float(expected), rel=1e-5)]


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    pair = offset_pair()
    first, second, third = (
        relearn(pair, 1.0, ON, 3, seed, tmp_path).pair.model.trained.state_dict()  # type: ignore[union-attr]
        for seed in (5, 5, 6)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_alpha_0_and_a_loss_that_is_no_number_are_refused(tmp_path: Path) -> None:
    pair = offset_pair()
    with pytest.raises(SettingError, match="at alpha 0 the base answers alone"):
        relearn(pair, 0.0, ON, 1, 0, tmp_path)
    with torch.no_grad():
        trained: Any = pair.model.trained
        trained.model.norm.weight.fill_(math.nan)
    with pytest.raises(DivergedError, match="the loss is nan at step 1 of 4"):
        relearn(pair, 1.0, ON, 4, 0, tmp_path)
    assert list(tmp_path.iterdir()) == []
