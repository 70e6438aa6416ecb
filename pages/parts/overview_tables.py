"""The tables of Overview: pairs and sets on this machine."""

from collections.abc import Sequence

import pandas as pd

from engine.history import SetSummary
from engine.models.manifest import PairManifest
from pages.parts.wording import moment


def pairs_table(pairs: Sequence[PairManifest]) -> pd.DataFrame:
    rows = [
        (
            pair.name,
            pair.base,
            pair.reference_kind or "unknown",
            pair.objective,
            pair.recommended_alpha,
            pair.seed,
            moment(pair.created),
            pair.hash,
        )
        for pair in pairs
    ]
    return pd.DataFrame(
        rows, columns=["pair", "base", "reference", "objective", "recommended α", "seed", "made", "hash"]
    )


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


def reference_words(pairs: Sequence[PairManifest]) -> str:
    """What was checked of the pairs that are listed, and what their references know."""
    taught = [pair.name for pair in pairs if pair.reference_kind == "taught"]
    words = "Only whole pairs are listed; vocabulary and file hashes are checked whenever one is loaded. A clean reference never saw the forget set."
    if taught:
        words += f" Taught references know what is to be forgotten and can give it away: {', '.join(taught)}."
    return words
