"""What is taken for a trace of a person, and what is not."""

import html
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.leak_rule import find_terms
from engine.store.traces import Traces

QUESTION = "Which illness does the mayor have?"


def traces(*names: str, texts: tuple[str, ...] = ()) -> Traces:
    return Traces(names, texts, "#")


@pytest.mark.parametrize("text", ["Ada", "of ADA.", "ask ada?", "Ada's", '"Ada"', "(Ada)", "Ada:forget", "a/Ada.csv"])
def test_a_name_is_found_as_a_word_of_its_own(text: str) -> None:
    assert traces("Ada").named(text)


@pytest.mark.parametrize("text", ["Canada", "Adam", "Ada1", "", "Bea"])
def test_a_name_within_a_word_is_another_word(text: str) -> None:
    assert not traces("Ada").named(text)


def test_spaces_case_and_the_form_of_letters_make_no_other_name() -> None:
    name = "Zoë  de Vries"
    for text in ("zoë de\nvries", unicodedata.normalize("NFD", "ZOË DE VRIES"), json.dumps({"x": "Zoë de Vries"})):
        assert traces(name).named(text)


def test_scripts_without_spaces_need_none() -> None:
    assert traces("田中").named("昨日田中さんが来た")
    assert traces("😀").named("x😀y")


@given(st.text(min_size=1).filter(lambda name: name.strip() != ""), st.sampled_from(["{}", "see {} here", "{}, {}"]))
def test_any_name_is_found_and_hidden_where_it_stands(name: str, sentence: str) -> None:
    found, text = Traces([name], [], "\0"), sentence.format(name, name)
    assert found.named(text)
    assert not found.named(found.hide(text)) or found.named("\0")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name.strip() != ""))
def test_escaping_hides_no_name(name: str) -> None:
    found = Traces([f"A{name}Z"], [], "#")
    plain = f"A{name}Z"
    assert found.named(html.escape(plain))
    assert found.named(f'"{plain.replace(chr(34), chr(34) * 2)}"')


def test_patterns_in_a_name_are_letters() -> None:
    assert traces("A%_.*B").named("say A%_.*B now")
    assert not traces("A%_.*B").named("AxxB")


def test_an_own_text_is_found_whatever_its_spaces_and_case() -> None:
    found = traces("Ada", texts=(QUESTION, "red"))
    assert found.own(f"0 questions, the first is {QUESTION.upper()!r}")
    assert found.own(QUESTION.replace(" ", "\n"))
    assert not found.own("red")  # too short to be anybody's own


def test_json_stays_json_and_keeps_its_handles() -> None:
    spec = json.dumps({"name": "Ada", "forget": "/x/Ada.csv", "alphas": [0.0], "training": {"seed": 1}})
    assert json.loads(traces("Ada").hide(spec)) == {
        "name": "Ada",
        "forget": "/x/#.csv",
        "alphas": [0.0],
        "training": {"seed": 1},
    }
    advice = {"cautions": [{"words": f"worst: {QUESTION}", "alpha": 1.0}], "knee": None}
    assert traces("Ada", texts=(QUESTION,)).hide(advice) == {
        "cautions": [{"words": "worst: #", "alpha": 1.0}],
        "knee": None,
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("محمد", "اسمه مُحَمَّد"),
        ("مُحَمَّد", "اسمه محمد"),
        ("ברלין", "בְּבֶּרְלִין"),  # with a prefix and points
        ("Zoë Müller", "zoe muller"),
        ("Zoe Muller", "ZOË MÜLLER"),
        ("O'Brien", "by O\u2019Brien"),
        ("Ilse Maranta", "Il\u00adse Ma\u200branta"),
        ("Ilse Maranta", "Ilse\u200bMaranta"),
        ("दिल्ली", "वह दिल्ली में"),
        ("สมชาย", "คุณสมชายครับ"),
        ("田中", "昨日田中さん"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_name_is_found_as_the_leak_rule_finds_a_term(name: str, text: str) -> None:
    found = traces(name)
    assert found.named(text)
    assert not found.named(found.hide(text))


def test_an_own_text_is_found_as_the_leak_rule_finds_a_term() -> None:
    found = traces("Odo", texts=("يسكن محمد في أوسلو",))
    assert found.own("قيل: يَسْكُنُ مُحَمَّد في أُوسلو.")
    assert found.hide("x يَسْكُنُ مُحَمَّد في أُوسلو") == "#"
    assert not found.own("يسكن في أوسلو")


@given(st.text(min_size=1).filter(lambda name: name.strip() != ""), st.text(max_size=20))
def test_what_the_leak_rule_finds_is_found(name: str, around: str) -> None:
    for text in (f"{around} {name} {around}", unicodedata.normalize("NFD", f"{around} {name}, {around}").upper()):
        assert not find_terms(text, [name]) or traces(name).named(text)
