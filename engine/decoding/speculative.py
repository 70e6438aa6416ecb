"""One row, several tokens a pass of the base: M'o drafts, the base reads the draft at once, the ensemble decides.

The text is that of plain decoding: a drafted token is kept only where the ensemble itself chooses it, and the first one
it does not choose is replaced by its own choice (Leviathan et al. 2023, arXiv 2211.17192, for argmax). A draft is a
small tree: what M'o finds likeliest is continued, and beside each step are its next best (as in SpecInfer, arXiv
2305.09781), which cost the base's pass little. Every kept token is read by all three models once: the ensemble uses
what the pair computed for the draft, and where the base has read ahead of the pair, its next pass is saved.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.decoding.choosing import Decoded, Growing, Settings, choose_tokens, rated
from engine.models.offset import OffsetModel
from engine.models.readers import Ensemble, Pair, open_ensemble

DEEPEST, WIDTH = 6, 4
# In passes of the base with its output layer, from the demo on a CPU: the pair's pass, one more token in the base's
# pass, the output layer. They decide how much is drafted, never what is written.
PAIR_COST, TOKEN_COST, OUTPUT_COST = 0.25, 0.03, 0.15


class DraftDepth:
    """How deep to draft: what promises the most tokens for the time, given what was kept so far.

    No clock is read, so the same text is drafted in the same way every time.
    """

    LEARNING, FADING = 0.1, 0.02
    FIRST, AMONG = 0.5, 0.7  # shares while nothing is known

    def __init__(self, width: int) -> None:
        self.width = width
        self.first, self.among = self.FIRST, self.AMONG  # the likeliest was kept; one of `width` was kept

    def best(self) -> int:
        return max(range(DEEPEST + 1), key=self._tokens_per_pass)

    def _tokens_per_pass(self, depth: int) -> float:
        if depth == 0:
            return 1 / (1 + PAIR_COST)
        reached = sum(self.first**level for level in range(depth))
        ahead = reached * (self.among - self.first) + self.first**depth  # the base's pass covers one more token
        drafting = depth * (PAIR_COST + self.width * TOKEN_COST)
        return (reached + ahead) / (1 + drafting + ahead * (PAIR_COST + OUTPUT_COST))

    def learn(self, places: Sequence[int | None]) -> None:
        """For each level that was reached, which of its tokens was kept, None for none; without levels what is
        known fades.
        """
        if not places:
            self.first += self.FADING * (self.FIRST - self.first)
            self.among += self.FADING * (self.AMONG - self.among)
        for place in places:
            self.first += self.LEARNING * ((place == 0) - self.first)
            self.among += self.LEARNING * ((place is not None) - self.among)


class Draft(NamedTuple):
    """Levels of tokens, each the likeliest first, all children of the first of the level before.

    `trained` and `reference` are the pair's hidden states from which each level was drafted, or without levels
    those for the next token: [max(levels, 1), H].
    """

    levels: list[list[int]]
    trained: Tensor
    reference: Tensor

    @property
    def tokens(self) -> list[int]:
        return [token for level in self.levels for token in level]

    def shape(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Of the last known token and the draft after it: the depth of each [T], and which it follows from
        [T, T].
        """
        depths, follows, chain = [0], [[0]], [0]
        for depth, level in enumerate(self.levels, start=1):
            first = len(depths)
            for place in range(len(level)):
                depths.append(depth)
                follows.append([*chain, first + place])
            chain = [*chain, first]
        seen = torch.zeros((len(depths), len(depths)), dtype=torch.bool, device=device)
        for place, path in enumerate(follows):
            seen[place, path] = True
        return torch.tensor(depths, device=device), seen


class _Paired:
    """One text at an alpha other than 0. The pair has read all of it but `pending`, one token or the prompt."""

    def __init__(self, ensemble: Ensemble, pair: Pair, prompt: Sequence[int], alpha: float, settings: Settings) -> None:
        self.base, self.output, self.pair = ensemble.base, ensemble.output, pair
        self.alpha, self.settings, self.device = alpha, settings, ensemble.output.device
        self.answer = Growing(settings)
        self.depth = DraftDepth(WIDTH if self.base.branches else 1)
        self.pending, self.known = list(prompt), 0
        self.ahead: Tensor | None = None  # [1, H]: the base's state after `pending`, where it has read that already

    def advance(self) -> None:
        """At least one more token. Call it only while the answer is not over."""
        pair = self._read_pair(self.pending)
        if self.ahead is None and not self.answer.tokens:  # the prompt is read whole before anything is drafted
            self.ahead = self.base.read(_ids(self.pending, self.device))[0, -1:]
        self.known += len(self.pending)
        if self.ahead is not None:
            base, self.ahead = self.ahead, None
            self._add(self._choices(self.output.ensemble(base, *pair, self.alpha)))
            return
        draft = self._draft(pair)
        depths, follows = draft.shape(self.device)
        base = self.base.read(
            _ids([*self.pending, *draft.tokens], self.device), (depths + self.known - 1)[None], follows=follows
        )[0]
        self._keep(draft, base)

    def _draft(self, pair: tuple[Tensor, Tensor]) -> Draft:
        room = self.settings.max_new_tokens - len(self.answer.tokens) - 1
        levels, trained, reference = list[list[int]](), [pair[0]], [pair[1]]
        for level in range(min(self.depth.best(), room)):
            if levels:
                pair = self._read_pair(levels[-1][:1])
                trained.append(pair[0])
                reference.append(pair[1])
            logits = rated(self.output.draft(trained[-1]), self.settings, len(self.answer.tokens) + level)
            levels.append(logits[0].topk(min(self.depth.width, logits.shape[-1])).indices.tolist())
        return Draft(levels, torch.cat(trained), torch.cat(reference))

    def _keep(self, draft: Draft, base: Tensor) -> None:
        """Go down the draft as far as the ensemble chooses its tokens; `base` [1 + draft, H] are the base's states."""
        starts = [1]  # where each level begins in the base's states
        for level in draft.levels:
            starts.append(starts[-1] + len(level))
        chain = [0, *starts[: len(draft.trained) - 1]]
        choices = self._choices(self.output.ensemble(base[chain], draft.trained, draft.reference, self.alpha))
        chosen, places = list[int](), list[int | None]()
        for choice, level in zip(choices, draft.levels or [[]], strict=True):
            chosen.append(choice)
            places.append(level.index(choice) if choice in level else None)
            if places[-1] != 0:
                break
        self.depth.learn(places if draft.levels else [])
        stood = [start + place for start, place in zip(starts, places, strict=False) if place is not None]
        # The base keeps the accepted tokens, the pair those it has read: the last one only if a level was drafted after
        # it.
        self.base.keep_columns(self.known, [self.known - 1 + place for place in stood])
        read_by_pair = min(sum(place == 0 for place in places), len(draft.trained) - 1)
        self.pair.cut(self.known + read_by_pair)
        self.ahead = base[stood[-1]][None] if places[-1] is not None else None
        self.known += read_by_pair
        self._add(chosen)

    def _add(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            if not self.answer.add(token):
                return
        self.pending = [tokens[-1]]

    def _read_pair(self, tokens: Sequence[int]) -> tuple[Tensor, Tensor]:
        trained, reference = self.pair.read(_ids(tokens, self.device))
        return trained[0, -1:], reference[0, -1:]

    def _choices(self, logits: Tensor) -> list[int]:
        """The ensemble's choice at each of the next places: [places, V]."""
        if self.settings.temperature == 0:
            return [int(token) for token in choose_tokens(logits, self.settings, 0).tolist()]
        first = len(self.answer.tokens)
        return [int(choose_tokens(row[None], self.settings, first + place)) for place, row in enumerate(logits)]


class _Alone:
    """One text of the base alone."""

    def __init__(self, ensemble: Ensemble, prompt: Sequence[int], settings: Settings) -> None:
        self.base, self.output = ensemble.base, ensemble.output
        self.answer, self.pending, self.settings = Growing(settings), list(prompt), settings

    def advance(self) -> None:
        logits = self.output.base(self.base.read(_ids(self.pending, self.output.device))[0, -1:])
        self.pending = choose_tokens(logits, self.settings, len(self.answer.tokens)).tolist()
        self.answer.add(self.pending[0])


def _ids(tokens: Sequence[int], device: torch.device) -> Tensor:
    return torch.tensor([list(tokens)], dtype=torch.long, device=device)


def _open(model: OffsetModel, prompt: Sequence[int], alpha: float, settings: Settings) -> _Paired | _Alone:
    ensemble = open_ensemble(model)
    if ensemble.pair is None or alpha == 0:
        return _Alone(ensemble, prompt, settings)
    return _Paired(ensemble, ensemble.pair, prompt, alpha, settings)


def stream_speculatively(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> Iterator[list[Decoded]]:
    """Yield, after every round, all answers so far, in the order of `prompts`; a round adds one token or several."""
    with torch.inference_mode():
        rows = [_open(model, prompt, alpha, settings) for prompt, alpha in zip(prompts, alphas, strict=True)]
    while not all(row.answer.over for row in rows):
        with torch.inference_mode():  # entered again: a generator must not leave it on for its caller
            for row in rows:
                if not row.answer.over:
                    row.advance()
        yield [row.answer.decoded() for row in rows]
