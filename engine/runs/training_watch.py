"""A training while it goes on: its steps stored, samples of its answers taken, and said at once when it breaks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db import writes
from db.reads.previews import EPOCH
from db.rows import AnswerRow, StepRow
from engine.evaluation.ruined import (
    END,
    MORE_LOOPS,
    SAMPLES,
    START,
    SampleAnswer,
    exploded_words,
    noise_beyond,
    noisy_words,
    retain_limit,
)
from engine.runs.preview import Preview, is_sampled
from engine.runs.progress import Progress

if TYPE_CHECKING:
    from engine.unlearning.training import Step

ALPHA = 1.0  # at which pairs are trained, and sampled


class TrainingWatch:
    """Hears every step. `figures` is what is known at the end, for the pair's manifest."""

    def __init__(self, progress: Progress, preview: Preview | None, epochs: int) -> None:
        self.progress, self.preview, self.epochs = progress, preview, epochs
        self.retain: list[tuple[int, float]] = []  # epoch and retain loss of every step that has one
        self.samples: list[SampleAnswer] = []
        self.before: list[SampleAnswer] = []

    def begin(self) -> None:
        """Before the first step the pair answers as its base."""
        if self.preview is not None:
            self.before = self._sampled(0)

    def hear(self, step: "Step", target: float) -> None:
        self.progress.step(StepRow(step.step, step.epoch, *step[3:]))
        if step.retain_loss is not None:
            self.retain.append((step.epoch, step.retain_loss))
        if self.preview is not None and self._ends_epoch(step, target):
            self.samples = self._sampled(step.epoch)
        if words := self._warning():
            self.progress.warn(words)

    def resample(self) -> None:
        """The weights were put back: what was sampled is another model's."""
        if self.preview is not None:
            self.samples = self.preview.sample()

    @property
    def figures(self) -> dict[str, float]:
        found = {}
        if self.retain:
            last = [loss for epoch, loss in self.retain if epoch == self.retain[-1][0]]
            found = {START: self.retain[0][1], END: sum(last) / len(last)}
        return found | ({SAMPLES: self._noise()} if self.samples else {})

    def _ends_epoch(self, step: "Step", target: float) -> bool:
        """Also a last epoch that ends early, since the target is reached."""
        if step.forget_probability is None:
            return False
        whole = step.step * self.epochs == step.epoch * step.steps_total
        return step.forget_probability <= target or (whole and is_sampled(step.epoch, self.epochs))

    def _sampled(self, epoch: int) -> list[SampleAnswer]:
        assert self.preview is not None
        samples = self.preview.sample()
        rows = _rows(self.preview, samples, epoch)
        self.progress.store(lambda session: writes.add_answers(session, self.progress.run_id, rows))
        return samples

    def _noise(self) -> float:
        return noise_beyond([one.noise for one in self.samples], [one.noise for one in self.before])

    def _warning(self) -> str:
        """What is wrong by the newest step and samples."""
        said = []
        if self.retain and self.retain[-1][1] > retain_limit(self.retain[0][1]):
            said.append(exploded_words(self.retain[-1][1], self.retain[0][1]))
        if self.samples and self._noise() >= MORE_LOOPS:
            said.append(noisy_words(self._noise()))
        return "; ".join(said)


def _rows(preview: Preview, samples: Sequence[SampleAnswer], epoch: int) -> list[AnswerRow]:
    return [
        AnswerRow(item.question_id, ALPHA, f"{EPOCH}{epoch}", sample.text, sample.noise)
        for item, sample in zip(preview.asked, samples, strict=True)
    ]
