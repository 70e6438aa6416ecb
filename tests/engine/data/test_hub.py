"""Data sets of the hub, read by the hub's own library from a folder that it takes for one."""

from pathlib import Path

import pytest

from engine.data.examples import Example
from engine.data.files import parse_set
from engine.data.hub import fetch_hub
from engine.errors import DataError


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `owner/set` with two splits, beside which the test runs."""
    folder = tmp_path / "owner" / "set"
    folder.mkdir(parents=True)
    for split in ("train", "test"):
        line = f'{{"query": "Which {split}?", "choices": ["a", "b", "c"], "answer": 2}}\n'
        (folder / f"{split}.jsonl").write_text(line, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return folder


def test_a_split_is_read_like_any_file(owner: Path) -> None:
    found = fetch_hub("owner/set", split="test")
    assert found.filename == "owner-set-test.parquet"
    assert parse_set(found.data, found.filename).examples == (Example("Which test?", "c"),)


def test_what_is_not_there_is_said(owner: Path) -> None:
    for name, split, words in (
        ("owner/set", "", "owner/set has the splits train, test; name one of them"),
        ("owner/set", "dev", "owner/set has no split 'dev'; it has train, test"),
        ("../owner/set", "test", "is named OWNER/NAME"),
    ):
        with pytest.raises(DataError) as caught:
            fetch_hub(name, split=split)
        assert words in str(caught.value)
