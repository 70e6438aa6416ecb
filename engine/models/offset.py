"""The formula, and three models read through it.

    logits_M + alpha * (logits_M'o - logits_Mo)            (offset unlearning, arXiv 2404.11045, eq. 1)

`combine_logits` is the only place that computes it: training, scoring and decoding all call it.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.prompts import AnswerBatch


def combine_logits(base: Tensor, trained: Tensor, reference: Tensor, alpha: float | Tensor) -> Tensor:
    """The ensemble's logits in fp32, of the shape of `base`: base + alpha * (trained - reference).

    `alpha` is a number or a tensor that broadcasts over `base`. Rows at alpha 0 are the base bit for bit, even where
    trained and reference hold infinities. The subtraction comes before the addition: (b - o) + o is not b in fp32.
    """
    base = base.float()
    offset = trained.float() - reference.float()
    if not isinstance(alpha, Tensor):
        return base if alpha == 0 else base + alpha * offset
    alpha = alpha.to(base.dtype)
    return torch.where(alpha == 0, base, base + alpha * offset)


class AnswerLogits(NamedTuple):
    """Logits that predict N answer tokens, packed; each [N, V], fp32."""

    base: Tensor
    reference: Tensor
    trained: Tensor


def answer_logits(model: Any, batch: AnswerBatch, vocabulary: int) -> Tensor:
    """The N rows of logits that predict the answer tokens of `batch`: [N, V], fp32.

    The output layer runs on those positions alone: it is a large share of a small model's work.
    """
    device = next(model.parameters()).device
    hidden = decoder_of(model)(input_ids=batch.ids.to(device), attention_mask=batch.mask.to(device), use_cache=False)
    picked = hidden.last_hidden_state[batch.rows.to(device), batch.columns.to(device)]  # [N, H]
    return cut_vocabulary(head_of(model)(picked), vocabulary).float()


def cut_vocabulary(logits: Tensor, vocabulary: int) -> Tensor:
    """Drop logit columns without a token: model families pad their vocabularies differently."""
    return logits[..., :vocabulary]


def unwrapped(model: Any) -> Any:
    """The causal LM itself, also inside a peft wrapper (whose adapter stays active in its layers)."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def decoder_of(model: Any) -> Any:
    """The transformer below the output layer."""
    return unwrapped(model).base_model


def head_of(model: Any) -> Any:
    return unwrapped(model).get_output_embeddings()


def _limits(config: Any) -> list[int | None]:
    """How many tokens can be read. Beyond the second, "longrope" rotates keys differently, cached ones too."""
    rope = getattr(config, "rope_parameters", None) or {}
    kinds = [
        rope,
        *(kind for kind in rope.values() if isinstance(kind, dict)),
    ]  # some families have one for each kind of layer
    switches = [kind.get("original_max_position_embeddings") for kind in kinds if kind.get("rope_type") == "longrope"]
    return [getattr(config, "max_position_embeddings", None), *switches]


class Factors(NamedTuple):
    """What an adapter adds to one linear layer: x -> up (down x), with `down` [rank, in] and `up` [out, rank]."""

    down: Tensor
    up: Tensor


Adapter = dict[str, Factors]  # by the layer's name below the decoder: "layers.0.mlp.up_proj"


def context_of(*models: Any) -> int | None:
    """How many tokens the model of `models` with the shortest context can read; None where no model says. A None
    among them is ignored.
    """
    configs = [unwrapped(model).config.get_text_config(decoder=True) for model in models if model is not None]
    return min((limit for config in configs for limit in _limits(config) if limit), default=None)


class OffsetModel(nn.Module):
    """A base with a pair, for reading: no gradients. Without a pair every alpha reads as the base alone.

    `adapter`, where M'o is Mo with a LoRA: what that adds, so that both can be read in one pass.
    """

    def __init__(
        self,
        base: nn.Module,
        reference: nn.Module | None,
        trained: nn.Module | None,
        vocabulary: int,
        adapter: Adapter | None = None,
    ) -> None:
        super().__init__()
        self.base, self.reference, self.trained, self.vocabulary = base, reference, trained, vocabulary
        self.adapter = adapter
        self.requires_grad_(False)
        self.eval()

    @property
    def device(self) -> torch.device:
        return next(self.base.parameters()).device

    @property
    def context(self) -> int | None:
        """How many tokens the model with the shortest context can read; None where no model says."""
        return context_of(self.base, self.reference, self.trained)

    @torch.inference_mode()
    def answer_logits(self, batch: AnswerBatch) -> AnswerLogits:
        """One forward pass of each model over `batch`."""
        base = answer_logits(self.base, batch, self.vocabulary)
        if self.reference is None or self.trained is None:
            return AnswerLogits(base, base, base)
        reference = answer_logits(self.reference, batch, self.vocabulary)
        return AnswerLogits(base, reference, answer_logits(self.trained, batch, self.vocabulary))
