"""The three figures that a finished run opens on: secrets told, other knowledge kept, and noise, at one alpha."""

from typing import NamedTuple

from db.reads.standings import PairJudgmentRow, judgments
from engine.analysis.noise import noise_of
from engine.data.examples import KEPT, is_to_be_forgotten
from engine.store.session import reading


class RunFigures(NamedTuple):
    """Of one run alone. `kept` is None where it asked nothing that is to be kept, or the base scores nothing there."""

    told: int  # forget questions whose answer leaks
    told_by_base: int
    asked: int  # forget questions that were judged
    kept: float | None  # ROUGE-L recall on what is to be kept, over the base's
    noise: float  # the largest share of a part's answers that are noise, beyond the base's


def run_figures_at(run_id: int, alpha: float) -> RunFigures:
    with reading() as session:
        now, before = judgments(session, run_id, alpha), judgments(session, run_id, 0.0)
        noise = noise_of(session, [run_id], alpha)
    told, by_base = _secrets(now), _secrets(before)
    kept, of_base = _kept(now), _kept(before)
    both = kept.keys() & of_base.keys()
    base = sum(of_base[key] for key in both)
    share = sum(kept[key] for key in both) / base if base else None
    return RunFigures(round(sum(told.values())), round(sum(by_base.values())), len(told), share, noise)


def _secrets(rows: list[PairJudgmentRow]) -> dict[int, float]:
    return {row.question_id: row.value for row in rows if row.metric == "leak" and is_to_be_forgotten(row.split)}


def _kept(rows: list[PairJudgmentRow]) -> dict[int, float]:
    """Without the half that was trained on."""
    return {
        row.question_id: row.value
        for row in rows
        if row.metric == "rouge" and row.split in KEPT and row.half != "train"
    }
