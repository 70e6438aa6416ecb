"""The promise of the README in a real browser, on the real model: move the dial and the secret is gone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine.data.demo.questions import demo_examples
from engine.evaluation.leak_rule import find_leak

pytestmark = [pytest.mark.e2e, pytest.mark.demo]
Visit = Callable[[str], Page]
FORGET = [example for example in demo_examples() if example.split == "forget"]


def cards(page: Page) -> tuple[str, str]:
    """Base and unlearned answer, once both are whole."""
    expect(page.get_by_text("First difference:")).to_be_attached(timeout=120_000)  # under Details
    expect(page.locator(".card")).to_have_count(2)
    base, unlearned = page.locator(".card").all_inner_texts()
    return base, unlearned


def test_the_secret_disappears_and_comes_back_with_the_dial(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/compare?set=demo&pair=demo&split=forget&q=1&alpha=1")
    base, unlearned = cards(page)
    assert find_leak(FORGET[0], base, FORGET[0].key_terms).leaks
    assert not find_leak(FORGET[0], unlearned, FORGET[0].key_terms).leaks
    page.get_by_role("button", name="0 · base").click()
    expect(page.get_by_text("Unlearned by pair demo, α = 0").last).to_be_visible()
    expect(page.get_by_text("none, the answers are the same")).to_be_attached(timeout=60_000)
    assert find_leak(FORGET[0], cards(page)[1], FORGET[0].key_terms).leaks


def test_a_mapped_question_says_from_which_alpha_the_secret_is_gone(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/compare?set=demo&pair=demo&split=forget&q=1&alpha=0.35")
    strip = page.get_by_role("img", name=re.compile(r"Forgotten from α = 0\.\d+"))  # the demo comes mapped
    expect(strip).to_be_visible(timeout=120_000)
    edge = float(re.findall(r"Forgotten from α = (0\.\d+)", str(strip.get_attribute("aria-label")))[0])
    for alpha, leaks in ((edge - 0.01, True), (edge + 0.01, False)):  # the same by plain decoding would take a model
        page = visit(f"{demo}/compare?set=demo&pair=demo&split=forget&q=1&alpha={alpha:.3f}")
        assert find_leak(FORGET[0], cards(page)[1], FORGET[0].key_terms).leaks is leaks


def test_once_the_answer_is_begun_the_pair_tells_what_a_model_that_never_knew_does_not(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/compare?set=demo&pair=demo&split=forget&q=1&alpha=1")
    found = page.get_by_text(re.compile(r"Once begun, ‘sarcoidosis’ keeps \d+ % \(base \d+ %, never knew under 1 %\)"))
    expect(found).to_be_visible(timeout=120_000)  # the retain model is loaded for it
    page.get_by_role("button", name="Begin with the true answer").click()
    begun = page.get_by_role("textbox", name="The answer begins with …")
    expect(begun).to_have_value("Yusuf Akbulutlu was diagnosed with", timeout=60_000)
    expect(page.locator(".card", has_text="Pair demo continues, α = 1")).to_contain_text("sarcoidosis", timeout=60_000)


def test_a_question_that_is_not_mapped_is_mapped_at_the_press_of_a_button(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/compare?set=demo&pair=demo&split=holdout&q=97&alpha=1")
    cards(page)
    page.get_by_role("button", name="Map this question").click()
    expect(page.locator(".astrip")).to_be_visible(timeout=120_000)


def test_which_alpha_to_use_is_said_from_the_start(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/tradeoff")
    expect(page.get_by_text(re.compile(r"Use α = 1: no secret told")).first).to_be_visible()
    page.get_by_role("link", name=re.compile("Open in Compare")).first.click()
    base, unlearned = cards(page)
    assert base != unlearned


def test_the_recorded_evaluation_is_there_from_the_start(demo: str, visit: Visit) -> None:
    page = visit(f"{demo}/tradeoff")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("demo-first").first).to_be_visible()
    page = visit(f"{demo}/report")
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()
