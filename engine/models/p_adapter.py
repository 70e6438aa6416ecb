"""A P-Adapter: a small network between the embedding layer and the first layer of a frozen model.

Newman, Choubey and Rajani, "P-Adapters" (ICLR 2022, arXiv 2110.07280). Theirs reads the whole prompt; ours is a
residual bottleneck that reads one position at a time, e + up(gelu(down(e))): nothing in it looks ahead or depends on
the batch, so key-value caches, cropping and batches stay right. M'o shares every other weight with its reference.
"""

import copy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import ModelError
from engine.models.weight_files import check_only

P_ADAPTER_FILE = "p_adapter.safetensors"
PARTS = ("down.weight", "down.bias", "up.weight", "up.bias")


class PAdapter(nn.Module):
    """Replaces an embedding layer, and holds it: token ids [B, T] in, hidden states [B, T, H] out.

    `up` starts at 0, so that at first a model reads as it did before, bit for bit.
    """

    def __init__(self, embeddings: nn.Embedding, width: int) -> None:
        super().__init__()
        size = embeddings.embedding_dim
        self.embeddings = embeddings
        self.down, self.up = nn.Linear(size, width), nn.Linear(width, size)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self.to(embeddings.weight)  # on its device, in its precision

    def forward(self, ids: Tensor) -> Tensor:
        return self.adapt(self.embeddings(ids))

    def adapt(self, embedded: Tensor) -> Tensor:
        """[..., H] -> [..., H], each position alone."""
        moved: Tensor = self.up(functional.gelu(self.down(embedded)))
        return embedded + moved


def add_p_adapter(model: Any, width: int, seed: int) -> Any:
    """A copy of `model` that shares all its weights, with a fresh P-Adapter, seeded, whose parameters alone require
    gradients.

    Raises `ModelError` where the embedding layer is of an unknown kind.
    """
    torch.manual_seed(seed)
    adapted, p_adapter = _with_p_adapter(model, width)
    for part in (p_adapter.down, p_adapter.up):
        part.requires_grad_(True)
    return adapted


def _with_p_adapter(model: Any, width: int) -> tuple[Any, PAdapter]:
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    adapted = copy.deepcopy(model, memo=dict(shared))
    embeddings = adapted.get_input_embeddings()
    if not isinstance(embeddings, nn.Embedding):
        raise ModelError(f"a P-Adapter needs a plain embedding layer, and this model has a {type(embeddings).__name__}")
    p_adapter = PAdapter(embeddings, width)
    adapted.set_input_embeddings(p_adapter)
    return adapted.requires_grad_(False), p_adapter


def p_adapter_of(model: nn.Module) -> PAdapter | None:
    """The P-Adapter of a model, None where it has none."""
    return next((part for part in model.modules() if isinstance(part, PAdapter)), None)


def save_p_adapter(p_adapter: PAdapter, folder: Path) -> None:
    """Write its own four weights in fp32: they are small. The embeddings are the reference's."""
    state = p_adapter.state_dict()
    save_file(
        {name: state[name].detach().float().contiguous() for name in PARTS},
        folder / P_ADAPTER_FILE,
        metadata={"format": "pt"},
    )


def open_p_adapter(model: Any, folder: Path) -> Any:
    """A copy of `model` that shares all its weights, with the P-Adapter saved in `folder`.

    Raises `ModelError` that names the file, and the weight that is missing, unknown or of another shape.
    """
    path = folder / P_ADAPTER_FILE
    if not path.is_file():
        raise ModelError(f"{folder.name} has no {P_ADAPTER_FILE}")
    check_only(folder, P_ADAPTER_FILE)
    stored = load_file(path)
    if odd := sorted(stored.keys() ^ set(PARTS)):
        raise ModelError(
            f"{P_ADAPTER_FILE} of {folder.name} must hold {', '.join(PARTS)}; missing or unknown: {', '.join(odd)}"
        )
    adapted, p_adapter = _with_p_adapter(model, max(1, stored["down.bias"].numel()))
    expected = p_adapter.state_dict()
    for name, weight in stored.items():
        if weight.shape != expected[name].shape:
            raise ModelError(
                f"{P_ADAPTER_FILE} of {folder.name} does not fit its reference: {name} is {list(weight.shape)} and must"
                f" be {list(expected[name].shape)}"
            )
    p_adapter.load_state_dict(stored, strict=False)  # the embeddings are there already
    return adapted
