"""The tables of Overview: pairs and sets on this machine."""

from collections.abc import Sequence

import pandas as pd

from engine.history import SetSummary
from engine.models.manifest import PairManifest
from engine.naming import shown_model
from engine.remaining_leaks import LeakCount
from pages.parts.wording import moment


def pairs_table(pairs: Sequence[PairManifest]) -> pd.DataFrame:
    rows = [
        (
            pair.name,
            shown_model(pair.base),
            pair.reference_kind or "unknown",
            pair.objective,
            pair.recommended_alpha,
            moment(pair.created),
            pair.hash,
        )
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=["pair", "base", "reference", "objective", "recommended α", "made", "hash"])


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


def leak_words(counts: Sequence[LeakCount]) -> list[str]:
    """Per pair, how many of how many forget questions leak, as asked and in other words, each beside its floor."""
    asked = [row for row in counts if row.metric == "leak"]
    paraphrased = {row.pair: row for row in counts if row.metric == "leak_paraphrase"}
    return [_leak_line(row, paraphrased.get(row.pair)) for row in asked]


def _leak_line(asked: LeakCount, paraphrased: LeakCount | None) -> str:
    leaking = asked.leaking + (paraphrased.leaking if paraphrased else 0)
    line = (
        f"{'✖' if leaking else '✔'} Pair {asked.pair} at α = {asked.alpha:g}: {asked.leaking} of {asked.judged} forget questions leak"
        f" ({_floor(asked)})"
    )
    if paraphrased is None:
        return f"{line}; none was asked in other words."
    return f"{line}; asked in other words {paraphrased.leaking} of {paraphrased.judged} ({_floor(paraphrased)})."


def _floor(row: LeakCount) -> str:
    if not row.floor_judged:
        return "no floor: no retain-only model was judged on them"
    return f"floor, a retain-only model: {row.floor_leaking} of {row.floor_judged}"


def reference_words(pairs: Sequence[PairManifest]) -> str:
    """What was checked of the pairs that are listed, and what their references know."""
    taught = [pair.name for pair in pairs if pair.reference_kind == "taught"]
    words = "Only whole pairs are listed; vocabulary and file hashes are checked whenever one is loaded. A clean reference never saw the forget set."
    if taught:
        words += f" Taught references know what is to be forgotten and can give it away: {', '.join(taught)}."
    return words
