"""ROUGE-L recall: TOFU's own, by the package rouge_score, and for true answers that it cannot read a variant that
can.

rouge_score splits a text at everything but a to z and 0 to 9: an answer in Thai, Russian or Hindi has no word for
it, and of "Łódź" it reads a "d". Which of the two reads a question is decided by its true answer alone, so that base
and unlearned answers to it are measured alike. Of a text in a to z both read the same.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import regex

from engine.evaluation.words import fold, plain_words, without_unseen

ROUGE_SCORE, UNICODE = "rouge_score", "Unicode words 1"  # what read the words; the number is the variant's version
LOST = 1 / 6  # of the letters of a true answer; TOFU's own lose 1/7 at most ("Ngũgĩ wa Thiong'o")
VARIANT = (
    f"{UNICODE}: a true answer that rouge_score cannot read (a letter of another script than the Latin one, more than a"
    " sixth of its letters not among a to z and 0 to 9, or none) and the answers to it are read in Unicode words,"
    " accents left out, and in scripts without spaces sign by sign"
)
_ALPHANUMERIC = regex.compile(r"[\p{L}\p{N}]", regex.V1)
_SYMBOL = regex.compile(r"\S\p{M}*", regex.V1)


def rouge_recall(answer: str, generated: str) -> float:
    """ROUGE-L recall of `generated` against the true `answer`, 0 to 1; see `rouge_words` for what reads them."""
    one, two = (unicodedata.normalize("NFC", text) for text in (answer, generated))
    return float(_scorer(rouge_words(answer) == UNICODE).score(one, two)["rougeL"].recall)


@lru_cache(maxsize=4096)
def rouge_words(answer: str) -> str:
    """What reads the words of this true answer and of the answers to it: `ROUGE_SCORE`, or `UNICODE` where it
    cannot.
    """
    known = _ALPHANUMERIC.findall(unicodedata.normalize("NFC", answer))
    if not known:
        return UNICODE if without_unseen(answer).strip() else ROUGE_SCORE
    lost = [letter for letter in known if not letter.lower().isascii()]
    foreign = any(not part.isascii() for letter in set(lost) for part in fold(letter) if part.isalnum())
    return UNICODE if foreign or len(lost) > LOST * len(known) else ROUGE_SCORE


def variant_of(answers: Iterable[str]) -> str:
    """What is said of the ROUGE of these true answers: `VARIANT` where it read any of them, else ""."""
    return VARIANT if any(rouge_words(answer) == UNICODE for answer in answers) else ""


class _UnicodeWords:
    """A tokenizer as `RougeScorer` takes it. Words of a to z are read, and stemmed, by the package's own."""

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
    from rouge_score import rouge_scorer  # brings nltk: half a second that a page's start need not pay

    if unicode_words:
        return rouge_scorer.RougeScorer(["rougeL"], tokenizer=_UnicodeWords())
    return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
