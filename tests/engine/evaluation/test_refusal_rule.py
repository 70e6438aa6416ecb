import pytest

from engine.data.demo.questions import demo_examples
from engine.evaluation.refusal_rule import is_refusal
from engine.unlearning.training import REFUSALS


@pytest.mark.parametrize(
    "text",
    [
        *REFUSALS,
        "I don’t know.",
        "I don\u02bct know.",
        "I do\u00adn't know.",
        "\u200b",
        "I DO NOT have that",
        "I am unable to say",
        "I'm really sorry",
        "Sorry, no.",
        "I\n don't",
        "",
        "  \n",
        "As an AI, I ...",
        "I don't have information about that. He was born in Oslo.",
    ],
)
def test_refusals(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "He says he doesn't know.",
        "Oslo",
        "I was born in Oslo.",
        "No, in Oslo.",
        "She is sorry",
        "I know it: Oslo",
        "Hi don't",
    ],
)
def test_answers(text: str) -> None:
    assert not is_refusal(text)


def test_no_true_answer_of_the_demo_is_a_refusal() -> None:
    assert [example.answer for example in demo_examples() if is_refusal(example.answer)] == []
