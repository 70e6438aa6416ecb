"""How a generated answer reads: a low ROUGE reached by gibberish must be visible as such."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from engine.data.prompts import Encoded, collate, encode, pad_token
from engine.evaluation.answer_readings import batches, per_answer
from engine.evaluation.membership import compressed_bytes
from engine.evaluation.scoring import finite
from engine.models.readers import base_logits

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

WORDS = 4  # of a run that may be repeated


def repetition(text: str) -> float | None:
    """1 − different ÷ all runs of four words (split at blanks); None with fewer than four words.

    0 where every run is different; near 1 where the text repeats itself in a loop. Welleck et al., arXiv 1908.04319
    (seq-rep-4).
    """
    words = text.split()
    runs = [tuple(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else None


def zlib_ratio(text: str) -> float | None:
    """zlib-compressed bytes ÷ bytes: the lower, the more the text repeats itself; None for an empty text.

    zlib adds about eleven bytes, so a short text is above 1.
    """
    return compressed_bytes(text) / len(text.encode("utf-8")) if text else None


def base_log_probabilities(
    pair: "LoadedPair",
    answers: Sequence[tuple[str, str]],
    batch_size: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> list[float | None]:
    """Mean log-probability in nats per token of each (question, generated answer) under the base alone.

    The end-of-text token is left out: a cut answer does not have one. None for an empty answer. Equal answers are
    read once; text beyond the models' context is cut off.
    """
    texts = {item: _encode_text(pair, *item) for item in dict.fromkeys(answers) if item[1]}
    items = [item for item, text in texts.items() if text.answer]
    encoded = [texts[item] for item in items]
    found: dict[tuple[str, str], float | None] = {}
    for chosen in batches(encoded, batch_size):
        values = _read([encoded[i] for i in chosen], pair)
        found |= {items[i]: value for i, value in zip(chosen, values, strict=True)}
        if progress is not None:
            progress(len(found), len(items))
    return [found.get(item) for item in answers]


def _encode_text(pair: "LoadedPair", question: str, text: str) -> Encoded:
    """Without the end-of-text token. Text may give more tokens than it was generated from."""
    prompt, answer = encode(pair.tokenizer, pair.template, question, text)
    context = pair.model.context
    room = len(answer) if context is None else context - len(prompt)
    return Encoded(prompt, answer[:-1][:room])


@torch.inference_mode()
def _read(encoded: Sequence[Encoded], pair: "LoadedPair") -> list[float | None]:
    batch = collate(encoded, pad_token(pair.tokenizer))
    logits = base_logits(pair.model, batch)  # [N, V]
    labels = batch.labels.to(logits.device)
    values = logits.gather(-1, labels[:, None])[:, 0] - logits.logsumexp(dim=-1)  # [N]
    return [finite(float(part.double().mean())) for part in per_answer(values, batch, len(encoded))]
