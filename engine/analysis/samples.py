"""The sample answers of a training as they are stored, and what they and its losses warn of."""

from collections.abc import Sequence
from typing import NamedTuple

from db.reads.previews import PreviewRow, previews
from engine.evaluation.ruined import MORE_LOOPS, exploded_words, first_exploded, noise_beyond, noisy_words
from engine.store import history
from engine.store.session import reading


class SampledQuestion(NamedTuple):
    """`answers`: text and whether it is noise, by epoch; 0 is the base."""

    question: str
    split: str
    answers: dict[int, tuple[str, bool]]


class Samples(NamedTuple):
    """`warnings` are sentences, in the order of the training."""

    questions: list[SampledQuestion]
    epochs: list[int]
    warnings: list[str]


def samples_of(run_id: int) -> Samples:
    """Empty for a run that trained nothing, or before there were samples."""
    with reading() as session:
        rows = previews(session, run_id)
    questions: dict[int, SampledQuestion] = {}
    for row in rows:
        item = questions.setdefault(row.question_id, SampledQuestion(row.question, row.split, {}))
        item.answers[row.epoch] = row.text, row.noise
    epochs = sorted({row.epoch for row in rows})
    warnings = [] if not rows else [*_exploded(run_id), *_noisy(rows, epochs)]
    return Samples(list(questions.values()), epochs, warnings)


def _exploded(run_id: int) -> list[str]:
    steps = history.steps(run_id)
    losses = [None if loss is None or loss != loss else float(loss) for loss in steps["retain_loss"]]
    place = first_exploded(losses)
    if place is None:
        return []
    start = next(loss for loss in losses if loss is not None)
    said = exploded_words(losses[place] or 0.0, start)
    return [f"At step {int(steps['step'].iloc[place])} {said}."]


def _noisy(rows: Sequence[PreviewRow], epochs: Sequence[int]) -> list[str]:
    """The first epoch whose answers are too often noise."""
    before = {row.question_id: row.noise for row in rows if row.epoch == 0}
    for epoch in epochs:
        now = {row.question_id: row.noise for row in rows if row.epoch == epoch and row.question_id in before}
        share = noise_beyond(list(now.values()), [before[key] for key in now])
        if epoch and share >= MORE_LOOPS:
            return [f"After epoch {epoch} {noisy_words(share)}."]
    return []
