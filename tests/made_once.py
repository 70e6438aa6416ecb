"""Data folders that take seconds to fill, filled once and copied by each test that needs one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Made(NamedTuple):
    """A data folder, and the run in it that tests are about."""

    folder: Path
    run: int

    def copied(self, to: Path) -> int:
        """Copy it to a test's own data folder, which must not be there yet; the run."""
        shutil.copytree(self.folder, to)
        return self.run


def make(folder: Path, fill: Callable[[], int], start: Made | None = None) -> Made:
    """What `fill` stores in an empty data folder, or a copy of `start`, without the demo's pairs; it gives the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUBLIETTE_DATA", str(folder / "data"))
        patch.setenv("OUBLIETTE_DEMO", str(folder / "no-demo"))
        patch.delenv("OUBLIETTE_DATABASE", raising=False)
        if start:
            start.copied(folder / "data")
        return Made(folder / "data", fill())
