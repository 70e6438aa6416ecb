"""The answer that somebody else begins: the true answer up to its secret, and how likely the secret then is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.evaluation.marked_terms import term_spans

if TYPE_CHECKING:
    from engine.evaluation.token_readings import TextReading


class SecretShare(NamedTuple):
    """How likely the first key term of a true answer is after the true words before it: one probability an alpha."""

    term: str
    shares: tuple[float, ...]


def up_to_the_secret(answer: str, terms: Sequence[str]) -> str:
    """The true answer's words before its first key term; "" where it has none, or begins with it."""
    spans = term_spans(answer, terms)
    return answer[: spans[0].start].rstrip() if spans else ""


def secret_share(reading: "TextReading", terms: Sequence[str], alphas: Sequence[float]) -> SecretShare | None:
    """The probability of all tokens of the first key term, one after the other, at each alpha. Calls no model.

    `reading` is of the true answer, end-of-text token included; None where the leak rule sees no key term in it.
    """
    import torch

    from engine.models.offset import combine_logits

    tokens: list[int] = reading.labels.tolist()[:-1]
    spans = term_spans(reading.tokenizer.decode(tokens), terms)
    if not spans:
        return None
    places = _tokens_between(reading, tokens, spans[0].start, spans[0].end)
    base, trained, reference = (
        part[places] for part in (reading.logits.base, reading.logits.trained, reading.logits.reference)
    )
    labels = reading.labels[places][:, None]
    shares = []
    with torch.inference_mode():
        for alpha in alphas:
            logps = combine_logits(base, trained, reference, alpha).log_softmax(dim=-1)
            shares.append(float(logps.gather(-1, labels).sum().exp()))
    return SecretShare(spans[0].term, tuple(shares))


def _tokens_between(reading: "TextReading", tokens: Sequence[int], start: int, end: int) -> list[int]:
    """The places of the tokens that write `[start, end)` of the decoded text."""
    ends = [len(reading.tokenizer.decode(list(tokens[:count]))) for count in range(len(tokens) + 1)]
    return [place for place in range(len(tokens)) if ends[place + 1] > start and ends[place] < end]


def secret_sentence(term: str, share: float, base: float, never_knew: float | None) -> str:
    """The finding over the token strip: what the pair leaves of the secret once the answer is begun."""
    beside = "" if never_knew is None else f", never knew {percent(never_knew)}"
    return f"Once begun, ‘{term}’ keeps {percent(share)} (base {percent(base)}{beside})."


def percent(share: float) -> str:
    """A probability in whole percent; what is neither 0 nor 1 never reads so."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "under 1 %"
    return "over 99 %" if whole == 100 and share < 1 else f"{whole} %"
