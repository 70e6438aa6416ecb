"""What a command needs of a terminal: its result as text, a progress bar, Ctrl-C, and only harmless characters.

Names, questions and answers come from files and models. A terminal obeys some of their characters (it moves the
cursor, renames the window) and others reverse how a line reads, so all of these are shown as escapes and never sent.
"""

import io
import json
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FrameType
from typing import Any, NamedTuple, TextIO

OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's categories: controls, formats, half characters, line separators
KEPT = "\n\t"


def visible(text: str) -> str:
    """The text with every control and invisible character, newline and tab apart, as an escape such as `\\x1b`."""
    return _escaped(text, lambda letter: repr(letter)[1:-1])


def to_json(data: Any) -> str:
    """One JSON document that holds the same values, with control characters as JSON's own escapes."""
    return _escaped(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False), _json_escape)


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():  # true of most texts, and fast
        return text
    return "".join(
        escape(letter) if letter not in KEPT and unicodedata.category(letter) in OBEYED else letter for letter in text
    )


def _json_escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


class Shown(io.TextIOBase):
    """A stream that writes only visible text to another one."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(visible(text))
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()


class _Unheard(io.TextIOBase):
    """Takes what libraries print and drops it; `screen` is the stream it protects."""

    def __init__(self, screen: TextIO) -> None:
        self.screen = screen

    def write(self, text: str) -> int:
        return len(text)


@contextmanager
def libraries_unheard() -> Iterator[None]:
    """Inside the block, nothing that a library prints, logs or warns of reaches a terminal or mixes with a result."""
    sink = _Unheard(screen())
    with redirect_stdout(sink), redirect_stderr(sink):
        yield


def screen() -> TextIO:
    """Standard error, even while libraries are kept from it."""
    return getattr(sys.stderr, "screen", sys.stderr)


def say(sentence: str) -> None:
    """One line for the user on standard error."""
    print(visible(sentence), file=screen(), flush=True)


class Printed(NamedTuple):
    """The result of a command: as JSON values, and as text for the user; `code` is the exit code."""

    data: Any
    text: str
    code: int = 0


class Bar:
    """A progress bar on standard error where that is a terminal; silent elsewhere."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self.bar = tqdm(
            total=100,
            disable=not screen().isatty(),
            file=screen(),
            bar_format="{desc:<46} {percentage:3.0f}% |{bar}| {elapsed}",
        )

    def __call__(self, share: float, stage: str) -> None:
        self.bar.set_description_str(visible(" ".join(stage.split()))[:46], refresh=False)
        self.bar.n = round(100 * share)
        self.bar.refresh()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


class Interrupts:
    """Inside, Ctrl-C is noted instead of raised: an exception may be raised where Python ignores it (a finalizer)."""

    def __init__(self) -> None:
        self.asked = False

    def take(self) -> bool:
        """Whether Ctrl-C was pressed since the last time."""
        asked, self.asked = self.asked, False
        return asked

    def __enter__(self) -> "Interrupts":
        self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
