"""Healing: make a layer-cut copy of a base into a language model again.

Keeping 8 of 30 layers leaves a model that is worse than guessing. It is healed by distillation on prose
that the base itself writes, so no text from elsewhere is needed: sequence by sequence the cut learns the base's
whole next-token distribution, KL(p_base || p_cut). Embeddings stay frozen and shared with the base.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.prompts import encode_prompt, pad_token, stop_tokens
from engine.data.template import CHAT
from engine.models.offset import decoder_of, head_of

STRIDE = 3


class HealStep(NamedTuple):
    """One optimization step; `loss` is KL in nats per token."""

    step: int
    steps_total: int
    loss: float
    seconds: float


def write_prose(
    base: Any,
    tokenizer: Any,
    requests: list[str],
    seed: int,
    skip: int = 0,
    length: int = 224,
    batch: int = 48,
    progress: Callable[[int, int], None] | None = None,
    ends: Sequence[int] = (),
) -> Iterator[tuple[str, list[int]]]:
    """Let the base answer each request by sampling at temperature 1; yields (request, answer tokens).

    Each batch has its own seed, so that generation continues after a stop as if it had not stopped.
    """
    stops = stop_tokens(tokenizer, CHAT, ends)
    for start in range(skip, len(requests), batch):
        chunk = requests[start : start + batch]
        prompts = [encode_prompt(tokenizer, CHAT, request) for request in chunk]
        padded = tokenizer.pad({"input_ids": prompts}, padding_side="left", return_tensors="pt").to(base.device)
        torch.manual_seed(seed + start)
        with torch.inference_mode():
            written = base.generate(
                **padded,
                max_new_tokens=length,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                pad_token_id=pad_token(tokenizer),
                eos_token_id=sorted(stops),
            )
        for request, row in zip(chunk, written[:, padded["input_ids"].shape[1] :].tolist(), strict=True):
            yield request, list(takewhile(lambda token: token not in stops, row))
        if progress:
            progress(min(start + batch, len(requests)), len(requests))


def pack_blocks(documents: list[list[int]], width: int) -> Tensor:
    """Join documents into rows of `width` tokens: [rows, width]; a last incomplete row is dropped."""
    stream = torch.tensor([token for document in documents for token in document])
    rows = len(stream) // width
    return stream[: rows * width].view(rows, width)


def distil_loss(base: Any, cut: Any, ids: Tensor, start: int) -> Tensor:
    """KL(p_base || p_cut) in nats, mean over every third token of `ids` [B, T] from `start` on.

    The output layer and two softmaxes over the vocabulary are most of the work at this size; neighboring positions
    teach much the same.
    """
    with torch.no_grad():
        read = decoder_of(base)(input_ids=ids, use_cache=False).last_hidden_state[:, start::STRIDE]
        target = torch.log_softmax(head_of(base)(read).float(), dim=-1)
    read = decoder_of(cut)(input_ids=ids, use_cache=False).last_hidden_state[:, start::STRIDE]
    found = torch.log_softmax(head_of(cut)(read).float(), dim=-1)
    return (target.exp() * (target - found)).sum(-1).mean()


def heal(
    base: Any, cut: Any, blocks: Tensor, seed: int, epochs: int = 2, rows: int = 8, learning_rate: float = 1e-3
) -> Iterator[HealStep]:
    """Tune all layers of `cut` in place on `blocks` [rows, T]; embeddings stay as they are. Yields after each step.

    bf16 autocast with fp32 weights: these weights are trained, not evaluated.
    """
    for name, parameter in cut.named_parameters():
        parameter.requires_grad_("embed_tokens" not in name and "lm_head" not in name)
    tuned = [parameter for parameter in cut.parameters() if parameter.requires_grad]
    steps = epochs * (len(blocks) // rows)
    optimiser = torch.optim.AdamW(tuned, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps + 1, pct_start=0.1)
    shuffle = torch.Generator().manual_seed(seed)
    cut.train()
    step = 0
    for _ in range(epochs):
        order = torch.randperm(len(blocks), generator=shuffle)
        for start in range(0, len(blocks) - rows + 1, rows):
            began = time.monotonic()
            ids = blocks[order[start : start + rows]].to(cut.device)
            with torch.autocast(cut.device.type, dtype=torch.bfloat16):
                loss = distil_loss(base, cut, ids, step % STRIDE)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(tuned, 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            yield HealStep(step, steps, loss.item(), time.monotonic() - began)
    cut.eval()


def mean_nll_of_blocks(model: Any, blocks: Tensor, rows: int = 8) -> float:
    """Mean NLL per token of `blocks` [rows, T] under a causal LM, in nats."""
    total, count = 0.0, 0
    with torch.inference_mode():
        for chunk in blocks.split(rows):
            logits = model(input_ids=chunk.to(model.device)).logits[:, :-1].float()
            loss = nn.functional.cross_entropy(
                logits.flatten(0, 1), chunk[:, 1:].flatten().to(model.device), reduction="sum"
            )
            total, count = total + loss.item(), count + chunk[:, 1:].numel()
    return total / count
