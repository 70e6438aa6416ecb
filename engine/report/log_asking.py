"""How the questions of a stored run were asked, for exported logs: needs its tokenizer, not its weights."""

from typing import NamedTuple

import pandas as pd

from engine.errors import ModelError
from engine.names import ModelRef
from engine.store.history import READING, TEMPLATE, RunDetail


class Asking(NamedTuple):
    """By question id: the prompt as OpenUnlearning writes it, and the true answer's tokens without end-of-text."""

    prompts: dict[int, str]
    tokens: dict[int, int]


def asking_of(detail: RunDetail, alpha: float, texts: pd.DataFrame) -> Asking:
    """For the questions `texts` (rows of `history.report_rows`).

    `ModelError` where the tokenizer is not on this machine, or reads text differently from when the run was asked.
    """
    from engine.data.prompts import encode
    from engine.models.text_side import reading_in_words, template_in_words
    from engine.models.tokenizers import read_tokenizer, stored_manifest, template_of

    ref = ModelRef.parse(detail.summary.pair)
    tokenizer, template, ends = read_tokenizer(ref.source if ref.role == "base" else detail.summary.base)
    manifest = stored_manifest(detail.manifest)
    if manifest is not None:
        template = manifest.template or template
    stored = detail.versions.get(TEMPLATE, "")
    if (now := template_in_words(tokenizer, template)) != stored:
        raise ModelError(f"its questions were asked in the template {stored!r}, which is now {now!r}")
    reading = detail.versions.get(READING, "")
    if reading and reading != reading_in_words(tokenizer, template, ends):
        raise ModelError("its tokenizer, chat template or end tokens are no longer those that the run used")
    if manifest is not None:
        template = template_of(manifest, template, alpha)
    prompts, tokens = {}, {}
    for row in texts.to_dict("records"):
        key = int(row["question_id"])
        encoded = encode(tokenizer, template, str(row["question"]), str(row["true answer"]))
        prompts[key] = tokenizer.decode(encoded.prompt, skip_special_tokens=True)
        tokens[key] = len(encoded.answer) - 1
    return Asking(prompts, tokens)
