"""A GGUF file is read as the model it is, all of it, or refused."""

from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.models.bases import load_causal_lm
from engine.models.fast_llama import thin_llama
from tests.gguf_files import save_gguf

IDS = torch.tensor([[5, 6, 7, 8]])


def refused(source: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_causal_lm(str(source))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_gguf_file_is_read_as_the_model_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = save_gguf(tmp_path / "model.gguf")
    read = load_causal_lm(str(tmp_path / "model.gguf"))
    assert torch.allclose(read.model(IDS).logits, model(IDS).logits, atol=1e-5)
    assert capfd.readouterr() == ("", "")


def test_a_gguf_file_with_more_blocks_than_it_says_is_refused(tmp_path: Path) -> None:
    save_gguf(tmp_path / "deep.gguf", blocks=2, said=1)
    assert "deep.gguf holds 9 weights that its model of 1 layers has no place for, for example blk.1." in refused(
        tmp_path / "deep.gguf"
    )
    save_gguf(tmp_path / "flat.gguf", blocks=2, said=3)
    assert "lacks" in refused(tmp_path / "flat.gguf")
    save_gguf(tmp_path / "endless.gguf", blocks=2, said=1_000_000)
    assert "endless.gguf says 1000000 layers, and holds only 20 weights" in refused(tmp_path / "endless.gguf")
    save_gguf(tmp_path / "odd.gguf", extra={"blk.0.attn_q_norm.weight": [1.0] * 8})
    assert "holds 1 weights that its model of 2 layers has no place for" in refused(tmp_path / "odd.gguf")


def test_an_adapter_beside_a_gguf_file_is_refused(tmp_path: Path) -> None:
    save_gguf(tmp_path / "model.gguf")
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "beside model.gguf is an adapter" in refused(tmp_path / "model.gguf")


def test_angles_that_a_gguf_file_divides_are_divided(tmp_path: Path) -> None:
    """Llama 3's scaling, which transformers drops: rope_freqs.weight holds by what each pair's angle is divided."""
    factors = [1.0, 2.0, 4.0, 8.0]
    model = save_gguf(tmp_path / "model.gguf", extra={"rope_freqs.weight": factors})
    unscaled = model(IDS).logits
    model.model.rotary_emb.inv_freq /= torch.tensor(factors)
    read = load_causal_lm(str(tmp_path / "model.gguf")).model
    assert torch.allclose(read(IDS).logits, model(IDS).logits, atol=1e-5)
    assert not torch.allclose(read(IDS).logits, unscaled, atol=1e-3)
    thin = thin_llama(read)
    assert thin is not None
    save_gguf(tmp_path / "odd.gguf", extra={"rope_freqs.weight": [1.0] * 3})
    assert "rope_freqs.weight" in refused(tmp_path / "odd.gguf")
