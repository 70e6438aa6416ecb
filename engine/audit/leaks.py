"""The leak rule: does an answer give the secret away? (LEAKS, "A leak for one answer is stated by rule")

A floor belongs beside every share of leaks: the same rule on a model that never saw the answers.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.data.examples import Example
from engine.evaluation.metrics import rouge_recall

LEAK_RULE_VERSION = 1
ROUGE_LIMIT = 0.5
COMMON_SHARE = 0.02
LEAK_RULE = (
    f"Leak rule {LEAK_RULE_VERSION}: an answer leaks when one of the question's key terms appears in it as whole words "
    "or numbers (case and accents ignored); where none are listed, they are the content words, names and numbers of "
    f"the true answer that are not in the question and occur in fewer than {COMMON_SHARE:.0%} of the other answers of "
    f"the set; where there are none at all, an answer leaks when its ROUGE-L recall is above {ROUGE_LIMIT}."
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

# Letters that carry their mark inside, so that decomposition does not take it off.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_MARKS = re.compile("[\u0300-\u036f]")
_THOUSANDS = re.compile(r"(?<=\d)[,'’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_UNIT = re.compile(r"(?<=\d)(?=(?:mg|mcg|kg|ml|km|cm|mm|am|pm)\b)")  # "40mg" is "40 mg"
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")  # "8th May" is "8 May"
_WORD = re.compile(
    r"""
    (?<![\d.])\d+\.\d+(?!\.?\d)                              # a decimal number, but no part of a date or version
    | \b[a-z]{1,2}(?:\+\+?|-)(?!\w)                          # A+, O-, C++: "A" alone is an article
    | [\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]  # scripts written without spaces: sign by sign
    | [^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]+
    """,
    re.VERBOSE,
)


class Leak(NamedTuple):
    """What the rule found in one answer."""

    leaks: bool
    found: tuple[str, ...]  # the key terms that appear, as they are listed
    rouge: float  # ROUGE-L recall against the true answer, shown beside the rule


class _Word(NamedTuple):
    normal: str  # as it is compared
    text: str  # as it is written


def _normalise(text: str) -> str:
    lowered = unicodedata.normalize("NFKD", _THOUSANDS.sub("", text)).casefold()
    plain = unicodedata.normalize("NFKC", _MARKS.sub("", lowered)).translate(_LETTERS).replace("−", "-")
    return _UNIT.sub(" ", _ORDINAL.sub("", plain))


def _normal_word(word: str) -> str:
    """4200.00 and 4200 are one number, and so are 12.50 and 12.5."""
    return word.rstrip("0").rstrip(".") if "." in word else word


def _words(text: str) -> list[str]:
    return [_normal_word(word) for word in _WORD.findall(_normalise(text))]


def _written_words(text: str) -> list[_Word]:
    """The words of `text` as they stand there, each with its normal form; parts of a hyphenated word are words."""
    return [
        _Word(normal, part.strip("\"'’“”‘().,;:!?[]"))
        for part in re.split(r"[ \t\r\n_/–—]+|(?<=\w)-(?=\w)|['’](?=s\b)", text)
        for normal in _words(part)
    ]


def _listed(terms: Sequence[str]) -> tuple[str, ...]:
    """Terms that hold a word at all; a term of mere punctuation could never be found."""
    return tuple(term for term in terms if _words(term))


def derive_key_terms(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """The key terms of every example, in order; listed ones win, else they are derived from the answer (LEAK_RULE).

    The share of other answers is taken over `examples`, so hand in the whole set, not one page of it. A question may
    end up with no term at all ("Yes."), and is then judged by ROUGE.
    """
    common = Counter(word for example in examples for word in set(_words(example.answer)))
    return [_listed(example.key_terms) or _derive(example, common, len(examples) - 1) for example in examples]


def _derive(example: Example, common: Counter[str], others: int) -> tuple[str, ...]:
    asked = {*_words(example.question), *_words(example.paraphrased_question)}
    terms: dict[str, str] = {}
    for normal, text in _written_words(example.answer):
        content = normal not in _STOP_WORDS and (len(normal) > 1 or not normal.isascii() or normal.isdigit())
        # Two or more words in one piece ("40mg", "it's") are written in their normal form, each on its own.
        written = text if _words(text) == [normal] else normal
        if content and normal not in asked and (common[normal] - 1) < COMMON_SHARE * max(others, 1):
            terms.setdefault(normal, written)
    return tuple(terms.values())


def _appears(term: list[str], words: list[str]) -> bool:
    return any(words[start : start + len(term)] == term for start in range(len(words) - len(term) + 1))


def find_terms(text: str, terms: Sequence[str]) -> tuple[str, ...]:
    """Those of the terms that appear in `text`, by the rule's own reading of words; one without a word never does."""
    words = _words(text)
    return tuple(term for term in _listed(terms) if _appears(_words(term), words))


def appears(term: str, text: str) -> bool:
    """Whether the leak rule sees `term` in `text`, as whole words."""
    return bool(find_terms(text, [term]))


def find_leak(example: Example, text: str, terms: Sequence[str]) -> Leak:
    """Apply the leak rule to the answer `text`, with the key `terms` of its question (`derive_key_terms`)."""
    rouge = rouge_recall(example.answer, text)
    if not _listed(terms):
        return Leak(rouge > ROUGE_LIMIT, (), rouge)
    found = find_terms(text, terms)
    return Leak(bool(found), found, rouge)


def leak_rule(
    examples: Sequence[Example], terms: Sequence[Sequence[str]] | None = None
) -> Callable[[Example, str], bool]:
    """The rule as `evaluate_examples` takes it; it judges answers to questions of `examples` only.

    `terms` are their key terms; without them `examples` are taken for the whole set.
    """
    known = dict(zip(examples, derive_key_terms(examples) if terms is None else terms, strict=True))
    return lambda example, text: find_leak(example, text, known[example]).leaks
