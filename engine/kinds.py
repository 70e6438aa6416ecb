"""What each kind of run is, whatever stores, shows or executes it; `engine.runs.kinds` adds how it is checked and
done.
"""

from typing import Literal, NamedTuple

RunKind = Literal["train", "evaluate", "map", "tasks", "teach", "audit", "imported"]
Finds = Literal["answers", "map", "choices", "probes", "published", ""]  # "": a kind that this version does not know


class RunFacts(NamedTuple):
    """Facts of a kind of run. `reads` names the fields of a specification that are sources of questions."""

    label: str  # in a list of runs
    finds: Finds  # what is stored of its evaluation: answers with scores, maps, choices, probe results, others' figures
    makes: Literal["pair", "model", ""] = ""  # of the run's own name
    reads: tuple[str, ...] = ("evaluate_on",)
    own_seed: bool = False  # its seed is its specification's, not that of the pair it reads

    @property
    def reads_pair(self) -> bool:
        """Whether the specification must name the pair."""
        return not self.makes and self.finds != "published"


FACTS: dict[RunKind, RunFacts] = {
    "train": RunFacts("training", "answers", "pair", ("forget", "retain", "evaluate_on"), own_seed=True),
    "evaluate": RunFacts("evaluation", "answers"),
    "map": RunFacts("map over α", "map"),
    "tasks": RunFacts("tasks", "choices", reads=()),
    "teach": RunFacts("teach", "answers", "model", ("retain", "evaluate_on"), own_seed=True),
    "audit": RunFacts("audit", "probes", reads=("forget", "controls", "retain", "evaluate_on"), own_seed=True),
    "imported": RunFacts("imported", "published", reads=()),
}


def kinds_that_find(finds: Finds) -> tuple[RunKind, ...]:
    """The kinds whose runs store this, for a database that is to find them."""
    return tuple(kind for kind, facts in FACTS.items() if facts.finds == finds)


def facts_of(kind: str) -> RunFacts:
    """Of a kind as it is stored; one that another version of the program knows makes and finds nothing here."""
    return next((facts for known, facts in FACTS.items() if known == kind), RunFacts(kind, "", reads=()))
