"""The text side of a model: its end tokens, the logit columns that text needs, and how text is read."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engine.data.prompts import (
    PROMPT_DATE,
    asks_the_day,
    continued,
    control_tokens,
    encode,
    encode_prompt,
    frame_of,
    stop_tokens,
)
from engine.data.template import Template
from engine.errors import DataError, ModelError
from engine.models.offset import head_of
from engine.small_files import read_json

# GGUF's names for tokens after which llama.cpp stops: end of text, of a turn, of a message.
_GGUF_ENDS = ("eos", "eot", "eom")
PROBE_QUESTION = "What is the capital of France?"
SAMPLE = (  # lines in which tokenizers differ: spaces, numbers, marks, scripts
    "What is the capital of France?",
    " Two  spaces, 1,234.5 and 2024-07-26;\n\ta tab: don't — “stop”!",
    "Zoë Müller lives in São Paulo. Где живёт Анна? 他住在哪里？ कहाँ है",
    "<s> <|im_end|> [INST] </s>",
)
LISTED, SURE = 50, 0.9  # how many of the likeliest first tokens are looked at, and the share of them that decides


def ends_in(files: Path) -> tuple[int, ...]:
    """Tokens that end an answer by a model's own files, a folder or a GGUF file, ascending.

    As in `generate`, generation_config.json decides and config.json where that names none. A family's
    default number is not used: it may be any word here. Raises `ModelError` for anything that is not a token.
    """
    if files.is_file():
        from gguf import GGUFReader  # slow to import, and mostly not needed

        fields = GGUFReader(files).fields
        keys = [f"tokenizer.ggml.{end}_token_id" for end in _GGUF_ENDS]
        return tuple(sorted({int(fields[key].contents()) for key in keys if key in fields}))
    for name in ("generation_config.json", "config.json"):
        path = files / name
        found: dict[str, Any] = read_json(path, finite=False) if path.is_file() else {}
        inner = found.get("text_config")
        for part in (found, inner if isinstance(inner, dict) else {}):
            if part.get("eos_token_id") is not None:
                return _checked(part["eos_token_id"], name)
    return ()


def _checked(named: Any, file: str) -> tuple[int, ...]:
    ends = named if isinstance(named, list) else [named]
    if not all(isinstance(end, int) and not isinstance(end, bool) and end >= 0 for end in ends):
        raise ModelError(f"{file} names {str(named)[:60]!r} as end tokens: token ids are numbers from 0")
    return tuple(sorted(set(ends)))


def columns(tokenizer: Any, *models: Any) -> int:
    """Logit columns that are read: up to the largest id of the vocabulary, as far as every model has them."""
    widths = [int(head_of(model).weight.shape[0]) for model in models]
    return int(min([max(tokenizer.get_vocab().values()) + 1, *widths]))


def columns_needed(tokenizer: Any, template: Template) -> int:
    """Logit columns a model must have: for every token of a text, of the template or of the end of an answer.

    Control tokens that none of them writes need no column (Gemma 3's image token), and neither does an end token
    that a model cannot write.
    """
    words = set(tokenizer.get_vocab().values()) - control_tokens(tokenizer)
    return int(max(words | {frame_of(tokenizer, template).end} | set(encode_prompt(tokenizer, template, "a")))) + 1


def shared_columns(name: str, tokenizer: Any, template: Template, *models: Any) -> int:
    """`columns` of models that are combined; `ModelError` where one of them has too few for the base's tokenizer and
    template.
    """
    shared, needed = columns(tokenizer, *models), columns_needed(tokenizer, template)
    if shared < needed:
        raise ModelError(f"{name}: one of its models has {shared} logit columns, and the base's tokens need {needed}")
    return shared


@torch.no_grad()
def check_lead(model: Any, name: str, tokenizer: Any, template: Template) -> None:
    """Check the space before an answer against what the model itself writes after one prompt.

    `ModelError` where nine tenths of its likeliest first tokens begin a text the other way: then every true answer
    would be scored as one that the model never gives.
    """
    lead = frame_of(tokenizer, template).lead
    prompt = torch.tensor([encode_prompt(tokenizer, template, PROBE_QUESTION)], device=next(model.parameters()).device)
    logits = model(input_ids=prompt).logits[0, -1, : columns(tokenizer, model)].float()
    shares, tokens = logits.softmax(-1).topk(min(LISTED, len(logits)))
    ways = (lead, "" if lead else " ")
    words = [tokenizer.decode([token], skip_special_tokens=True).strip() for token in tokens.tolist()]
    firsts = [[_first(tokenizer, template, way + word) for way in ways] for word in words]
    told = zip(tokens.tolist(), firsts, shares.tolist(), strict=True)
    against = sum(share for token, (ours, other), share in told if token == other != ours)
    if against > SURE:
        raise ModelError(
            f"{name} begins its answers {'without' if lead else 'with'} a space, and its template {template.name!r}"
            f" puts {'one' if lead else 'none'} before them: write in oubliette-base.json beside the weights where"
            " {answer} stands"
        )


def _first(tokenizer: Any, template: Template, text: str) -> int | None:
    """The first token of an answer that reads `text`, space included."""
    if not text.strip():
        return None
    try:
        return next(iter(continued(tokenizer, template, PROBE_QUESTION, text).answer), None)
    except DataError:  # part of a letter, or a control token: no answer begins with one
        return None


def template_in_words(tokenizer: Any, template: Template) -> str:
    """The template's text, or its name with the date that it gives."""
    day = f", dated {PROMPT_DATE:%d %b %Y}" if asks_the_day(tokenizer, template) else ""
    return (template.text or template.name) + day


def reading_in_words(tokenizer: Any, template: Template, ends: Sequence[int]) -> str:
    """How text is read, for a run's origin: a hash, how an answer begins and what ends one."""
    begins = {"": "no space", " ": "a space"}.get(frame_of(tokenizer, template).lead, "white space")
    stops = ", ".join(tokenizer.convert_ids_to_tokens(sorted(stop_tokens(tokenizer, template, ends))))
    return f"{reading_hash(tokenizer, template, ends)}, {begins} before an answer, ended by {stops}"


def reading_hash(tokenizer: Any, template: Template, ends: Sequence[int]) -> str:
    """16 hex digits over how text is read: the tokenizer's own steps, how some lines are put and read, what ends
    an answer.

    Of the tokenizer as it is loaded, not of its files: two copies that differ only in layout are the same.
    """
    steps = json.loads(tokenizer.backend_tokenizer.to_str()) if hasattr(tokenizer, "backend_tokenizer") else {}
    put = [encode(tokenizer, template, line, line) for line in SAMPLE]
    known = {
        "steps": {name: step for name, step in steps.items() if name not in ("padding", "truncation")},
        "vocabulary": sorted(tokenizer.get_vocab().items()),
        "chat template": tokenizer.chat_template if template.chat else "",
        "template": [template.text, template.chat],
        "put": [[*item.prompt, -1, *item.answer] for item in put],
        "said": [tokenizer.decode(item.answer, skip_special_tokens=True) for item in put],
        "ends": sorted(stop_tokens(tokenizer, template, ends)),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
