"""Training a pair: the loss is on the ensemble's answer tokens at alpha 1, the gradient reaches only M'o.

Base and reference logits come from frozen_logits, so a step costs one small model. Yields a `Step` after each
optimizer step; the caller stores it, may stop, and saves the trained model.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.data.examples import Example
from engine.data.prompts import AnswerBatch, Encoded, collate, encode_all, pad_token
from engine.errors import DataError
from engine.models.loading import TrainingModels
from engine.models.offset import OffsetModel, answer_logits, context_of
from engine.models.readers import forced_logits
from engine.models.tuning import tuned_parameters, without_adapter
from engine.training_settings import TrainingSettings
from engine.unlearning.frozen_logits import FrozenLogits
from engine.unlearning.last_good import LastGood
from engine.unlearning.losses import RETAIN_LOSSES, AnswerTokens, answer_lengths, sum_log_probs
from engine.unlearning.methods import get_method
from engine.unlearning.objectives import get_objective, numbers_of, retain_term_of

REFUSALS = (
    "I don't have information about that.",
    "I'm sorry, I don't know anything about that.",
    "I have no information on that matter.",
    "That is not something I know.",
    "I'm afraid I can't tell you, because I don't know.",
    "I don't know the answer to that question.",
)
WARMUP = 0.05


class Step(NamedTuple):
    """One optimizer step. `forget_probability` is measured at the end of an epoch and near the target, else None."""

    step: int
    epoch: int
    steps_total: int
    loss: float
    forget_loss: float
    retain_loss: float | None
    forget_probability: float | None
    seconds: float


class Questions:
    """Questions of one kind, encoded, with the frozen logits of their answers."""

    def __init__(
        self, models: TrainingModels, items: list[Encoded], scratch: Path, report: Callable[[int, int], None]
    ) -> None:
        self.models, self.items = models, items
        self.method = get_method(models.method)
        self.vocabulary = models.vocabulary
        self.pad = pad_token(models.tokenizer)
        self.base_alone = OffsetModel(models.base, None, None, self.vocabulary)
        self.base = FrozenLogits(self._base, items, self.vocabulary, self.pad, scratch, report)
        needed = items if self.method.needs_reference else []
        self.reference = FrozenLogits(self._reference, needed, self.vocabulary, self.pad, scratch, report)

    def _base(self, batch: AnswerBatch) -> Tensor:
        return forced_logits(self.base_alone, batch).base

    def _reference(self, batch: AnswerBatch) -> Tensor:
        if self.models.reference is not None:
            return answer_logits(self.models.reference, batch, self.vocabulary)
        with without_adapter(self.models.trained):
            return answer_logits(self.models.trained, batch, self.vocabulary)

    def tokens(self, chosen: Sequence[int]) -> AnswerTokens:
        """The method's logits at alpha 1 on the answers of the chosen questions; gradients reach the trained model."""
        batch = collate([self.items[i] for i in chosen], self.pad)
        trained = answer_logits(self.models.trained, batch, self.vocabulary)
        base = self.base.read(chosen).to(trained.device)
        reference = self.reference.read(chosen).to(trained.device) if self.method.needs_reference else base
        ensemble = self.method.ensemble(base, trained, reference)
        return AnswerTokens(ensemble, base, batch.labels.to(trained.device), batch.rows.to(trained.device), trained)


def train_pair(
    models: TrainingModels,
    forget: Sequence[Example],
    retain: Sequence[Example],
    settings: TrainingSettings,
    scratch: Path,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Step]:
    """Tune `models.trained` in place. `progress(text, done, total)` reports the logits computed beforehand.

    Stops after `settings.epochs`, or as soon as the mean probability of the forget answers is down to
    `settings.target_forget_probability`. It is measured at the end of an epoch, and after every step whose batch was
    already that low, for every objective: some break the model less than an epoch later. Raises `DataError` when a set
    is empty, and `DivergedError` when a loss is NaN or infinite: `models.trained` then has the last weights with a
    finite loss.
    """
    term = retain_term_of(settings)
    loss_of, numbers = get_objective(settings.objective).loss, numbers_of(settings)
    sets = _prepare(models, forget, retain, settings, scratch, progress or (lambda text, done, total: None))
    order = random.Random(settings.seed)
    per_epoch = -(-len(forget) // settings.batch_size)
    total = per_epoch * settings.epochs
    tuned = tuned_parameters(models.trained)
    good = LastGood(tuned, total)
    optimiser = torch.optim.AdamW(tuned, lr=settings.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, total))
    forget_batches = _endless(len(forget), settings.batch_size, order)
    retain_batches = _endless(len(sets.retained.items), settings.batch_size, order) if sets.retained else iter(())
    # without dropout, which would make M'o differ from its reference before it has learned anything
    models.trained.eval()
    for step in range(1, total + 1):
        began = time.monotonic()
        optimiser.zero_grad(set_to_none=True)
        chosen = next(forget_batches)
        read = {name: questions.tokens(chosen) for name, questions in sets.read.items()}
        forget_loss = loss_of(*read.values(), **numbers)
        (settings.forget_weight * forget_loss).backward()
        retain_loss = _retain(sets.retained, retain_batches, term, settings) if sets.retained else None
        loss = settings.forget_weight * forget_loss.item() + settings.retain_weight * (retain_loss or 0.0)
        good.check("loss", loss, step)
        good.keep(step - 1)
        good.check("norm of the gradient", nn.utils.clip_grad_norm_(tuned, settings.clip_norm).item(), step)
        near = _mean(probabilities(_answers(sets, read, chosen))) <= settings.target_forget_probability
        optimiser.step()
        schedule.step()
        probability = forget_probability(sets.asked, settings.batch_size) if near or step % per_epoch == 0 else None
        if probability is not None:
            good.check("probability of the forget answers", probability, step)
        seconds = time.monotonic() - began
        epoch = (step - 1) // per_epoch + 1
        yield Step(
            step=step,
            epoch=epoch,
            steps_total=total,
            loss=loss,
            forget_loss=forget_loss.item(),
            retain_loss=retain_loss,
            forget_probability=probability,
            seconds=seconds,
        )
        if probability is not None and probability <= settings.target_forget_probability:
            break


class _Sets(NamedTuple):
    """`asked` holds the forget questions with their true answers; `read` the answers the objective reads, in its
    order.
    """

    asked: Questions
    read: dict[str, Questions]
    retained: Questions | None


@torch.no_grad()
def _answers(sets: _Sets, read: dict[str, AnswerTokens], chosen: list[int]) -> AnswerTokens:
    """The batch's true answers; not every objective reads them."""
    return read["answer"] if "answer" in read else sets.asked.tokens(chosen)


def _prepare(
    models: TrainingModels,
    forget: Sequence[Example],
    retain: Sequence[Example],
    settings: TrainingSettings,
    scratch: Path,
    report: Callable[[str, int, int], None],
) -> _Sets:
    """Encode the sets and compute their frozen logits."""
    retains = retain_term_of(settings) != "none" and settings.retain_batches > 0
    if not forget:
        raise DataError("the forget set holds no questions")
    if retains and not retain:
        raise DataError(f"the retain set holds no questions, but the retain term is {retain_term_of(settings)}")
    asked = _store(models, _encode(models, forget), scratch, report, "forget")
    known, reads = {"answer": asked}, get_objective(settings.objective).reads
    if "refusal" in reads:
        known["refusal"] = _store(models, _refusals(models, forget, settings.seed), scratch, report, "refusal")
    retained = _store(models, _encode(models, retain), scratch, report, "retain") if retains else None
    return _Sets(asked, {name: known[name] for name in reads}, retained)


def _retain(questions: Questions, batches: Iterator[list[int]], term: str, settings: TrainingSettings) -> float:
    """Add the gradient of the retain term over `retain_batches` batches; return its mean."""
    total = 0.0
    for _ in range(settings.retain_batches):
        loss = RETAIN_LOSSES[term](questions.tokens(next(batches)))
        (loss * settings.retain_weight / settings.retain_batches).backward()
        total += loss.item() / settings.retain_batches
    return total


@torch.no_grad()
def probabilities(tokens: AnswerTokens) -> list[float]:
    """exp(-mean NLL) of each answer under the ensemble at alpha 1."""
    return (sum_log_probs(tokens.ensemble, tokens) / answer_lengths(tokens)).exp().tolist()


@torch.no_grad()
def forget_probability(questions: Questions, batch_size: int) -> float:
    """Mean probability of the answers to all forget questions."""
    numbers = range(len(questions.items))
    batches = (questions.tokens(numbers[start : start + batch_size]) for start in numbers[::batch_size])
    return _mean([found for tokens in batches for found in probabilities(tokens)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _store(
    models: TrainingModels, items: list[Encoded], scratch: Path, report: Callable[[str, int, int], None], name: str
) -> Questions:
    return Questions(
        models, items, scratch, lambda done, total: report(f"frozen logits of the {name} answers", done, total)
    )


def _encode(models: TrainingModels, examples: Sequence[Example]) -> list[Encoded]:
    return _encode_texts(models, [(example.question, example.answer) for example in examples])


def _encode_texts(models: TrainingModels, items: list[tuple[str, str]]) -> list[Encoded]:
    context = context_of(models.base, models.reference, models.trained)
    return encode_all(models.tokenizer, models.template, items, context, "this training")


def _refusals(models: TrainingModels, forget: Sequence[Example], seed: int) -> list[Encoded]:
    """The forget questions, each with one refusal fixed for the whole run."""
    choose = random.Random(seed)
    return _encode_texts(models, [(example.question, choose.choice(REFUSALS)) for example in forget])


def _endless(count: int, size: int, order: random.Random) -> Iterator[list[int]]:
    """Batches of question numbers, reshuffled at each pass; the last batch of a pass may be smaller."""
    while True:
        numbers = list(range(count))
        order.shuffle(numbers)
        yield from (numbers[start : start + size] for start in range(0, count, size))


def _rate(step: int, total: int) -> float:
    """Linear warm-up, then linear decay to a tenth."""
    warm = max(1, round(WARMUP * total))
    return min((step + 1) / warm, 1.0 - 0.9 * max(0, step - warm) / max(1, total - warm))
