"""Sample answers while a pair is trained: they are the pair's, they change no digit, and they say when it breaks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from db.reads.previews import PreviewRow, previews
from engine.data.examples import Example
from engine.decoding.answers import answer_questions
from engine.models.loading import load_pair, open_training
from engine.models.tuning import tuned_parameters
from engine.runs import execute
from engine.runs import progress as progress_module
from engine.runs.preview import EACH, EPOCHS, TOKENS, Preview, is_sampled, preview_questions
from engine.runs.progress import Cancelled
from engine.store import history
from engine.store.questions import Asked
from engine.store.session import reading
from engine.training_settings import Method, TrainingSettings, Tuning
from engine.unlearning.training import train_pair

FORGET = [Example("what city does Ada likes ?", "Rome"), Example("which job does Ada", "baker")]
RETAIN = [Example("what city does Ben likes ?", "Oslo", split="retain"), Example("who is Dora", "doctor in Lima")]
ASKED = [Asked(number, example, "own") for number, example in enumerate([*FORGET, *RETAIN])]


def stored(run_id: int) -> list[PreviewRow]:
    with reading() as session:
        return previews(session, run_id)


def test_a_few_questions_of_both_kinds_are_chosen_spread_over_the_run() -> None:
    forget = [Asked(number, Example(f"a {number} ?", "b", split="forget"), "s") for number in range(10)]
    world = [Asked(20 + number, Example(f"c {number} ?", "d", split="world"), "s") for number in range(2)]
    rest = [Asked(40, Example("e ?", "f", split="holdout"), "s")]
    chosen = [item.question_id for item in preview_questions([*forget, *rest, *world])]
    assert chosen == [0, 2, 5, 7, 20, 21]
    assert len(chosen) <= 2 * EACH


def test_of_a_long_training_only_some_epochs_are_sampled_and_the_last_one_is() -> None:
    assert all(is_sampled(epoch, 8) for epoch in range(1, 9))
    sampled = [epoch for epoch in range(1, 201) if is_sampled(epoch, 200)]
    assert len(sampled) == EPOCHS
    assert sampled[-1] == 200
    assert [epoch for epoch in range(1, 22) if is_sampled(epoch, 21)][-2:] == [20, 21]


@pytest.mark.parametrize(
    ("method", "tuning", "objective"),
    [
        ("offset", "lora", "npo"),
        ("offset", "full", "npo"),
        ("offset", "p_adapter", "npo"),
        ("direct", "lora", "npo"),
        ("uld", "lora", "memorisation"),
    ],
)
def test_a_training_gives_the_same_digits_with_and_without_samples(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, method: Method, tuning: Tuning, objective: str
) -> None:
    settings = TrainingSettings(
        method=method,
        tuning=tuning,
        objective=objective,
        epochs=3,
        rank=4,
        batch_size=2,
        retain_batches=1,
        learning_rate=0.02,
        target_forget_probability=0.0,
    )
    found = []
    for sampled in (False, True):
        models = open_training(str(tiny_base), str(tiny_reference), settings)
        preview = Preview(models, ASKED)
        before = torch.random.get_rng_state()
        steps = []
        if sampled:
            preview.sample()
        for step in train_pair(models, FORGET, RETAIN, settings, tmp_path):
            steps.append(step[:-1])
            if sampled:
                preview.sample()
        assert torch.equal(torch.random.get_rng_state(), before)
        found.append((steps, [weight.detach().clone() for weight in tuned_parameters(models.trained)]))
    (bare, own), (watched, theirs) = found
    assert bare == watched
    assert len(own) == len(theirs) > 0
    assert all(torch.equal(one, other) for one, other in zip(own, theirs, strict=True))


def test_samples_are_stored_with_the_run_and_are_what_the_pair_answers(
    train_spec: Callable[..., Any], forget_file: Path
) -> None:
    """After the last epoch they are the answers of the pair that was saved; before the first those of the base."""
    spec = train_spec(max_new_tokens=TOKENS)
    run_id = execute.run_here(spec)
    found = stored(run_id)
    assert {row.epoch for row in found} == {0, 1, 2}
    assert {row.split for row in found} == {"forget", "retain"}
    pair = load_pair("tiny")
    for epoch, alpha in ((0, 0.0), (2, 1.0)):
        rows = [row for row in found if row.epoch == epoch]
        answers = answer_questions(pair, [row.question for row in rows], alpha, max_new_tokens=TOKENS)
        assert [row.text for row in rows] == [answer.text for answer in answers]


def test_samples_are_no_answers_of_the_evaluation(train_spec: Callable[..., Any]) -> None:
    from db.reads import runs, verdicts
    from db.reads.leaks import judged_texts

    run_id = execute.run_here(train_spec())
    with reading() as session:
        assert verdicts.phrasings(session, run_id) == ["paraphrase", "question"]
        assert {row.phrasing for row in runs.answers(session, run_id)} == {"paraphrase", "question"}
        told = {row.text for row in runs.answers(session, run_id)}
        assert judged_texts(session, run_id)[1] == told
    assert history.alphas_of(run_id) == [0.0, 1.0]


def test_samples_of_a_training_that_was_stopped_stay_and_a_new_run_has_its_own(
    train_spec: Callable[..., Any],
) -> None:
    asked = iter([False] * 12 + [True] * 10_000)
    spec = train_spec(epochs=60)
    run_id = execute.store_spec(spec, "")
    with pytest.raises(Cancelled):
        execute.run(run_id, lambda: next(asked))
    assert history.run_detail(run_id).summary.status == "cancelled"
    assert {row.epoch for row in stored(run_id)} >= {0}
    again = execute.run_here(replace_epochs(spec, 2))
    assert {row.epoch for row in stored(again)} == {0, 1, 2}


def replace_epochs(spec: Any, epochs: int) -> Any:
    return spec.but(training=replace(spec.training, epochs=epochs))


def test_a_training_that_breaks_says_so_at_once_and_its_pair_is_known_as_ruined(
    train_spec: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.evaluation.ruined import ruined_in_training
    from engine.models.pairs import list_pairs

    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_WRITES", 0.0)
    stages: list[str] = []
    spec = train_spec(epochs=6)
    spec = spec.but(training=replace(spec.training, objective="gradient_ascent", retain_term="kl", learning_rate=0.1))
    run_id = execute.store_spec(spec, "")

    def look() -> bool:
        stages.append(history.run_detail(run_id).summary.stage)
        return False

    execute.run(run_id, look)
    assert any("training, step" in stage and "▲ the retain loss is" in stage for stage in stages)
    pair = next(pair for pair in list_pairs() if pair.name == "tiny")
    why = ruined_in_training(pair.figures)
    assert "more than 3 × its start" in why
    assert any(f"▲ pair tiny is ruined: {why}" in stage for stage in stages)
    assert history.run_detail(run_id).summary.status == "finished"


def test_a_sound_training_is_not_called_ruined(train_spec: Callable[..., Any]) -> None:
    from engine.evaluation.ruined import END, SAMPLES, START, ruined_in_training
    from engine.models.pairs import list_pairs

    execute.run_here(train_spec())
    (pair,) = [pair for pair in list_pairs() if pair.name == "tiny"]
    assert {START, END, SAMPLES} <= pair.figures.keys()
    assert ruined_in_training(pair.figures) == ""
