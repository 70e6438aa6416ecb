"""A thin reader of Llama without gradients: the same function as in transformers, with little around it.

transformers' own forward pass serves every family, trains, and is what this one is tested against (`thin_llama`
compares the two before it returns one). This one knows one family, keeps keys and values in one tensor, and multiplies
by the fastest kernel there is (kernels.py). At this size that is a third of the time.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.kernels import Product, may_be_copied, product
from engine.models.offset import Adapter
from engine.models.p_adapter import PAdapter

ROPE_TYPES = ("default", "linear", "llama3")  # those whose angles do not depend on the length read
TOLERANCE = 1e-3  # relative and absolute, on the last hidden state


class KeyValues:
    """Keys and values of what has been read, for a fixed number of rows: each [layers, B, heads, room, head size]."""

    def __init__(self) -> None:
        self.length = 0
        self.keys = self.values = torch.empty(0)

    def make_room(self, layers: int, rows: int, heads: int, columns: int, size: int, like: Tensor) -> None:
        """Space for `columns` more; existing columns are copied at most once per doubling."""
        needed = self.length + columns
        if self.keys.numel() and needed <= self.keys.shape[3]:
            return
        old = (self.keys, self.values)
        room = (layers, rows, heads, max(64, 2 * needed), size)
        self.keys, self.values = (torch.zeros(room, dtype=like.dtype, device=like.device) for _ in range(2))
        if self.length:
            self.keys[..., : self.length, :] = old[0][..., : self.length, :]
            self.values[..., : self.length, :] = old[1][..., : self.length, :]

    @property
    def rows(self) -> int:
        return self.keys.shape[1]

    @torch.inference_mode()
    def keep_rows(self, rows: Tensor) -> None:
        self.keys, self.values = (part[:, rows, :, : self.length] for part in (self.keys, self.values))

    @torch.inference_mode()
    def keep_columns(self, first: int, columns: list[int]) -> None:
        """Keep the first `first` columns, and after them `columns`, in that order."""
        self.length = first + len(columns)
        if columns != list(range(first, self.length)):
            for part in (self.keys, self.values):
                part[..., first : self.length, :] = part[..., columns, :]


class _Layer(NamedTuple):
    norm: Tensor
    qkv: Product
    out: Product
    middle_norm: Tensor
    gate_up: Product
    down: Product


class ThinLlama:
    """The transformer below the output layer. `model` is a `LlamaForCausalLM` that `fits`.

    With an `adapter` or a `p_adapter`, two models in one: of the rows it reads, the second half uses it, the first
    does not. Two rows through one set of weights cost what one row costs. A P-Adapter in `model` itself applies to
    every row.
    """

    def __init__(self, model: Any, adapter: Adapter | None = None, p_adapter: PAdapter | None = None) -> None:
        config, decoder = model.config, model.base_model
        self.heads, self.shared_heads = config.num_attention_heads, config.num_key_value_heads
        self.size = decoder.layers[0].self_attn.head_dim
        self.epsilon = config.rms_norm_eps
        own = decoder.embed_tokens if isinstance(decoder.embed_tokens, PAdapter) else None
        self.embeddings = (own.embeddings if own else decoder.embed_tokens).weight.detach()
        self.own_p_adapter, self.p_adapter = own, p_adapter
        self.norm = decoder.norm.weight.detach()
        self.adapter = adapter
        self.layers = [self._layer(f"layers.{number}", layer) for number, layer in enumerate(decoder.layers)]
        self.rotary = decoder.rotary_emb
        self.turns = self._turns(256)

    def _layer(self, name: str, layer: Any) -> _Layer:
        return _Layer(
            layer.input_layernorm.weight.detach(),
            self._joined(f"{name}.self_attn", layer.self_attn, "q_proj", "k_proj", "v_proj"),
            self._joined(f"{name}.self_attn", layer.self_attn, "o_proj"),
            layer.post_attention_layernorm.weight.detach(),
            self._joined(f"{name}.mlp", layer.mlp, "gate_proj", "up_proj"),
            self._joined(f"{name}.mlp", layer.mlp, "down_proj"),
        )

    def _joined(self, place: str, owner: Any, *names: str) -> Product:
        """Linear layers that read the same input as one, with their adapters as one."""
        weights = [self._ordered(name, getattr(owner, name).weight.detach()) for name in names]
        joined = product(torch.cat(weights))
        if self.adapter is None:
            return joined
        factors = [self.adapter[f"{place}.{name}"] for name in names]
        down = torch.cat([factor.down for factor in factors])
        ups = [self._ordered(name, factor.up) for name, factor in zip(names, factors, strict=True)]
        return _adapted(joined, down, torch.block_diag(*ups))

    def _ordered(self, name: str, weight: Tensor) -> Tensor:
        return self._interleaved(weight) if name in ("q_proj", "k_proj") else weight

    def _interleaved(self, weight: Tensor) -> Tensor:
        """Rows of each head ordered so that each rotated pair is adjacent and a rotation is one complex product.

        transformers pairs row i with row i + size / 2. Queries and keys are reordered in the same way, so their
        products stay.
        """
        parts = weight.view(-1, 2, self.size // 2, weight.shape[1])
        return parts.transpose(1, 2).reshape(weight.shape)

    def _turns(self, positions: int) -> Tensor:
        """exp(i angle) of every position: [positions, size / 2], complex."""
        places = torch.arange(positions, device=self.embeddings.device).unsqueeze(0)
        cosine, sine = self.rotary(self.embeddings, places)
        half = self.size // 2
        return torch.complex(cosine[0, :, :half].float().contiguous(), sine[0, :, :half].float().contiguous())

    @torch.inference_mode()
    def read(
        self,
        ids: Tensor,
        cache: KeyValues,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
        follows: Tensor | None = None,
    ) -> Tensor:
        """Read `ids` [B, T] after what `cache` holds; return the last hidden states, normed: [B, T, H].

        Without padding neither `positions` [B, T] nor `mask` [B, cached + T] (1 = a real token) is needed. `follows`
        [T, T] says which of the new tokens each one sees where they form a tree, not a sequence.
        """
        (rows, width), past = ids.shape, cache.length
        cache.make_room(len(self.layers), rows, self.shared_heads, width, self.size, self.embeddings)
        cache.length = past + width
        while len(self.turns) < cache.length:
            self.turns = self._turns(2 * len(self.turns))
        turns = self.turns[past : cache.length][None] if positions is None else self.turns[positions]
        causal = torch.ones((width, cache.length), dtype=torch.bool, device=ids.device).tril(past)
        if follows is not None:
            causal[:, past:] = follows
        seen = None if width == 1 and mask is None else _seen(causal, self.heads // self.shared_heads, mask)
        hidden = self._embed(ids)
        for layer, keys, values in zip(self.layers, cache.keys, cache.values, strict=True):
            normed = self._normed(hidden, layer.norm)
            hidden = hidden + layer.out(self._attend(layer.qkv(normed), turns, keys, values, past, seen))
            gate, up = layer.gate_up(self._normed(hidden, layer.middle_norm)).chunk(2, -1)
            hidden = hidden + layer.down(F.silu(gate).mul_(up))
        return self._normed(hidden, self.norm)

    def _embed(self, ids: Tensor) -> Tensor:
        """What the first layer reads: [B, T] -> [B, T, H]."""
        hidden = F.embedding(ids, self.embeddings)
        if self.own_p_adapter is not None:
            hidden = self.own_p_adapter.adapt(hidden)
        if self.p_adapter is not None:
            half = len(ids) // 2
            hidden[half:] = self.p_adapter.adapt(hidden[half:])
        return hidden

    def _normed(self, hidden: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(hidden, (hidden.shape[-1],), weight, self.epsilon)

    def _attend(
        self, joined: Tensor, turns: Tensor, keys: Tensor, values: Tensor, past: int, seen: Tensor | None
    ) -> Tensor:
        """One layer's attention over what is cached and what is new: [B, T, (heads + 2 shared) size] -> [B, T, H]."""
        rows, width, _ = joined.shape
        until, group = past + width, self.heads // self.shared_heads
        parts = joined.view(rows, width, -1, self.size)
        turned = torch.view_as_complex(parts[:, :, : -self.shared_heads].unflatten(-1, (-1, 2))) * turns[:, :, None]
        turned = torch.view_as_real(turned).flatten(-2)
        keys[:, :, past:until] = turned[:, :, self.heads :].transpose(1, 2)
        values[:, :, past:until] = parts[:, :, -self.shared_heads :].transpose(1, 2)
        # The heads that share keys are stacked as further queries: [B, shared heads, group x T, size].
        queries = (
            turned[:, :, : self.heads].unflatten(2, (self.shared_heads, group)).permute(0, 2, 3, 1, 4).flatten(2, 3)
        )
        found = F.scaled_dot_product_attention(queries, keys[:, :, :until], values[:, :, :until], attn_mask=seen)
        together: Tensor = found.unflatten(2, (group, width)).permute(0, 3, 1, 2, 4).flatten(2)
        return together


def _adapted(joined: Product, down: Tensor, up: Tensor) -> Product:
    def run(rows: Tensor) -> Tensor:
        found, half = joined(rows), len(rows) // 2
        found[half:] += F.linear(F.linear(rows[half:], down), up)
        return found

    return run


def _seen(causal: Tensor, group: int, mask: Tensor | None) -> Tensor:
    """Which columns each query attends to, `causal` [T, cached + T] less padding: [1 or B, 1, group x T, cached +
    T].
    """
    if mask is None:
        return causal.repeat(group, 1)[None, None]
    allowed = causal & mask.bool()[:, None, :]
    # Padding sees itself, so that every query sees something.
    allowed[:, :, -len(causal) :] |= torch.eye(len(causal), dtype=torch.bool, device=mask.device)
    return allowed.repeat(1, group, 1)[:, None]


def fits(model: Any, adapter: Adapter | None = None) -> bool:
    """Whether a model is of the one family with a thin reader: a plain Llama, without biases or an open adapter,
    not too large.

    With `adapter`: whether that has factors for each of its linear layers, and for nothing else.
    """
    config = getattr(model, "config", None)
    if type(model).__name__ != "LlamaForCausalLM" or config is None:
        return False
    if any(weight.dtype != torch.float32 for weight in model.parameters()):
        return False
    rope = getattr(config, "rope_parameters", None) or {}
    layer = model.base_model.layers[0]
    linears = [getattr(part, name) for part, names in _LINEARS for part in [getattr(layer, part)] for name in names]
    plain = all(type(linear) is nn.Linear and linear.bias is None for linear in linears)
    names = {
        f"layers.{n}.{part}.{name}"
        for n in range(config.num_hidden_layers)
        for part, names in _LINEARS
        for name in names
    }
    if adapter is not None and adapter.keys() != names:
        return False
    whole = rope.get("partial_rotary_factor", 1.0) == 1.0
    return (
        plain
        and whole
        and type(model.base_model.embed_tokens) in (nn.Embedding, PAdapter)
        and may_be_copied(model.parameters())
        and config.hidden_act == "silu"
        and rope.get("rope_type", "default") in ROPE_TYPES
    )


_LINEARS = (("self_attn", ("q_proj", "k_proj", "v_proj", "o_proj")), ("mlp", ("gate_proj", "up_proj", "down_proj")))


def thin_llama(model: Any) -> ThinLlama | None:
    """A thin reader of `model`; None where it is of another family, or where the two readings would differ."""
    if not fits(model):
        return None
    thin = ThinLlama(model)
    ids = torch.linspace(0, len(thin.embeddings) - 1, 12, device=thin.embeddings.device).long().view(2, 6)
    with torch.inference_mode():
        theirs = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
    return thin if torch.allclose(thin.read(ids, KeyValues()), theirs, atol=TOLERANCE, rtol=TOLERANCE) else None
