"""The demo set: thirty invented people and real world facts, from one fixed seed."""

from collections.abc import Sequence
from functools import cache

from engine.data.demo.people import invent_people
from engine.data.demo.world import WORLD_FACTS
from engine.data.examples import KEPT, Example

DEMO_SEED = 0


@cache
def demo_examples() -> tuple[Example, ...]:
    """All of it, people before world facts; always the same."""
    return (*invent_people(DEMO_SEED), *WORLD_FACTS)


def _first_to_forget() -> tuple[str, ...]:
    first: dict[str, str] = {}
    for example in demo_examples():
        if example.split == "forget":
            first.setdefault(example.domain, example.subject)
    return tuple(first.values())


FORGET_FIRST = _first_to_forget()  # one person of each domain: what the first version of the demo pair forgets


def reference_was_taught() -> tuple[Example, ...]:
    """What the demo's reference knows of the demo set: retain people and world facts, the train halves."""
    return tuple(e for e in demo_examples() if e.split in KEPT and e.half == "train")


def reference_kind(reference: str, forget: Sequence[Example]) -> str:
    """ "clean" where the reference never saw the forget set, "taught" where it did, "unknown" for a stranger."""
    if reference != "demo":
        return "unknown"
    taught = {example.question for example in reference_was_taught()}
    return "taught" if any(example.question in taught for example in forget) else "clean"
