"""Many rows at once, token by token: three caches, fp32 combination. A row is a prompt and an alpha.

Rows that have ended leave the batch. Greedy decoding in fp32 equals the uncached loop (tests hold it to that).
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.decoding.choosing import Decoded, Growing, Settings, choose_tokens
from engine.models.offset import OffsetModel
from engine.models.readers import open_ensemble


def pad_left(prompts: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Ids and mask [B, T] with padding on the left, so that every row's next token is in the same column."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
        mask[row, width - len(prompt) :] = 1
    return ids, mask


class _Rows:
    """The rows still being decoded: their caches, mask and strengths.

    The pair reads only the rows at an alpha other than 0, `paired`; the others are the base's.
    """

    def __init__(self, model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], pad: int) -> None:
        ids, mask = pad_left(prompts, pad)
        self.ids, self.mask = ids.to(model.device), mask.to(model.device)
        self.alphas = torch.tensor(alphas, dtype=torch.float32, device=model.device).unsqueeze(1)  # [B, 1]
        self.index = list(range(len(prompts)))
        self.base, self.pair, self.output = open_ensemble(model)
        self.paired = [row for row, alpha in enumerate(alphas) if alpha != 0] if self.pair else []
        self.padded = bool((mask == 0).any())

    def read(self) -> Tensor:
        """Feed the newest columns to every model; return the ensemble's logits [B, V]."""
        positions = torch.clamp(self.mask.cumsum(-1) - 1, min=0)[:, -self.ids.shape[1] :] if self.padded else None
        hidden = self.base.read(self.ids, positions, self.mask if self.padded else None)[:, -1]
        if self.pair is None or not self.paired:
            return self.output.base(hidden)
        rows = torch.tensor(self.paired, device=hidden.device)
        where = None if positions is None else positions[rows]
        mask = self.mask[rows] if self.padded else None
        trained, reference = self.pair.read(self.ids[rows], where, mask)
        return self.output.mixed(hidden, rows, trained[:, -1], reference[:, -1], self.alphas[rows])

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
        """Drop from the pair's caches the rows that have ended, and renumber the others."""
        stay = [place for place, row in enumerate(self.paired) if row in keep]
        if self.pair is not None and len(stay) < len(self.paired) and stay:
            self.pair.keep_rows(torch.tensor(stay, device=self.mask.device))
        self.paired = [keep.index(self.paired[place]) for place in stay]


def stream_rows(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> Iterator[list[Decoded]]:
    """Yield, after every token, all answers so far, in the order of `prompts`."""
    answers = [Growing(settings) for _ in prompts]
    with torch.inference_mode():
        rows = _Rows(model, prompts, alphas, settings.pad)
    for position in range(settings.max_new_tokens):
        with torch.inference_mode():  # entered again for each token: a generator must not leave it on for its caller
            chosen = choose_tokens(rows.read(), settings, position)
            tokens = zip(rows.index, chosen.tolist(), strict=True)
            keep = [row for row, (which, token) in enumerate(tokens) if answers[which].add(token)]
            if keep:
                rows.append(chosen, keep)
        yield [answer.decoded() for answer in answers]
        if not keep:
            return
