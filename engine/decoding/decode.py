"""Decoding with an offset: prompts and strengths in, answers out, by whichever way is faster."""

from collections.abc import Iterator, Sequence

from engine.decoding.batched import stream_rows
from engine.decoding.choosing import Decoded, Settings
from engine.decoding.speculative import stream_speculatively
from engine.models.offset import OffsetModel
from engine.models.readers import can_go_back

ROWS_ALONE = 2  # up to this many rows are decoded speculatively, each alone; more share their passes in a batch


def decode_stream(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> Iterator[list[Decoded]]:
    """Yield all answers so far, in the order of `prompts`, as they grow by one token or several."""
    alone = len(prompts) <= ROWS_ALONE and model.reference is not None and can_go_back(model)
    way = stream_speculatively if alone else stream_rows
    return way(model, prompts, alphas, settings)


def decode(
    model: OffsetModel, prompts: Sequence[Sequence[int]], alphas: Sequence[float], settings: Settings
) -> list[Decoded]:
    """All answers, decoded to their end."""
    answers: list[Decoded] = []
    for answers in decode_stream(model, prompts, alphas, settings):
        pass
    return answers
