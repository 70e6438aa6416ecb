"""The results of reads: plain rows, safe to use after the session has ended."""

from datetime import datetime
from typing import Any, NamedTuple


class RunRow(NamedTuple):
    id: int
    name: str
    kind: str
    status: str
    spec: str
    base: str
    pair_name: str
    objective: str
    seed: int
    pair_id: int | None
    base_hash: str
    data_hash: str
    versions: dict[str, Any]
    machine: dict[str, Any]
    created: datetime
    started: datetime | None
    finished: datetime | None
    message: str
    stage: str
    progress: float | None
    seconds_left: float | None
    cancel_requested: bool
    place: str
    worker_pid: int | None
    recording: str | None


class PairRow(NamedTuple):
    id: int
    name: str
    hash: str
    parent: str
    base_hash: str
    recommended_alpha: float
    manifest: dict[str, Any]
    created: datetime


class QuestionRow(NamedTuple):
    id: int
    position: int | None
    content_hash: str
    question: str
    answer: str
    paraphrased_question: str
    paraphrased_answer: str
    perturbed_answer: list[str]
    key_terms: list[str]
    training_questions: list[str]
    subject: str
    domain: str
    group: str
    split: str
    half: str


class PlaceRow(NamedTuple):
    question_id: int
    set: str
    position: int | None  # None where the set no longer holds it
    split: str


class AdvisedRow(NamedTuple):
    run_id: int
    run: str
    pair_hash: str
    finished: datetime | None
    advice: dict[str, Any]


class SetRow(NamedTuple):
    name: str
    source: str
    questions: int
    splits: dict[str, int]
    content_hash: str
    created: datetime


class StepRow(NamedTuple):
    step: int
    epoch: int
    loss: float | None
    forget_loss: float | None
    retain_loss: float | None
    forget_probability: float | None
    seconds: float


class TradeOffRow(NamedTuple):
    run_id: int
    run: str
    pair: str
    objective: str
    alpha: float
    set: str
    split: str
    half: str
    metric: str
    mean: float | None
    scored: int  # questions that have this score


class QuestionScoreRow(NamedTuple):
    question_id: int
    set: str
    position: int | None
    split: str
    half: str
    domain: str
    group: str
    subject: str
    question: str
    metric: str
    value: float | None


class ScoredPlaceRow(NamedTuple):
    question_id: int
    content_hash: str
    set: str
    split: str
    half: str
    subject: str
    question: str
    group: str


class ReportRow(NamedTuple):
    question_id: int
    set: str
    position: int | None
    split: str
    half: str
    domain: str
    group: str
    subject: str
    question: str
    true_answer: str
    base_answer: str | None
    unlearned_answer: str | None
    degenerate_base: bool | None
    degenerate_unlearned: bool | None
    rouge_base: float | None
    rouge_unlearned: float | None
    leak_base: float | None
    leak_unlearned: float | None
    probability_base: float | None
    probability_unlearned: float | None
    key_terms: list[str]
    question_hash: str
    paraphrased_question: str
    base_answer_to_paraphrase: str | None
    unlearned_answer_to_paraphrase: str | None
    rouge_paraphrase_base: float | None
    rouge_paraphrase_unlearned: float | None
    leak_paraphrase_base: float | None
    leak_paraphrase_unlearned: float | None


class MapRow(NamedTuple):
    id: int
    question: str
    low: float
    high: float
    max_new_tokens: int
    complete: bool
    merged: int
    seconds: float


class IntervalRow(NamedTuple):
    low: float
    high: float
    low_error: float
    high_error: float
    text: str
    tokens: list[int]
    ended: bool
    degenerate: bool
    followed: bool


class ScoreRow(NamedTuple):
    question_id: int
    alpha: float
    metric: str
    value: float | None


class AnswerRow(NamedTuple):
    question_id: int
    alpha: float
    phrasing: str
    text: str
    degenerate: bool


class CurveRow(NamedTuple):
    question_id: int
    metric: str
    knots: dict[str, Any]
    error: float


class FigureRow(NamedTuple):
    alpha: float
    name: str
    value: float | None
    low: float | None
    high: float | None
    rows: int | None  # the number of rows it is over, None where unknown
    note: str


class ImportedFigureRow(NamedTuple):
    """A figure of an imported run, with the run it belongs to."""

    run_id: int
    run: str
    method: str
    model: str  # "" where the importer did not say
    source: dict[str, Any]
    alpha: float
    name: str
    value: float | None
    low: float | None
    high: float | None
    rows: int | None
    note: str


class ErasureRow(NamedTuple):
    id: int
    created: datetime
    salt: str
    subject_hash: str
    counts: dict[str, int]
    files: int
    everywhere: bool
    operator: str


class ExportRow(NamedTuple):
    """A report that left the program."""

    run: str
    filename: str
    rows: int
    created: datetime
