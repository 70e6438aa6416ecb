"""Runs with answers that a test writes itself, so that what is judged, and what is stale, is known by heart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from db import rows, writes
from engine.data.examples import Example
from engine.store.session import writing
from tests.stored_runs import store_run, store_set

EXAMPLES = (
    Example("Where does Ada work?", "Rome", subject="Ada", group="clinic", split="forget", key_terms=("Rome",)),
    Example("What does Ada like?", "red", subject="Ada", group="clinic", split="forget", key_terms=("red",)),
    Example("Where does Ben work?", "Oslo", subject="Ben", group="clinic", split="retain", half="eval"),
    Example("Where does Cy work?", "Lima", subject="Cy", group="bank", split="retain", half="eval"),
)
BASE = ("Rome", "red", "Oslo", "Lima")
SAID = {
    0.5: ("Rome", "I do not know", "Oslo", "Lima"),
    0.75: ("Rome", "no idea", "Oslo", "Lima"),
    1.0: ("no idea", "I do not know", "in Oslo", "Paris"),
}


def store_pair(name: str = "p", pair_hash: str = "p1") -> int:
    with writing() as session:
        return writes.put_pair(
            session,
            name=name,
            pair_hash=pair_hash,
            parent="",
            base_hash="h",
            recommended_alpha=1.0,
            manifest={"name": name},
        )


def store_answers(
    run_id: int, ids: Sequence[int], said: dict[float, Sequence[str]], terms: str = "", phrasing: str = "question"
) -> None:
    """Answers at each alpha, their ROUGE (1 where they are the base's, else 0) and the leak rule's finding by hand."""
    base = said[0.0]
    with writing() as session:
        if phrasing == "question":
            writes.add_run_questions(
                session, run_id, [(key, [f"term of {place}{terms}"]) for place, key in enumerate(ids)]
            )
        cells = [(alpha, place, text) for alpha, texts in said.items() for place, text in enumerate(texts)]
        writes.add_answers(
            session, run_id, [rows.AnswerRow(ids[place], alpha, phrasing, text, False) for alpha, place, text in cells]
        )
        ending = "" if phrasing == "question" else "_paraphrase"
        scores = [
            rows.ScoreRow(ids[place], alpha, f"rouge{ending}", float(text == base[place]))
            for alpha, place, text in cells
        ]
        scores += [
            rows.ScoreRow(ids[place], alpha, f"leak{ending}", float(base[place] in text))
            for alpha, place, text in cells
        ]
        writes.add_scores(session, run_id, scores)


def store_reviewed(
    name: str = "r", terms: str = "", ids: Sequence[int] | None = None, **fields: Any
) -> tuple[int, list[int]]:
    """A run of pair p over `EXAMPLES` with the answers of `SAID`, and the ids of its questions."""
    known = list(ids or store_set("folk", EXAMPLES))
    run_id = store_run(name, {}, **{"pair_id": store_pair(), **fields})
    store_answers(run_id, known, {0.0: BASE, **SAID}, terms)
    return run_id, known


def with_other_answer(answer: str) -> list[Example]:
    """The set with another true answer to its first question."""
    return [replace(EXAMPLES[0], answer=answer), *EXAMPLES[1:]]
