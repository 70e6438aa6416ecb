"""Greedy decoding in which several models are read and a rule over their logits chooses: the basis of attacks on a
pair.

Plain decoding has one rule, the ensemble's; here each model also has its own prompt.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.data.prompts import pad_token, stop_tokens
from engine.decoding.choosing import Growing, Settings
from engine.models.finite import best_of
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.readers import open_ensemble

PLAUSIBLE_NATS = 5.0  # below the likeliest token: tokens further down are not chosen (Wu et al., arXiv 2505.24379)

Rule = Callable[[Sequence[Tensor]], Tensor]  # the voices' logits, each [V], to values to take the largest of: [V]


class Voice:
    """One model that reads the chosen tokens. `model` is a base without a pair."""

    def __init__(self, model: OffsetModel, prompt: Sequence[int]) -> None:
        if model.reference is not None:
            raise ValueError("a voice is one model, not an ensemble")
        ensemble = open_ensemble(model)
        self.reader, self.output, self.device = ensemble.base, ensemble.output, model.device
        self.pending = list(prompt)

    def speak(self) -> Tensor:
        """Next-token logits after everything read so far, fp32: [V]."""
        ids = torch.tensor([self.pending], dtype=torch.long, device=self.device)
        self.pending = []
        return self.output.base(self.reader.read(ids)[:, -1])[0]


def decode_guided(pair: LoadedPair, voices: Sequence[Voice], rule: Rule, max_new_tokens: int) -> str:
    """The text that `rule` chooses token by token; `pair` gives the tokenizer."""
    ends = stop_tokens(pair.tokenizer, pair.template, pair.ends)
    answer = Growing(Settings(ends, pad_token(pair.tokenizer), max_new_tokens))
    with torch.inference_mode():
        while not answer.over:
            token = int(best_of(rule([voice.speak() for voice in voices]), "the models asked"))
            if not answer.add(token):
                break
            for voice in voices:
                voice.pending = [token]
    return str(pair.tokenizer.decode(answer.tokens, skip_special_tokens=True)).strip()


def plausible(logits: Tensor, guide: Tensor, nats: float = PLAUSIBLE_NATS) -> Tensor:
    """`logits` with every token left out that `guide` finds more than `nats` less likely than its best: [V] each."""
    return logits.masked_fill(guide < guide.max() - nats, -torch.inf)
