"""TOFU's figures and the membership suite for a stored run at one alpha. Reads only; imports no model library."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from db.rows import ScoredPlaceRow
from engine.analysis.figures import SEED, Scores, interval_words, number_words, scores_of
from engine.analysis.retain_only import ITSELF, retain_runs_of
from engine.data.examples import SECRETS
from engine.errors import DataError, RunError
from engine.evaluation.metrics import METRICS
from engine.evaluation.privacy import PrivacyEstimate, Rows, ScoredQuestion, compare_aucs, membership_auc
from engine.evaluation.tofu_figures import UTILITY_PARTS, TofuFigure, TofuPart, tofu_figures
from engine.names import ModelRef
from engine.store import history

READ = (
    "AUC near a retain model's is good: above it the forget set still shows as trained on, below it as tampered"
    " with. 0.5 is chance."
)
MEMBERSHIP = tuple(name for name, metric in METRICS.items() if metric.kind == "membership")
REAL_AUTHORS = "real_authors"  # TOFU's file of real authors; every other question of the world split is a world fact


class PrivacyFigure(NamedTuple):
    """One membership score: how well it separates the forget set from a holdout, beside the retain model's.

    `difference` is empty, with the reason, where no retain model was asked the same questions.
    """

    metric: str
    auc: PrivacyEstimate
    difference: PrivacyEstimate  # AUC − AUC of the retain model
    privleak: PrivacyEstimate  # percent
    retain_id: int | None

    @property
    def words(self) -> str:
        if self.auc.value is None:
            return f"n/a: {self.auc.reason}"
        rows = f"{self.auc.rows.forget} forget, {self.auc.rows.holdout} holdout"
        leak = "" if self.privleak.value is None else f"; PrivLeak {estimate_words(self.privleak, '+')} %"
        return (
            f"AUC {estimate_words(self.auc)} ({rows}); minus the retain model's"
            f" {estimate_words(self.difference, '+')}{leak}"
        )


def run_tofu(run_id: int, alpha: float) -> dict[str, TofuFigure]:
    """TOFU's twelve figures and the model utility, by OpenUnlearning's names; n/a with its reason where one is
    missing.

    For parts to keep, the questions never trained on, where there are any. `RunError` as
    `figures.run_figures`.
    """
    scores = scores_of(run_id, alpha)
    rows: dict[TofuPart, list[int]] = {}
    for row, place in enumerate(scores.places):
        part = _part(place)
        if part is not None:
            rows.setdefault(part, []).append(row)
    for part in UTILITY_PARTS:
        kept = [row for row in rows.get(part, []) if scores.places[row].half != "train"]
        if kept:
            rows[part] = kept
    return tofu_figures(
        {part: {metric: _column(scores, metric, chosen) for metric in scores.metrics} for part, chosen in rows.items()},
        {part: [scores.places[row].subject for row in chosen] for part, chosen in rows.items()},
        SEED,
    )


def run_privacy(run_id: int, alpha: float) -> list[PrivacyFigure]:
    """Every membership score of a run: forget set against holdout. Empty where the run has none of the scores.

    `RunError` as `figures.run_figures`.
    """
    scores = scores_of(run_id, alpha)
    metrics = [metric for metric in MEMBERSHIP if metric in scores.metrics]
    retain_runs, passed = _scored_retain_runs(run_id) if metrics else ({}, "")
    gold = ModelRef.parse(history.run_detail(run_id).summary.pair).is_retain_only
    reason = ITSELF if gold else passed or "no run of this base's retain model has finished"
    return [_privacy(scores, metric, retain_runs, reason) for metric in metrics]


def _scored_retain_runs(run_id: int) -> tuple[dict[int, Scores], str]:
    """With the reason why one was skipped, "" where none was."""
    found, reason = {}, ""
    for retain_run in retain_runs_of(run_id):
        try:
            found[retain_run] = scores_of(retain_run, 0.0)
        except RunError as error:
            reason = reason or str(error)
    return found, reason


def _privacy(scores: Scores, metric: str, retain_runs: Mapping[int, Scores], reason: str) -> PrivacyFigure:
    forget, holdout = (_scored(scores, metric, split) for split in SECRETS)
    for retain_run, theirs in retain_runs.items():
        try:
            known, strange = (_scored(theirs, metric, split) for split in SECRETS)
            compared = compare_aucs(forget, holdout, known, strange, np.random.default_rng(SEED))
            return PrivacyFigure(metric, compared.auc, compared.difference, compared.privleak, retain_run)
        except DataError as error:
            reason = str(error)
    auc = membership_auc(forget, holdout, np.random.default_rng(SEED))
    without = PrivacyEstimate(None, None, None, Rows(0, 0), reason)
    return PrivacyFigure(metric, auc, without, without, None)


def _part(place: ScoredPlaceRow) -> TofuPart | None:
    if place.split == "world":
        return "ra" if place.group.startswith(REAL_AUTHORS) else "wf"
    return {"forget": "forget", "retain": "retain"}.get(place.split)  # type: ignore[return-value]


def _column(scores: Scores, metric: str, rows: Sequence[int]) -> list[float | None]:
    values = scores.values[list(rows), scores.metrics.index(metric)]
    return [None if np.isnan(value) else float(value) for value in values]


def _scored(scores: Scores, metric: str, split: str) -> list[ScoredQuestion]:
    """By content, so that the same question in another set is the same."""
    if metric not in scores.metrics:
        return []
    rows = [row for row, place in enumerate(scores.places) if place.split == split]
    values = _column(scores, metric, rows)
    return [
        ScoredQuestion(scores.places[row].content_hash, scores.places[row].subject, value)
        for row, value in zip(rows, values, strict=True)
    ]


def estimate_words(estimate: PrivacyEstimate, sign: str = "") -> str:
    """Value and interval, or why they are missing."""
    if estimate.value is None:
        return f"n/a: {estimate.reason}"
    return f"{number_words(estimate.value, sign)} {interval_words(estimate.low, estimate.high)}"


def figure_words(figure: TofuFigure) -> str:
    """Value, interval, rows and variant, or why they are missing."""
    if figure.value is None:
        return f"n/a: {figure.reason}"
    variant = f", truth ratio in variant {figure.variant}" if figure.variant else ""
    return f"{figure.value:.4f} {interval_words(figure.low, figure.high)} (n {figure.rows}{variant})"
