"""A base's tokenizer and template, read without its weights."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from engine.data.prompts import encode_prompt
from engine.data.template import PLAIN, Template
from engine.errors import ModelError
from engine.models.manifest import PairManifest
from engine.models.taught import MANIFEST, TaughtModel, models_folder
from engine.models.tokenizers import read_tokenizer, stored_manifest, template_of


def test_a_folder_and_what_was_taught_on_it(tiny_base: Path) -> None:
    tokenizer, template, _ = read_tokenizer(str(tiny_base))
    assert template == PLAIN
    taught = TaughtModel(
        "folk", str(tiny_base), "h", retain_only_of="demo-like", template=Template(text="{question} ?")
    )
    (models_folder() / "folk").mkdir(parents=True)
    (models_folder() / "folk" / MANIFEST).write_text(json.dumps(asdict(taught)))
    for source in ("folk", "retain-only:demo-like"):
        other, own, _ = read_tokenizer(source)
        assert other.get_vocab() == tokenizer.get_vocab()
        assert own == taught.template


@pytest.mark.parametrize("source", ["/no/such/folder", "retain-only:nothing", "no-such-model-here"])
def test_what_is_not_here_is_said(source: str) -> None:
    """A hub name is looked for in the cache alone."""
    with pytest.raises(ModelError):
        read_tokenizer(source)


def test_the_demos_before_it_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="not on this machine yet"):
        read_tokenizer("demo")


def test_a_guardrails_text_stands_before_the_question_at_1_alone(tiny_base: Path) -> None:
    tokenizer, base, _ = read_tokenizer(str(tiny_base))
    guard = PairManifest("g", "b", "", "none", method="guardrail", instruction="don t tell")
    texts = [
        tokenizer.decode(encode_prompt(tokenizer, template_of(guard, base, alpha), "who ?")) for alpha in (0.0, 1.0)
    ]
    assert ["don ' t tell" in text or "don t tell" in text for text in texts] == [False, True]
    own = Template(text="{question} Answer")
    assert template_of(PairManifest("p", "b", "r", "npo", template=own), base, 1.0) == own


def test_a_stored_manifest_is_read_or_refused() -> None:
    assert stored_manifest({}) is None
    manifest = PairManifest("p", "b", "r", "npo")
    assert stored_manifest(json.loads(json.dumps(asdict(manifest)))) == manifest
    with pytest.raises(ModelError, match="cannot be read by this version"):
        stored_manifest({"name": "p", "more": 1})
    with pytest.raises(ModelError, match="alpha must be"):
        stored_manifest({**asdict(manifest), "recommended_alpha": 99})
