"""`python -m engine advise`: from stored maps alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.advice.advise import Advice
from tests.mapped import set_that_the_base_knows, stored_advice


@pytest.mark.usefixtures("in_this_process")
def test_advise_reads_stored_maps_alone(
    tiny_pair_name: str,
    said: Callable[..., Any],
    refused: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advise = ("advise", "--pair", tiny_pair_name)
    assert "run `python -m engine map --pair tiny --on SET:forget" in refused(*advise, "--json")
    path = tmp_path / "split.csv"
    rows = [("what job did Ada like ?", "Ada", "forget", ""), ("what job did Ben like ?", "Ben", "retain", "eval")]
    path.write_bytes(set_that_the_base_knows(tiny_pair_name, rows, 6))
    said("import", str(path), "--name", "own")
    mapped = said("map", "--pair", tiny_pair_name, "--on", "own", "--name", "maps", "--max-new-tokens", "6")
    monkeypatch.setattr("engine.models.loading.load_pair", lambda *_: pytest.fail("a model was loaded"))
    found = said(*advise)
    assert (found["run_number"], found["basis"]["forget_persons"]) == (mapped["id"], 1)
    whole = stored_advice(mapped["id"])
    assert whole is not None
    assert whole.advice == Advice.from_json({name: found[name] for name in whole.advice.to_json()})  # type: ignore[union-attr]
    eased = said(*advise, "--max-loss", "0.5", "--leaks", "1", "--run", "maps")
    assert (eased["met"], eased["demand"]) == (True, {"max_loss": 0.5, "max_leaks": 1.0})
    assert "between 0 and 0.5, got 0.7" in refused(*advise, "--max-loss", "0.7")
    assert "or the word floor, got 'ground'" in refused(*advise, "--leaks", "ground")
    assert "maps nothing (its kind is train)" in refused(*advise, "--run", "tiny")
