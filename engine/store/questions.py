"""Questions on their way between sources and the database: which set a source belongs to, and under which ids."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.data.examples import Example
from engine.data.findings import shown
from engine.data.shapes import AS_NAMED, Layout
from engine.data.sources import OURS, question_file
from engine.errors import DataError, SettingError
from engine.kinds import TeachSpec, TrainSpec
from engine.names import ModelRef, check_legal
from engine.specification import ExperimentSpec
from engine.store.erased import Sorted
from engine.store.sets import find_set, put_questions, read_questions, read_source, stored_examples
from engine.store.sources import SourcedSpec, absolute, examples_of


class Asked(NamedTuple):
    """A question of a run, as it is stored."""

    question_id: int
    example: Example
    set: str  # the stored set that holds it


class Imported(NamedTuple):
    """What an import stored."""

    name: str
    questions: int
    merged: int  # identical rows that became one
    notes: tuple[str, ...]
    mapping: tuple[str, ...] = ()  # how columns of other names were read


def register_set(name: str, examples: Sequence[Example], source: str, *, keep: bool = False) -> list[int]:
    """Make a stored set hold these questions; their ids in order. With `keep`, what it held before stays in it.

    A set that is like this already is read and not written. Questions that leave a set keep their scores. One about a
    person who was erased is stored without a text and without a place: no import brings a person back.
    """
    stored = find_set(name)
    ids = stored.ids_of(examples, source, keep=keep) if stored is not None else None
    if ids is not None:
        return ids
    return put_questions(name, examples, source, keep=keep)


def register_demo() -> dict[str, int]:
    """Store the demo's set as this version of the program has it; question ids by content hash."""
    from engine.data.demo.questions import demo_examples

    examples = demo_examples()
    ids = register_set("demo", examples, "demo")
    return {example.content_hash: question_id for example, question_id in zip(examples, ids, strict=True)}


def sort_demo() -> Sorted:
    """The demo's questions, told from those about people who were erased here."""
    return read_source("demo").questions


def import_set(
    source: Path | bytes, name: str, filename: str = "", split: str = "", layout: Layout = AS_NAMED
) -> Imported:
    """Store a person's own file of questions under `name`; a name that holds other questions is refused.

    `filename` says what bytes are (by its suffix) and is named in errors; `split` is for rows that name none; `layout`
    says which columns are named otherwise. `DataError` for what is wrong with the file.
    """
    _check_set_name(name)
    found = read_questions(source, filename, split, layout)
    usable = found.questions
    if not usable.kept:
        raise DataError(f"set {name!r} is not stored: {usable.words}")
    stored = find_set(name)
    if stored is not None and [q.content_hash for q in stored.questions] != [e.content_hash for e in usable.kept]:
        raise DataError(
            f"set {name!r} is already stored with {len(stored.questions)} other questions; choose another name"
        )
    register_set(name, usable.kept, filename if isinstance(source, bytes) else source.name)
    notes = (*found.notes, *filter(None, [usable.words, without_terms(usable.kept)]))
    return Imported(name, len(usable.kept), found.merged, notes, found.mapping)


def without_terms(examples: Sequence[Example]) -> str:
    """A sentence on the answers in which the leak rule finds no key term to look for; "" where each has one."""
    from engine.evaluation.leak_rule import ROUGE_LIMIT, derive_key_terms

    bare = [one for one, terms in zip(examples, derive_key_terms(examples), strict=True) if not terms]
    if not bare:
        return ""
    has = "1 answer has" if len(bare) == 1 else f"{len(bare)} answers have"
    more = f" and {len(bare) - 1} more" if bare[1:] else ""
    return (
        f"{has} no usable key term, so that the leak rule has only ROUGE-L recall above {ROUGE_LIMIT:g} to go by; name"
        f" some in a column key_terms: {shown(bare[0].answer)} to {shown(bare[0].question)}{more}"
    )


def _check_set_name(name: str) -> None:
    check_legal("a set's name", name)
    from engine.data.files import SUFFIXES

    if name.lower().endswith(SUFFIXES):
        raise SettingError(f"a set's name must not end like a file's ({', '.join(SUFFIXES)}), got {name!r}")
    if name in OURS:
        raise SettingError(f"the set name {name!r} belongs to the program; choose another")


class Known(NamedTuple):
    """A question of a set, with the terms that the leak rule looks for in its answers."""

    example: Example
    terms: tuple[str, ...]


def known_question(question: str, set_name: str) -> Known | None:
    """The question of a set with exactly this text (or paraphrase), None where there is none."""
    from engine.evaluation.leak_rule import derive_key_terms

    examples = examples_of(set_name)
    for example, terms in zip(examples, derive_key_terms(examples), strict=True):
        if question.strip() in (example.question, example.paraphrased_question):
            return Known(example, terms)
    return None


def training_sets(sourced: SourcedSpec[TrainSpec]) -> tuple[list[Example], list[Example]]:
    """Forget and retain questions; `DataError` where there are none to forget, or one is to be forgotten and kept."""
    forget = _marked(sourced, sourced.spec.forget)
    retain = list(dict.fromkeys(example for source in sourced.spec.retain for example in _marked(sourced, source)))
    if not forget:
        raise DataError(f"the forget set {sourced.spec.forget} holds no questions")
    both = {e.question for e in forget} & {e.question for e in retain}  # whatever answers they name
    if both:
        raise DataError(f"{len(both)} questions are both to be forgotten and to be kept, the first is {min(both)!r}")
    return forget, retain


def check_gold(pair: str, examples: Sequence[Example]) -> None:
    """`DataError` where a retain model is asked forget questions that it was taught: for those
    it is not a gold standard.
    """
    from engine.models.taught import question_hash, read_taught, taught_folder

    folder = taught_folder(pair) if ModelRef.parse(pair).is_retain_only else None
    if folder is None:
        return
    known = set(read_taught(folder).taught)
    told = [e.question for e in examples if e.split == "forget" and question_hash(e.question) in known]
    if told:
        raise DataError(
            f"{pair} was taught {len(told)} of these forget questions, the first is {told[0][:60]!r}: for them it is"
            " not a gold standard. Give the base of another request another name, and teach that one's retain-only"
            " model"
        )


def taught_questions(sourced: SourcedSpec[TeachSpec]) -> list[Example]:
    """What a `teach` run teaches, each once; `DataError` where that is nothing."""
    found = list(dict.fromkeys(example for source in sourced.spec.retain for example in _marked(sourced, source)))
    if not found:
        raise DataError(f"there is nothing to teach: {', '.join(sourced.spec.retain) or 'no set was named'}")
    return found


def evaluated(sourced: SourcedSpec[ExperimentSpec]) -> list[Asked]:
    """The questions a run evaluates, each once; stores those that are not stored yet."""
    found = asked_in(sourced, sourced.spec.evaluate_on)
    if not found:
        raise DataError(f"there is nothing to evaluate: {', '.join(sourced.spec.evaluate_on) or 'no set was named'}")
    return found


def asked_in(sourced: SourcedSpec[ExperimentSpec], sources: Sequence[str]) -> list[Asked]:
    """The questions of some sources of a run, each once; stores those that are not stored yet."""
    marked = [(source, _set_name(source), _marked(sourced, source)) for source in sources]
    found: dict[int, Asked] = {}
    for source, name, examples in marked:
        of_set = [example for _, other, part in marked if other == name for example in part]
        ids = dict(zip(of_set, _stored_ids(source, name, of_set), strict=True))
        found |= {ids[example]: Asked(ids[example], example, name) for example in examples}
    return list(found.values())


def key_terms(asked: Sequence[Asked]) -> list[tuple[str, ...]]:
    """What the leak rule looks for, question by question. Derived over each stored set as a whole, whatever a run asks
    of it: two runs, or a run and a page, then judge an answer alike.
    """
    from engine.evaluation.leak_rule import derive_key_terms

    known: dict[tuple[str, Example], tuple[str, ...]] = {}
    for name in dict.fromkeys(item.set for item in asked):
        # One source may have displaced another's questions from their set; they are judged with it all the same.
        whole = list(dict.fromkeys((*stored_examples(name), *(item.example for item in asked if item.set == name))))
        known |= {(name, example): terms for example, terms in zip(whole, derive_key_terms(whole), strict=True)}
    return [known[item.set, item.example] for item in asked]


def evaluation_sources(forget: str, retain: Sequence[str]) -> tuple[str, ...]:
    """What a training run evaluates unless told otherwise: what is forgotten, and the eval halves of what is kept."""
    return tuple(dict.fromkeys((forget, *map(_eval_half, retain))))


def _eval_half(source: str) -> str:
    """`SET:SPLIT/eval` for `SET:SPLIT/train` where there is such a half, else the source itself."""
    half = source.removesuffix("/train") + "/eval"
    if not source.endswith("/train"):
        return source
    try:
        return half if examples_of(half) else source
    except DataError:
        return source


def _marked(sourced: SourcedSpec[ExperimentSpec], source: str) -> list[Example]:
    """The questions of a source; those of a file that names no splits get the one that the run gives them."""
    spec, examples = sourced.spec, sourced.examples(source)
    if question_file(source) is None:
        return examples
    for name, mark in spec.sources().items():
        if mark.split and source in spec.named(name):
            return [e if e.split else replace(e, split=mark.split, half=mark.half) for e in examples]
    return _as_stored(_set_name(source), examples)


def _as_stored(name: str, examples: list[Example]) -> list[Example]:
    """Questions of a file that names no splits, in the split that an earlier run gave them: they are the same
    questions.
    """
    stored = find_set(name)
    rows = [question.example for question in stored.questions] if stored is not None else []
    known = {(row.question, row.answer): (row.split, row.half) for row in rows if row.split}
    return [
        (
            replace(e, split=known[e.question, e.answer][0], half=known[e.question, e.answer][1])
            if not e.split and (e.question, e.answer) in known
            else e
        )
        for e in examples
    ]


def _set_name(source: str) -> str:
    """The stored set a source belongs to. Two files of one name are two sets; no name a person chooses has an '@'."""
    if question_file(source) is None:
        return source.strip().partition(":")[0]
    path = Path(absolute(source))
    return f"{path.name}@{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"


def _stored_ids(source: str, name: str, examples: Sequence[Example]) -> list[int]:
    if question_file(source) is not None:
        return register_set(name, examples, Path(absolute(source)).name)
    if name == "demo":
        demo = sort_demo().kept
        return register_set(name, [*demo, *examples], name)[len(demo) :]
    return register_set(name, examples, name, keep=True)
