"""Every error a user may see.

    UnlearningError
    ├── SettingError    a value outside what is allowed
    ├── DataError       a file or its rows
    │   └── FileError       all that is wrong with the rows of one file
    ├── ModelError      weights, vocabularies, manifests
    ├── RunError        starting, cancelling, reading a run
    │   └── DivergedError   a training whose loss became NaN or infinite
    ├── StorageError    the database or the disk
    └── AccessError     the user may not do this
        └── LogInError      not logged in, or too long ago

A message is one sentence that names the thing, the value and what is allowed.
Pages and the command line show `UnlearningError` and nothing else.
"""

import re
from collections.abc import Sequence

LONG_VALUE, LONG_SENTENCE = 200, 2000  # characters; anything longer was not written to be read
# A value in quotes, or a word without a space such as a path. An apostrophe inside a word does not open a quote.
_LONG_VALUE = re.compile(
    rf"""(?<!\w)(?:'(?:[^'\\]|\\.){{{LONG_VALUE},}}'|"(?:[^"\\]|\\.){{{LONG_VALUE},}}")(?!\w)|\S{{{LONG_VALUE},}}""",
    re.DOTALL,
)


def shortened(sentence: str) -> str:
    """The sentence with the middle of every very long value left out, so that the rest stays readable."""
    cut = _LONG_VALUE.sub(lambda found: _without_middle(found[0], 80, 40), sentence)
    return cut if len(cut) <= LONG_SENTENCE else _without_middle(cut, 1200, 600)


def _without_middle(text: str, first: int, last: int) -> str:
    return f"{text[:first]}…{text[-last:]}"


class UnlearningError(Exception):
    """Base of every error with a message for users, in which values are cut to a readable length."""

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))


class SettingError(UnlearningError):
    """A setting has a value that is not allowed."""


class DataError(UnlearningError):
    """A question file cannot be read, or a row of it cannot be used."""


class FileError(DataError):
    """The rows of a file cannot be used: `mistakes` has a sentence for each, with its line."""

    def __init__(self, message: str, filename: str, mistakes: Sequence[str]) -> None:
        super().__init__(message)
        self.filename, self.mistakes = filename, tuple(map(shortened, mistakes))


class ModelError(UnlearningError):
    """A model, adapter or manifest cannot be used."""


class RunError(UnlearningError):
    """A run cannot be started, cancelled or read."""


class DivergedError(RunError):
    """A loss became NaN or infinite at `step`; the model is back at its weights after `kept` steps."""

    def __init__(self, message: str, step: int, kept: int) -> None:
        super().__init__(message)
        self.step, self.kept = step, kept


class StorageError(UnlearningError):
    """The database or the disk refuses."""


class AccessError(UnlearningError):
    """The user may not come in, or may not do that."""


class LogInError(AccessError):
    """The user is not logged in, or logged in too long ago; logging in helps."""
