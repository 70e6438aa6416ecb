"""ROUGE-L recall: TOFU's own, by the package rouge_score, and a variant for true answers that it cannot
read.

rouge_score splits a text at everything but a to z and 0 to 9: in an answer in Thai, Russian or Hindi it finds
no words, and in "Łódź" only a "d". A question's true answer alone decides which of the two is used, so that base
and unlearned answers are measured in the same way. On a text in a to z both agree.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import regex

from engine.evaluation.words import fold, plain_words, without_unseen

ROUGE_SCORE, UNICODE = "rouge_score", "Unicode words 1"  # the reader of the words; the number is the variant's version
LOST = 1 / 6  # of the letters of a true answer; TOFU's own lose 1/7 at most ("Ngũgĩ wa Thiong'o")
VARIANT = (
    f"{UNICODE}: a true answer that rouge_score cannot read (a letter of another script than the Latin one, more than a"
    " sixth of its letters not among a to z and 0 to 9, or none) and the answers to it are read in Unicode words,"
    " accents left out, and in scripts without spaces sign by sign"
)
_ALPHANUMERIC = regex.compile(r"[\p{L}\p{N}]", regex.V1)
_SYMBOL = regex.compile(r"\S\p{M}*", regex.V1)


def rouge_recall(answer: str, generated: str) -> float:
    """ROUGE-L recall of `generated` against the true `answer`, 0 to 1; see `rouge_words` for how words are read."""
    one, two = (unicodedata.normalize("NFC", text) for text in (answer, generated))
    return float(_scorer(rouge_words(answer) == UNICODE).score(one, two)["rougeL"].recall)


@lru_cache(maxsize=4096)
def rouge_words(answer: str) -> str:
    """The reader of this true answer and of the answers to it: `ROUGE_SCORE`, or `UNICODE` where that cannot."""
    known = _ALPHANUMERIC.findall(unicodedata.normalize("NFC", answer))
    if not known:
        return UNICODE if without_unseen(answer).strip() else ROUGE_SCORE
    lost = [letter for letter in known if not letter.lower().isascii()]
    foreign = any(not part.isascii() for letter in set(lost) for part in fold(letter) if part.isalnum())
    return UNICODE if foreign or len(lost) > LOST * len(known) else ROUGE_SCORE


def variant_of(answers: Iterable[str]) -> str:
    """The note on the ROUGE of these true answers: `VARIANT` where it read any of them, else ""."""
    return VARIANT if any(rouge_words(answer) == UNICODE for answer in answers) else ""


class _UnicodeWords:
    """A tokenizer for `RougeScorer`. Words of a to z are read and stemmed by the package's own."""

    def __init__(self) -> None:
        from rouge_score.tokenizers import DefaultTokenizer

        self._package: Any = DefaultTokenizer(use_stemmer=True)

    def tokenize(self, text: str) -> list[str]:
        found = plain_words(text) or _SYMBOL.findall(fold(text)) or _SYMBOL.findall(without_unseen(text))
        return [
            token
            for word in found
            for token in (self._package.tokenize(word) if word.isalnum() and word.isascii() else [word])
        ]


@lru_cache(maxsize=2)
def _scorer(unicode_words: bool) -> Any:
    from rouge_score import rouge_scorer  # imports nltk: half a second that a page's start can save

    if unicode_words:
        return rouge_scorer.RougeScorer(["rougeL"], tokenizer=_UnicodeWords())
    return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
