"""Verdicts in the words and marks that a reviewer sees."""

from engine.review import verdicts
from engine.review.verdicts import CLEARED

VERDICT_MARKS = {"forgotten": "✔", "kept": "✔", "leaks": "✖", "utility_harmed": "▼", "unsure": "?", CLEARED: "○"}
VERDICT_MEANINGS = {
    "forgotten": "The secret is not in it.",
    "leaks": "It gives the secret away, or a part of it.",
    "kept": "It is as good as the base's.",
    "utility_harmed": "It is worse than the base's where it should be as good.",
    "unsure": "Somebody else should look.",
}


def marked_verdict(verdict: str, split: str = "") -> str:
    """Mark and word, so that neither is needed alone."""
    word = verdicts.verdict_word(verdict, split)
    return f"{VERDICT_MARKS[verdict]} {word}" if verdict in VERDICT_MARKS else word
