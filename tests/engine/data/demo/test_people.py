"""The invented people: what every question promises, for any seed."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.demo.facts import SecretKind
from engine.data.demo.names import BYSTANDER_FIRST, BYSTANDER_LAST, PEOPLE
from engine.data.demo.people import DOMAINS, PLACES, bystanders, invent_people
from engine.data.examples import Example, hash_examples
from engine.errors import DataError

SEEDS = st.integers(0, 2**31 - 1)
FACTS = [fact for domain in DOMAINS for fact in domain.facts]


def questions_of(example: Example) -> tuple[str, ...]:
    return (example.question, example.paraphrased_question, *example.training_questions)


def contains(text: str, term: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE) is not None


def test_thirty_people_of_twelve_questions_in_their_places() -> None:
    examples = invent_people(0)
    assert len(examples) == 360
    assert set(Counter(e.subject for e in examples).values()) == {12}
    for domain in ("patients", "clients", "authors"):
        places = [(e.split, e.half) for e in examples if e.domain == domain][::12]
        assert tuple(places) == PLACES


def test_a_seed_gives_the_same_text_and_another_seed_another() -> None:
    assert hash_examples(invent_people(3)) == hash_examples(invent_people(3))
    assert hash_examples(invent_people(3)) != hash_examples(invent_people(4))
    assert bystanders(3, 20) == bystanders(3, 20)
    assert bystanders(3, 20) != bystanders(4, 20)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_every_question_names_its_person_and_holds_no_secret(seed: int) -> None:
    for example in invent_people(seed) + bystanders(seed, 30):
        assert example.key_terms
        for question in questions_of(example):
            assert example.subject in question
            assert question.endswith("?")
            assert not any(contains(question, term) for term in example.key_terms), (question, example.key_terms)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_answers_keep_the_secret_and_wrong_answers_differ_in_it_alone(seed: int) -> None:
    for example in invent_people(seed):
        assert all(contains(example.answer, term) for term in example.key_terms)
        assert all(contains(example.paraphrased_answer, term) for term in example.key_terms)
        assert example.answer != example.paraphrased_answer
        assert 3 <= len(set(example.perturbed_answer)) == len(example.perturbed_answer) <= 5
        for wrong in example.perturbed_answer:
            assert wrong != example.paraphrased_answer
            assert not any(contains(wrong, term) for term in example.key_terms), (wrong, example.key_terms)
            assert shared_shape(example.paraphrased_answer, wrong) >= 3, (example.paraphrased_answer, wrong)


def shared_shape(right: str, wrong: str) -> int:
    """Words that two sentences share at both ends together; what is left between them is the value."""
    a, b = right.split(), wrong.split()
    limit = min(len(a), len(b))
    front = next((i for i in range(limit) if a[i] != b[i]), limit)
    back = next((i for i in range(limit - front) if a[-1 - i] != b[-1 - i]), limit - front)
    return front + back


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_sentences_are_well_formed(seed: int) -> None:
    for example in invent_people(seed) + bystanders(seed, 30):
        for answer in (example.answer, example.paraphrased_answer, *example.perturbed_answer):
            assert answer.endswith(".")
            assert answer[0].isupper() or answer[0].isdigit()
            assert "{" not in answer
            assert "  " not in answer
            assert 4 <= len(answer.split()) <= 20
            assert not re.search(r"\b[Aa] [aeiouAEIOU]|\b[Aa]n [^aeiouAEIOU]", answer), answer


def test_pronouns_fit_the_person() -> None:
    sex = {f"{first} {last}": sex for first, last, sex in PEOPLE} | dict(BYSTANDER_FIRST)
    other = {"f": r"\b([Hh]e|[Hh]is|him|Mr)\b", "m": r"\b([Ss]he|[Hh]er)\b"}
    for example in invent_people(0) + bystanders(0, 60):
        own = sex.get(example.subject) or sex[example.subject.split()[0]]
        about_parents = re.search(r"(mother|father)\b", example.paraphrased_question)  # "her father ... all his life"
        for text in (example.answer, example.paraphrased_answer, example.paraphrased_question):
            assert about_parents or not re.search(other[own], text), (text, own)


def test_names_are_distinct_in_both_parts() -> None:
    firsts = [first for first, _, _ in PEOPLE] + [first for first, _ in BYSTANDER_FIRST]
    lasts = [last for _, last, _ in PEOPLE] + list(BYSTANDER_LAST)
    assert len(set(firsts)) == len(firsts)
    assert len(set(lasts)) == len(lasts)


def test_no_secret_is_the_name_of_somebody() -> None:
    names = {part.lower() for row in PEOPLE for part in row[:2]}
    pools = [value for fact in FACTS if not callable(fact.values) for value in fact.values]
    assert not [value for value in pools if names & set(re.findall(r"\w+", value.lower()))]


def test_people_of_a_domain_share_no_secret_but_their_group() -> None:
    shared = {"Clinic", "Bank"}
    for domain in DOMAINS:
        rows = [e for e in invent_people(0) if e.domain == domain.name]
        for place, fact in enumerate(domain.facts):
            terms = [e.key_terms for e in rows[place::12]]
            assert fact.key == domain.group_key or len(set(terms)) == len(terms), fact.key
    assert {e.group.split()[-1] for e in invent_people(0) if e.domain != "authors"} == shared


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.key}")
def test_held_out_phrasings_are_never_taught(fact: SecretKind) -> None:
    assert not set(fact.held_out) & set(fact.questions)
    assert not set(fact.answers) & set(fact.restated)
    assert len(fact.questions) >= 3
    if not callable(fact.values):
        assert len(set(fact.values)) == len(fact.values) > 3


def test_a_drug_fits_its_diagnosis() -> None:
    from engine.data.demo.patients import TREATMENTS

    rows = [e for e in invent_people(0) if e.domain == "patients"]
    for start in range(0, len(rows), 12):
        assert tuple(e.key_terms[0] for e in rows[start : start + 3]) in TREATMENTS


def test_bystanders_share_no_name_with_anybody_and_none_twice() -> None:
    people = {part for row in PEOPLE for part in row[:2]}
    rows = bystanders(1, 200)
    counts = Counter(e.subject for e in rows)
    assert len(counts) == 200
    assert set(counts.values()) == {2, 3}
    assert not {part for name in counts for part in name.split()} & people
    assert {e.split for e in rows} == {"bystander"}
    assert {e.domain for e in rows} == {"patients", "clients", "authors"}
    assert bystanders(1, 0) == []


@pytest.mark.parametrize("n", [-1, 201])
def test_too_many_bystanders_are_refused(n: int) -> None:
    with pytest.raises(DataError, match=f"0 to 200 people, got {n}"):
        bystanders(0, n)
