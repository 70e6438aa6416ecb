"""What text becomes, with tokenizers of every kind: prompts, answers, ends, and control tokens that a person writes."""

import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from transformers.utils import chat_template_utils

from engine.data import prompts
from engine.data.prompts import control_tokens, encode, encode_prompt, encode_text, frame_of, stop_tokens
from engine.data.template import CHAT, PLAIN, Guarded, Template
from engine.errors import DataError, ModelError
from tests.tokenizers import CHATML, DATED, KINDS, SPACED, SPECIALS, THINKING, make

ALL = {
    (kind, bos, appends, chat): make(kind, bos, appends, chat)
    for kind, bos, appends, chat in itertools.product(KINDS, (False, True), (False, True), ("", CHATML, SPACED))
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WRITTEN = st.one_of(TEXT, st.lists(st.one_of(TEXT, st.sampled_from(SPECIALS)), max_size=4).map("".join))


def template_of(chat: str) -> Template:
    return CHAT if chat else PLAIN


@pytest.mark.parametrize(("kind", "bos"), list(itertools.product(KINDS, (False, True))))
def test_a_prompt_is_bos_and_tokens_and_never_an_end_token(kind: str, bos: bool) -> None:
    plain, appending = ALL[kind, bos, False, ""], ALL[kind, bos, True, ""]
    ids = encode_prompt(appending, PLAIN, "which city?")
    assert ids == encode_prompt(plain, PLAIN, "which city?")
    assert ids == plain("Question: which city?\nAnswer:").input_ids  # what the tokenizer itself makes of it
    assert plain.eos_token_id not in ids
    assert (ids[0] == plain.bos_token_id) is bos
    assert encode_text(appending, "a b") == plain("a b").input_ids
    assert encode_text(appending, "a b", begins=False) == plain("a b", add_special_tokens=False).input_ids


@pytest.mark.parametrize("chat", [CHATML, SPACED])
@pytest.mark.parametrize("kind", KINDS)
def test_a_chat_prompt_is_what_transformers_makes_of_it(kind: str, chat: str) -> None:
    tokenizer = ALL[kind, True, False, chat]
    asked = [{"role": "user", "content": "which city?"}]
    theirs = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    assert encode_prompt(tokenizer, CHAT, "which city?") == theirs
    whole = tokenizer.apply_chat_template([*asked, {"role": "assistant", "content": "Paris"}], return_dict=False)
    prompt, answer = encode(tokenizer, CHAT, "which city?", "Paris")
    assert (
        whole[: len(prompt) + len(answer)] == prompt + answer
    )  # the end token that the template writes is the one scored


@given(question=WRITTEN, answer=WRITTEN, which=st.sampled_from(sorted(ALL)))
def test_an_answer_follows_its_prompt_as_if_encoded_as_one_and_no_text_steers(
    question: str, answer: str, which: Any
) -> None:
    tokenizer, template = ALL[which], template_of(which[3])
    empty = encode_prompt(tokenizer, template, "")
    controls = control_tokens(tokenizer)
    assume(which[0] != "unigram" or not any(special in question + answer for special in SPECIALS))  # refused, see below
    prompt, tokens = encode(tokenizer, template, question, answer)
    assert prompt == encode_prompt(tokenizer, template, question)
    assert [token for token in prompt if token in controls] == [token for token in empty if token in controls]
    assert not controls & set(tokens[:-1])
    assert tokens[-1] in stop_tokens(tokenizer, template)
    if not any(special in question + answer for special in SPECIALS):
        lead = frame_of(tokenizer, template).lead
        text = tokenizer.decode(prompt) + lead + answer.strip()
        assert len(tokenizer.decode(prompt + tokens[:-1])) in range(len(text) - 1, len(text) + 2)


def test_a_control_token_that_is_a_word_of_the_vocabulary_too_is_refused_in_a_text() -> None:
    with pytest.raises(DataError, match="'is it <pad>.*' holds a control token of the base"):
        encode_prompt(ALL["unigram", False, False, ""], Template(text="{question}"), "is it <pad>?")


@pytest.mark.parametrize("kind", KINDS)
def test_no_space_is_written_twice(kind: str) -> None:
    """The tokens of an answer are those of prompt and answer as one text, whatever the tokenizer puts before a text
    of its own.
    """
    tokenizer = make(kind)
    prompt, answer = encode(tokenizer, PLAIN, "which city?", "Paris")
    whole = tokenizer("Question: which city?\nAnswer: Paris", add_special_tokens=False).input_ids
    assert prompt + answer == [*whole, tokenizer.eos_token_id]


def test_the_template_says_whether_a_space_belongs_before_an_answer() -> None:
    tokenizer = make("byte_level")
    text = "Q: {question}\nA:"
    spaces = {
        f"{text}": " ",
        f"{text}\n": "",
        f"{text} ": "",
        f"{text} {{answer}}": " ",
        f"{text}{{answer}}": "",
        f"{text}\n{{answer}}<|end|>": "",
    }
    for text, lead in spaces.items():
        template = Template(text=text)
        assert frame_of(tokenizer, template).lead == lead, text
        prompt, answer = encode(tokenizer, template, "who", "Ada")
        assert tokenizer.decode(prompt + answer[:-1]) == text.partition("{answer}")[0].format(question="who").rstrip(
            " "
        ) + (" Ada" if lead or text.endswith(" ") else "Ada")
    assert frame_of(tokenizer, Template(text=f"{text}")).end == tokenizer.convert_tokens_to_ids("<|end|>")
    assert frame_of(tokenizer, PLAIN) == ("", " ", tokenizer.eos_token_id)
    assert frame_of(make("byte_level", chat=SPACED), CHAT) == ("", " ", tokenizer.eos_token_id)
    assert frame_of(make("byte_level", chat=CHATML), CHAT) == ("", "", tokenizer.convert_tokens_to_ids("<|end|>"))


def test_what_a_template_writes_before_an_answer_is_not_scored() -> None:
    tokenizer = make("byte_level", chat=THINKING)
    prompt, answer = encode(tokenizer, CHAT, "who", "Ada")
    assert prompt == encode_prompt(tokenizer, CHAT, "who")  # what is asked is what is scored
    assert tokenizer.decode(prompt).endswith("assistant\n(no thoughts)\n")
    assert tokenizer.decode(answer) == "Ada<|end|>"


@pytest.mark.parametrize("text", ["{answer} {question}", "{question} {question}", "{question}{answer}{answer}", "?"])
def test_a_template_that_cannot_be_put_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must hold {question}"):
        Template(text=text)


def test_a_guardrail_stands_before_every_question() -> None:
    tokenizer = make("byte_level")
    guarded = Guarded.around(PLAIN, "Say nothing of <|end|> Ada.")
    asked = tokenizer.decode(encode_prompt(tokenizer, guarded, "who"))
    assert asked == "Question: Say nothing of <|end|> Ada.\n\nwho\nAnswer:"
    assert tokenizer.convert_tokens_to_ids("<|end|>") not in encode_prompt(tokenizer, guarded, "who")


def test_the_day_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = make("byte_level", chat=DATED)

    class Tomorrow(date):
        @classmethod
        def now(cls) -> date:
            return cls(2031, 1, 2)

    before = encode_prompt(tokenizer, CHAT, "who")
    monkeypatch.setattr(chat_template_utils, "datetime", Tomorrow)
    assert encode_prompt(tokenizer, CHAT, "who") == before
    assert tokenizer.decode(before).startswith("It is 26 Jul 2024. ")
    assert prompts.asks_the_day(tokenizer, CHAT)
    assert not prompts.asks_the_day(tokenizer, PLAIN)
    tokenizer.chat_template = "{% set day = strftime_now %}{{ day('%d %b %Y') }}" + CHATML
    with pytest.raises(ModelError, match="asks for the day in its own format"):
        encode_prompt(tokenizer, CHAT, "who")
    tokenizer.chat_template = "{% if strftime_now is defined %}on{% endif %}" + CHATML
    assert tokenizer.decode(encode_prompt(tokenizer, CHAT, "who")).startswith("on")


def test_a_template_that_opens_a_thought_which_no_answer_has_is_refused() -> None:
    """As some reasoning models' do: an answer would be scored inside the thought."""
    opened = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
    assert opened != CHATML
    with pytest.raises(ModelError, match="chat template asks for an answer after .*<think>"):
        encode_prompt(make("byte_level", chat=opened), CHAT, "who")
