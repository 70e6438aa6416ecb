"""Is a pair sound? The paper's first experiments, run on the pair itself and shown on screen."""

from typing import NamedTuple

import torch

from engine.data.prompts import AnswerBatch, collate, encode
from engine.models.loading import LoadedPair
from engine.models.offset import answer_logits, combine_logits
from engine.models.tuning import prepare_trained
from engine.settings import TrainingSettings

PUSH = 2.0  # how far the hand-made perturbation moves a logit


class Check(NamedTuple):
    """One experiment: what was tried, whether it held, and the figure seen."""

    name: str
    passed: bool
    detail: str


def check_pair(pair: LoadedPair, question: str, answer: str, alpha: float = 0.5) -> list[Check]:
    """Three experiments on the answer tokens of one question. A base without a pair has nothing to check."""
    if pair.model.reference is None:
        return []
    encoded = encode(pair.tokenizer, pair.template, question, answer)
    batch = collate([encoded], encoded.answer[-1])
    return [_same_start(pair, batch), _same_width(pair, batch), _perturbation(pair, batch, alpha)]


@torch.inference_mode()
def _same_start(pair: LoadedPair, batch: AnswerBatch) -> Check:
    """A fresh M'o made from the reference has the reference's logits, bit for bit."""
    reference = pair.model.reference
    fresh = prepare_trained(reference, TrainingSettings(rank=4), seed=0).eval()
    width = pair.model.vocabulary
    gap = (answer_logits(fresh, batch, width) - answer_logits(reference, batch, width)).abs().max().item()
    return Check(
        "Before training, trained and reference have identical logits", gap == 0.0, f"largest difference {gap:g}"
    )


def _same_width(pair: LoadedPair, batch: AnswerBatch) -> Check:
    logits = pair.model.answer_logits(batch)
    widths = {part.shape[1] for part in logits}
    return Check(
        "Base, reference and trained speak the same vocabulary", widths == {len(pair.tokenizer)},
        f"{len(pair.tokenizer)} tokens each",
    )  # fmt: skip


def _perturbation(pair: LoadedPair, batch: AnswerBatch, alpha: float) -> Check:
    """Push one logit of M'o by hand: the ensemble moves there by alpha times the push, and nowhere else."""
    logits = pair.model.answer_logits(batch)
    moved = logits.trained.clone()
    chosen = torch.arange(len(batch.labels)), batch.labels
    moved[chosen] += PUSH
    before = combine_logits(logits.base, logits.trained, logits.reference, alpha)
    change = combine_logits(logits.base, moved, logits.reference, alpha) - before
    change[chosen] -= alpha * PUSH
    gap = change.abs().max().item()
    return Check(
        f"A push of {PUSH:g} on M'o moves the ensemble by {alpha:g} times it", gap < 1e-4,
        f"largest deviation {gap:.1e} (fp32 rounding)",
    )  # fmt: skip
