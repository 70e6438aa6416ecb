"""Other key terms for the questions of a stored run: those that a set or a file has for them. Loads no model."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.data.examples import Example
from engine.data.findings import shown
from engine.data.sources import question_file
from engine.errors import DataError
from engine.specification import ExperimentSpec
from engine.store.sets import find_set
from engine.store.sources import SourcedSpec

Terms = tuple[str, ...]


class Judged(NamedTuple):
    """A question of a run, with the key terms that its answers were judged by. An erased one has no text."""

    question_id: int
    set: str
    example: Example
    terms: Terms


def other_terms(
    sourced: SourcedSpec[ExperimentSpec], sources: Sequence[str], asked: Sequence[Judged], run: str
) -> dict[int, Terms]:
    """The key terms that `sources` have for the questions of `run`, by their ids: listed ones, else those derived from
    the answers of the whole set, as for a new run. A question in several sources has those of the last.

    `DataError` where a source has none of the questions, where it has others too and is not a set that the run asked,
    and for a new term that is not in the true answer.
    """
    ids: dict[str, list[Judged]] = {}
    for item in asked:
        if not item.example.erased:
            ids.setdefault(item.example.question.strip(), []).append(item)
    found: dict[int, Terms] = {}
    for source in sources:
        known = _terms_of(sourced, source)
        _check_asked(source, list(known), ids, {item.set for item in asked}, run)
        for example, terms in known.items():
            for item in ids.get(example.question.strip(), ()):
                _check_told(item, terms)
                found[item.question_id] = terms
    return found


def _terms_of(sourced: SourcedSpec[ExperimentSpec], source: str) -> dict[Example, Terms]:
    """Those of a set are derived over the whole of it, whatever part of it is named."""
    from engine.evaluation.leak_rule import derive_key_terms

    examples = sourced.examples(source)
    stored = find_set(source.strip().partition(":")[0]) if question_file(source) is None else None
    held = [one.example for one in stored.questions] if stored is not None else []
    whole = list(dict.fromkeys((*held, *examples)))
    derived = dict(zip(whole, derive_key_terms(whole), strict=True))
    return {example: derived[example] for example in examples}


def _check_asked(source: str, named: Sequence[Example], asked: Mapping[str, object], sets: set[str], run: str) -> None:
    unknown = [example.question for example in named if example.question.strip() not in asked]
    if len(unknown) == len(named):
        raise DataError(f"{run} asked none of the {len(named)} questions of {source}; the first is {shown(unknown[0])}")
    own = question_file(source) is None and source.strip().partition(":")[0] in sets
    if unknown and not own:
        raise DataError(
            f"{len(unknown)} of the {len(named)} questions of {source} were not asked in {run}, the first is"
            f" {shown(unknown[0])}; name only those that were, of a set a part of it (SET:SPLIT)"
        )


def _check_told(item: Judged, terms: Terms) -> None:
    from engine.evaluation.leak_rule import appears

    answer = item.example.answer
    for term in terms:
        if term not in item.terms and not appears(term, answer):
            raise DataError(
                f"the key term {shown(term)} is not in the true answer to {shown(item.example.question)}, which is"
                f" {shown(answer)}: a key term is a part of the answer that gives it away"
            )
