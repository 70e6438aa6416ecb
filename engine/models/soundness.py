"""The paper's first experiments, run on the models of a pair and shown on screen.

They show whether the models fit together and are combined correctly, not whether the pair forgets.
"""

from typing import cast

import torch
from torch import Tensor

from engine.data.prompts import AnswerBatch, collate, encode
from engine.models.checks import Check
from engine.models.loading import LoadedPair
from engine.models.offset import AnswerLogits, answer_logits, combine_logits, head_of
from engine.models.tuning import prepare_trained
from engine.training_settings import TrainingSettings, Tuning

PUSH = 0.1  # on every element of one weight
ROUNDING = 1e-4  # of fp32, relative to the largest move


def soundness_checks(pair: LoadedPair, question: str, answer: str, alpha: float = 0.5) -> list[Check]:
    """Three experiments on the answer tokens of one question. A base without a pair, or a comparison method, has
    nothing to check.
    """
    if pair.model.reference is None or pair.manifest.method != "offset":
        return []
    encoded = encode(pair.tokenizer, pair.template, question, answer)
    batch = collate([encoded], encoded.answer[-1])
    return [_same_start(pair, batch), _same_width(pair), _perturbation(pair, batch, alpha)]


@torch.inference_mode()
def _same_start(pair: LoadedPair, batch: AnswerBatch) -> Check:
    """A fresh M'o made from the reference has the reference's logits, bit for bit."""
    reference = pair.model.reference
    settings = TrainingSettings(rank=4, tuning=cast(Tuning, pair.manifest.tuning))  # checked when it was read
    fresh = prepare_trained(reference, settings, seed=0).eval()
    width = pair.model.vocabulary
    gap = (answer_logits(fresh, batch, width) - answer_logits(reference, batch, width)).abs().max().item()
    return Check(
        "A trained model that has not been trained yet has its reference's logits",
        gap == 0.0,
        f"largest difference {gap:g}",
    )


def _same_width(pair: LoadedPair) -> Check:
    """That the vocabularies are equal token by token is checked whenever a pair is loaded."""
    tokens = pair.model.vocabulary
    models = (pair.model.base, pair.model.reference, pair.model.trained)
    columns = [int(head_of(model).weight.shape[0]) for model in models]
    return Check(
        "Base, reference and trained model have a logit for every token",
        min(columns) >= tokens,
        f"{tokens} tokens; logits {', '.join(map(str, columns))}, cut to the tokens",
    )


@torch.no_grad()
def _perturbation(pair: LoadedPair, batch: AnswerBatch, alpha: float) -> Check:
    """Push a weight of the real M'o: the ensemble moves by alpha times what M'o moves, base and reference not at all.

    The weight is put back; call this while nothing else reads the pair.
    """
    before = pair.model.answer_logits(batch)
    weight = _own_weights(pair)[-1]
    kept = weight.clone()
    try:
        weight.add_(PUSH)
        after = pair.model.answer_logits(batch)
    finally:
        weight.copy_(kept)
    moved = after.trained - before.trained
    ensemble = combine_logits(*_ordered(after), alpha) - combine_logits(*_ordered(before), alpha)
    still = torch.equal(after.base, before.base) and torch.equal(after.reference, before.reference)
    largest, gap = moved.abs().max().item(), (ensemble - alpha * moved).abs().max().item()
    return Check(
        f"A push on the trained model moves the answer's logits by {alpha:g} times as much at α = {alpha:g}, and"
        " nothing else",
        still and largest > 0 and gap < ROUNDING * max(1.0, largest),
        f"the trained model moved by up to {largest:.2g}, the ensemble by {alpha:g} times that to within {gap:.1e}; "
        f"base and reference {'did not move' if still else 'moved too'}",
    )


def _own_weights(pair: LoadedPair) -> list[Tensor]:
    """The weights of M'o that no other model shares with it."""
    base, reference, trained = pair.model.base, pair.model.reference, pair.model.trained
    assert reference is not None, "checked by check_pair"
    assert trained is not None, "checked by check_pair"
    shared = {id(weight) for model in (base, reference) for weight in model.parameters()}
    return [weight for weight in trained.parameters() if id(weight) not in shared]


def _ordered(logits: AnswerLogits) -> tuple[Tensor, Tensor, Tensor]:
    return logits.base, logits.trained, logits.reference
