"""By what the answers of a stored run were judged, so that runs before and after a change of rule can be compared.
Reads only.

Leak rules 1 and 2 differ in what rule 1 could not read. Where both read every text of a run alike, its answers were
judged as rule 1 judges them, and verdicts and runs from before it stay what they were.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from db.reads import leaks
from engine.evaluation.leak_rule import LEAK_RULE, LEAK_RULE_1, reads_alike
from engine.evaluation.rouge import UNICODE, rouge_words
from engine.settings import database_url
from engine.store import history
from engine.store.history import RunDetail
from engine.store.session import reading


def rule_of(detail: RunDetail) -> str:
    """The leak rule that a run is held to: rule 1 where it and the one it was judged by say the same of all its
    texts.
    """
    stored = detail.versions.get(history.LEAK_RULE, "")
    return LEAK_RULE_1 if stored == LEAK_RULE and judged_alike(detail) else stored


def judged_alike(detail: RunDetail) -> bool:
    """Whether leak rules 1 and 2 say the same of everything that a run asked and was answered."""
    return bool(_once(_alike, detail)) and not _once(_unread, detail)  # without key terms the rule goes by ROUGE


def rouge_note(detail: RunDetail) -> str:
    """A sentence on what read the words of a run's ROUGE; "" where it was the package rouge_score, and it could."""
    stored = detail.versions.get(history.ROUGE, "")
    if stored:
        return f"ROUGE reads words by {stored}."
    return unread_words(_once(_unread, detail))


def unread_words(questions: int) -> str:
    """A sentence on questions of a run from before the variant; "" where there are none."""
    if not questions:
        return ""
    those = "1 true answer" if questions == 1 else f"{questions} true answers"
    return (
        f"ROUGE could not read {those} of this run when it was scored: near 0 there says nothing of what was answered. "
        "Evaluate again to have them read."
    )


def _once(read: Callable[[int], int], detail: RunDetail) -> int:
    """The texts of a finished run are read once: they do not change, but that some of them may be erased."""
    finished, run_id = detail.summary.finished, detail.summary.id
    return read(run_id) if finished is None else _remembered(read, database_url(), run_id, finished)


@lru_cache(maxsize=4096)
def _remembered(read: Callable[[int], int], _database: str, run_id: int, _finished: datetime) -> int:
    return read(run_id)


def _alike(run_id: int) -> bool:
    with reading() as session:
        return reads_alike(*leaks.judged_texts(session, run_id))


def _unread(run_id: int) -> int:
    """How many of its true answers the package rouge_score cannot read."""
    return sum(rouge_words(example.answer) == UNICODE for example, _ in history.asked(run_id))
