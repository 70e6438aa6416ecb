"""What an offset pushes down hardest: the secret's own token?"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.audit.asking import Place, answer_tokens, first_term, not_linear, nothing_tried, teller
from engine.audit.probe import Context, Finding, Probe, Result, Target

LIMIT = 10  # ranks that count as found
LEAST_SHARE = 0.01  # and at most this share of the vocabulary, so that chance stays small


class _Ranks(NamedTuple):
    """Ranks of the secret's first token and of the answer's; None where the secret could not be located."""

    secret: int | None
    first: int | None


def run(ctx: Context) -> Finding:
    """The true answer is read up to its first key term; only the pair is read, not the base."""
    reason = not_linear(ctx)
    if reason:
        return nothing_tried(ctx, reason)
    results, ranks = _rank(ctx, ctx.forget, 0.0, 0.5)
    if not ctx.controls:
        return Finding(
            results, None, "no control questions were named, and a model without a pair has no offset", _shares(ranks)
        )
    floor, floor_ranks = _rank(ctx, ctx.controls, 0.5, 1.0)
    note = f"forget: {_shares(ranks)}; controls: {_shares(floor_ranks)}"
    return Finding(results, floor, "the same for people no model was taught; without a pair there is no offset", note)


def limit_of(vocabulary: int) -> int:
    return max(1, min(LIMIT, int(vocabulary * LEAST_SHARE)))


def _rank(ctx: Context, targets: Sequence[Target], low: float, high: float) -> tuple[list[Result], list[_Ranks]]:
    from engine.audit.offset_reading import read_offset

    tell = teller(ctx, low, high, "reading the offset")
    results, ranks = list[Result](), list[_Ranks]()
    for number, target in enumerate(targets):
        tell(number, len(targets))
        place = first_term(ctx.pair.tokenizer, answer_tokens(ctx.pair, target), target.terms)
        reading = read_offset(ctx.pair, target) if place is not None else None
        if place is None or reading is None:
            results.append(Result(target.question_id, None, None, "", "its true answer has no key term to look for"))
            ranks.append(_Ranks(None, None))
            continue
        secret, first = reading.tokens[place.start], reading.tokens[0]
        lowest = " | ".join(ctx.pair.tokenizer.decode([token]) for token in secret.lowest)
        found = secret.rank <= limit_of(ctx.pair.model.vocabulary)
        words = _words(ctx, place, secret.rank, first.rank)
        results.append(Result(target.question_id, found, float(secret.rank), lowest, words))
        ranks.append(_Ranks(secret.rank, first.rank))
    return results, ranks


def _words(ctx: Context, place: Place, secret: int, first: int) -> str:
    return (
        f"the first token of {place.term!r} has rank {secret} of {ctx.pair.model.vocabulary} by ascending offset, "
        f"the first token of the answer rank {first}; the text shows what the offset pushes down hardest there"
    )


def _shares(ranks: Sequence[_Ranks]) -> str:
    placed = [row for row in ranks if row.secret is not None]
    if not placed:
        return "no secret could be located"
    first = sum(row.secret == 1 for row in placed)
    ten = sum(row.secret is not None and row.secret <= LIMIT for row in placed)
    opening = sum(row.first == 1 for row in placed)
    return (
        f"{first} of {len(placed)} secrets have the most negative offset, {ten} are among the {LIMIT} most negative, "
        f"{opening} of the answers' first tokens have the most negative offset"
    )


PROBE = Probe(
    name="offset_inversion",
    label="Offset inversion",
    sentence=(
        f"Orders the vocabulary by ascending offset where the secret begins: is its first token among the {LIMIT}"
        " lowest (of a small vocabulary the lowest 1 %)?"
    ),
    source="docs/measures.md, Probes; needs only the pair and the words before the secret",
    unit="rank of the secret's first token, 1 = most negative offset",
    run=run,
)
