"""Whether a model can be read as all models are read here; checked for every model that is loaded.

Its logits must be its output layer on its last hidden state, and a text must give the same in pieces and beside a
longer one. Families differ in all of that, and one that is read differently from its own code gives wrong figures
without an error.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.models.offset import decoder_of, head_of
from engine.models.readers import PlainReader

TOLERANCE = 1e-3  # of the size of the hidden states
STEEP = 100.0  # the spread of the logits that must come through unchanged


@torch.no_grad()
def check_reading(model: Any, name: str, vocabulary: int) -> None:
    """Refuse, as `ModelError`, a model of `vocabulary` tokens that would be read differently from its own code."""
    family = type(model).__name__
    if getattr(model, "_is_stateful", False):
        raise ModelError(f"{name} keeps a state instead of keys and values ({family}), which is not supported")
    try:
        _check_output(model, name, vocabulary)
        _check_pieces(model, name, vocabulary)
    except ModelError:
        raise
    except Exception as reason:  # the forward pass of any family may raise any error
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        raise ModelError(
            f"{name} cannot be read token by token ({family}), which is not supported: {first}"
        ) from reason


def _check_output(model: Any, name: str, vocabulary: int) -> None:
    """The output layer comes last: nothing between it and the last hidden state, and nothing after it.

    Large logits are used instead: the effect of a cap or a scale on the small ones of a short text can be lost in
    rounding.
    """
    family, head, seen = type(model).__name__, head_of(model), list[Tensor]()

    def steep(layer: Any, inputs: tuple[Tensor, ...], logits: Tensor) -> Tensor:
        seen.append(inputs[0])
        return torch.linspace(-STEEP, STEEP, logits.numel(), device=logits.device).view_as(logits)

    if head is None:
        raise ModelError(f"{name} has no output layer ({family}), which is not supported")
    ids = _ids(model, vocabulary)
    hook = head.register_forward_hook(steep)
    try:
        logits = model(input_ids=ids).logits
    finally:
        hook.remove()
    for size, what in ((logits.shape[-1], "logit columns"), (_embeddings(model), "input embeddings")):
        if size < vocabulary:
            raise ModelError(f"{name} has {size} {what}, fewer than the {vocabulary} tokens of its tokenizer")
    straight = torch.linspace(-STEEP, STEEP, logits.numel(), device=logits.device).view_as(logits)
    if not seen or not torch.allclose(logits.float(), straight):
        raise ModelError(f"{name} changes its logits after the output layer ({family}), which is not supported")
    if not _alike(seen[0], decoder_of(model)(input_ids=ids, use_cache=False).last_hidden_state):
        raise ModelError(
            f"{name} changes its last hidden state before the output layer ({family}), which is not supported"
        )


def _check_pieces(model: Any, name: str, vocabulary: int) -> None:
    """A text gives the same whole, in pieces, and padded on the left beside a longer one."""
    family, ids, padding = type(model).__name__, _ids(model, vocabulary), 2
    decoder = decoder_of(model)
    whole = decoder(input_ids=ids, use_cache=False).last_hidden_state[0]
    short = decoder(input_ids=ids[:, padding:], use_cache=False).last_hidden_state[0]
    rows, mask = ids.repeat(2, 1), torch.ones_like(ids).repeat(2, 1)
    rows[1, :padding], mask[1, :padding] = ids[0, 0], 0
    positions = torch.clamp(mask.cumsum(-1) - 1, min=0)
    reader, swapped = PlainReader(model), torch.tensor([1, 0], device=ids.device)
    parts = list[Tensor]()
    for first, last in pairwise((0, ids.shape[1] - 2, ids.shape[1] - 1, ids.shape[1])):
        parts.append(reader.read(rows[:, first:last], positions[:, first:last], mask[:, :last]))
        reader.keep_rows(swapped)  # while answers grow, rows are dropped and copied
        rows, mask, positions = (part.flip(0) for part in (rows, mask, positions))
    found = torch.cat([parts[0], parts[1].flip(0), parts[2]], dim=1)
    if not _alike(found[0], whole):
        raise ModelError(f"{name} reads a text in pieces differently from the whole ({family}), which is not supported")
    if not _alike(found[1, padding:], short):
        raise ModelError(f"{name} reads a text differently beside a longer one ({family}), which is not supported")


def _ids(model: Any, vocabulary: int) -> Tensor:
    """Some tokens from all over the vocabulary: [1, 7]."""
    last = min(vocabulary, _embeddings(model)) - 1
    return torch.linspace(0, last, 7, device=next(model.parameters()).device).long()[None]


def _embeddings(model: Any) -> int:
    return int(model.get_input_embeddings().weight.shape[0])


def _alike(found: Tensor, wanted: Tensor) -> bool:
    gap = torch.linalg.vector_norm(found.float() - wanted.float())
    return bool(gap <= TOLERANCE * torch.linalg.vector_norm(wanted.float()))
