"""What tests of stored maps share."""

from pathlib import Path

import pytest

from engine.kinds import MapSpec
from engine.runs import execute
from tests.made_once import Made, make


@pytest.fixture(scope="module")
def made(trained: Made, forget_file: Path, retain_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A finished run that mapped all questions of both files with the pair `tiny`; tests work on copies."""
    spec = MapSpec(
        name="maps",
        pair="tiny",
        evaluate_on=(str(forget_file), str(retain_file)),
        alphas=(0.0, 2.0),
        max_new_tokens=5,
    )
    return make(tmp_path_factory.mktemp("mapped"), lambda: execute.run_here(spec), trained)
