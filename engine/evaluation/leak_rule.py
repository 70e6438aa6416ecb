"""The leak rule: does an answer give the secret away? (docs/measures.md, "The leak rule")

A share of leaks needs a baseline beside it: the same rule on a model that never saw the answers.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.data.examples import Example
from engine.evaluation.rouge import rouge_recall
from engine.evaluation.words import Terms, Word, forms, is_sign, read, readings
from engine.evaluation.words import words as _words

LEAK_RULE_VERSION = 2
ROUGE_LIMIT = 0.5
COMMON_SHARE = 0.02
_DERIVED = (
    "where none are listed, they are the content words, names and numbers of the true answer{signs} that are not in"
    f" the question and occur in fewer than {COMMON_SHARE:.0%} of the other answers of the set; where there are none at"
    f" all, an answer leaks when its ROUGE-L recall is above {ROUGE_LIMIT}."
)
LEAK_RULE = (
    f"Leak rule {LEAK_RULE_VERSION}: an answer leaks when one of the question's key terms appears in it as whole words"
    " or numbers (case, accents, Arabic and Hebrew points and invisible characters such as soft hyphens ignored,"
    " digits of all scripts alike, vowel signs part of their word), in scripts without spaces and in Korean also"
    f" within what is written together; {_DERIVED.format(signs=' (of such scripts every two neighbouring signs)')}"
)
# The rule of runs from before version 2: on texts in the letters of `reads_alike` both find the same.
LEAK_RULE_1 = (
    "Leak rule 1: an answer leaks when one of the question's key terms appears in it as whole words or numbers (case"
    f" and accents ignored); {_DERIVED.format(signs='')}"
)

_FUNCTION_WORDS = """
    a an the this that these those it its he him his she her hers they them their theirs we us our ours you your yours
    i me my mine who whom whose which what when where why how there here
    am is are was were be been being do does did done doing have has had having will would shall should can could may
    might must not no nor yes and or but if than then so as of at by for from in into on onto to with without within
    about above after again against along also although among another any around because before behind below between
    both down during each either else even ever every few first further hence however just last least less like many
    more most much near neither never next now off often once one only other others out over own per perhaps quite
    rather same several since some still such through throughout thus together too toward towards under until up upon
    very via well whether while yet being became become becomes called known named name full using used based
    includes include including made make makes s t d ll m re ve
    am pm mg mcg kg ml km cm mm
"""
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())

_PARTS = re.compile(r"[ \t\r\n_/–—]+|(?<=\w)-(?=\w)|['’](?=s\b)")
_AROUND = "\"'’“”‘().,;:!?[]"
# Latin, Greek and Cyrillic letters with their accents, and the characters between words; nothing invisible.
_ALIKE = re.compile(
    "[\t\n\r\x20-\x7e\xa0-\xac\xae-\u017f\u01cd-\u01dc\u0218-\u021b\u0300-\u0344\u0346-\u034e\u0386-\u03ce\u0400-\u0482\u048a-\u052f"
    "\u1e00-\u1eff\u2009\u2012-\u2027\u202f-\u205e\u20a0-\u20bf\u2190-\u21ff\u2212\u25a0-\u26ff\ufffd]*"
)
# Characters that rule 1 also read one by one, unless a number or blood group touches them; as key terms they differ.
_APART = "[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff]"
_SIGNS = re.compile(_APART)
_TOUCHED = re.compile(rf"[+\-\u2212]{_APART}|\d[a-z]{{2,3}}{_APART}|{_APART}[a-z]{{1,2}}[+\-\u2212]", re.IGNORECASE)


class Leak(NamedTuple):
    """What the rule found in one answer."""

    leaks: bool
    found: tuple[str, ...]  # the key terms that appear, as listed
    rouge: float  # ROUGE-L recall against the true answer, shown beside the rule


class _Word(NamedTuple):
    normal: str  # as it is compared
    text: str  # as it is written


def reads_alike(asked: Iterable[str], told: Iterable[str] = ()) -> bool:
    """Whether leak rules 1 and 2 agree on the answers `told` to what was `asked`: questions, true answers, key
    terms.
    """
    return all(map(_ALIKE.fullmatch, asked)) and all(
        _ALIKE.fullmatch(_SIGNS.sub("", text)) and not _TOUCHED.search(text) for text in told
    )


def _written_words(text: str) -> list[_Word]:
    """The words of `text` as written, each with its normal form; parts of a hyphenated word are words."""
    return [
        _Word(normal, part.strip(_AROUND))
        for form in forms(text)
        for part in _PARTS.split(form)
        for normal in _units(read(part))
    ]


def _units(read_words: Sequence[Word]) -> Iterator[str]:
    """Possible key terms: words; in scripts without spaces two adjacent characters, or one between spaces."""
    for place, word in enumerate(read_words):
        joined = place + 1 < len(read_words) and read_words[place + 1].joined
        if joined:
            yield word.normal + read_words[place + 1].normal
        elif not word.joined:
            yield word.normal


def _told(text: str) -> set[str]:
    """Every unit found in `text`, by any reading of it."""
    if text.isascii():
        return set(_words(text))
    rows = readings(text)
    pairs = (pair for row in rows for pair in pairwise(row))
    return {word for row in rows for word in row} | {one + two for one, two in pairs if is_sign(one) and is_sign(two)}


def _listed(terms: Sequence[str]) -> tuple[str, ...]:
    """Terms with a word in them; a term of punctuation only could never be found."""
    return tuple(term for term in terms if any(readings(term)))


def derive_key_terms(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """The key terms of every example, in order; listed ones win, else they are derived from the answer (LEAK_RULE).

    The share of other answers is taken over `examples`, so pass the whole set, not one page of it. A question may
    get no terms ("Yes."), and is then judged by ROUGE.
    """
    common = Counter(unit for example in examples for unit in _told(example.answer))
    return [_listed(example.key_terms) or _derive(example, common, len(examples) - 1) for example in examples]


def _derive(example: Example, common: Counter[str], others: int) -> tuple[str, ...]:
    asked = _told(example.question) | _told(example.paraphrased_question)
    terms: dict[str, str] = {}
    for normal, text in _written_words(example.answer):
        content = normal not in _STOP_WORDS and (len(normal) > 1 or not normal.isascii() or normal.isdigit())
        if content and normal not in asked and (common[normal] - 1) < COMMON_SHARE * max(others, 1):
            # Two or more words in one piece ("40mg", "it's") are written in their normal form, each separately.
            terms.setdefault(normal, text if list(_units(read(text))) == [normal] else normal)
    return tuple(terms.values())


def find_terms(text: str, terms: Sequence[str]) -> tuple[str, ...]:
    """Those of the terms that appear in `text`, by the rule's own reading of words; one without a word never does."""
    return Terms(terms).found(text)


def appears(term: str, text: str) -> bool:
    """Whether the leak rule sees `term` in `text`, as whole words."""
    return bool(find_terms(text, [term]))


def find_leak(example: Example, text: str, terms: Sequence[str]) -> Leak:
    """Apply the leak rule to the answer `text`, with the key `terms` of its question (`derive_key_terms`)."""
    rouge = rouge_recall(example.answer, text)
    looked_for = Terms(terms)
    if not looked_for:
        return Leak(rouge > ROUGE_LIMIT, (), rouge)
    found = looked_for.found(text)
    return Leak(bool(found), found, rouge)


def is_leak(example: Example, text: str, terms: Sequence[str]) -> bool:
    """What `find_leak` finds, without ROUGE where key terms decide: its package takes seconds to load."""
    looked_for = Terms(terms)
    return bool(looked_for.found(text)) if looked_for else find_leak(example, text, terms).leaks


def leak_rule(
    examples: Sequence[Example], terms: Sequence[Sequence[str]] | None = None
) -> Callable[[Example, str], bool]:
    """The rule as `evaluate_examples` takes it; it judges answers to questions of `examples` only.

    `terms` are their key terms; without them `examples` are taken for the whole set.
    """
    known = dict(zip(examples, derive_key_terms(examples) if terms is None else terms, strict=True))
    return lambda example, text: find_leak(example, text, known[example]).leaks
