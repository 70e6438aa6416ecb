"""The tables, as SQLAlchemy models; `review_tables` has the exports, verdicts and erasures. Rows of these never
leave `db`.

    sets ─< questions ─< run_questions >─ runs >─ pairs
                │                          ├─< steps
                ├──────< scores >──────────┤
                ├──────< answers >─────────┤
                └──────< curves >──────────┤
                                           ├─< figures
                                           ├─< probe_summaries, probe_results
                                           └─< exports
    maps ─< map_intervals    by pair hash and question text, so that a map outlives its run and serves every set
    erasures                 by a hash of the person; the emptied questions carry the number of their erasure

A metric is a row, never a column. Times are UTC. Names are short strings so that every backend can index them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import HASH, NAME, Base, Text
from db.checked import (
    JsonObjectOrNone,
    MeasureColumn,
    WordsColumn,
)


class SetTable(Base):
    """A named collection of questions."""

    __tablename__ = "sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    source: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HASH)
    created: Mapped[datetime]


class QuestionTable(Base):
    """One question of a set. `position` is NULL once the set no longer holds it: scores still refer to it."""

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("set_id", "content_hash"), Index(None, "set_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("sets.id", ondelete="CASCADE"))
    position: Mapped[int | None]
    content_hash: Mapped[str] = mapped_column(HASH)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    paraphrased_question: Mapped[str] = mapped_column(Text)
    paraphrased_answer: Mapped[str] = mapped_column(Text)
    perturbed_answer: Mapped[list[str]]
    key_terms: Mapped[list[str]]
    training_questions: Mapped[list[str]]
    subject: Mapped[str] = mapped_column(Text)
    domain: Mapped[str] = mapped_column(Text)
    group: Mapped[str] = mapped_column("group_name", Text)  # GROUP is a word of SQL
    split: Mapped[str] = mapped_column(NAME)
    half: Mapped[str] = mapped_column(NAME)


class PairTable(Base):
    """A pair as it was when a run made or read it: one row per manifest, not per name."""

    __tablename__ = "pairs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, index=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    parent: Mapped[str] = mapped_column(Text)
    base_hash: Mapped[str] = mapped_column(HASH)
    recommended_alpha: Mapped[float]
    manifest: Mapped[dict[str, Any]]
    created: Mapped[datetime]


class RunTable(Base):
    """One stored execution of a specification. Ids are never used twice: links and exports name them."""

    __tablename__ = "runs"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, index=True)
    kind: Mapped[str] = mapped_column(WordsColumn(20))
    status: Mapped[str] = mapped_column(WordsColumn(20), index=True)
    spec: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(Text)
    pair_name: Mapped[str] = mapped_column(Text)
    objective: Mapped[str] = mapped_column(NAME)
    seed: Mapped[int]
    pair_id: Mapped[int | None] = mapped_column(ForeignKey("pairs.id"), index=True)
    base_hash: Mapped[str] = mapped_column(HASH, default="")
    data_hash: Mapped[str] = mapped_column(HASH, default="")
    versions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    machine: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    message: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[str] = mapped_column(Text, default="")
    progress: Mapped[float | None] = mapped_column(MeasureColumn)
    seconds_left: Mapped[float | None] = mapped_column(MeasureColumn)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    place: Mapped[str] = mapped_column(Text, default="")  # id of the data folder whose worker runs it; else ""
    worker_pid: Mapped[int | None]
    recording: Mapped[str | None] = mapped_column(HASH, unique=True)  # hash of the file it was imported from
    advice: Mapped[dict[str, Any] | None] = mapped_column(
        JsonObjectOrNone
    )  # which alpha to use, as known when the run ended


class RunQuestionTable(Base):
    """A question that a run evaluates, with the key terms its leak rule used."""

    __tablename__ = "run_questions"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    key_terms: Mapped[list[str]]


class StepTable(Base):
    """One training step; losses in nats per answer token."""

    __tablename__ = "steps"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    loss: Mapped[float | None] = mapped_column(MeasureColumn)
    forget_loss: Mapped[float | None] = mapped_column(MeasureColumn)
    retain_loss: Mapped[float | None] = mapped_column(MeasureColumn)
    forget_probability: Mapped[float | None] = mapped_column(MeasureColumn)
    seconds: Mapped[float]


class ScoreTable(Base):
    """One measure of one question at one alpha; NULL where it cannot be computed."""

    __tablename__ = "scores"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    alpha: Mapped[float] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    metric: Mapped[str] = mapped_column(NAME, primary_key=True)
    value: Mapped[float | None] = mapped_column(MeasureColumn)


class AnswerTable(Base):
    """What was answered to one phrasing of a question at one alpha, decoded in fp32."""

    __tablename__ = "answers"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    alpha: Mapped[float] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    phrasing: Mapped[str] = mapped_column(WordsColumn(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    degenerate: Mapped[bool]


class CurveTable(Base):
    """One measure of one question for every alpha of a range: `knots` and how to interpolate between them, to within
    `error`.
    """

    __tablename__ = "curves"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    metric: Mapped[str] = mapped_column(NAME, primary_key=True)
    knots: Mapped[dict[str, Any]]
    error: Mapped[float]


class FigureTable(Base):
    """An aggregate of a run at one alpha with its 95 % interval; `rows` is the number it is over, NULL where
    unknown.
    """

    __tablename__ = "figures"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    alpha: Mapped[float] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    value: Mapped[float | None] = mapped_column(MeasureColumn)
    low: Mapped[float | None] = mapped_column(MeasureColumn)
    high: Mapped[float | None] = mapped_column(MeasureColumn)
    rows: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text)


class ProbeResultTable(Base):
    """What one probe of an audit found on one question; `side` is "pair", or "floor" for its
    baseline.
    """

    __tablename__ = "probe_results"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    probe: Mapped[str] = mapped_column(NAME, primary_key=True)
    side: Mapped[str] = mapped_column(WordsColumn(10), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    place: Mapped[int]
    found: Mapped[bool | None]
    value: Mapped[float | None] = mapped_column(MeasureColumn)
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)


class ProbeSummaryTable(Base):
    """One probe of an audit as a whole; stored together with its results when it has ended. Counts are of questions."""

    __tablename__ = "probe_summaries"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    probe: Mapped[str] = mapped_column(NAME, primary_key=True)
    found: Mapped[int]
    n: Mapped[int]
    low: Mapped[float | None] = mapped_column(MeasureColumn)
    high: Mapped[float | None] = mapped_column(MeasureColumn)
    floor_found: Mapped[int | None]
    floor_n: Mapped[int | None]
    floor_reason: Mapped[str] = mapped_column(Text)
    value: Mapped[float | None] = mapped_column(MeasureColumn)
    value_low: Mapped[float | None] = mapped_column(MeasureColumn)
    value_high: Mapped[float | None] = mapped_column(MeasureColumn)
    note: Mapped[str] = mapped_column(Text)
    greedy_found: Mapped[int]
    beyond_greedy: Mapped[int]
    budget: Mapped[dict[str, Any]]
    seconds: Mapped[float]


class MapTable(Base):
    """Every greedy answer of a pair to one question for alpha from `low` to `high`, cut at `max_new_tokens`."""

    __tablename__ = "maps"
    __table_args__ = (UniqueConstraint("pair_hash", "question_hash", "low", "high", "max_new_tokens"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_hash: Mapped[str] = mapped_column(HASH)
    question_hash: Mapped[str] = mapped_column(HASH)
    question: Mapped[str] = mapped_column(Text)
    low: Mapped[float]
    high: Mapped[float]
    max_new_tokens: Mapped[int]
    complete: Mapped[bool]
    merged: Mapped[int]
    seconds: Mapped[float]
    created: Mapped[datetime]


class MapIntervalTable(Base):
    """One answer of a map and the alphas that give it."""

    __tablename__ = "map_intervals"

    map_id: Mapped[int] = mapped_column(ForeignKey("maps.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    low: Mapped[float]
    high: Mapped[float]
    low_error: Mapped[float]
    high_error: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    tokens: Mapped[list[int]]
    ended: Mapped[bool]
    degenerate: Mapped[bool]
    followed: Mapped[bool]
