"""What reads of verdicts return: plain rows, safe to hand up after the session has ended."""

from datetime import datetime
from typing import NamedTuple


class View(NamedTuple):
    """What a reviewer looks at: the answers of a run at one alpha to one phrasing of its questions.

    Verdicts belong to it by the pair's name; `pair_hash` and `rule_hash` are what they are held against.
    """

    run_id: int
    alpha: float
    phrasing: str
    pair_name: str
    pair_hash: str
    rule_hash: str


class JudgedHashes(NamedTuple):
    """Hashes of what stands in a view for one question; None where an answer is missing."""

    base_text_hash: str | None
    unlearned_text_hash: str | None
    question_hash: str
    terms_hash: str


class QueueRow(NamedTuple):
    """A question of a view in the order of the queue. The flags are those that the filters ask for."""

    question_id: int
    set: str
    position: int | None
    split: str
    half: str
    subject: str
    group: str
    question: str
    rouge_base: float | None
    rouge: float | None
    leak: float | None  # what the leak rule says of the unlearned answer, 0 or 1
    leaks: bool  # it is to be forgotten, and the rule flags it
    loss: bool  # it is to be kept, and its ROUGE-L recall fell
    different: bool
    unreviewed: bool  # no verdict on what stands there now
    disputed: bool
    stale: int  # verdicts on what stood there once
    matches: bool  # what was asked for; one that does not is there because it was to be kept in the queue


class StandingRow(NamedTuple):
    """The verdict of one reviewer that counts for one question of a view, and what of it is no longer so."""

    question_id: int
    verdict: str
    reviewer: str
    self_declared: bool
    note: str
    blind: bool
    alpha: float  # at which it was given
    created: datetime
    same_text: bool
    same_rule: bool
    same_terms: bool
    same_pair: bool
    same_question: bool


class EventRow(NamedTuple):
    """One event, of any side, and whether it is about what stands there now."""

    id: int
    run_id: int | None
    question_id: int | None
    alpha: float
    phrasing: str
    side: str
    verdict: str
    reviewer: str
    self_declared: bool
    note: str
    blind: bool
    shown_as: str
    base_text_hash: str
    unlearned_text_hash: str
    question_hash: str
    terms_hash: str
    rule_hash: str
    pair_hash: str
    created: datetime


class SidesRow(NamedTuple):
    """Both answers to a question of a view, where there are any."""

    question_id: int
    base: str | None
    unlearned: str | None
