"""Which question is asked: one of a set, by split, or one's own."""

from html import escape
from typing import NamedTuple

import streamlit as st

from engine.data.cells import is_visible
from engine.data.examples import Example
from engine.evaluation.leak_rule import derive_key_terms
from engine.store import sets
from engine.wording import count, split_word
from pages.parts.shared import address
from pages.parts.shared.wording import SPLIT_MEANINGS, plain

OWN = "own"
QUESTION_LIMIT = 2000  # characters


class PickedQuestion(NamedTuple):
    """The question with what is known of it; without a true answer `example.answer` is empty and there are no terms."""

    example: Example
    terms: tuple[str, ...]

    @property
    def has_answer(self) -> bool:
        return bool(self.example.answer)


def pick_question(set_name: str) -> PickedQuestion | None:
    """Draw the controls; None while one's own question is still empty."""
    stamp = sets.set_hashes()[set_name]
    examples = _examples(set_name, stamp)
    splits = list(dict.fromkeys(example.split for example in examples))
    options = [*splits, OWN]
    _seed_place(examples, options)
    shown = {OWN: "Own question", **{split: plain(split_word(split)) for split in splits}}
    split = str(
        st.segmented_control(
            "Which questions",
            options,
            format_func=shown.__getitem__,
            key="split",
            required=True,
            label_visibility="collapsed",
        )
    )
    address.keep("split", split)
    if split == OWN:
        address.keep("q", st.session_state["q"], "")
        return _own_question()
    address.keep("ask", st.session_state.get("ask", ""), "")
    address.keep("truth", st.session_state.get("truth", ""), "")
    place = _choose_place(examples, [index for index, example in enumerate(examples) if example.split == split], split)
    return PickedQuestion(examples[place], _terms(set_name, stamp)[place])


def _seed_place(examples: tuple[Example, ...], options: list[str]) -> None:
    """`q` is the place in the whole set, from 1, so that a link means the same under every filter."""
    linked = address.is_new("q") and address.is_new("split")
    address.seed("q", address.whole_number("q", 1, len(examples)), 1)
    address.settle("q", range(1, len(examples) + 1), 1)  # the set before may have been longer
    first = OWN if st.query_params.get("ask") else examples[st.session_state["q"] - 1].split if examples else OWN
    address.seed("split", address.one_of("split", options), first)
    address.settle("split", options, options[0])
    split, number = st.session_state["split"], st.session_state["q"]
    if linked and split != OWN and examples[number - 1].split != split:
        st.warning(
            f"The link asks for question {number}, which is not one of {plain(split_word(split))}. The first of these"
            " is shown."
        )


def _choose_place(examples: tuple[Example, ...], places: list[int], split: str) -> int:
    """The list of questions with its neighbours' buttons; returns the index in the set."""
    numbers = [place + 1 for place in places]
    address.settle("q", numbers, numbers[0])
    at = numbers.index(st.session_state["q"])
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        st.button("◀", key="previous", help="previous question", disabled=at == 0, on_click=_go, args=(numbers, at - 1))
        st.button(
            "▶", key="next", help="next question", disabled=at == len(numbers) - 1, on_click=_go, args=(numbers, at + 1)
        )
        label = f"{count(len(numbers), 'question')} {SPLIT_MEANINGS.get(split, '')}".strip()
        number: int = st.selectbox(label, numbers, key="q", format_func=lambda item: _line(item, examples[item - 1]))
    address.keep("q", number)
    return number - 1


def _go(numbers: list[int], at: int) -> None:
    st.session_state["q"] = numbers[at]


def _line(number: int, example: Example) -> str:
    return f"{number} · {example.subject} · {example.question}" if example.subject else f"{number} · {example.question}"


def _own_question() -> PickedQuestion | None:
    left, right = st.columns(2)
    with left:
        question = address.text_input(
            "Your question", "ask", QUESTION_LIMIT, placeholder="Ask in your own words, then press Enter"
        )
    with right:
        truth = address.text_input(
            "Its true answer, if you know it",
            "truth",
            QUESTION_LIMIT,
            help="With it, ROUGE, the leak rule and the reading token by token are shown.",
        )
    if not is_visible(question):
        st.info("Write a question to see what the base and the pair answer.")
        return None
    example = Example(question=question.strip(), answer=truth.strip() if is_visible(truth) else "")
    return PickedQuestion(example, derive_key_terms([example])[0] if example.answer else ())


def show_question(asked: PickedQuestion) -> None:
    """The question in full and its true answer, as letters and never as markup."""
    truth = f"<br>True answer: {escape(asked.example.answer)}" if asked.has_answer else ""
    st.html(
        '<p style="margin:0;overflow-wrap:anywhere"><b'
        f' style="font-size:1.2rem">{escape(asked.example.question)}</b>{truth}</p>'
    )


@st.cache_resource(show_spinner=False, max_entries=8)  # nothing in it can be changed, so no copy is made for each rerun
def _examples(set_name: str, content_hash: str) -> tuple[Example, ...]:
    """The hash is part of the key, so that a set that was brought up to date is read anew."""
    return tuple(sets.stored_examples(set_name))


@st.cache_resource(show_spinner=False, max_entries=8)
def _terms(set_name: str, content_hash: str) -> list[tuple[str, ...]]:
    """Key terms of every question; the rule needs the whole set to know which words are common."""
    return derive_key_terms(_examples(set_name, content_hash))


def forget_questions() -> None:
    """Drop the questions at hand: somebody was erased."""
    _examples.clear()
    _terms.clear()
