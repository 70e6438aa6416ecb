"""The one place where text becomes tokens.

A prompt is what the tokenizer writes before a text (BOS, where it does) and the text's tokens, never an end token. An
answer's tokens are those that follow the prompt's when prompt and answer are encoded as one (docs/measures.md,
"Tokens"), then the end token that the template writes after an answer. Prompt tokens are never scored; answer tokens
and that end token are.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.data.template import Template
from engine.errors import DataError, ModelError

# The date given to a chat template that asks for it, so that a prompt is the same every day. Llama 3's own fallback.
PROMPT_DATE = date(2024, 7, 26)
_NOW = re.compile(r"""strftime_now\s*\(\s*(["'])(.*?)\1\s*\)""")
_WHETHER = re.compile(r"strftime_now\s+is\s+(not\s+)?defined")
_QUESTION, _ANSWER = "question-7f3a", "answer-7f3a"  # stand in for texts when a chat template is read
_TOKENIZING = Lock()  # whether control tokens are read as text is state of the tokenizer, which threads share


class Encoded(NamedTuple):
    """Token ids of one prompt and of one answer with the end token."""

    prompt: list[int]
    answer: list[int]


class Frame(NamedTuple):
    """What a template writes before an answer: `written` belongs to the prompt, `lead`, spaces, to the answer. `end`
    follows one.
    """

    written: str
    lead: str
    end: int


class AnswerBatch(NamedTuple):
    """Right-padded sequences and, packed, the N answer tokens to be scored in them."""

    ids: Tensor  # [B, T]
    mask: Tensor  # [B, T], 1 = real token
    rows: Tensor  # [N] which sequence
    columns: Tensor  # [N] the position whose logits predict the answer token
    labels: Tensor  # [N] the answer token


def end_token(tokenizer: Any) -> int:
    """The tokenizer's end-of-text token; `ModelError` where it has none."""
    if tokenizer.eos_token_id is None:
        raise ModelError("the tokenizer has no end-of-text token, so the end of an answer cannot be scored")
    return int(tokenizer.eos_token_id)


def pad_token(tokenizer: Any) -> int:
    """What fills a shorter row; never read."""
    return end_token(tokenizer) if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)


@lru_cache(maxsize=8)
def control_tokens(tokenizer: Any) -> frozenset[int]:
    """Tokens that steer a model: a user's text never becomes one. The unknown token is not one of them: any text may
    give it.
    """
    ids = {int(token) for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    return frozenset(ids - {tokenizer.unk_token_id})


def stop_tokens(tokenizer: Any, template: Template, ends: Sequence[int] = ()) -> frozenset[int]:
    """The tokens that end an answer: the tokenizer's, the template's and, in `ends`, the model's own."""
    return frozenset((end_token(tokenizer), frame_of(tokenizer, template).end, *ends))


def encode_text(tokenizer: Any, text: str, begins: bool = True) -> list[int]:
    """A text's tokens, no end token; where it `begins`, with BOS before them if the tokenizer writes one."""
    return [*(_beginning(tokenizer) if begins else ()), *_ids(tokenizer, text)]


def encode_prompt(tokenizer: Any, template: Template, question: str) -> list[int]:
    """The tokens after which a model is to write its answer. Raises `ModelError` where the chat template cannot put
    the question.
    """
    return _join(tokenizer, template, _pieces(tokenizer, template, question))


def encode(tokenizer: Any, template: Template, question: str, answer: str) -> Encoded:
    """A question with its answer."""
    frame = frame_of(tokenizer, template)
    prompt, tokens = continued(tokenizer, template, question, frame.lead + answer.strip())
    return Encoded(prompt, [*tokens, frame.end])


def encode_all(
    tokenizer: Any, template: Template, items: Sequence[tuple[str, str]], context: int | None, name: str
) -> list[Encoded]:
    """Questions with their answers. `DataError` for one that is longer than the `context` of the models of `name`:
    beyond it they give noise without an error.
    """
    encoded = [encode(tokenizer, template, *item) for item in items]
    for (question, answer), (prompt, tokens) in zip(items, encoded, strict=True):
        if context is not None and len(prompt) + len(tokens) > context:
            raise DataError(
                f"the question {question[:60]!r} with the answer {answer[:60]!r} has {len(prompt) + len(tokens)}"
                f" tokens, more than the {context} that the models of {name} can read"
            )
    return encoded


def continued(tokenizer: Any, template: Template, question: str, text: str) -> Encoded:
    """A prompt and the tokens of `text` after it, without an end token."""
    before, asked, after = _pieces(tokenizer, template, question)
    prompt = _join(tokenizer, template, (before, asked, after))
    space = text[: len(text) - len(text.lstrip(" "))]
    joint = _join(tokenizer, template, (before, asked, after + space, text.lstrip(" ")))
    if joint[: len(prompt)] == prompt:
        return Encoded(prompt, joint[len(prompt) :])
    wholes = (tokenizer.decode(joint), tokenizer.decode(prompt) + text)
    for own in (_inside(tokenizer, text), *(_ids(tokenizer, way, literal=True) for way in (text, text.lstrip(" ")))):
        if tokenizer.decode([*prompt, *own]) in wholes:  # the prompt's last token would change with what follows
            return Encoded(prompt, own)
    raise DataError(
        f"{text[:60]!r} has no tokens after its prompt: encoded with it, it changes the prompt's last token"
    )


def frame_of(tokenizer: Any, template: Template) -> Frame:
    """What stands between a prompt and an answer, and the first control token after one; read off the template once."""
    return _read_frame(tokenizer, template, str(tokenizer.chat_template))


@lru_cache(maxsize=8)
def _read_frame(tokenizer: Any, template: Template, chat_template: str) -> Frame:
    if not template.chat:
        return Frame("", template.parts.lead, _first_control(tokenizer, template.parts.tail))
    prompt = _render(tokenizer, _QUESTION)
    whole = _render(tokenizer, _QUESTION, _ANSWER)
    before, found, tail = whole.rpartition(_ANSWER)
    if not found:
        return Frame("", "", end_token(tokenizer))
    if not before.startswith(prompt):  # such as a template that opens a thought, which a finished answer does not have
        raise ModelError(
            f"the base's chat template asks for an answer after {prompt[-40:]!r} and writes one after {before[-40:]!r}:"
            " write in oubliette-base.json beside its weights how a question is put"
        )
    lead = before.removeprefix(prompt)
    written = lead.rstrip(" ") if lead.strip() else ""
    return Frame(written, lead.removeprefix(written), _first_control(tokenizer, tail))


def _first_control(tokenizer: Any, tail: str) -> int:
    controls = control_tokens(tokenizer)
    return next((token for token in _ids(tokenizer, tail) if token in controls), end_token(tokenizer))


def _pieces(tokenizer: Any, template: Template, question: str) -> tuple[str, str, str]:
    """A prompt as text: before the question, the question, and after it everything the template writes before
    an answer.
    """
    before, asked, after = _put(tokenizer, template, template.put(question))
    written = frame_of(tokenizer, template).written
    return (before, asked, after + written) if after or asked else (before + written, asked, after)


def _put(tokenizer: Any, template: Template, question: str) -> tuple[str, str, str]:
    if not template.chat:
        return template.parts.before, question, template.parts.after
    whole = _render(tokenizer, question)
    before, _, after = _render(tokenizer, _QUESTION).partition(_QUESTION)
    for written in (question, question.strip()):
        if whole == before + written + after:
            return before, written, after
    if _has_control(tokenizer, question):
        raise DataError(
            f"the question {question[:60]!r} holds a control token of the base, and its chat template changes the text"
        )
    return whole, "", ""


def _render(tokenizer: Any, question: str, answer: str | None = None) -> str:
    chat = [{"role": "user", "content": question}]
    if answer is not None:
        chat.append({"role": "assistant", "content": answer})
    try:
        return str(
            tokenizer.apply_chat_template(
                chat, chat_template=_dated(tokenizer), add_generation_prompt=answer is None, tokenize=False
            )
        )
    except Exception as reason:  # the template is a program by the model's maker, and may raise any error
        raise ModelError(f"the base's chat template cannot put the question: {reason}") from reason


def asks_the_day(tokenizer: Any, template: Template) -> bool:
    """Whether the day is part of the prompt: then it is `PROMPT_DATE`."""
    return template.chat and _NOW.search(tokenizer.get_chat_template()) is not None


def _dated(tokenizer: Any) -> str:
    """The chat template with `PROMPT_DATE` where it asks for the day; transformers itself would give today's date."""
    dated = _NOW.sub(lambda call: repr(PROMPT_DATE.strftime(call[2])), tokenizer.get_chat_template())
    if "strftime_now" in _WHETHER.sub("", dated):
        raise ValueError("it asks for the day in its own format, so its prompts would differ from day to day")
    return dated


def _join(tokenizer: Any, template: Template, pieces: Sequence[str]) -> list[int]:
    """Tokens of the template's pieces and, at odd positions, of a user's text, whose control tokens are read as
    plain text.
    """
    beginning = [] if template.chat else list(_beginning(tokenizer))  # a chat template writes BOS itself
    if not any(_has_control(tokenizer, text) for text in pieces[1::2]):
        return beginning + _ids(tokenizer, "".join(pieces))
    if not any(_has_control(tokenizer, text) for text in pieces[::2]):
        return beginning + _ids(tokenizer, "".join(pieces), literal=True)
    parts = [_inside(tokenizer, text) if place % 2 else _ids(tokenizer, text) for place, text in enumerate(pieces)]
    return beginning + [token for part in parts for token in part]


def _has_control(tokenizer: Any, text: str) -> bool:
    return not control_tokens(tokenizer).isdisjoint(_ids(tokenizer, text))


def _ids(tokenizer: Any, text: str, literal: bool = False) -> list[int]:
    """The text's own tokens. `literal`: control tokens written in it are plain text; `DataError` where the tokenizer
    cannot.
    """
    with _TOKENIZING:
        ids = list(tokenizer(text, add_special_tokens=False, split_special_tokens=literal).input_ids)
    if literal and not control_tokens(tokenizer).isdisjoint(ids):
        raise DataError(f"{text[:60]!r} holds a control token of the base, which its tokenizer cannot read as text")
    return ids


def _inside(tokenizer: Any, text: str) -> list[int]:
    """The tokens of a user's text inside another: after a line break, without the space that may begin a text."""
    before, both = (_ids(tokenizer, "\n" + part, literal=True) for part in ("", text))
    return both[len(before) :] if both[: len(before)] == before else _ids(tokenizer, text, literal=True)


@lru_cache(maxsize=8)
def _beginning(tokenizer: Any) -> tuple[int, ...]:
    """What the tokenizer writes before a text; an end token only where it is the BOS too."""
    whole, own = list(tokenizer("a").input_ids), _ids(tokenizer, "a")
    places = range(len(whole) - len(own) + 1)
    start = next((place for place in places if whole[place : place + len(own)] == own), 0)
    ends = {tokenizer.eos_token_id} - {tokenizer.bos_token_id}
    return tuple(token for token in whole[:start] if token not in ends)


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
