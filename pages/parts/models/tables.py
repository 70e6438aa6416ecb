"""What is loaded as tables: pairs and sets on this machine."""

from collections.abc import Sequence

import pandas as pd

from engine.analysis.recommended import recommended_alpha
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
