"""The tables of Overview: pairs and sets on this machine."""

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.analysis.figures import Figure, share_words
from engine.analysis.recommended import recommended_alpha
from engine.analysis.remaining_leaks import LeakCount
from engine.models.manifest import PairManifest
from engine.models.names import shown_model
from engine.store.sets import SetSummary
from pages.parts.shared.wording import moment


def pairs_table(pairs: Sequence[PairManifest]) -> pd.DataFrame:
    rows = [
        (
            pair.name,
            shown_model(pair.base),
            pair.reference_kind or "unknown",
            pair.objective,
            recommended_alpha(pair),
            moment(pair.created),
            pair.hash,
            pair.note,
        )
        for pair in pairs
    ]
    table = pd.DataFrame(
        rows, columns=["pair", "base", "reference", "objective", "recommended α", "made", "hash", "note"]
    )
    return table if table["note"].any() else table.drop(columns="note")


def sets_table(sets: Sequence[SetSummary]) -> pd.DataFrame:
    rows = [
        (
            item.name,
            item.questions,
            ", ".join(f"{part or 'no split'} {number}" for part, number in item.splits.items()),
            item.source,
            item.hash,
        )
        for item in sets
    ]
    return pd.DataFrame(rows, columns=["set", "questions", "of which", "source", "hash"])


Shares = Mapping[tuple[str, str], Figure]  # of leaks, by pair and metric


def leak_words(counts: Sequence[LeakCount], shares: Shares) -> list[str]:
    """Per pair, how many of how many forget questions leak, as asked and in other words, each with interval and
    floor.
    """
    asked = [row for row in counts if row.metric == "leak"]
    paraphrased = {row.pair: row for row in counts if row.metric == "leak_paraphrase"}
    return [_leak_line(row, paraphrased.get(row.pair), shares) for row in asked]


def _leak_line(asked: LeakCount, paraphrased: LeakCount | None, shares: Shares) -> str:
    leaking = asked.leaking + (paraphrased.leaking if paraphrased else 0)
    line = (
        f"{'✖' if leaking else '✔'} Pair {asked.pair} at α = {asked.alpha:g}: {asked.leaking} of {asked.judged} forget"
        f" questions leak ({_interval(asked, shares)}{_floor(asked)})"
    )
    if paraphrased is None:
        return f"{line}; none was asked in other words."
    return (
        f"{line}; asked in other words {paraphrased.leaking} of {paraphrased.judged}"
        f" ({_interval(paraphrased, shares)}{_floor(paraphrased)})."
    )


def _interval(row: LeakCount, shares: Shares) -> str:
    """ "share 3% [1%, 6%], 6 people; "."""
    share = shares.get((row.pair, row.metric))
    return "" if share is None or share.mean is None else f"{share_words(share)}, {share.people}; "


def _floor(row: LeakCount) -> str:
    if not row.floor_judged:
        return "no floor: no retain-only model was judged on them"
    return f"floor, a retain-only model: {row.floor_leaking} of {row.floor_judged}"


def reference_words(pairs: Sequence[PairManifest]) -> str:
    """What was checked of the pairs that are listed, and what their references know."""
    taught = [pair.name for pair in pairs if pair.reference_kind == "taught"]
    words = (
        "Only whole pairs are listed; vocabulary and file hashes are checked whenever one is loaded. A clean reference"
        " never saw the forget set."
    )
    if taught:
        words += f" Taught references know what is to be forgotten and can give it away: {', '.join(taught)}."
    return words
