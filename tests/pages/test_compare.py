"""Compare on a tiny real pair."""

import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import engine.decoding.answers
from engine.evaluation.leak_rule import LEAK_RULE
from engine.models.fast_llama import ThinLlama
from engine.models.readers import PlainReader
from engine.store import questions
from engine.wording import ACCESS_CONTROL

Opener = Callable[..., AppTest]
Asked = Callable[[AppTest, str], str]
Turn = Callable[[AppTest, float], AppTest]


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.fixture(autouse=True)
def no_answers_kept() -> None:
    """Answers are remembered per process; a test starts without those of another."""
    import streamlit as st

    st.cache_resource.clear()


def test_a_link_whose_question_is_not_in_its_split_is_said(visit: Opener, world: Path) -> None:
    app = visit("compare", split="retain", q="1")
    assert not app.exception
    assert "question 1, which is not one of Retain" in app.warning[0].value
    assert app.selectbox(key="q").value == 3


@pytest.mark.parametrize("number", ["000000000001" + "0" * 5000, "0000000000019999", "0", "x"])
def test_a_question_number_that_is_none_is_said(visit: Opener, world: Path, number: str) -> None:
    app = visit("compare", q=number)
    assert not app.exception
    assert "q must be a whole number from 1 to 6" in app.warning[0].value.replace("\\", "")


def test_a_link_brings_question_and_alpha(visit: Opener, world: Path) -> None:
    app = visit("compare", set="folk", pair="tiny", split="retain", q="4", alpha="0.5")
    assert not app.exception
    assert app.selectbox(key="q").value == 4
    assert app.slider(key="alpha").value == 0.5
    assert "Which job does Ben like?" in html_of(app)
    assert "α = 0.5" in html_of(app)


def test_the_leak_rule_is_in_the_glossary_and_nothing_is_said_to_be_deleted(visit: Opener, world: Path) -> None:
    app = visit("compare")
    rule = LEAK_RULE.partition(": ")[2]
    assert [item.value for item in app.markdown if rule in item.value] == [f"**Leak rule**: {rule}"]
    (limit,) = (item for item in app.caption if "Nothing is deleted" in item.value)
    assert limit.help == ACCESS_CONTROL
    assert "key term" in html_of(app)
    assert "Rome" in html_of(app)


@pytest.mark.parametrize("alpha", ["nan", "1e9", "much", "inf", "", "-4.01"])
def test_an_illegal_alpha_names_what_is_allowed(visit: Opener, world: Path, alpha: str, asked: Asked) -> None:
    app = visit("compare", alpha=alpha)
    assert not app.exception
    assert app.slider(key="alpha").value == 1.0
    warned = " ".join(item.value for item in app.warning).replace("\\", "")
    assert "between -4 and 8" in warned
    assert asked(app, "alpha") == "1"


def test_a_legal_alpha_outside_the_slider_widens_it(visit: Opener, world: Path) -> None:
    app = visit("compare", alpha="-1")
    assert not app.warning
    assert app.slider(key="alpha").value == -1.0
    assert (app.slider(key="alpha").min, app.slider(key="alpha").max) == (-4.0, 8.0)


def test_zero_is_a_legal_alpha_and_shows_no_difference(visit: Opener, world: Path) -> None:
    app = visit("compare", alpha="0")
    assert app.slider(key="alpha").value == 0.0
    assert "the answers are the same" in html_of(app)


def test_next_and_previous_question(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("compare", split="forget", q="1")
    assert app.button(key="previous").disabled
    app.button(key="next").click().run()
    assert app.selectbox(key="q").value == 2
    assert asked(app, "q") == "2"
    assert app.button(key="next").disabled


def test_another_split_shows_its_first_question(visit: Opener, world: Path) -> None:
    app = visit("compare", split="forget", q="2")
    app.button_group(key="split").set_value("retain").run()
    assert app.selectbox(key="q").value == 3


def test_a_named_mark_turns_the_dial(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("compare", alpha="1")
    app.button(key="mark-0").click().run()
    assert app.slider(key="alpha").value == 0.0
    assert asked(app, "alpha") == "0"


def test_an_answer_is_decoded_once(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[list[float]] = []
    really = engine.decoding.answers.stream_answers

    def counted(pair, question, alphas, **more):  # type: ignore[no-untyped-def]
        decoded.append(list(alphas))
        return really(pair, question, alphas, **more)

    monkeypatch.setattr(engine.decoding.answers, "stream_answers", counted)
    app = visit("compare", alpha="1")
    app.slider(key="alpha").set_value(0.5).run()
    app.slider(key="alpha").set_value(1.0).run()
    assert decoded == [[0.0, 1.0], [0.5]]


def held(app: AppTest) -> dict[str, Any]:
    """What the dial of a mapped question holds in the browser."""
    (element,) = app.get("bidi_component")
    found: dict[str, Any] = json.loads(element.proto.mixed.json or element.proto.json)
    return found


def told(piece: dict[str, Any]) -> str:
    return "".join(text for text, _ in piece["parts"])


def test_a_mapped_question_calls_no_model(
    visit: Opener, world: Path, turn: Turn, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("compare", alpha="1")
    decoded = next(html for html in html_of(app).split("<section") if "Unlearned by pair" in html)
    app.button(key="map-question").click().run()
    assert not app.exception
    assert "Unlearned by pair" not in html_of(app), "the dial shows the answers"
    at_one = next(piece for piece in held(app)["pieces"] if piece["low"] <= 1 <= piece["high"])
    plain_text = re.sub("<[^>]*>", "", decoded.split("<p>")[1].split("</p>")[0])
    assert escape(told(at_one)) == plain_text, "the map has the answer that was decoded"
    assert any("for all α from 0 to 2" in item.value.replace("\\", "") for item in app.caption)

    def called(*_: object, **__: object) -> None:
        raise AssertionError("on a mapped question the slider calls no model")

    monkeypatch.setattr(ThinLlama, "read", called)
    monkeypatch.setattr(PlainReader, "read", called)
    turn(app, 0.35)
    assert not app.exception
    assert held(app)["alpha"] == 0.35
    assert asked(app, "alpha") == "0.35"
    assert "α = 0.35" in html_of(app), "what is said of the answers follows"


def test_widening_keeps_alpha(visit: Opener, world: Path, turn: Turn) -> None:
    app = visit("compare", alpha="0.4")
    app.toggle(key="wide").set_value(True).run()
    assert app.slider(key="alpha").value == 0.4
    assert app.slider(key="alpha").max == 8.0
    app.button(key="map-question").click().run()
    assert (held(app)["alpha"], held(app)["high"]) == (0.4, 8.0)
    app.toggle(key="wide").set_value(False).run()
    assert (held(app)["alpha"], held(app)["high"]) == (0.4, 2.0)
    turn(app, 0.6)
    app.toggle(key="wide").set_value(True).run()
    assert held(app)["alpha"] == 0.6


def test_beyond_the_map_the_answer_is_decoded_below(visit: Opener, world: Path, turn: Turn) -> None:
    app = visit("compare", alpha="1")
    app.button(key="map-question").click().run()
    app.toggle(key="wide").set_value(True).run()
    turn(app, 3.0)
    assert not app.exception
    assert held(app)["alpha"] == 3.0
    assert "Unlearned by pair tiny, α = 3" in html_of(app)


def test_an_answer_that_is_begun_goes_on_from_there(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("compare", q="1", alpha="1")
    app.text_input(key="begins").set_value("It is").run()
    assert not app.exception
    assert "Base continues" in html_of(app)
    assert "Pair tiny continues, α = 1" in html_of(app)
    assert asked(app, "begins") == "It is"
    app.button(key="next").click().run()
    assert app.text_input(key="begins").value == "", "it was written for another question"
    assert "Base continues" not in html_of(app)


def test_one_click_begins_with_the_true_answer_up_to_the_secret(visit: Opener, world: Path) -> None:
    app = visit("compare", ask="Where does Dora live?", truth="She lives in Paris")
    app.button(key="begin-true").click().run()
    assert not app.exception
    assert app.text_input(key="begins").value == "She"
    app = visit("compare", ask="Where does Dora live?", truth="Paris")
    assert app.button(key="begin-true").disabled


def test_own_question_without_an_answer_has_no_leak_finding(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("compare", ask="Where does Dora live?")
    assert asked(app, "split") == "own"
    assert any("Without its true answer" in item.value for item in app.caption)
    assert "Leak rule" not in html_of(app)


def test_own_question_with_an_answer_is_judged(visit: Opener, world: Path) -> None:
    app = visit("compare", ask="Where does Dora live?", truth="Dora lives in Paris")
    assert not app.exception
    assert "Paris" in html_of(app)
    assert "Leak rule: base" in html_of(app)


def test_what_nobody_sees_is_no_question_and_no_true_answer(visit: Opener, world: Path) -> None:
    app = visit("compare", split="own", ask="\u200b\u0301")
    assert not app.exception
    assert ["Write a question" in item.value for item in app.info] == [True]
    app = visit("compare", split="own", ask="Which colour does Ada like?", truth="\u200b")
    assert not app.exception
    assert "True answer" not in html_of(app)
    assert "Leak rule: base" not in html_of(app)


def test_markup_in_a_question_stays_text(visit: Opener, world: Path) -> None:
    app = visit("compare", ask="<script>alert(1)</script>", truth="<i>Paris</i>")
    assert not app.exception
    body = html_of(app)
    assert "<script>alert(1)" not in body
    assert "&lt;script&gt;alert(1)" in body
    assert "<i>" not in body


def test_a_pair_whose_weights_were_changed_is_a_sentence(visit: Opener, world: Path) -> None:
    weights = world / "pairs" / "tiny" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    app = visit("compare")
    assert not app.exception
    assert len(app.error) == 1


def test_the_strip_has_its_table_and_words(visit: Opener, world: Path) -> None:
    app = visit("compare", text="base")
    assert any("tokens are less likely" in item.value.replace("\\", "") for item in app.caption)
    columns = [list(item.value.columns) for item in app.dataframe]
    assert any("rank unlearned" in names for names in columns)


def test_a_shorter_set_takes_its_first_question(visit: Opener, world: Path, asked: Asked) -> None:
    questions.import_set(b"question,answer,split\nWho sails?,Cy,forget\n", "short", "short.csv")
    app = visit("compare", set="folk", q="6")
    assert app.selectbox(key="q").value == 6
    app.selectbox(key="set").set_value("short").run()
    assert not app.exception
    assert app.selectbox(key="q").value == 1
    assert asked(app, "q") == "1"


def test_a_question_number_beyond_the_set_is_said(visit: Opener, world: Path) -> None:
    app = visit("compare", set="folk", q="7")
    assert not app.exception
    assert "from 1 to 6" in app.warning[0].value.replace("\\", "")


def test_where_answers_are_cut_is_said(visit: Opener, world: Path) -> None:
    assert any("cut at 64 tokens" in item.value for item in visit("compare").caption)
