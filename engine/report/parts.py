"""What a report consists of, as plain values: gathered by `engine.report.gather`, written by the other report modules.

A value that does not exist is None, with its reason beside it. Times are UTC, ISO 8601; `made` alone is
the time of the export.
"""

from typing import Any, Literal, NamedTuple

from engine.analysis.standing import Standing
from engine.audit.found import ProbeOutput
from engine.names import RETAIN_ONLY

SCHEMA = 1  # of the JSON report; goes up where a field changes its meaning or goes away
SHOWN_WORST = 10

State = Literal["pass", "fail", "note"]


def model_word(model: str) -> str:
    """How a reader calls a model of the comparison, whose key is stored."""
    return "retain model" if model == RETAIN_ONLY else model


class ReportCheck(NamedTuple):
    """`note` is neither pass nor fail: something a reader must know, or that could not be checked, with the reason."""

    state: State
    words: str


class ReportVerdict(NamedTuple):
    """The verdict in force of one reviewer on one question."""

    question_id: int
    verdict: str  # as stored: forgotten | leaks | kept | utility_harmed | unsure
    reviewer: str
    note: str
    created: str  # UTC, ISO 8601
    stale: bool  # text, rule, pair or question changed since
    disputed: bool  # another reviewer disagrees
    wording: str = "question"  # of which the answer was judged; else "paraphrase"

    @property
    def said(self) -> str:
        return self.verdict if self.wording == "question" else f"{self.verdict} ({self.wording})"


class ReportProbe(NamedTuple):
    """What one probe of an audit found, with its baseline."""

    name: str
    label: str
    sentence: str  # what it does
    found: int | None  # questions given away
    n: int
    low: float | None  # of the 95 % interval of found / n
    high: float | None
    floor_found: int | None
    floor_n: int | None
    floor_reason: str  # why there is no baseline
    value: float | None  # for a probe that does not count questions
    note: str
    greedy_found: int | None  # of the found, those that the likeliest answer at alpha reveals too
    seconds: float | None
    value_low: float | None = None  # of the 95 % interval of `value`
    value_high: float | None = None


class Criterion(NamedTuple):
    """One thing the claim says, and the threshold at which it fails."""

    words: str
    failure: str  # what would count as failure
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    state: State
    said: str  # how it came out, in a sentence
    questions: int
    floor: float | None = None  # the figure of the retain model on the same questions
    floor_low: float | None = None
    floor_high: float | None = None
    floor_questions: int | None = None


class Claim(NamedTuple):
    words: str
    demand: str
    criteria: tuple[Criterion, ...]
    advice: str  # what the pair's maps advise, or why they do not


class Mean(NamedTuple):
    """The mean of one model on one part with one measure, and how far the unlearned model is from it by question."""

    model: str  # base | unlearned | direct | retain-only
    mean: float | None
    low: float | None
    high: float | None
    questions: int
    persons: int
    unnamed: int
    bounded: bool  # the interval is the Clopper-Pearson one
    reason: str
    difference: float | None = None  # unlearned − this model, over the questions that both were asked
    difference_low: float | None = None
    difference_high: float | None = None
    difference_questions: int = 0
    difference_reason: str = ""


class Measured(NamedTuple):
    """One measure on one part of the questions, for every model that is compared."""

    set: str
    split: str
    half: str
    metric: str
    label: str
    direction: str
    means: tuple[Mean, ...]


class Model(NamedTuple):
    """A column of the comparison: which run it was read from, or why there is none."""

    model: str
    run_id: int | None
    run: str
    alpha: float | None
    reason: str


class Point(NamedTuple):
    """One place of the trade-off, with the ends of its 95 % intervals."""

    model: str
    alpha: float
    utility: float
    utility_low: float | None
    utility_high: float | None
    forget: float
    forget_low: float | None
    forget_high: float | None


class TradeOff(NamedTuple):
    forget: str  # what is on the axis
    utility: str
    points: tuple[Point, ...]
    reason: str  # why there is none


class Excerpt(NamedTuple):
    """One answer, verbatim."""

    question_id: int
    set: str
    split: str
    half: str
    subject: str
    wording: str  # question | paraphrase
    question: str
    true_answer: str
    base_answer: str | None
    unlearned_answer: str | None
    key_terms: tuple[str, ...]
    rouge_base: float | None
    rouge_unlearned: float | None


class Missing(NamedTuple):
    """A question without an answer, or without a score that was taken: listed and counted, not dropped."""

    question_id: int
    set: str
    split: str
    subject: str
    question: str
    lacks: str


class Verdicts(NamedTuple):
    rows: tuple[ReportVerdict, ...]
    counts: dict[str, int]  # verdict -> verdicts in force
    reviewers: dict[str, int]  # reviewer -> questions judged, in whichever phrasing
    reviewed: int  # questions with a verdict
    unreviewed: int
    disputed: int
    stale: int
    reason: str  # why there are none
    questions: dict[str, int] = {}  # what is said of a question -> questions; with the unreviewed these are all


class Probes(NamedTuple):
    audit_run: int | None
    rows: tuple[ReportProbe, ...]
    reason: str
    words: str = ""  # what was audited, and which probes were not run


class Change(NamedTuple):
    """Something in which the two runs of a comparison differ."""

    what: str
    first: str
    second: str


class ChangedAnswer(NamedTuple):
    """A question whose answer the leak rule judges differently in the second run."""

    question_id: int
    set: str
    split: str
    subject: str
    question: str
    first_leak: int
    second_leak: int
    first_answer: str | None
    second_answer: str | None


class Against(NamedTuple):
    """A second run beside the first; only what differs."""

    run_id: int
    run: str
    alpha: float
    left_out: str
    settings: tuple[Change, ...]
    unlike: tuple[str, ...]
    differences: tuple[dict[str, Any], ...]  # of `engine.analysis.paired.Difference`
    same: int  # measures that do not differ at all
    answers: tuple[ChangedAnswer, ...]


class Origin(NamedTuple):
    """Where the figures come from."""

    run_id: int
    run: str
    kind: str
    pair: str
    method: str
    objective: str
    tuning: str
    base: str
    template: str
    reading: str  # how text was read: tokenizer, template and end tokens; "" where it was not recorded
    leak_rule: str
    rouge_words: str  # what read the words for ROUGE; "" where the package rouge_score read all of them
    max_new_tokens: int
    alpha: float
    alphas: tuple[float, ...]
    seed: int
    figures_seed: int  # of the bootstrap
    hashes: dict[str, str]  # pair, base, data, and of every weight file of the pair
    versions: dict[str, str]  # that made the run
    versions_here: dict[str, str]  # that made the report
    machine: dict[str, str]
    times: dict[str, str]  # created, started, finished, of the run
    command: str  # that makes the report again


class Report(NamedTuple):
    """Everything. `questions`: one mapping per question with the columns of the CSV, in its order."""

    made: str  # time of the export: the only field in which two reports of the same database differ
    redacted: bool
    selection: str  # "" for all questions, else which were chosen
    asked: int  # questions of the run
    standing: Standing | None  # of its pair at its alpha, by every run stored; None for a model alone
    outputs: tuple[ProbeOutput, ...]  # by which the red ways of the standing told something, the worst way first
    checks: tuple[ReportCheck, ...]
    claim: Claim
    verdicts: Verdicts
    models: tuple[Model, ...]
    comparison: tuple[Measured, ...]
    forget_quality: str
    trade_off: TradeOff
    missing: tuple[Missing, ...]
    leaks: tuple[Excerpt, ...]
    leaks_in_all: int
    losses: tuple[Excerpt, ...]
    losses_in_all: int
    ordinary: Excerpt | None
    probes: Probes
    against: Against | None
    limits: tuple[str, ...]
    origin: Origin
    questions: tuple[dict[str, Any], ...]
