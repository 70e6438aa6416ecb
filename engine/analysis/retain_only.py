"""Forget quality of a stored run at one alpha, against a retain model of its base on exactly the same questions."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from db.rows import ScoredPlaceRow
from engine.analysis.differences import unlike
from engine.analysis.figures import scores_of
from engine.errors import RunError
from engine.evaluation.forget_quality import forget_quality
from engine.kinds import TeachSpec
from engine.models.taught import read_taught, taught_folder
from engine.names import ModelRef, retain_only
from engine.store import history
from engine.store.history import RunDetail, RunSummary
from engine.wording import named_run

FORGET, RATIO = "forget", "truth_ratio"
FLAGGED = ("template", history.READING, "versions")  # what a truth ratio depends on besides model and question
ITSELF = "this is a retain model itself"
NAMED = 3  # of the missing questions


class QualityFigure(NamedTuple):
    """A two-sample Kolmogorov-Smirnov test of truth ratios (A); its p-value depends on the rows, so they are shown
    with it.
    """

    p_value: float | None  # None: n/a, see `reason`
    statistic: float | None
    rows: int
    retain_rows: int
    retain_id: int | None
    retain_run: str
    reason: str = ""
    unlike: tuple[str, ...] = ()  # template and versions, where the two runs differ in them

    @property
    def words(self) -> str:
        if self.p_value is None:
            return f"n/a: {self.reason}"
        return (
            f"p = {self.p_value:.2g} (truth ratio in variant A, KS statistic {self.statistic:.3f}, {self.rows} rows"
            f" against {self.retain_rows} of {self.retain_run})" + "".join(f"; {flag}" for flag in self.unlike)
        )


class _Ratios(NamedTuple):
    places: list[ScoredPlaceRow]
    values: list[float]


def quality_figure(run_id: int, alpha: float) -> QualityFigure:
    """Against the newest run of the base's retain model that was asked the same forget questions; n/a with the
    reason.
    """
    run = history.run_detail(run_id).summary
    ours = _ratios(run_id, alpha)
    if not ours.values:
        return _none("no forget question of this run has a truth ratio")
    retain_runs = retain_runs_of(run_id)
    if ModelRef.parse(run.pair).is_retain_only:
        return _none(ITSELF)
    if not retain_runs:
        return _none(f"no run of a retain model of base {run.base} has finished")
    refusals = []
    for retain_run in retain_runs:
        try:
            return quality_against(run_id, alpha, retain_run)
        except RunError as error:
            refusals.append(str(error))
    return _none(refusals[0])


def noise_floor(run_id: int, quality: QualityFigure) -> dict[str, QualityFigure]:
    """By its name, each run that taught a second seed of the retain model, against the retain model's run in
    `quality` and over its rows.

    Neither ever knew, so this is how much two models differ by chance.
    """
    if quality.retain_id is None:
        return {}
    base = history.run_detail(run_id).summary.base
    found = {}
    for run in second_seeds(base):
        if run.id != run_id:
            try:
                found[named_run(run)] = quality_against(run.id, 0.0, quality.retain_id)
            except RunError:  # it was asked other questions
                continue
    return found


def second_seeds(base: str) -> list[RunSummary]:
    """Finished runs that taught a further retain model of `base`."""
    taught = [run for run in history.list_runs() if run.status == "finished" and run.facts.makes == "model"]
    return [
        run
        for run in taught
        if ModelRef.parse(run.pair).role == "base" and _retain_model_of(history.run_detail(run.id)) == base
    ]


def _retain_model_of(detail: RunDetail) -> str:
    """The base whose retain model the run taught; "" where it taught none."""
    return detail.spec.retain_only_of if isinstance(detail.spec, TeachSpec) else ""


def noise_words(run_id: int, quality: QualityFigure) -> str:
    """ "" without a second seed that was asked the same."""
    told = ", ".join(f"{name} {figure.words}" for name, figure in noise_floor(run_id, quality).items())
    return f"a second seed of the retain model, which never knew either: {told}" if told else ""


def quality_against(run_id: int, alpha: float, retain_id: int) -> QualityFigure:
    """Against one run of the retain model, at its only alpha; `RunError` where it belongs to another base, or has
    other rows.
    """
    detail, retain_run = history.run_detail(run_id), history.run_detail(retain_id).summary
    run, gold = detail.summary, _gold(detail)
    if retain_run.pair != gold:
        raise RunError(
            f"{named_run(retain_run)} is not a run of the retain model for {named_run(run)}: its pair is"
            f" {retain_run.pair}, and {gold} is needed"
        )
    ours, theirs = _ratios(run_id, alpha), _ratios(retain_id, 0.0)
    _check_same(run, ours.places, retain_run, theirs.places)
    found = forget_quality(ours.values, theirs.values)
    if found is None:
        raise RunError(f"no forget question of {named_run(run)} has a truth ratio")
    flags = unlike(detail, history.run_detail(retain_id))
    return QualityFigure(
        *found,
        retain_id,
        named_run(retain_run),
        "",
        tuple(flag.words for flag in flags if flag.what in FLAGGED),
    )


def retain_runs_of(run_id: int) -> list[int]:
    """Finished runs of the retain model of a run's base that have scores, newest first; never the model itself."""
    detail = history.run_detail(run_id)
    gold = _gold(detail)
    if gold == detail.summary.pair:
        return []
    return [
        other.id
        for other in history.list_runs()
        if other.status == "finished" and other.pair == gold and other.facts.finds == "answers"
    ]


def _gold(detail: RunDetail) -> str:
    """The model a run is compared with; for a second seed of a retain model, the first.

    The run that taught it says whether it is one, or else the model itself, which may not be on this machine.
    """
    run, of = detail.summary, ""
    ref = ModelRef.parse(run.pair)
    if ref.role == "base":
        folder = taught_folder(ref.source)
        of = _retain_model_of(detail) or (read_taught(folder).retain_only_of if folder else "")
    return retain_only(of or run.base)


def _ratios(run_id: int, alpha: float) -> _Ratios:
    scores = scores_of(run_id, alpha)
    if RATIO not in scores.metrics:
        return _Ratios([], [])
    column = scores.values[:, scores.metrics.index(RATIO)]
    rows = [row for row, place in enumerate(scores.places) if place.split == FORGET and not np.isnan(column[row])]
    return _Ratios([scores.places[row] for row in rows], [float(column[row]) for row in rows])


def _check_same(
    run: RunSummary, ours: Sequence[ScoredPlaceRow], retain_run: RunSummary, theirs: Sequence[ScoredPlaceRow]
) -> None:
    missing, more = _without(ours, theirs), _without(theirs, ours)
    said = []
    if missing:
        said.append(
            f"{named_run(retain_run)} lacks {len(missing)} of the {len(ours)} that {named_run(run)} has"
            f" ({_named(missing)})"
        )
    if more:
        said.append(
            f"{named_run(run)} lacks {len(more)} of the {len(theirs)} that {named_run(retain_run)} has ({_named(more)})"
        )
    if said:
        raise RunError(
            f"forget quality needs truth ratios of the same forget questions on either side: {' and '.join(said)}"
        )


def _without(places: Sequence[ScoredPlaceRow], others: Sequence[ScoredPlaceRow]) -> list[ScoredPlaceRow]:
    """Those that the others lack, even under another set's name; a question that occurs twice counts twice."""
    left, found = Counter(place.content_hash for place in others), []
    for place in places:
        if left[place.content_hash]:
            left[place.content_hash] -= 1
        else:
            found.append(place)
    return found


def _named(places: Sequence[ScoredPlaceRow]) -> str:
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return ", ".join(f"“{place.question[:60]}”" for place in places[:NAMED]) + more


def _none(reason: str) -> QualityFigure:
    return QualityFigure(
        p_value=None, statistic=None, rows=0, retain_rows=0, retain_id=None, retain_run="", reason=reason
    )
