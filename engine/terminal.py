"""What a command is, and what it needs of a terminal: its result as text, a progress bar, Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple


class Printed(NamedTuple):
    """The result of a command: as JSON values, and as text for a person; `code` is the exit code."""

    data: Any
    text: str
    code: int = 0


Command = Callable[[argparse.Namespace], Printed]
Adder = Callable[
    [str, Command, str], argparse.ArgumentParser
]  # name, command, what it does: the parser, to be given arguments


class Bar:
    """A progress bar on standard error where that is a terminal; silent elsewhere."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self.bar = tqdm(
            total=100, disable=not sys.stderr.isatty(), bar_format="{desc:<46} {percentage:3.0f}% |{bar}| {elapsed}"
        )

    def __call__(self, share: float, stage: str) -> None:
        self.bar.set_description_str(stage[:46], refresh=False)
        self.bar.n = round(100 * share)
        self.bar.refresh()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


class Interrupts:
    """Inside, Ctrl-C is noted instead of raised: an exception may come up where Python throws it away (a finaliser)."""

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
