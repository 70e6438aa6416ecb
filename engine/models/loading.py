"""Names and folders in, pairs out. A pair is `demo`, `demo-first`, one that a run made, or a folder.

`base:SOURCE` and `retain-only:BASE` are read as a base without a pair; bases.py says what a source is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from engine.data.template import Guarded, Template
from engine.errors import ModelError, SettingError
from engine.models import demo_weights
from engine.models.baselines import Scaled, Silent
from engine.models.bases import LoadedModel, check_same_reading, load_base, load_causal_lm, load_reference
from engine.models.finite import check_weights
from engine.models.identity import map_key
from engine.models.kernels import settle_threads
from engine.models.manifest import PairManifest, read_manifest
from engine.models.offset import Adapter, OffsetModel
from engine.models.opening import opening
from engine.models.p_adapter import open_p_adapter
from engine.models.pairs import find_pair
from engine.models.text_side import columns, shared_columns
from engine.models.tuning import (
    ADAPTER_FILE,
    copy_sharing_embeddings,
    factors_of,
    merged,
    open_adapter,
    prepare_trained,
)
from engine.models.vocabulary import check_same_vocabulary
from engine.names import ModelRef
from engine.settings import demo_folder
from engine.training_settings import TrainingSettings


@dataclass(frozen=True)
class LoadedPair:
    """A base with a pair (or alone), ready to be asked."""

    name: str
    model: OffsetModel
    tokenizer: Any
    template: Template
    manifest: PairManifest
    base_hash: str
    key: str  # `map_key` of the files it was loaded from
    ends: tuple[int, ...] = ()  # by the base's own settings, see `LoadedModel`
    by_strength: Callable[[float], "LoadedPair"] | None = None

    def at(self, alpha: float) -> tuple["LoadedPair", float]:
        """What to read at strength `alpha`, and the alpha to combine its logits at.

        For an offset this is the pair itself. Where alpha does not multiply the logits (baselines.py) it is a model
        alone.
        """
        return (self, alpha) if self.by_strength is None else (self.by_strength(alpha), 0.0)


class TrainingModels(NamedTuple):
    """`reference` is None where the trained model with its adapter off is the reference."""

    base: Any
    reference: Any | None
    trained: Any
    tokenizer: Any
    template: Template
    base_hash: str
    method: str = "offset"
    base_reading: str = ""

    @property
    def vocabulary(self) -> int:
        """Logit columns that all of them have and tokens use."""
        return columns(
            self.tokenizer, *(model for model in (self.base, self.reference, self.trained) if model is not None)
        )


def load_pair(name: str, progress: Callable[[str], None] | None = None) -> LoadedPair:
    """Load a pair with its base by name or folder; raises `ModelError` when a part is missing or does not fit."""
    report = progress or (lambda text: None)
    settle_threads()
    ref = ModelRef.parse(name)
    if ref.alone:
        report("loading the base")
        base = load_base(name if ref.is_retain_only else ref.source)
        alone = OffsetModel(base.model, None, None, columns(base.tokenizer, base.model))
        manifest = PairManifest(
            name, base=ref.source, reference="", objective="none", base_hash=base.hash, template=base.template
        )
        key = map_key(manifest)
        return LoadedPair(
            name=name,
            model=alone,
            tokenizer=base.tokenizer,
            template=base.template,
            manifest=manifest,
            base_hash=base.hash,
            key=key,
            ends=base.ends,
        )
    folder = find_pair(name)
    if folder.resolve().parent == (demo_folder() / "pairs").resolve():
        demo_weights.check_files(f"pairs/{folder.name}")  # its manifest too, which has the hashes of the rest
    manifest = read_manifest(folder)
    key = map_key(manifest)
    report("loading the base")
    base = load_base(manifest.base)
    if manifest.base_hash not in ("", base.hash, demo_weights.hash_of_name(manifest.base)):
        raise ModelError(
            f"pair {manifest.name} was trained on base {manifest.base_hash}, but {manifest.base} now is {base.hash}"
        )
    check_same_reading(f"pair {manifest.name}", manifest.base, manifest.base_reading, base)
    report("loading the pair")
    pair = assemble(folder, manifest, base, key)
    if map_key(manifest) != key:
        raise ModelError(f"the files of pair {manifest.name} changed while they were read: load it again")
    return pair


def assemble(folder: Path, manifest: PairManifest, base: LoadedModel, key: str) -> LoadedPair:
    """The models of a pair, or of the comparison method in its place."""
    alone = OffsetModel(base.model, None, None, columns(base.tokenizer, base.model))
    template = manifest.template or base.template
    pair = LoadedPair(
        name=manifest.name,
        model=alone,
        tokenizer=base.tokenizer,
        template=template,
        manifest=manifest,
        base_hash=base.hash,
        key=key,
        ends=base.ends,
    )
    if manifest.method == "guardrail":
        guarded = replace(pair, template=Guarded.around(template, manifest.instruction))
        return replace(pair, by_strength=partial(_with_or_without, pair, guarded))
    if manifest.method == "direct":
        tuned, _ = _load_trained(folder, manifest, base, base)
        return replace(pair, by_strength=partial(_scaled, pair, Scaled(base.model, tuned)))
    reference = load_reference(manifest.reference, base)
    trained, adapter = _load_trained(folder, manifest, reference, base)
    name = f"pair {manifest.name}"
    size = shared_columns(name, base.tokenizer, template, base.model, reference.model, trained)
    if manifest.method == "uld":
        return replace(pair, model=OffsetModel(base.model, trained, Silent(trained), size))
    return replace(pair, model=OffsetModel(base.model, reference.model, trained, size, adapter))


def _scaled(pair: LoadedPair, models: Scaled, alpha: float) -> LoadedPair:
    return replace(pair, model=OffsetModel(models.at(alpha), None, None, pair.model.vocabulary), by_strength=None)


def _with_or_without(without: LoadedPair, with_: LoadedPair, alpha: float) -> LoadedPair:
    if alpha not in (0.0, 1.0):
        raise SettingError(
            f"{without.name} is a guardrail, a text before the question: its alpha is 0 (without) or 1 (with), got"
            f" {alpha:g}"
        )
    return with_ if alpha else without


def _load_trained(
    folder: Path, manifest: PairManifest, reference: LoadedModel, base: LoadedModel
) -> tuple[Any, Adapter | None]:
    """M'o, and where it is an adapter on the reference, what that adds."""
    demo_weights.check_hashes(folder, manifest.hashes, f"pair {manifest.name}")
    if manifest.tuning == "full":
        full = load_causal_lm(str(folder))
        check_same_vocabulary("base", base.tokenizer, "trained", full.tokenizer)
        return full.model, None  # its weights were checked there
    if manifest.tuning == "lora" and not (folder / ADAPTER_FILE).is_file():
        raise ModelError(f"pair {manifest.name} has no {ADAPTER_FILE}: adapters are read from safetensors only")
    with opening(f"the adapter of pair {manifest.name} does not fit its reference {manifest.reference!r}"):
        if manifest.tuning == "p_adapter":
            trained, adapter = open_p_adapter(reference.model, folder).eval(), None
        else:
            adapted = open_adapter(copy_sharing_embeddings(reference.model), folder)
            adapter = factors_of(adapted)
            trained = merged(adapted).eval()
    check_weights(trained, f"the trained model of pair {manifest.name}")
    return trained, adapter


def open_training(base: str, reference: str, settings: TrainingSettings) -> TrainingModels:
    """The base, and a fresh M'o made from the reference, ready to be trained."""
    settle_threads()
    loaded = load_base(base)
    twin = loaded if settings.method == "direct" else load_reference(reference, loaded)
    for model in (loaded.model, twin.model):
        model.requires_grad_(False)
    shared_columns("this training", loaded.tokenizer, loaded.template, loaded.model, twin.model)
    trained = prepare_trained(twin.model, settings, settings.seed)
    frozen = None if settings.tuning == "lora" else twin.model
    return TrainingModels(
        base=loaded.model,
        reference=frozen,
        trained=trained,
        tokenizer=loaded.tokenizer,
        template=loaded.template,
        base_hash=loaded.hash,
        method=settings.method,
        base_reading=loaded.reading,
    )
