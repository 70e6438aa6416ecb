"""GGUF files: whether the model that was made of one has read all its weights. transformers drops what it does not know."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from tqdm import tqdm
from transformers import modeling_gguf_pytorch_utils
from transformers.integrations.gguf.reader import read_gguf_metadata
from transformers.integrations.gguf.utils import is_gguf_arch_supported
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

from engine.errors import ModelError

# transformers draws this one bar whether bars are wanted or not.
modeling_gguf_pytorch_utils.tqdm = partial(tqdm, disable=True)

TURNS = (
    "rope_freqs.weight"  # by what the angle of each pair of a head is divided: Llama 3's scaling, as llama.cpp keeps it
)


def check_gguf(path: Path) -> None:
    """Refuse, before it is built, a model of more layers than the file has weights, and one that scales its angles unread."""
    metadata, names = read_gguf_metadata(str(path))
    family = metadata["general.architecture"]
    layers = metadata.get(f"{family}.block_count", 0)
    if isinstance(layers, int) and layers > len(names):
        raise ModelError(f"{path.name} says {layers} layers, and holds only {len(names)} weights")


def read_rest(model: Any, path: Path) -> None:
    """Give the model what the file holds and transformers left; `ModelError` where weights stay unread."""
    metadata, names = read_gguf_metadata(str(path))
    family = metadata["general.architecture"]
    if is_gguf_arch_supported(family):  # its loader reports what it does not know
        return
    known = get_gguf_hf_weights_map(model, TENSOR_PROCESSORS.get(family, TensorProcessor)(config={}))
    left = [name for name in names if name not in known and name.removesuffix(".weight") not in known]
    if TURNS in left and _turn(model, path):
        left.remove(TURNS)
    if left:
        raise ModelError(
            f"{path.name} holds {len(left)} weights that its model of {model.config.num_hidden_layers} layers has no place for, for "
            f"example {left[0]}: it would answer as another model than the file"
        )


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
