"""What the tests of commands share: a tiny pair by its name, and a command that must fail."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.cli import main as program

Specs = Callable[..., Any]


@pytest.fixture
def tiny_pair_name(finished: int) -> str:
    return "tiny"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must fail; the one sentence on standard error."""

    def call(*argv: str) -> str:
        capsys.readouterr()
        code = program.main(list(argv))
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        return err.strip()

    return call
