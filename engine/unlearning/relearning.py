"""Relearning: a few steps of tuning that try to undo a pair, on a copy of the model its training had tuned.

The loss is the NLL of the ensemble at the audited strength; base and reference are frozen, as in training.
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.examples import Example
from engine.data.prompts import AnswerBatch, Encoded, collate, encode_all, pad_token
from engine.errors import DivergedError, SettingError
from engine.models.baselines import Silent
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel, answer_logits, combine_logits
from engine.models.p_adapter import p_adapter_of
from engine.models.tuning import add_lora, copy_sharing_embeddings, merged, tuned_parameters
from engine.unlearning.frozen_logits import FrozenLogits

RANK, LEARNING_RATE, BATCH, CLIP = 16, 1e-3, 8, 1.0

ModelPart = Literal["base", "reference", "trained"]


class Relearned(NamedTuple):
    """`pair` with its copy tuned, to be asked at `alpha`; and the loss of every step, in nats per answer token."""

    pair: LoadedPair
    alpha: float
    losses: list[float]


def relearn(
    pair: LoadedPair,
    alpha: float,
    examples: Sequence[Example],
    steps: int,
    seed: int,
    scratch: Path,
    progress: Callable[[float, str], None] | None = None,
) -> Relearned:
    """Tune a copy of M'o (direct: of M; uld: of the assistant) by a fresh LoRA on the answers of `examples`.

    Base and reference stay as they are, and so does `pair`. The same seed gives the same weights. `SettingError` at
    a strength that reads no tuned weights, `DivergedError` where a loss is NaN or infinite.
    """
    if alpha == 0:
        raise SettingError("at alpha 0 the base answers alone, and tuning the pair cannot move it")
    alone, strength = pair.at(alpha)
    part = tuned_part(alone.model)
    adapted = add_lora(_own_copy(getattr(alone.model, part)), RANK, seed)
    adapted.eval()  # no dropout: the model is tuned as it is read
    asked = [(example.question, example.answer) for example in examples]
    items = encode_all(pair.tokenizer, alone.template, asked, alone.model.context, pair.name)
    losses = list(_tune(alone, strength, part, adapted, items, steps, seed, scratch, progress))
    models = {name: getattr(alone.model, name) for name in ("base", "reference", "trained")}
    models[part] = merged(adapted).eval()
    model = OffsetModel(models["base"], models["reference"], models["trained"], alone.model.vocabulary)
    return Relearned(replace(alone, model=model), strength, losses)


def tuned_part(model: OffsetModel) -> ModelPart:
    """Which of the models its training tuned: M itself where it is alone, ULD's assistant, else M'o."""
    if model.trained is None:
        return "base"
    return "reference" if isinstance(model.trained, Silent) else "trained"


def _own_copy(model: Any) -> Any:
    """Share no weight that a LoRA is folded into: a P-Adapter, among the embeddings, is not one."""
    return copy.deepcopy(model) if p_adapter_of(model) else copy_sharing_embeddings(model)


def _tune(
    pair: LoadedPair,
    alpha: float,
    part: ModelPart,
    adapted: Any,
    items: list[Encoded],
    steps: int,
    seed: int,
    scratch: Path,
    progress: Callable[[float, str], None] | None,
) -> Iterator[float]:
    """Tune; return the loss of each step."""
    vocabulary = pair.model.vocabulary
    pad = pad_token(pair.tokenizer)
    others: tuple[ModelPart, ...] = () if pair.model.trained is None else ("base", "reference", "trained")
    frozen: dict[ModelPart, FrozenLogits] = {
        name: FrozenLogits(_reader(getattr(pair.model, name), vocabulary), items, vocabulary, pad, scratch)
        for name in others
        if name != part
    }
    tuned = tuned_parameters(adapted)
    optimiser = torch.optim.AdamW(tuned, lr=LEARNING_RATE, weight_decay=0.0)
    order = _endless(len(items), random.Random(seed))
    for step in range(1, steps + 1):
        chosen = next(order)
        batch = collate([items[i] for i in chosen], pad)
        logits = {part: answer_logits(adapted, batch, vocabulary)}
        device = logits[part].device
        logits |= {name: known.read(chosen).to(device) for name, known in frozen.items()}
        found = logits[part]
        if frozen:
            found = combine_logits(logits["base"], logits["trained"], logits["reference"], alpha)
        loss = nn.functional.cross_entropy(found, batch.labels.to(device))
        if not loss.isfinite():
            raise DivergedError(f"relearning diverged: the loss is {loss.item()} at step {step} of {steps}", step, 0)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(tuned, CLIP)
        optimiser.step()
        if progress is not None:
            progress(step / steps, f"tuning, step {step} of {steps}")
        yield loss.item()


def _reader(model: Any, vocabulary: int) -> Callable[[AnswerBatch], Tensor]:
    return lambda batch: answer_logits(model, batch, vocabulary)


def _endless(count: int, order: random.Random) -> Iterator[list[int]]:
    """Batches of item numbers, reshuffled at each pass."""
    while True:
        numbers = list(range(count))
        order.shuffle(numbers)
        yield from (numbers[start : start + BATCH] for start in range(0, count, BATCH))
