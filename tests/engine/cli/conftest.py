"""What the tests of commands share: a tiny pair by its name, and a command that must fail."""

from collections.abc import Callable

import pytest

from engine.cli import main as program
from engine.runs import execute
from engine.specification import ExperimentSpec

Specs = Callable[..., ExperimentSpec]


@pytest.fixture
def tiny_pair_name(train_spec: Specs) -> str:
    execute.run_here(train_spec(epochs=1))
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
