"""The forgetting barcode: a row a question, α across, and by rule what the answer at each α amounts to."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.analysis.map_answers import judge_map
from engine.data.examples import Example, is_to_be_forgotten
from engine.evaluation.answer_kinds import TELLS, AnswerKind
from engine.models.manifest import PairManifest
from engine.store import history
from engine.store.maps import MappedAnswer, maps_key, stored_map


class Stretch(NamedTuple):
    """One answer and the alphas that give it."""

    low: float
    high: float
    kind: AnswerKind
    text: str


class BarcodeRow(NamedTuple):
    """One mapped forget question. `position` is its place in its set, None where the set no longer holds it."""

    set: str
    position: int | None
    split: str
    question: str
    stretches: tuple[Stretch, ...]

    @property
    def told_until(self) -> float:
        """The largest alpha at which it is told; below any range where it never is."""
        return max((item.high for item in self.stretches if item.kind == TELLS), default=float("-inf"))


class Barcode(NamedTuple):
    """Of one pair. `rows`: those that are told up to the largest alpha first."""

    run_id: int
    low: float
    high: float
    rows: tuple[BarcodeRow, ...]

    def told_at(self, alpha: float) -> int:
        """How many questions are told at `alpha`; 0 outside the range, where nothing is known."""
        return sum(
            any(item.kind == TELLS and item.low <= alpha <= item.high for item in row.stretches) for row in self.rows
        )


def stretches_of(example: Example, terms: tuple[str, ...], answers: Sequence[MappedAnswer]) -> tuple[Stretch, ...]:
    """The answers of a map, in the order of alpha, judged by `judge_map`."""
    return tuple(
        Stretch(answer.low, answer.high, kind, answer.text) for answer, _, kind in judge_map(example, terms, answers)
    )


def barcode_of(run_id: int) -> Barcode | None:
    """From the stored maps of a map run; None where none of its forget questions is mapped. Loads no model."""
    detail = history.run_detail(run_id)
    low, high, key = min(detail.spec.alphas), max(detail.spec.alphas), maps_key(detail)
    rows = []
    for (example, terms), place in zip(history.asked(run_id), history.question_places(run_id), strict=True):
        if example.erased or not is_to_be_forgotten(example.split):
            continue
        found = stored_map(key, example.question, detail.spec.max_new_tokens, low, high)
        if found is not None:
            answers = stretches_of(example, terms, found.answers)
            rows.append(BarcodeRow(place.set, place.position, example.split, example.question, answers))
    rows.sort(key=lambda row: -row.told_until)
    return Barcode(run_id, low, high, tuple(rows)) if rows else None


def barcode_run(pair: PairManifest) -> int | None:
    """The finished map run of a pair as it is now that asked most questions, the newest of equals; None without one."""
    mapped = [run for run in history.list_runs() if run.facts.finds == "map" and run.status == "finished"]
    own = [run.id for run in mapped if run.pair == pair.name and history.run_detail(run.id).pair_hash == pair.hash]
    return max(own, key=lambda run_id: (len(history.question_places(run_id)), run_id), default=None)
