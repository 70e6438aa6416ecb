"""What is connected, as cards: where a model comes from, its size, what it knows, whether it is sound, what it is for.

Decided here, and for pairs in `pair_cards`, from what is recorded and from the files that are there; loads no model and
asks no host.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.analysis.kept import State
from engine.analysis.standing import MARKS
from engine.errors import ModelError
from engine.models import demo
from engine.models.connected import ConnectedBase, list_connected
from engine.models.demo_base import BASE_LABEL, WHEEL, WHEEL_SHA256, base_ready
from engine.models.demo_weights import check_hashes, file_hash
from engine.models.manifest import PairManifest
from engine.models.names import shown_model
from engine.models.sources import kind_of_source, place_of_model, size_of_model
from engine.models.taught import TaughtModel, list_taught, read_as, taught_folder
from engine.names import DEMO, RETAIN_ONLY, ModelRef, retain_only

NOT_HERE = "NOT ON THIS MACHINE"
CHANGED = "CHANGED"
NOT_KNOWN = "not recorded"
HASHED = "its files have their recorded hashes"


class Sound(NamedTuple):
    """Whether something holds, and in which words; of `ModelCard.sound` whether a model holds together."""

    state: State
    said: str

    @property
    def words(self) -> str:
        return f"{MARKS[self.state]} {self.said}"


class ModelCard(NamedTuple):
    """One model or pair. `flaw` is what must be read first, "" for nothing; `size` is of its own files, in bytes, None
    where they are not here.
    """

    name: str  # by which it is chosen
    label: str  # what it is, in a few words
    flaw: str
    origin: str
    size: int | None
    knows: str
    sound: Sound
    use: str
    details: tuple[tuple[str, str], ...]
    standing: Sound | None = None  # of a pair that was evaluated or audited

    @property
    def title(self) -> str:
        """Its name without the folders that lead to it."""
        return ModelRef.parse(self.name).shown


def base_cards(pairs: Sequence[PairManifest]) -> list[ModelCard]:
    """The demo's base, those taught here, those connected, and those that only a pair names."""
    users = {base: [pair.name for pair in pairs if pair.base == base] for base in {pair.base for pair in pairs}}
    taught = {model.name: model for model in list_taught() if not model.retain_only_of}
    connected = {base.source: base for base in list_connected()}
    named = [base for base in sorted(users) if base not in {DEMO, *taught, *connected}]
    cards = [_demo_card(users.get(DEMO, []))]
    cards += [_taught_card(model, model.name, _use_of_base(users.get(model.name, []))) for model in taught.values()]
    cards += [_connected_card(base, users.get(base.source, [])) for base in connected.values()]
    return cards + [_named_card(base, users[base]) for base in named]


def retain_cards() -> list[ModelCard]:
    """The demo's retain model, and those taught here."""
    models = [model for model in list_taught() if model.retain_only_of]
    others = [
        _taught_card(model, read_as(model.name, model.retain_only_of), _use_of_retain(model.retain_only_of))
        for model in models
    ]
    return [_demo_retain_card(), *others]


def _demo_card(users: Sequence[str]) -> ModelCard:
    problem = demo.demo_problem()
    ready = base_ready()
    sound = Sound("fail", problem) if problem else Sound("pass" if ready else "none", HASHED if ready else "not here")
    return ModelCard(
        name=DEMO,
        label=BASE_LABEL,
        flaw="DAMAGED" if problem else "" if ready else NOT_HERE,
        origin="public model from PyPI, with an adapter of this program",
        size=size_of_model(DEMO),
        knows="taught the demo's invented people",
        sound=sound,
        use=_use_of_base(users) if ready else "nothing until Overview has fetched it",
        details=told(
            ("package", WHEEL), ("SHA-256 of the package", WHEEL_SHA256), ("SHA-256 of the adapter", _demo_hash("base"))
        ),
    )


def _demo_retain_card() -> ModelCard:
    ready, problem = base_ready(), demo.demo_problem()
    sound = Sound("fail", problem) if problem else Sound("pass" if ready else "none", HASHED if ready else "not here")
    return ModelCard(
        name=retain_only(DEMO),
        label=f"{BASE_LABEL}, retain model",
        flaw="DAMAGED" if problem else "" if ready else NOT_HERE,
        origin="adapter of this program on the demo's public model",
        size=size_of_model(retain_only(DEMO)),
        knows="clean: taught all but what is to be forgotten",
        sound=sound,
        use=_use_of_retain(DEMO),
        details=told(("SHA-256 of the adapter", _demo_hash(RETAIN_ONLY))),
    )


def _demo_hash(part: str) -> str:
    try:
        return file_hash(f"{part}/adapter_model.safetensors")
    except ModelError:
        return ""


def _taught_card(model: TaughtModel, name: str, use: str) -> ModelCard:
    here = place_of_model(model.start) is not None
    knows = f"taught {len(model.taught)} questions" if model.taught else f"what it was taught is {NOT_KNOWN}"
    return ModelCard(
        name=name,
        label=f"{model.name}, taught on {shown_model(model.start)}",
        flaw="" if here else NOT_HERE,
        origin="taught here",
        size=size_of_model(model.name),
        knows=f"clean: {knows}, none to be forgotten" if model.retain_only_of else knows,
        sound=_sound_of_taught(model),
        use=use if here else "nothing until its start model is here",
        details=told(
            ("start model", model.start),
            ("hash of the start model", model.start_hash),
            ("hash of its questions", model.data_hash),
            ("seed", str(model.seed)),
            ("made", model.created),
            ("note", model.note),
            *((f"SHA-256 of {file}", value) for file, value in model.hashes.items()),
        ),
    )


def _sound_of_taught(model: TaughtModel) -> Sound:
    folder = taught_folder(model.name)
    try:
        if folder is None or not model.hashes:
            return Sound("none", "no hash is recorded")
        check_hashes(folder, model.hashes, f"model {model.name}")
    except ModelError as error:
        return Sound("fail", str(error))
    return Sound("pass", HASHED)


def _connected_card(base: ConnectedBase, users: Sequence[str]) -> ModelCard:
    size = size_of_model(base.source)
    flaw = NOT_HERE if size is None else "" if base.unchanged else CHANGED
    sound = Sound("pass", f"read whole on {base.connected[:10]}")
    if flaw:
        gone = "it is no longer here" if flaw == NOT_HERE else "its files are not those that were checked"
        sound = Sound("fail", f"{gone}: connect it again")
    return ModelCard(
        name=base.source,
        label=f"{base.family}, {_millions(base.parameters)} parameters, {base.template} template",
        flaw=flaw,
        origin=_origin_of_source(base.kind),
        size=size,
        knows="not taught here",
        sound=sound,
        use=_use_of_base(users) if size is not None else "nothing until it is here again",
        details=told(
            ("name", base.source),
            ("layers", str(base.layers)),
            ("tokens", str(base.tokens)),
            ("hash of the weights", base.hash),
            ("hash of how it reads", base.reading),
            ("connected", base.connected),
        ),
    )


def _named_card(base: str, users: Sequence[str]) -> ModelCard:
    size = size_of_model(base)
    return ModelCard(
        name=base,
        label="named by a pair, not connected",
        flaw="" if size is not None else NOT_HERE,
        origin=_origin_of_source(kind_of_source(base)),
        size=size,
        knows=f"what it was taught is {NOT_KNOWN}",
        sound=Sound("none", "not checked by itself"),
        use=_use_of_base(users) if size is not None else "nothing until it is here",
        details=told(("name", base)),
    )


def _origin_of_source(kind: str) -> str:
    origins = {"folder": "folder on this machine", "GGUF file": "GGUF file on this machine", "hub": "Hugging Face hub"}
    return origins.get(kind, "unknown")


def _use_of_base(users: Sequence[str]) -> str:
    return f"base of {', '.join(users)}; new pairs" if users else "new pairs, evaluation alone"


def _use_of_retain(base: str) -> str:
    return f"baseline of what pairs on {shown_model(base) if base != DEMO else DEMO} give away"


def _millions(parameters: int) -> str:
    return f"{parameters / 1e9:.1f} billion" if parameters >= 1e9 else f"{max(parameters / 1e6, 0.1):.3g} million"


def told(*rows: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The rows that say something."""
    return tuple((word, said) for word, said in rows if said)
