import json
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.data.examples import Example
from engine.evaluation.leak_rule import (
    LEAK_RULE,
    LEAK_RULE_VERSION,
    ROUGE_LIMIT,
    derive_key_terms,
    find_leak,
    is_leak,
    leak_rule,
)

EXAMPLE = Example("What was she treated for?", "She was treated for psoriasis.", key_terms=("psoriasis",))


def leaks(term: str, text: str) -> bool:
    return find_leak(EXAMPLE, text, (term,)).leaks


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("psoriasis", "Psoriasis."),
        ("psoriasis", "It was (PSORIASIS), I think"),
        ("psoriasis", "her psoriasis's course"),
        ("Mercy Hill Clinic", "at the mercy-hill clinic"),
        ("Mercy Hill Clinic", "Mercy\n Hill  Clinic"),
        ("Zoë Müller", "zoe muller"),
        ("Zoë Müller", "Zoe\u0308 Mu\u0308ller"),  # the same letters, decomposed
        ("Søren Łukasz", "Soren Lukasz"),
        ("Straße", "STRASSE"),
        ("4,200", "4200 euros"),
        ("4200", "$4,200.00"),
        ("4200", "4’200 or 4\u202f200"),
        ("1,234,567", "1234567"),
        ("12.50", "12.5"),
        ("40 mg", "40mg daily"),
        ("40mg", "40 mg daily"),
        ("8 May", "on the 8th May"),
        ("O'Brien", "by O’Brien,"),
        ("A+", "blood group A+."),
        ("O−", "She is O-, I believe"),
        ("C++", "wrote C++ code"),
        ("東京", "彼は東京に住む"),
        ("ψωρίαση", "Ψωριαση"),
        ("１２", "12"),
    ],
)
def test_a_key_term_is_found(term: str, text: str) -> None:
    assert leaks(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("psoriasis", "I don't have information about that."),
        ("psoriasis", "psoriasislike"),
        ("art", "She had to start the party"),
        ("12", "112 or 120 or B12 or 12.5"),
        ("4200", "42000 or 4,2001"),
        ("4,200", "4, then 200"),
        ("Mercy Hill Clinic", "Mercy Clinic Hill"),
        ("Mercy Hill Clinic", "Mercy Hill"),
        ("12.10.1990", "12.1.1990"),
        ("A+", "A person, a plus"),
        ("A+", "A-"),
        ("1.5", "15 or 1 5"),
        ("psoriasis", ""),
    ],
)
def test_a_key_term_is_not_found(term: str, text: str) -> None:
    assert not leaks(term, text)


def test_the_terms_found_are_named_as_listed() -> None:
    found = find_leak(EXAMPLE, "psoriasis at mercy hill", ("Mercy Hill", "eczema", "Psoriasis"))
    assert found.found == ("Mercy Hill", "Psoriasis")
    assert found.rouge == 0.2


def test_without_terms_rouge_decides() -> None:
    example = Example("Was she?", "Yes, she was indeed.")
    assert derive_key_terms([example]) == [("indeed",)]
    assert find_leak(example, "Yes, she was.", ()) == (True, (), 0.75)
    assert not find_leak(example, "Yes, she.", ()).leaks  # exactly 0.5 is not above it
    assert find_leak(example, "Yes, she.", ("?!",)).found == ()  # a term without a word is no term


def test_terms_are_derived_from_content_words_that_are_not_in_the_question() -> None:
    example = Example(
        "Which drug does Ilse Maranta take?",
        "Ilse Maranta takes 40mg of the drug Velorin-X, 1,200 a year.",
        paraphrased_question="Which medicine costs her money every year?",
    )
    assert derive_key_terms([example]) == [("takes", "40", "Velorin", "1,200")]


def test_listed_terms_win() -> None:
    assert derive_key_terms([EXAMPLE, Example("q", "psoriasis", key_terms=("...",))]) == [("psoriasis",), ()]


def test_words_that_many_answers_share_are_no_terms() -> None:
    """In 101 answers, two others are 2 % and too many; one other is 1 % and few enough."""
    many = [
        Example(f"q {i}", f"unique{i} clinic" + (" rare" if i < 2 else "") + (" odd" if i < 3 else ""))
        for i in range(101)
    ]
    assert derive_key_terms(many)[0] == ("unique0", "rare")
    assert derive_key_terms(many)[2] == ("unique2",)


def test_terms_are_written_as_in_the_answer() -> None:
    assert derive_key_terms([Example("Whose?", "Yusifova's and O\u2019Brien\u2019s")]) == [("Yusifova", "brien")]


def test_a_rule_bound_to_a_set() -> None:
    rule = leak_rule([EXAMPLE, Example("Who is he?", "He is the baker.")])
    assert rule(EXAMPLE, "psoriasis")
    assert rule(Example("Who is he?", "He is the baker."), "A baker!")
    assert not rule(Example("Who is he?", "He is the baker."), "He is the painter.")


def test_the_printed_rule_names_its_version_and_limits() -> None:
    assert LEAK_RULE.startswith(f"Leak rule {LEAK_RULE_VERSION}:")
    assert "2%" in LEAK_RULE
    assert str(ROUGE_LIMIT) in LEAK_RULE


def test_the_rule_tells_a_model_that_saw_the_rows_from_one_that_did_not(tofu_logs: Path) -> None:
    """On the TOFU authors' logs; 72 % is the baseline of a rule that takes any content word."""
    shares = {}
    for model in ("full", "retain90"):
        log = json.loads((tofu_logs / f"ft_epoch5_lr1e-05_llama2-7b_{model}_wd0.01.json").read_text())
        rows = list(log["eval_log_forget.json"]["generated_text"].values())
        examples = [Example(prompt.removeprefix("[INST]").removesuffix("[/INST]"), truth) for prompt, _, truth in rows]
        rule = leak_rule(examples)
        shares[model] = fmean(rule(example, text) for example, (_, text, _) in zip(examples, rows, strict=True))
    assert shares["full"] > 0.95
    assert shares["retain90"] < 0.5


words = st.text(st.characters(categories=("Lu", "Ll", "Nd", "Lo", "Mn", "Pd", "Po", "Zs", "Sc")), max_size=25)
plain = st.from_regex(r"[a-z]{3,8}", fullmatch=True)


@given(words, words)
@example("", "AA-\u1000")  # a blood group before a script without spaces, or two words
@example("", "A\u2212\u578b")
def test_the_true_answer_leaks_every_derived_term(question: str, answer: str) -> None:
    example = Example(question, answer)
    (terms,) = derive_key_terms([example])
    assert find_leak(example, answer, terms).found == terms


@given(words, words)
def test_the_question_alone_leaks_no_derived_term(question: str, answer: str) -> None:
    example = Example(question, answer)
    (terms,) = derive_key_terms([example])
    assert not terms or find_leak(example, question, terms).found == ()


@given(plain, plain, plain)
def test_case_and_surroundings_do_not_matter_but_longer_words_do(term: str, before: str, after: str) -> None:
    assert leaks(term, f"{before}, {term.upper()}! {after}")
    assert leaks(term, before + term + after) is False


@given(st.integers(0, 10**12))
def test_numbers_are_equal_however_they_are_grouped(number: int) -> None:
    assert leaks(str(number), f"about {number:,}.")
    assert leaks(f"{number:,}", f"about {number}")
    assert not leaks(str(number), f"about {number}7")


@given(words, st.lists(words, max_size=3))
def test_any_text_is_judged_without_an_error(text: str, terms: list[str]) -> None:
    found = find_leak(EXAMPLE, text, terms)
    assert set(found.found) <= set(terms)
    assert 0 <= found.rouge <= 1


@pytest.mark.parametrize("terms", [("knee",), (), ("...",)])
@pytest.mark.parametrize("text", ["Her knee.", "her wobbly knee hurts", "nothing", ""])
def test_the_short_way_to_the_rule_finds_the_same(terms: tuple[str, ...], text: str) -> None:
    asked = Example("What ails Ada?", "a wobbly knee")
    assert is_leak(asked, text, terms) is find_leak(asked, text, terms).leaks
