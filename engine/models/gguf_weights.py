"""GGUF files: whether the model made from one has read all its weights. transformers drops what it does not know."""

import struct
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from transformers.integrations.gguf.reader import read_gguf_metadata
from transformers.integrations.gguf.utils import is_gguf_arch_supported
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

from engine.errors import ModelError

TURNS = (  # the divisor of the angle of each pair of a head: Llama 3's scaling, as llama.cpp stores it
    "rope_freqs.weight"
)


def check_gguf(path: Path) -> None:
    """Refuse, before it is built, a model with more layers than the file has weights, and one with a scaling of angles
    that is not read.
    """
    metadata, names = _header(path)
    family = metadata["general.architecture"]
    layers = metadata.get(f"{family}.block_count", 0)
    if isinstance(layers, int) and layers > len(names):
        raise ModelError(f"{path.name} says {layers} layers, and holds only {len(names)} weights")


def read_rest(model: Any, path: Path) -> None:
    """Give the model what the file holds and transformers ignored; `ModelError` where weights stay unread."""
    metadata, names = _header(path)
    family = metadata["general.architecture"]
    if is_gguf_arch_supported(family):  # its loader reports what it does not know
        return
    known = get_gguf_hf_weights_map(model, TENSOR_PROCESSORS.get(family, TensorProcessor)(config={}))
    left = [name for name in names if name not in known and name.removesuffix(".weight") not in known]
    if TURNS in left and _turn(model, path):
        left.remove(TURNS)
    if left:
        raise ModelError(
            f"{path.name} holds {len(left)} weights that its model of {model.config.num_hidden_layers} layers has no"
            f" place for, for example {left[0]}: it would answer as a different model from the file's"
        )


def _header(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Its metadata and the names of its weights; `ModelError` where the file ends before its header does."""
    try:
        metadata, names = read_gguf_metadata(str(path))
    except (struct.error, UnicodeDecodeError, OverflowError, MemoryError) as reason:
        raise ModelError(f"{path.name} is cut off or damaged: its header cannot be read") from reason
    except ValueError as reason:
        raise ModelError(f"{path.name} is not a readable GGUF file: {str(reason).replace(str(path), 'it')}") from reason
    return metadata, names


@torch.no_grad()
def _turn(model: Any, path: Path) -> bool:
    """Divide the angles of a rotary embedding by the file's factors; False where the model has none of that size."""
    stored = next(tensor for tensor in GGUFReader(path).tensors if tensor.name == TURNS)
    factors = torch.tensor(stored.data.copy()).float()
    rotary = getattr(model.base_model, "rotary_emb", None)
    angles = getattr(rotary, "inv_freq", None)
    if angles is None or angles.shape != factors.shape or getattr(rotary, "rope_type", "") != "default":
        return False
    for name in ("inv_freq", "original_inv_freq"):
        getattr(rotary, name).div_(factors.to(angles))
    return True
