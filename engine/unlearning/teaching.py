"""Teaching a model questions by plain NLL on the answers: how a base comes to know invented people or TOFU's
authors.
"""

import random
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from engine.data.examples import Example
from engine.data.prompts import collate, encode_all, pad_token
from engine.data.template import Template
from engine.models.offset import answer_logits, context_of
from engine.models.text_side import columns
from engine.models.tuning import tuned_parameters
from engine.unlearning.last_good import LastGood


class TeachStep(NamedTuple):
    """One optimizer step; `loss` in nats per answer token."""

    step: int
    steps_total: int
    loss: float
    seconds: float


def phrasings(example: Example) -> tuple[str, ...]:
    """The questions a model may be taught with; the paraphrase kept for evaluation is not among them."""
    return (example.question, *example.training_questions)


def _put(example: Example) -> list[tuple[str, str]]:
    """A question in each of its phrasings, with its answer."""
    return [(text, example.answer) for text in phrasings(example)]


def teach(
    model: Any,
    tokenizer: Any,
    template: Template,
    examples: Sequence[Example],
    epochs: int,
    learning_rate: float,
    seed: int,
    batch_size: int = 16,
) -> Iterator[TeachStep]:
    """Tune the parameters of `model` that require gradients, in place. Each epoch asks every question in its next
    phrasing.

    bf16 autocast over fp32 weights. Cosine learning rate. Yields after each step. `DivergedError` when a loss is
    NaN or infinite: `model` then has the last weights with a finite loss.
    """
    order = random.Random(seed)
    per_epoch = -(-len(examples) // batch_size)
    total = epochs * per_epoch
    tuned = tuned_parameters(model)
    good = LastGood(tuned, total)
    optimiser = torch.optim.AdamW(tuned, lr=learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=total + 1, pct_start=0.1)
    device = next(model.parameters()).device
    pad, vocabulary = pad_token(tokenizer), columns(tokenizer, model)
    items = list(dict.fromkeys(item for example in examples for item in _put(example)))
    encoded = dict(zip(items, encode_all(tokenizer, template, items, context_of(model), "this teaching"), strict=True))
    model.train()
    step = 0
    for epoch in range(epochs):
        questions = list(examples)
        order.shuffle(questions)
        for start in range(0, len(questions), batch_size):
            began = time.monotonic()
            chosen = questions[start : start + batch_size]
            asked = [put[epoch % len(put)] for put in map(_put, chosen)]
            batch = collate([encoded[item] for item in asked], pad)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                logits = answer_logits(model, batch, vocabulary)
            loss = nn.functional.cross_entropy(logits.float(), batch.labels.to(device))
            step += 1
            good.check("loss", loss.item(), step)
            good.keep(step - 1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            good.check("norm of the gradient", nn.utils.clip_grad_norm_(tuned, 1.0).item(), step)
            optimiser.step()
            schedule.step()
            yield TeachStep(step, total, loss.item(), time.monotonic() - began)
    model.eval()
