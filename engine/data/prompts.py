"""The one place where text becomes tokens.

Prompt tokens are never scored; answer tokens and the end-of-text token are. An answer is encoded on its own,
with a leading space, so that the same answer has the same tokens after every prompt (MEASURES, "Tokens").
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.data.template import Template
from engine.errors import ModelError


class Encoded(NamedTuple):
    """Token ids of one prompt and of one answer with the end-of-text token."""

    prompt: list[int]
    answer: list[int]


class AnswerBatch(NamedTuple):
    """Right-padded sequences and, packed, the N answer tokens to be scored in them."""

    ids: Tensor  # [B, T]
    mask: Tensor  # [B, T], 1 = real token
    rows: Tensor  # [N] which sequence
    columns: Tensor  # [N] the position whose logits predict the answer token
    labels: Tensor  # [N] the answer token


def end_token(tokenizer: Any) -> int:
    if tokenizer.eos_token_id is None:
        raise ModelError("the tokenizer has no end-of-text token, so the end of an answer cannot be scored")
    return int(tokenizer.eos_token_id)


def encode_prompt(tokenizer: Any, template: Template, question: str) -> list[int]:
    question = template.put(question)
    if template.chat:
        chat = [{"role": "user", "content": question}]
        try:
            return list(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False))
        except Exception as reason:  # the template is a program of the model's maker, and may raise what it likes
            raise ModelError(f"the base's chat template cannot put the question: {reason}") from reason
    text = template.text.replace("{question}", question)
    return list(
        tokenizer(text, add_special_tokens=tokenizer.bos_token_id is not None and _adds_bos(tokenizer)).input_ids
    )


def _adds_bos(tokenizer: Any) -> bool:
    first = tokenizer("a").input_ids[:1]
    return bool(first) and first[0] == tokenizer.bos_token_id


def encode_answer(tokenizer: Any, answer: str) -> list[int]:
    """Answer tokens with a leading space, then end-of-text."""
    return [*tokenizer(" " + answer.strip(), add_special_tokens=False).input_ids, end_token(tokenizer)]


def encode(tokenizer: Any, template: Template, question: str, answer: str) -> Encoded:
    return Encoded(encode_prompt(tokenizer, template, question), encode_answer(tokenizer, answer))


def collate(items: Sequence[Encoded], pad: int) -> AnswerBatch:
    """Pad on the right; the token at column c is predicted by the logits at column c - 1."""
    width = max(len(item.prompt) + len(item.answer) for item in items)
    ids = torch.full((len(items), width), pad, dtype=torch.long)
    mask = torch.zeros((len(items), width), dtype=torch.long)
    rows: list[int] = []
    columns: list[int] = []
    labels: list[int] = []
    for row, (prompt, answer) in enumerate(items):
        tokens = prompt + answer
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        rows += [row] * len(answer)
        columns += range(len(prompt) - 1, len(tokens) - 1)
        labels += answer
    return AnswerBatch(ids, mask, torch.tensor(rows), torch.tensor(columns), torch.tensor(labels))
