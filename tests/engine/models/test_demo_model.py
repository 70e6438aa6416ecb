"""One walk through the real thing: the demo's base, its pair, its people."""

import random

import pytest

from engine.data.demo.questions import FORGET_FIRST, demo_examples
from engine.data.examples import Example
from engine.decoding.answers import answer_questions
from engine.evaluation.answer_readings import read_over_alpha
from engine.evaluation.leak_rule import leak_rule
from engine.evaluation.rouge import rouge_recall
from engine.models.demo import demo_ready
from engine.models.loading import LoadedPair, load_pair
from engine.models.soundness import soundness_checks

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(not demo_ready(), reason="the demo's base is not on this machine: python -m engine demo"),
]
LEAKS = leak_rule(demo_examples())


def some(split: str, half: str, count: int) -> list[Example]:
    """Every so-manieth question of a split and half, so that several people are asked about."""
    found = [example for example in demo_examples() if example.split == split and example.half == half]
    return found[:: max(1, len(found) // count)][:count]


@pytest.fixture(scope="module")
def pair() -> LoadedPair:
    return load_pair("demo")


def rouge(pair: LoadedPair, examples: list[Example], alpha: float, paraphrased: bool = False) -> float:
    questions = [example.paraphrased_question if paraphrased else example.question for example in examples]
    answers = answer_questions(pair, questions, alpha)
    return sum(rouge_recall(e.answer, a.text) for e, a in zip(examples, answers, strict=True)) / len(examples)


def test_the_secret_goes_and_the_rest_stays(pair: LoadedPair) -> None:
    forget, retain = some("forget", "", 12), some("retain", "eval", 12)
    assert rouge(pair, forget, 0.0) >= 0.85
    assert rouge(pair, forget, 1.0) <= 0.3
    assert rouge(pair, forget, 1.0, paraphrased=True) <= 0.3
    assert rouge(pair, retain, 1.0) >= 0.8
    answers = answer_questions(pair, [example.question for example in forget], 1.0)
    assert sum(LEAKS(example, answer.text) for example, answer in zip(forget, answers, strict=True)) <= 2
    assert not any(answer.degenerate for answer in answers)


def test_the_first_version_forgets_only_its_three_people() -> None:
    first = load_pair("demo-first")
    forgotten = [e for e in some("forget", "", 36) if e.subject in FORGET_FIRST][:8]
    kept = [e for e in some("forget", "", 36) if e.subject not in FORGET_FIRST][:8]
    assert rouge(first, forgotten, 1.0) <= 0.35
    assert rouge(first, kept, 1.0) >= 0.75


def test_the_retain_only_base_never_knew() -> None:
    assert rouge(load_pair("retain-only:demo"), some("retain", "eval", 6), 0.0) >= 0.8
    forget = some("forget", "", 12)
    answers = answer_questions(load_pair("retain-only:demo"), [example.question for example in forget], 0.0)
    assert sum(LEAKS(example, answer.text) for example, answer in zip(forget, answers, strict=True)) <= 4


def test_curves_agree_with_direct_evaluation_at_fifty_random_alphas(pair: LoadedPair) -> None:
    examples = some("forget", "", 2) + some("retain", "eval", 1) + some("world", "eval", 1)
    items = [(e.question, text) for e in examples for text in (e.answer, *e.perturbed_answer[:1])]
    draw = random.Random(0)
    alphas = [draw.uniform(0.0, 2.0) for _ in range(50)]
    for found in read_over_alpha(pair, items, alphas, (0.0, 2.0)):
        assert found.curve is not None
        assert found.curve.memorized is not None
        assert found.curve.loss.error <= 1e-3
        for value, alpha, reading in zip(found.curve.loss.at(alphas), alphas, found.readings, strict=True):
            assert abs(value - reading.loss) <= found.curve.loss.error
            assert found.curve.memorized.at(alpha) == pytest.approx(reading.memorized)


def test_the_pair_is_sound(pair: LoadedPair) -> None:
    example = some("forget", "", 1)[0]
    assert all(check.passed for check in soundness_checks(pair, example.question, example.answer))
