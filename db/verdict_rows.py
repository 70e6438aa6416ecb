"""The results of reads of verdicts: plain rows, safe to use after the session has ended."""

from datetime import datetime
from typing import NamedTuple


class View(NamedTuple):
    """A view for review: the answers of a run at one alpha to one phrasing of its questions.

    Verdicts belong to it by the pair's name; `pair_hash` and `rule_hash` are compared with theirs.
    """

    run_id: int
    alpha: float
    phrasing: str
    pair_name: str
    pair_hash: str
    rule_hash: str


class JudgedHashes(NamedTuple):
    """Hashes of the texts of one question in a view; None where an answer is missing."""

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
    leak: float | None  # the leak rule's finding on the unlearned answer, 0 or 1
    leaks: bool  # a question to be forgotten that the rule flags
    loss: bool  # a question to be kept whose ROUGE-L recall fell
    different: bool
    unreviewed: bool  # no verdict on the present answer
    disputed: bool
    stale: int  # verdicts on an earlier answer
    matches: bool  # it meets the filters; one that does not is there because of `keep`


class StandingRow(NamedTuple):
    """The verdict of one reviewer that counts for one question of a view, and what has changed since."""

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
    """One event, on either side, and whether it is about the present answer."""

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
    """Both answers to a question of a view, if any."""

    question_id: int
    base: str | None
    unlearned: str | None
