"""The demo set: people and world facts together."""

from collections import Counter

from engine.data.demo.questions import FORGET_FIRST, demo_examples, reference_kind, reference_was_taught
from engine.data.examples import hash_examples

# The demo's models were taught this text. A change here means that `python -m engine demo --rebuild` is due.
DEMO_HASH = "61b67848114ad111"


def test_the_demo_is_the_text_its_models_were_taught() -> None:
    assert hash_examples(demo_examples()) == DEMO_HASH


def test_parts_have_the_promised_sizes() -> None:
    counts = Counter((e.split, e.half) for e in demo_examples())
    assert counts == {
        ("forget", ""): 72,
        ("retain", "train"): 144,
        ("retain", "eval"): 72,
        ("holdout", ""): 72,
        ("world", "train"): 60,
        ("world", "eval"): 60,
    }


def test_no_question_is_asked_twice_in_any_phrasing() -> None:
    counts = Counter(
        q for e in demo_examples() for q in (e.question, e.paraphrased_question, *e.training_questions)
    )  # fmt: skip
    assert [question for question, count in counts.items() if count > 1] == []


def test_the_first_version_forgets_one_person_of_each_domain() -> None:
    domains = {e.subject: e.domain for e in demo_examples() if e.split == "forget"}
    assert len(domains) == 6
    assert sorted(domains[name] for name in FORGET_FIRST) == ["authors", "clients", "patients"]


def test_halves_of_retain_share_no_person() -> None:
    people = {
        half: {e.subject for e in demo_examples() if e.split == "retain" and e.half == half}
        for half in ("train", "eval")
    }
    assert (len(people["train"]), len(people["eval"])) == (12, 6)
    assert not people["train"] & people["eval"]


def test_a_reference_is_clean_only_where_it_never_saw_the_forget_set() -> None:
    forget = [example for example in demo_examples() if example.split == "forget"]
    assert reference_kind("demo", forget) == "clean"
    assert reference_kind("demo", [*forget, reference_was_taught()[0]]) == "taught"
    assert reference_kind("some/model", forget) == "unknown"
