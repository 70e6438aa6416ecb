"""Decoding with an offset: token by token, three caches, fp32 combination.

Rows are (prompt, alpha) pairs: one batch may hold many prompts at many strengths. Rows that have ended leave the
batch. Greedy decoding in fp32 equals the uncached loop (tests hold it to that); sampling draws Gumbel noise keyed by
(seed, position), so a text does not depend on how it is decoded or what else is in the batch.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.caches import CachedModel, position_ids
from engine.models.offset import OffsetModel, combine_logits

LOOP_REPEATS, LOOP_PERIOD = 8, 4


class Decoded(NamedTuple):
    """Tokens of one answer without the end token. `ended`: the end token came before the limit."""

    tokens: tuple[int, ...]
    ended: bool
    degenerate: bool


class Settings(NamedTuple):
    """`temperature` 0 is greedy."""

    end: int
    pad: int
    max_new_tokens: int = 64
    temperature: float = 0.0
    seed: int = 0


def is_loop(tokens: Sequence[int]) -> bool:
    """True when the text ends in eight repeats of a period of at most four tokens."""
    for period in range(1, LOOP_PERIOD + 1):
        tail = tokens[-period * LOOP_REPEATS :]
        if len(tail) == period * LOOP_REPEATS and all(tail[i] == tail[i % period] for i in range(len(tail))):
            return True
    return False


def pad_left(prompts: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Ids and mask [B, T] with padding on the left, so that every row's next token stands in the same column."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
        mask[row, width - len(prompt) :] = 1
    return ids, mask


def choose(logits: Tensor, settings: Settings, position: int) -> Tensor:
    """The next token of every row: [B, V] -> [B]."""
    if settings.temperature == 0:
        return logits.argmax(-1)
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + position)
    uniform = torch.rand(logits.shape[-1], generator=generator).clamp(1e-20, 1 - 1e-7)
    noise = -torch.log(-torch.log(uniform)).to(logits.device)  # [V], the same for every row
    return (logits / settings.temperature + noise).argmax(-1)


class _Rows:
    """The rows still being decoded: their caches, mask and strengths.

    The pair reads only the rows at an alpha other than 0, `paired`; the others are the base's.
    """

    def __init__(self, model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], pad: int) -> None:
        ids, mask = pad_left(prompts, pad)
        self.ids, self.mask = ids.to(model.device), mask.to(model.device)
        self.alphas = torch.tensor(alphas, dtype=torch.float32, device=model.device).unsqueeze(1)  # [B, 1]
        self.index = list(range(len(prompts)))
        self.base = CachedModel(model.base, model.vocabulary)
        halves = [half for half in (model.reference, model.trained) if half is not None]
        self.pair = [CachedModel(half, model.vocabulary) for half in halves]
        self.paired = [row for row, alpha in enumerate(alphas) if alpha != 0] if len(halves) == 2 else []

    def read(self) -> Tensor:
        """Feed the newest columns to every model; return the ensemble's logits [B, V]."""
        positions = position_ids(self.mask)[:, -self.ids.shape[1] :]
        logits = self.base.next_logits(self.ids, self.mask, positions)
        if not self.paired:
            return logits
        rows = torch.tensor(self.paired, device=logits.device)
        ids, mask, places = self.ids[rows], self.mask[rows], positions[rows]
        reference, trained = (half.next_logits(ids, mask, places) for half in self.pair)
        logits[rows] = combine_logits(logits[rows], trained, reference, self.alphas[rows])
        return logits

    def append(self, chosen: Tensor, keep: list[int]) -> None:
        """Add one column of tokens, keeping the rows in `keep`."""
        if len(keep) < len(self.index):
            rows = torch.tensor(keep, device=self.mask.device)
            self.mask, self.alphas, chosen = self.mask[rows], self.alphas[rows], chosen[rows]
            self.index = [self.index[row] for row in keep]
            self.base.keep_rows(rows)
            self._keep_paired(keep)
        self.ids = chosen.unsqueeze(1)
        self.mask = torch.cat([self.mask, torch.ones_like(self.ids)], dim=1)

    def _keep_paired(self, keep: list[int]) -> None:
        """Drop from the pair's caches the rows that have ended, and number the others anew."""
        stay = [place for place, row in enumerate(self.paired) if row in keep]
        if len(stay) < len(self.paired) and stay:
            for half in self.pair:
                half.keep_rows(torch.tensor(stay, device=self.mask.device))
        self.paired = [keep.index(self.paired[place]) for place in stay]


def decode_stream(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> Iterator[list[Decoded]]:
    """Yield, after every token, all answers so far, in the order of `prompts`."""
    found: list[list[int]] = [[] for _ in prompts]
    ended, looped = [False] * len(prompts), [False] * len(prompts)
    with torch.inference_mode():
        rows = _Rows(model, prompts, alphas, settings.pad)
    for position in range(settings.max_new_tokens):
        with torch.inference_mode():  # entered anew for each token: a generator must not leave it on for its caller
            chosen = choose(rows.read(), settings, position)
            keep = []
            for row, (which, token) in enumerate(zip(rows.index, chosen.tolist(), strict=True)):
                if token == settings.end:
                    ended[which] = True
                    continue
                found[which].append(token)
                looped[which] = is_loop(found[which])
                if not looped[which]:
                    keep.append(row)
            if keep:
                rows.append(chosen, keep)
        yield [Decoded(tuple(t), e, d) for t, e, d in zip(found, ended, looped, strict=True)]
        if not keep:
            return


def decode(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> list[Decoded]:
    """All answers, decoded to their end."""
    answers: list[Decoded] = []
    for answers in decode_stream(model, prompts, alphas, settings):
        pass
    return answers
