"""Traces of a person in text: their name, as a word of its own, and the questions that are asked about them.

Whatever the leak rule would find is found (`evaluation.words`): a name whatever its case, accents and points, spaces
and the form its letters are encoded in. "Ada" is not found in "Canada": in scripts that part words by spaces a name
must stand alone; in others (Chinese, Thai, Hebrew with its prefixes, ...) it need not. A misspelt name, a nickname
or "the mayor" is not found: no list of words could.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from engine.evaluation.words import Terms, fold, words
from engine.store.erased import name_key

LEAST_TEXT = 8  # characters: a shorter text may stand anywhere
PARTED = 0x0590  # code points below are of scripts that part words by spaces: Latin, Greek, Cyrillic, Armenian
HANDLES = ("name", "pair", "base", "reference", "parent", "retain_only_of")  # what folders and other rows go by

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Traces:
    """What tells a person's text (`db.erasure.Search`). `mark` stands where something was taken out."""

    def __init__(self, names: Iterable[str], texts: Iterable[str], mark: str) -> None:
        self.mark = mark
        called = list(dict.fromkeys(names))
        self.name = re.compile("|".join(map(_name_pattern, called)), re.IGNORECASE)
        folded = [plain for plain in map(fold, called) if plain.strip()]
        self.folded = re.compile("|".join(map(_name_pattern, folded))) if folded else None
        self.called = Terms(called)
        known = {text: name_key(text) for text in texts}
        self.texts = {text: key for text, key in known.items() if len(key) >= LEAST_TEXT}
        # Without a name of mere symbols the words of a text about one person may be those of another's.
        spoken = self.texts if all(map(words, called)) else ()
        self.told = Terms(text for text in spoken if len("".join(words(text))) >= LEAST_TEXT)

    def own(self, text: str) -> bool:
        """Whether one of the person's texts stands in `text`, also escaped as JSON, HTML or CSV."""
        if not self.texts:
            return False
        found = list(_readings(text))
        return any(key in plain for plain in map(name_key, found) for key in self.texts.values()) or any(
            map(self.told.any_in, found)
        )

    def named(self, text: str) -> bool:
        return any(map(self._names, _readings(text)))

    def _names(self, text: str) -> bool:
        if self.name.search(text) is not None or self.called.any_in(text):
            return True
        return self.folded is not None and self.folded.search(fold(text)) is not None

    def hide(self, value: Any) -> Any:
        """`value` without either; JSON stays JSON, with its handles."""
        if isinstance(value, dict):
            return {key: item if key in HANDLES else self.hide(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        return self._hide_text(value) if isinstance(value, str) else value

    def _hide_text(self, text: str) -> str:
        if text[:1] == "{":
            try:
                return json.dumps(self.hide(json.loads(text)), sort_keys=True)
            except ValueError:
                pass
        for own in self.texts:
            text = text.replace(own, self.mark)
        text = self.name.sub(lambda _: self.mark, text)
        return self.mark if self.own(text) or self.named(text) else text


def _name_pattern(name: str) -> str:
    """Alternatives for a name in both forms in which a letter with an accent may be encoded."""
    found = []
    for form in dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))):
        # Between the parts of a name stands whatever a set, a pair or a file puts there: ilse-maranta,
        # ilse_maranta.csv.
        words = r"[\W_]+".join(re.escape(word) for word in form.split())
        before = r"(?<![^\W_])" if _parted(form.strip()[0]) else ""
        after = r"(?![^\W_])" if _parted(form.strip()[-1]) else ""
        found.append(f"{before}{words}{after}")
    return "|".join(found)


def _parted(letter: str) -> bool:
    return letter.isalnum() and ord(letter) < PARTED


def _readings(text: str) -> Iterator[str]:
    """A text as it stands, and as what it would be as JSON, HTML or CSV."""
    yield text
    if "\\" in text:
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        whole = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two halves of one emoji
        yield re.sub(r"""\\(["'/\\])""", r"\1", re.sub(r"\\[nrt]", " ", whole))
    if "&" in text:
        yield html.unescape(text)
    if '""' in text:
        yield text.replace('""', '"')
