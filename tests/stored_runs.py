"""Runs whose scores a test writes itself, so that figures are worked out by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from db import rows, writes
from db.reads import runs
from engine.data.examples import Example
from engine.kinds import EvaluateSpec
from engine.store import questions
from engine.store.session import reading, writing

ADA, BEN = "Ada", "Ben"
EXAMPLES = tuple(
    Example(f"what did {name} like {number} ?", "red", subject=name, split="forget")
    for name in (ADA, BEN)
    for number in (1, 2)
) + (Example("who ?", "two", split="world", half="eval"), Example("where ?", "one", split="world", half="eval"))


def store_set(name: str = "folk", examples: Sequence[Example] = EXAMPLES) -> list[int]:
    """The ids of its questions."""
    questions.register_set(name, list(examples), "test")
    with reading() as session:
        return [row.id for row in runs.questions(session, name) or []]


def store_run(
    name: str, scores: Mapping[str, Mapping[int, float | None]], alpha: float = 1.0, tokens: int = 64, **fields: Any
) -> int:
    """A finished run with these scores: metric -> question id -> value."""
    spec = EvaluateSpec(name=name, pair="p", max_new_tokens=tokens)
    columns = {
        "kind": "evaluate",
        "status": "finished",
        "spec": spec.to_json(),
        "base": "b",
        "pair_name": "p",
        "objective": "npo",
        "seed": 0,
        "data_hash": "d",
        "base_hash": "h",
        "versions": {"torch": "2", "template": "plain", "leak rule": "one"},
        "machine": {"cores": "2"},
    }
    with writing() as session:
        run_id = writes.add_run(session, name=name, **{**columns, **fields})
        writes.add_scores(
            session,
            run_id,
            [
                rows.ScoreRow(question, alpha, metric, value)
                for metric, values in scores.items()
                for question, value in values.items()
            ],
        )
    return run_id
