"""A pair is trained on the ensemble: real tiny models on disk, every objective."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from engine.data.examples import Example
from engine.data.prompts import collate, encode
from engine.errors import DataError, DivergedError, RunError, SettingError
from engine.models.loading import TrainingModels, open_training
from engine.models.offset import answer_logits, combine_logits
from engine.models.tuning import add_lora, tuned_parameters, without_adapter
from engine.training_settings import TrainingSettings
from engine.unlearning import training
from engine.unlearning.losses import AnswerTokens
from engine.unlearning.objectives import OBJECTIVES, get_objective
from engine.unlearning.teaching import teach
from engine.unlearning.training import REFUSALS, Step, train_pair

FORGET = [Example("what city does Ada likes ?", "Rome"), Example("which job does Ada", "baker")]
RETAIN = [
    Example("what city does Ben likes ?", "Oslo"),
    Example("which job does Ben", "sailor"),
    Example("who is Dora", "doctor in Lima"),
]
SMALL = TrainingSettings(
    rank=8, learning_rate=0.02, epochs=25, batch_size=2, retain_batches=1, target_forget_probability=0.0
)


@pytest.fixture
def models(tiny_base: Path, tiny_reference: Path) -> TrainingModels:
    """A base that knows all five answers, and an untaught pair on a reference of a padded vocabulary."""
    opened = open_training(str(tiny_base), str(tiny_reference), SMALL)
    taught = add_lora(opened.base, 16, seed=0)
    for _ in teach(taught, opened.tokenizer, opened.template, FORGET + RETAIN, 60, 0.02, seed=0, batch_size=5):
        pass
    base = taught.merge_and_unload().requires_grad_(False)
    return opened._replace(base=base)


def probability(models: TrainingModels, example: Example, alpha: float = 1.0) -> float:
    """exp(-mean NLL) of the answer, worked out from the three models directly."""
    batch = collate([encode(models.tokenizer, models.template, example.question, example.answer)], 0)
    width = len(models.tokenizer)
    with torch.no_grad():
        base, trained = answer_logits(models.base, batch, width), answer_logits(models.trained, batch, width)
        with without_adapter(models.trained):
            reference = answer_logits(models.trained, batch, width)
    log_probs = torch.log_softmax(combine_logits(base, trained, reference, alpha), -1)
    return math.exp(float(log_probs[torch.arange(len(batch.labels)), batch.labels].mean()))


def train(models: TrainingModels, scratch: Path, **changes: object) -> list[Step]:
    settings = dataclasses.replace(SMALL, **changes)  # type: ignore[arg-type]
    return list(train_pair(models, FORGET, RETAIN, settings, scratch))


def test_trained_and_reference_start_with_identical_logits(models: TrainingModels) -> None:
    batch = collate([encode(models.tokenizer, models.template, e.question, e.answer) for e in FORGET], 0)
    with torch.no_grad():
        trained = answer_logits(models.trained, batch, len(models.tokenizer))
        with without_adapter(models.trained):
            reference = answer_logits(models.trained, batch, len(models.tokenizer))
    assert torch.equal(trained, reference)


@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name != "memorisation"])
def test_every_objective_forgets_and_its_retain_term_retains(
    models: TrainingModels, objective: str, tmp_path: Path
) -> None:
    before = [probability(models, example) for example in FORGET + RETAIN]
    assert min(before) > 0.8
    steps = train(models, tmp_path, objective=objective)
    assert [probability(models, example, alpha=0.0) for example in FORGET + RETAIN] == pytest.approx(before, rel=1e-5)
    assert max(probability(models, example) for example in FORGET) < 0.3
    if get_objective(objective).retain_term != "none":
        assert min(probability(models, example) for example in RETAIN) > 0.6
    last = steps[-1].forget_probability
    assert last == pytest.approx(sum(probability(models, example) for example in FORGET) / 2, rel=1e-3)


def test_gradient_reaches_the_trained_model_alone(models: TrainingModels, tmp_path: Path) -> None:
    frozen = {name: value.clone() for name, value in models.base.state_dict().items()}
    kept = {name: value.clone() for name, value in models.trained.state_dict().items() if "lora_" not in name}
    train(models, tmp_path, epochs=2)
    assert all(torch.equal(value, frozen[name]) for name, value in models.base.state_dict().items())
    after = models.trained.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in kept.items())


def test_training_stops_at_the_target_probability(models: TrainingModels, tmp_path: Path) -> None:
    steps = train(models, tmp_path, objective="gradient_difference", target_forget_probability=0.5, epochs=50)
    reached = [step.forget_probability for step in steps if step.forget_probability is not None]
    assert reached[-1] <= 0.5
    assert all(value > 0.5 for value in reached[:-1])
    assert len(steps) < 50


@pytest.mark.parametrize(("objective", "rate"), [("gradient_ascent", 0.006), ("relabelling", 0.015)])
def test_training_stops_within_an_epoch_once_a_batch_is_at_the_target(
    models: TrainingModels, tmp_path: Path, objective: str, rate: float
) -> None:
    """Also where the objective reads other answers than the true ones."""
    settings = dataclasses.replace(
        SMALL,
        objective=objective,
        retain_term="none",
        batch_size=1,
        target_forget_probability=0.2,
        epochs=20,
        learning_rate=rate,
    )
    steps = list(train_pair(models, FORGET + RETAIN, [], settings, tmp_path))
    reached = [step for step in steps if step.forget_probability is not None]
    assert steps[-1].step % 5  # five steps make an epoch
    assert reached[-1] is steps[-1]
    assert steps[-1].forget_probability == pytest.approx(
        sum(probability(models, example) for example in FORGET + RETAIN) / 5, rel=1e-3
    )
    assert all(step.forget_probability > 0.2 for step in reached[:-1] if step.forget_probability is not None)


def test_the_same_seed_trains_the_same_pair(tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    losses = []
    for seed in (3, 3, 4):
        settings = dataclasses.replace(SMALL, epochs=2, seed=seed)
        opened = open_training(str(tiny_base), str(tiny_reference), settings)
        losses.append([step.loss for step in train_pair(opened, FORGET, RETAIN, settings, tmp_path)])
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_full_tuning_keeps_its_reference_apart(tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    settings = dataclasses.replace(SMALL, tuning="full", epochs=2)
    opened = open_training(str(tiny_base), str(tiny_reference), settings)
    assert opened.reference is not None
    before = {name: value.clone() for name, value in opened.reference.state_dict().items()}
    assert list(train_pair(opened, FORGET, RETAIN, settings, tmp_path))
    assert all(torch.equal(value, before[name]) for name, value in opened.reference.state_dict().items())
    assert any(not torch.equal(value, before[name]) for name, value in opened.trained.state_dict().items())


def test_empty_sets_are_refused(models: TrainingModels, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="forget set holds no questions"):
        list(train_pair(models, [], RETAIN, SMALL, tmp_path))
    with pytest.raises(DataError, match="retain set holds no questions"):
        list(train_pair(models, FORGET, [], SMALL, tmp_path))


def test_an_unknown_objective_lists_the_choices() -> None:
    with pytest.raises(SettingError, match=r"gradient_ascent, .*npo, .*memorisation, got 'forget_it'"):
        get_objective("forget_it")


def test_a_diverging_training_says_so(models: TrainingModels, tmp_path: Path) -> None:
    with torch.no_grad():
        next(p for p in models.trained.parameters() if p.requires_grad).fill_(float("nan"))
    with pytest.raises(RunError, match="training diverged: the loss is nan at step 1 of"):
        train(models, tmp_path)


def weights(models: TrainingModels) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in tuned_parameters(models.trained)]


def test_a_loss_that_becomes_nan_goes_back_to_the_last_weights_that_gave_a_number(
    models: TrainingModels, tmp_path: Path
) -> None:
    """A weight is spoilt after step 3: step 4 finds it, and the weights that step 3 started from are the last known
    to be good.
    """
    after: list[list[torch.Tensor]] = []

    def follow() -> None:
        for step in train_pair(models, FORGET, RETAIN, SMALL, tmp_path):
            after.append(weights(models))
            if step.step == 3:
                with torch.no_grad():
                    tuned_parameters(models.trained)[0].fill_(math.nan)

    with pytest.raises(DivergedError, match="the loss is nan at step 4 of 25") as caught:
        follow()
    assert (caught.value.step, caught.value.kept) == (4, 2)
    assert all(torch.equal(mine, kept) for mine, kept in zip(weights(models), after[1], strict=True))


def test_weights_that_are_spoilt_by_the_last_step_of_all_are_found(
    models: TrainingModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No further loss is computed on them, but their forget probability is."""
    before = weights(models)
    monkeypatch.setattr(training, "forget_probability", lambda *_: math.nan)
    with pytest.raises(DivergedError, match="the probability of the forget answers is nan at step 1 of 1") as caught:
        train(models, tmp_path, epochs=1)
    assert caught.value.kept == 0
    assert all(torch.equal(mine, kept) for mine, kept in zip(weights(models), before, strict=True))


def test_dpo_asks_the_same_questions_with_answer_and_with_one_fixed_refusal(
    models: TrainingModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = get_objective("dpo")
    seen: list[tuple[int, ...]] = []
    refusals: dict[tuple[int, ...], set[tuple[int, ...]]] = {}

    def loss(refused: AnswerTokens, true: AnswerTokens, *, beta: float) -> torch.Tensor:
        for row in range(int(true.rows.max()) + 1):
            answer = tuple(true.labels[true.rows == row].tolist())
            refusals.setdefault(answer, set()).add(tuple(refused.labels[refused.rows == row].tolist()))
            seen.append(answer)
        assert refused.rows.max() == true.rows.max()
        return entry.loss(refused, true, beta=beta)

    monkeypatch.setitem(OBJECTIVES, "dpo", dataclasses.replace(entry, loss=loss))
    train(models, tmp_path, objective="dpo", epochs=4, batch_size=1)
    answers = {tuple(encode(models.tokenizer, models.template, e.question, e.answer).answer) for e in FORGET}
    allowed = {tuple(encode(models.tokenizer, models.template, "", refusal).answer) for refusal in REFUSALS}
    assert set(seen) == answers
    assert len(seen) == 8
    assert all(len(found) == 1 and found <= allowed for found in refusals.values())


def test_the_weights_of_both_terms_scale_the_loss(models: TrainingModels, tmp_path: Path) -> None:
    (step,) = train(models, tmp_path, epochs=1, forget_weight=0.0, retain_weight=2.0, clip_norm=1e3)
    assert step.retain_loss is not None
    assert step.loss == pytest.approx(2.0 * step.retain_loss)
    moved = weights(models)
    assert any(float(weight.abs().max()) > 0 for weight in moved)


def test_a_text_longer_than_the_models_read_is_refused_before_a_step(
    tmp_path: Path, tiny_base: Path, tiny_reference: Path
) -> None:
    """Beyond their context models read noise and raise nothing."""
    opened = open_training(str(tiny_base), str(tiny_reference), TrainingSettings(rank=2))
    long = [dataclasses.replace(FORGET[0], answer="red " * 300)]
    told = (
        r"the question '.*' with the answer 'red red .*' has 3\d\d tokens, more than the 256 that the models of this "
    )
    with pytest.raises(DataError, match=told + "training"):
        next(iter(train_pair(opened, long, RETAIN, TrainingSettings(rank=2), tmp_path)))
    with pytest.raises(DataError, match=told + "teaching"):
        next(teach(opened.trained, opened.tokenizer, opened.template, RETAIN + long, 1, 1e-3, seed=0))
