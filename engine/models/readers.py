"""Models read token by token, each with its own cache.

One cache per model: a cache shared by two gives wrong text without an error.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from engine.data.prompts import AnswerBatch
from engine.models.fast_llama import TOLERANCE, KeyValues, ThinLlama, fits, thin_llama
from engine.models.offset import AnswerLogits, OffsetModel, decoder_of, unwrapped
from engine.models.output import Output
from engine.models.p_adapter import p_adapter_of


class Reader(Protocol):
    """One model with what it has read so far, for a fixed batch of rows."""

    @property
    def length(self) -> int:
        """Columns read so far."""

    branches: bool  # whether it can read a tree of tokens, `follows`

    def read(
        self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None, follows: Tensor | None = None
    ) -> Tensor:
        """Read `ids` [B, T]; the last hidden states [B, T, H]. See `ThinLlama.read` for the rest."""

    def keep_rows(self, rows: Tensor) -> None:
        """Continue with the rows in `rows` [B'], in that order; a row may occur twice."""

    def keep_columns(self, first: int, columns: list[int]) -> None:
        """Forget all columns but the first `first` and, after those, `columns`."""


class ThinReader:
    """A Llama, read thinly."""

    branches = True

    def __init__(self, model: ThinLlama) -> None:
        self.model, self.cache = model, KeyValues()

    @property
    def length(self) -> int:
        return self.cache.length

    def read(
        self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None, follows: Tensor | None = None
    ) -> Tensor:
        return self.model.read(ids, self.cache, positions, mask, follows)

    def keep_rows(self, rows: Tensor) -> None:
        self.cache.keep_rows(rows)

    def keep_columns(self, first: int, columns: list[int]) -> None:
        self.cache.keep_columns(first, columns)


class PlainReader:
    """Any causal LM, read as transformers reads it: every other family, and what `ThinReader` is tested against."""

    branches = False

    def __init__(self, model: Any) -> None:
        self.decoder = decoder_of(model)
        self.cache: Any = DynamicCache(config=unwrapped(model).config)

    @property
    def length(self) -> int:
        return int(self.cache.get_seq_length())

    @torch.inference_mode()
    def read(
        self,
        ids: Tensor,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
        follows: Tensor | None = None,
    ) -> Tensor:
        (rows, width), past = ids.shape, self.length
        if mask is None:
            mask = torch.ones((rows, past + width), dtype=torch.long, device=ids.device)
        if positions is None:
            positions = torch.arange(past, past + width, device=ids.device).expand(rows, width)
        found = self.decoder(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=self.cache, use_cache=True
        )
        return found.last_hidden_state  # type: ignore[no-any-return]

    def keep_rows(self, rows: Tensor) -> None:
        self.cache.reorder_cache(rows)  # layers of every kind have it, even those that keep a state

    def keep_columns(self, first: int, columns: list[int]) -> None:
        length = first + len(columns)
        if columns != list(range(first, length)):
            raise ValueError(f"this reader keeps a beginning only, not the columns {columns} after {first}")
        if length < self.length:
            self.cache.crop(length - self.length)  # negative: how many columns are dropped


class Pair(Protocol):
    """Trained and reference, which read the same."""

    def read(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read `ids` [B, T]; the last hidden states of M'o and of Mo, each [B, T, H]."""

    def keep_rows(self, rows: Tensor) -> None: ...

    def cut(self, length: int) -> None: ...


class TwoReaders:
    """A pair of any two models: one pass each."""

    def __init__(self, trained: Reader, reference: Reader) -> None:
        self.trained, self.reference = trained, reference

    def read(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self.trained.read(ids, positions, mask), self.reference.read(ids, positions, mask)

    def keep_rows(self, rows: Tensor) -> None:
        self.trained.keep_rows(rows)
        self.reference.keep_rows(rows)

    def cut(self, length: int) -> None:
        self.trained.keep_columns(length, [])
        self.reference.keep_columns(length, [])


class TwinReader:
    """A reference and its adapter in one pass: the rows of the reference first, then those of M'o."""

    def __init__(self, model: ThinLlama) -> None:
        self.reader = ThinReader(model)

    def read(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        positions = None if positions is None else positions.repeat(2, 1)
        mask = None if mask is None else mask.repeat(2, 1)
        reference, trained = self.reader.read(ids.repeat(2, 1), positions, mask).chunk(2)
        return trained, reference

    def keep_rows(self, rows: Tensor) -> None:
        self.reader.keep_rows(torch.cat([rows, rows + self.reader.cache.rows // 2]))

    def cut(self, length: int) -> None:
        self.reader.keep_columns(length, [])


class Ensemble(NamedTuple):
    """Fresh readers. `pair` is None where the base is read alone."""

    base: Reader
    pair: Pair | None
    output: Output


def open_ensemble(model: OffsetModel) -> Ensemble:
    """Readers that have read nothing yet. What they need of the weights is prepared once, and again where those
    have changed.
    """
    output = _once(_outputs, model, Output)
    base = open_reader(model.base)
    if model.trained is None or model.reference is None:
        return Ensemble(base, None, output)
    twin = _once(_twins, model, twin_of)
    if twin is not None:
        return Ensemble(base, TwinReader(twin), output)
    return Ensemble(base, TwoReaders(open_reader(model.trained), open_reader(model.reference)), output)


def open_reader(model: nn.Module) -> Reader:
    thin = _once(_thin_models, model, thin_llama)
    return PlainReader(model) if thin is None else ThinReader(thin)


@torch.inference_mode()
def forced_logits(model: OffsetModel, batch: AnswerBatch) -> AnswerLogits:
    """What `OffsetModel.answer_logits` gives, by the fastest way to read."""
    base, pair, output = open_ensemble(model)
    device = model.device
    ids, mask = batch.ids.to(device), batch.mask.to(device)
    where = batch.rows.to(device), batch.columns.to(device)
    of_base = base.read(ids, mask=mask)[where]
    if pair is None:
        logits = output.base(of_base)
        return AnswerLogits(logits, logits, logits)
    trained, reference = (hidden[where] for hidden in pair.read(ids, mask=mask))
    of_base, of_trained, of_reference = output.each(of_base, trained, reference)
    return AnswerLogits(of_base, of_reference, of_trained)


@torch.inference_mode()
def base_logits(model: OffsetModel, batch: AnswerBatch) -> Tensor:
    """The `base` of `forced_logits`, [N, V], without reading the pair."""
    ensemble, device = open_ensemble(model), model.device
    hidden = ensemble.base.read(batch.ids.to(device), mask=batch.mask.to(device))
    return ensemble.output.base(hidden[batch.rows.to(device), batch.columns.to(device)])


def twin_of(model: OffsetModel) -> ThinLlama | None:
    """Reference and adapter as one; None where there is no adapter, or reading them as one would differ."""
    if model.trained is None or not fits(model.reference, model.adapter):
        return None
    p_adapter = p_adapter_of(model.trained)
    if not model.adapter and p_adapter is None:
        return None
    twin = ThinLlama(model.reference, model.adapter, p_adapter)
    ids = torch.linspace(1, model.vocabulary - 1, 12, device=model.device).long().view(2, 6)
    with torch.inference_mode():
        trained, _ = TwinReader(twin).read(ids)
        theirs = decoder_of(model.trained)(input_ids=ids, use_cache=False).last_hidden_state
    return twin if torch.allclose(trained, theirs, atol=TOLERANCE, rtol=TOLERANCE) else None


_thin_models: WeakKeyDictionary[nn.Module, tuple[Any, ThinLlama | None]] = WeakKeyDictionary()
_twins: WeakKeyDictionary[nn.Module, tuple[Any, ThinLlama | None]] = WeakKeyDictionary()
_outputs: WeakKeyDictionary[nn.Module, tuple[Any, Output]] = WeakKeyDictionary()


def _once(kept: WeakKeyDictionary[nn.Module, tuple[Any, Any]], model: Any, make: Callable[[Any], Any]) -> Any:
    """`make(model)`, kept until a weight is written to or replaced. Writes through `weight.data` are not noticed: do
    not use them.
    """
    state = [(weight.data_ptr(), weight._version) for weight in model.parameters()]
    found = kept.get(model)
    if found is None or found[0] != state:
        found = kept[model] = (state, make(model))
    return found[1]


def can_go_back(model: OffsetModel) -> bool:
    """Whether caches can forget what was read last: those that keep a sliding window or a state cannot."""
    models = [part for part in (model.base, model.trained, model.reference) if part is not None]
    caches = [
        DynamicCache(config=unwrapped(part).config) for part in models
    ]  # it reads a configuration as the models do
    return all(cache.is_croppable and not any(cache.is_sliding) for cache in caches)
