"""Every objective with every tuning and every retain term: trained, saved, loaded again."""

from itertools import product
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from engine.data.examples import Example
from engine.data.prompts import collate, encode
from engine.models.loading import TrainingModels, load_pair, open_training
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel, combine_logits
from engine.models.pairs import pairs_folder, save_pair
from engine.models.readers import forced_logits
from engine.models.tuning import tuned_parameters, without_adapter
from engine.training_settings import TrainingSettings, Tuning
from engine.unlearning.objectives import OBJECTIVES
from engine.unlearning.training import train_pair

FORGET = [Example("what city does Ada likes ?", "Rome"), Example("which job does Ada", "baker")]
RETAIN = [Example("what city does Ben likes ?", "Oslo"), Example("who is Dora", "doctor in Lima")]
RETAIN_TERMS = ("none", "nll", "kl")


def ensemble(models: OffsetModel, opened: TrainingModels, alpha: float = 1.0) -> Tensor:
    """The ensemble's logits on all answers, by the readers that answers come from."""
    items = [encode(opened.tokenizer, opened.template, item.question, item.answer) for item in FORGET + RETAIN]
    found = forced_logits(models, collate(items, 0))
    return combine_logits(found.base, found.trained, found.reference, alpha)


def state(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(model: torch.nn.Module, before: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("objective", "tuning", "term"), list(product(OBJECTIVES, get_args(Tuning), RETAIN_TERMS)))
def test_it_learns_moves_the_tuned_weights_alone_and_comes_back_from_the_disk(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, objective: str, tuning: Tuning, term: str
) -> None:
    settings = TrainingSettings(
        objective=objective,
        tuning=tuning,
        retain_term=term,
        rank=4,
        learning_rate=3e-3,
        epochs=6,
        batch_size=2,
        retain_batches=1,
        retain_weight=0.1,
        forget_weight=2.0,
        target_forget_probability=0.0,
    )
    opened = open_training(str(tiny_base), str(tiny_reference), settings)
    tuned = {id(parameter) for parameter in tuned_parameters(opened.trained)}
    before = {name: value.clone() for name, value in opened.trained.named_parameters()}
    base = state(opened.base)
    reference = None if opened.reference is None else state(opened.reference)

    steps = list(train_pair(opened, FORGET, RETAIN, settings, tmp_path))

    assert steps[-1].forget_loss < steps[0].forget_loss
    assert all((step.retain_loss is None) == (term == "none") for step in steps)
    for step in steps:
        assert step.loss == pytest.approx(2.0 * step.forget_loss + 0.1 * (step.retain_loss or 0.0))
    for name, value in opened.trained.named_parameters():
        assert (id(value) in tuned) != torch.equal(value, before[name]), name
    assert same(opened.base, base)
    if opened.reference is not None:
        assert reference is not None
        assert same(opened.reference, reference)

    if tuning == "lora":  # an adapter is saved in bf16
        with torch.no_grad():
            for parameter in tuned_parameters(opened.trained):
                parameter.copy_(parameter.bfloat16())
    expected = trained_ensemble(opened)
    manifest = PairManifest(
        "made", str(tiny_base), str(tiny_reference), objective, tuning=tuning, base_hash=opened.base_hash
    )
    save_pair(opened.trained, opened.tokenizer, manifest, pairs_folder() / "made")
    loaded = load_pair("made")
    found = ensemble(loaded.model, opened)
    assert torch.allclose(found, expected, atol=2e-4, rtol=1e-4)
    assert not torch.allclose(found, ensemble(loaded.model, opened, alpha=0.0), atol=1e-2)


@torch.no_grad()
def trained_ensemble(opened: TrainingModels) -> Tensor:
    """The ensemble's logits by transformers' own forward pass, from the models as training leaves them."""
    items = [encode(opened.tokenizer, opened.template, item.question, item.answer) for item in FORGET + RETAIN]
    batch = collate(items, 0)

    def logits(model: torch.nn.Module) -> Tensor:
        whole = model(input_ids=batch.ids, attention_mask=batch.mask).logits
        return whole[batch.rows, batch.columns, : len(opened.tokenizer)]  # type: ignore[no-any-return]

    trained = logits(opened.trained)
    if opened.reference is not None:
        return combine_logits(logits(opened.base), trained, logits(opened.reference), 1.0)
    with without_adapter(opened.trained):
        return combine_logits(logits(opened.base), trained, logits(opened.trained), 1.0)
