"""How a text is read in words, in every script: the one place for the leak rule, key terms, own checks, erasure and
ROUGE.

Two texts that a reader takes for the same words are the same here, regardless of case, the form in which letters are
encoded, accents, Arabic and Hebrew points, invisible characters, and the script of the digits. A vowel sign of the
scripts of India and South-East Asia is part of its word. Scripts without spaces between words are read character by
character, and so is Korean, which attaches its particles to the word.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import regex

_SIGN = (
    r"[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\p{scx=Yi}\p{scx=Thai}\p{scx=Lao}"
    r"\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}\p{scx=Tai_Le}\p{scx=New_Tai_Lue}\p{scx=Tai_Tham}\p{scx=Tai_Viet}"
    r"\p{scx=Javanese}\p{scx=Balinese}]&&[\p{L}\p{N}]]"
)
_LETTER = rf"[[\p{{L}}\p{{N}}]--{_SIGN}]"
_ONE_WORD = rf"{_SIGN}\p{{M}}*|{_LETTER}[[\p{{L}}\p{{N}}\p{{M}}]--{_SIGN}]*"

_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}", regex.V1)
# Marks on or in a letter that are often left out; U+3099 and U+309A make other letters in Japanese.
_MARKED = (
    r"[\p{sc=Inherited}\p{sc=Common}\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Coptic}\p{sc=Arabic}\p{sc=Hebrew}"
    r"\p{sc=Syriac}\p{sc=Samaritan}\p{InSC=Nukta}]"
)
_TATWEEL = "\u0640"  # stretches an Arabic word
_MARKS = regex.compile(
    rf"[[\p{{M}}&&{_MARKED}]--[\u3099\u309A]]|{_TATWEEL}|\p{{Default_Ignorable_Code_Point}}", regex.V1
)
_PARTING = regex.compile("[\u200b\u200c\u3164\uffa0]")  # invisible characters that may stand between two words
_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
# Letters that carry their mark inside, so that decomposition does not take it off; and one apostrophe, hyphen,
# separator.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
    | dict.fromkeys("\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\uff07", "'")
    | dict.fromkeys("\u2010\u2011\u2212", "-")
)
_POINTS = str.maketrans({"\u066b": ".", "\u066c": ","})  # of Arabic numbers
_THOUSANDS = regex.compile(r"(?<=\d)[,'\u2019\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_BESIDE = rf"[\w--{_SIGN}]"  # characters of the same word
_UNIT = regex.compile(rf"(?<=\d)(?=(?:mg|mcg|kg|ml|km|cm|mm|am|pm)(?!{_BESIDE}))", regex.V1)  # "40mg" is "40 mg"
_SHORT_HYPHEN = regex.compile(rf"(?<=(?<!{_BESIDE})[a-zA-Z]{{1,2}})[-\u2010\u2011\u2212](?={_SIGN})", regex.V1)
_ORDINAL = regex.compile(rf"(?<=\d)(?:st|nd|rd|th)(?!{_BESIDE})", regex.V1)  # "8th May" is "8 May"
_OF_ASCII = "[a-z0-9]+"


def _word_or_number(one_word: str) -> regex.Pattern[str]:
    return regex.compile(
        rf"""
        (?<![\d.])\d+\.\d+(?!\.?\d)        # a decimal number, but no part of a date or version
        | (?<!{_BESIDE})[a-z]{{1,2}}(?:\+\+?|-)(?!{_BESIDE})    # A+, O-, C++: "A" alone is an article
        | {one_word}
        """,
        regex.VERBOSE | regex.V1,
    )


_WORD, _ASCII_WORD = _word_or_number(_ONE_WORD), _word_or_number(_OF_ASCII)  # the same for ASCII, faster
_PLAIN_WORD = regex.compile(_ONE_WORD, regex.V1)
_IS_SIGN = regex.compile(_SIGN, regex.V1)


class Word(NamedTuple):
    """One word, or one character of a script without spaces. `joined`: it follows the character before it
    directly.
    """

    normal: str  # as compared
    sign: bool
    joined: bool


def without_unseen(text: str) -> str:
    """`text` without invisible characters: soft hyphens, zero-width spaces and joiners, marks of direction."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def fold(text: str) -> str:
    """`text` as compared: without everything that does not make it another word."""
    return _folded(_digits(without_unseen(text)))


def plain_words(text: str) -> list[str]:
    """The plain words of `text`, without special reading of numbers, units or blood groups."""
    return [found.group() for found in _PLAIN_WORD.finditer(fold(text))]


def words(text: str) -> list[str]:
    """The words and numbers of `text` as the leak rule compares them, invisible characters left out."""
    return [word.normal for word in read(text)]


def read(text: str) -> list[Word]:
    """`words` with their form and joins."""
    return _read(without_unseen(text))


def forms(text: str) -> list[str]:
    """`text` without invisible characters; and, where these may separate words, also with spaces in their place.

    So with a hyphen between one or two letters and a script without spaces: "O-" is a blood group there, or "O" a word.
    """
    found = [without_unseen(text)]
    if text.isascii():
        return found
    if _PARTING.search(text):
        found.append(without_unseen(_PARTING.sub(" ", text)))
    return found + [apart for form in found if (apart := _SHORT_HYPHEN.sub(" ", form)) != form]


def readings(text: str) -> list[list[str]]:
    """`words` of each form of `text`."""
    return [words(form) for form in forms(text)]


def is_sign(word: str) -> bool:
    """Whether it is one of a script without spaces between words."""
    return not word.isascii() and _IS_SIGN.match(word) is not None


class Terms:
    """Some terms, ready for search in many texts. A term without a word is never found."""

    def __init__(self, terms: Iterable[str]) -> None:
        known = ((term, [_row(reading) for reading in readings(term) if reading]) for term in dict.fromkeys(terms))
        self._rows = {term: rows for term, rows in known if rows}
        rows = (row.split() for rows in self._rows.values() for row in rows)
        keys = [max(filter(str.isalpha, row), key=len, default="") for row in rows]
        self._keys = tuple(dict.fromkeys(keys)) if all(keys) else ()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def found(self, text: str) -> tuple[str, ...]:
        """Those that occur in `text` as whole words, one after the other; in scripts without spaces anywhere."""
        texts = [_row(reading) for reading in readings(text)]
        return tuple(term for term, rows in self._rows.items() if _stands(rows, texts))

    def any_in(self, text: str) -> bool:
        """Whether any of them does. A text without any of their words is skipped early."""
        if self._keys and not any(key in plain for plain in map(fold, forms(text)) for key in self._keys):
            return False
        texts = [_row(reading) for reading in readings(text)]
        return any(_stands(rows, texts) for rows in self._rows.values())


def begins(text: str, term: str) -> int | None:
    """The place in `text` of the first character of `term`, where it first occurs; None where it does
    not.
    """
    looked_for = Terms([term])
    if not looked_for.any_in(text):
        return None
    for end in range(1, len(text) + 1):
        # What follows may show that the word continues ("art" of "arthritis", "4" of "4,200").
        if all(looked_for.any_in(text[: end + further]) for further in range(5)):
            return max(start for start in range(end) if looked_for.any_in(text[start:end]))
    return None


def _stands(rows: Sequence[str], texts: Sequence[str]) -> bool:
    return any(row in text for row in rows for text in texts)


def _row(reading: Sequence[str]) -> str:
    return f" {' '.join(reading)} "


def _digits(text: str) -> str:
    """All decimal digits as those of ASCII, and the points of Arabic numbers as commas and points."""
    if text.isascii():
        return text
    plain: str = _DIGIT.sub(lambda found: _value_of(found.group()), text.translate(_POINTS))
    return plain


def _value_of(digit: str) -> str:
    """By `regex`, whose Unicode may be newer than Python's: `unicodedata` raises for newer digits."""
    return next(str(value) for value in range(10) if regex.fullmatch(rf"\p{{Numeric_Value={value}}}", digit))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", _MARKS.sub("", lowered)).translate(_LETTERS)


def _read(text: str) -> list[Word]:
    plain = _folded(_THOUSANDS.sub("", _digits(text)))
    plain = _UNIT.sub(" ", _ORDINAL.sub("", plain))
    if plain.isascii():
        return [Word(_normal(word), False, False) for word in _ASCII_WORD.findall(plain)]
    found, end, sign = list[Word](), -1, False
    for match in _WORD.finditer(plain):
        word, before = match.group(), sign
        sign = is_sign(word)
        found.append(Word(_normal(word), sign, sign and before and match.start() == end))
        end = match.end()
    return found


def _normal(word: str) -> str:
    """4200.00 and 4200 are the same number, and so are 12.50 and 12.5."""
    return word.rstrip("0").rstrip(".") if "." in word else word
