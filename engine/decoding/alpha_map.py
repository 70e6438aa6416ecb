"""The exact map over alpha: every greedy answer that any alpha of a range gives, and the alphas at which it changes.

After a fixed prefix the next greedy token is argmax_v (l_v + alpha d_v), with l the base's logits and d the offset: a
token is a line in alpha, the winners are the upper envelope of V lines, and each token wins on one interval at most.
Every interval is followed as a branch with its own caches, all branches in one batch, until each has ended.
All of it in fp32; the map does not separate what logits cannot (`LOGIT_ERROR`).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.decoding.choosing import Settings, is_loop
from engine.models.finite import best_of
from engine.models.offset import OffsetModel, combine_logits
from engine.models.readers import open_ensemble
from engine.settings import check_range

LOGIT_ERROR = 1e-4  # fp32 logits of one prefix move by this much with the shape of the batch they are computed in
BRANCHES_AT_MOST = 256


class TokenPiece(NamedTuple):
    """`token` wins from `low` to `high`; `error` is how far `high` may be off. In alpha, which has no unit."""

    low: float
    high: float
    token: int
    error: float


class AnswerInterval(NamedTuple):
    """One answer and the alphas that give it: from `low` to `high`, each border known to within its error.

    `ended` False: the limit of tokens cut it. `degenerate`: it repeated itself in a loop and was cut there. `followed`
    False: the limit of branches was reached before it had ended, so `tokens` is only how it begins.
    """

    low: float
    high: float
    low_error: float
    high_error: float
    tokens: tuple[int, ...]
    ended: bool
    degenerate: bool
    followed: bool


class AlphaMap(NamedTuple):
    """Intervals in the order of alpha, without gaps. `merged` counts pieces that were narrower than their error."""

    intervals: tuple[AnswerInterval, ...]
    merged: int

    @property
    def complete(self) -> bool:
        return all(interval.followed for interval in self.intervals)

    def at(self, alpha: float) -> AnswerInterval:
        """The interval that holds `alpha`; raises `ValueError` outside the range."""
        for interval in self.intervals:
            if interval.low <= alpha <= interval.high:
                return interval
        raise ValueError(
            f"alpha {alpha:g} lies outside the map, {self.intervals[0].low:g} to {self.intervals[-1].high:g}"
        )


class _Branch(NamedTuple):
    low: float
    high: float
    low_error: float
    high_error: float
    tokens: tuple[int, ...] = ()

    def closed(self, *, ended: bool = False, degenerate: bool = False, followed: bool = True) -> AnswerInterval:
        return AnswerInterval(*self, ended=ended, degenerate=degenerate, followed=followed)


class Logits(NamedTuple):
    """Next-token logits of the base and the offset M'o - Mo, each [B, V] or [V]: heights at alpha 0, and slopes."""

    base: Tensor
    offset: Tensor

    def row(self, index: int) -> "Logits":
        return Logits(*(part[index] for part in self))

    def winner(self, alpha: float | Tensor) -> Tensor:
        """The greedy token at `alpha`: [B] or a scalar."""
        combined = combine_logits(self.base, self.offset, torch.zeros((), device=self.base.device), alpha)
        return best_of(combined, "the mapped models")

    def line(self, token: int) -> tuple[float, float]:
        """Height at alpha 0 and slope of a token of one row."""
        return float(self.base[token]), float(self.offset[token])


def map_prompt(
    model: OffsetModel,
    prompt: Sequence[int],
    settings: Settings,
    low: float = 0.0,
    high: float = 2.0,
    branches: int = BRANCHES_AT_MOST,
    progress: Callable[[int, int], None] | None = None,
) -> AlphaMap:
    """Every greedy answer to `prompt` for alpha from `low` to `high`; `settings` as in a plain greedy decode.

    `progress(tokens, branches)` is called after each token. Above `branches` branches the narrowest are not
    followed to their end, and are marked. Raises `SettingError` when the range is not legal.
    """
    check_range(low, high)
    alive, done, merged = [_Branch(low, high, 0.0, 0.0)], list[AnswerInterval](), 0
    with torch.inference_mode():
        reader = _Reader(model, prompt)
        for position in range(settings.max_new_tokens):
            split = _split(reader.read(), alive)
            merged += split.merged
            alive, kept = [], list[int]()
            for row, branch in split.branches:
                if branch.tokens[-1] in settings.ends:
                    done.append(branch._replace(tokens=branch.tokens[:-1]).closed(ended=True))
                elif is_loop(branch.tokens):
                    done.append(branch.closed(degenerate=True))
                else:
                    alive.append(branch)
                    kept.append(row)
            alive, kept, dropped = _widest(alive, kept, branches - len(done))
            done += [branch.closed(followed=False) for branch in dropped]
            if progress:
                progress(position + 1, len(alive) + len(done))
            if not alive:
                break
            reader.append([branch.tokens[-1] for branch in alive], kept)
    done += [branch.closed() for branch in alive]
    return AlphaMap(tuple(sorted(done, key=lambda interval: (interval.low, interval.high))), merged)


class _Reader:
    """The caches of all branches; all have read equally many tokens, so nothing is padded."""

    def __init__(self, model: OffsetModel, prompt: Sequence[int]) -> None:
        self.device = model.device
        self.ids = torch.tensor([list(prompt)], dtype=torch.long, device=self.device)
        self.base, self.pair, self.output = open_ensemble(model)

    def read(self) -> Logits:
        base = self.output.base(self.base.read(self.ids)[:, -1])
        if self.pair is None:
            return Logits(base, torch.zeros_like(base))
        trained, reference = self.pair.read(self.ids)
        return Logits(base, self.output.offset(trained[:, -1], reference[:, -1]))

    def append(self, tokens: Sequence[int], parents: Sequence[int]) -> None:
        """Continue with one row per token, each after its parent row."""
        if list(parents) != list(range(len(self.ids))):
            rows = torch.tensor(parents, device=self.device)
            self.base.keep_rows(rows)
            if self.pair is not None:
                self.pair.keep_rows(rows)
        self.ids = torch.tensor(tokens, dtype=torch.long, device=self.device).unsqueeze(1)


class _Split(NamedTuple):
    branches: list[tuple[int, _Branch]]  # with the parent row of each
    merged: int


def _split(logits: Logits, alive: Sequence[_Branch]) -> _Split:
    """Every branch extended by its next token; where that depends on alpha, one branch per piece."""
    ends = [torch.tensor([[branch[end]] for branch in alive], device=logits.base.device) for end in (0, 1)]
    first, last = (logits.winner(end).tolist() for end in ends)
    found, merged = list[tuple[int, _Branch]](), 0
    for row, branch in enumerate(alive):
        if first[row] == last[row]:  # convex: what wins at both ends wins between them
            found.append((row, branch._replace(tokens=(*branch.tokens, first[row]))))
            continue
        pieces = envelope(logits.row(row), branch.low, branch.high)
        kept, low_error = _wide(pieces, branch.low_error, branch.high_error)
        merged += len(pieces) - len(kept)
        found += [(row, child) for child in _children(branch, kept, low_error)]
    return _Split(found, merged)


def _children(branch: _Branch, pieces: Sequence[TokenPiece], low_error: float) -> list[_Branch]:
    """One branch per piece; the outer borders stay where the parent's are."""
    errors = [low_error, *(piece.error for piece in pieces)]
    return [
        _Branch(piece.low, piece.high, errors[place], errors[place + 1], (*branch.tokens, piece.token))
        for place, piece in enumerate(pieces)
    ]


def _widest(alive: list[_Branch], rows: list[int], room: int) -> tuple[list[_Branch], list[int], list[_Branch]]:
    """The `room` widest branches with their rows, in their order, and those that are dropped."""
    if len(alive) <= room:
        return alive, rows, []
    ranked = sorted(range(len(alive)), key=lambda place: alive[place].low - alive[place].high)
    kept = sorted(ranked[: max(room, 0)])
    dropped = sorted(ranked[max(room, 0) :])
    return [alive[place] for place in kept], [rows[place] for place in kept], [alive[place] for place in dropped]


def envelope(logits: Logits, low: float, high: float) -> list[TokenPiece]:
    """Which token wins where between `low` and `high`, for one row of logits [V]."""
    first, last = int(logits.winner(low)), int(logits.winner(high))
    return _pieces(logits, low, high, first, last)


def _pieces(logits: Logits, low: float, high: float, first: int, last: int) -> list[TokenPiece]:
    """Where the winners at both ends differ, look at who wins where their lines cross, and recurse."""
    if first == last:
        return [TokenPiece(low, high, first, 0.0)]
    (height, slope), (other_height, other_slope) = logits.line(first), logits.line(last)
    if other_slope <= slope:  # equal within rounding: a tie, which goes to the winner at the lower end
        return [TokenPiece(low, high, first, 0.0)]
    crossing = min(max((height - other_height) / (other_slope - slope), low), high)
    between = int(logits.winner(crossing))
    above, climb = logits.line(between)
    if between in (first, last) or not low < crossing < high or above + crossing * climb <= height + crossing * slope:
        return [
            TokenPiece(low, crossing, first, LOGIT_ERROR / (other_slope - slope)),
            TokenPiece(crossing, high, last, 0.0),
        ]
    left, right = _pieces(logits, low, crossing, first, between), _pieces(logits, crossing, high, between, last)
    joined = TokenPiece(left[-1].low, right[0].high, between, right[0].error)
    return [*left[:-1], joined, *right[1:]]


def _wide(
    pieces: Sequence[TokenPiece], low_error: float = 0.0, high_error: float = 0.0
) -> tuple[list[TokenPiece], float]:
    """Without the pieces narrower than the error of one of their borders: the neighbor to the left takes their place.

    The remaining border is then known to within both errors and the width of what was removed. `low_error` and
    `high_error` are those of the outer borders; the new one of the lower is returned, that of the upper is the last
    piece's.
    """
    kept: list[TokenPiece] = []
    before = low_error  # error of the border on the left
    for piece in [*pieces[:-1], pieces[-1]._replace(error=high_error)]:
        width, error = piece.high - piece.low, piece.error
        if kept and width < max(before, error):
            last = kept.pop()
            piece = TokenPiece(last.low, piece.high, last.token, before + width + error)
        kept.append(piece)
        before = piece.error
    first = kept[0]
    if len(kept) > 1 and first.high - first.low < max(low_error, first.error):  # it has no neighbor to the left
        low_error += first.high - first.low + first.error
        kept[1] = kept[1]._replace(low=first.low)
        del kept[0]
    return kept, low_error
