"""What a name may be, and what it means: a model alone, a pair, a path, or a name chosen by a user."""

from pathlib import Path
from typing import Final, Literal, NamedTuple, Self, get_args

from engine.errors import SettingError

DEMO = "demo"  # as a base the demo's; as a pair the demo's pair; as a set its questions
PUBLIC = "demo-public"  # the demo's base as it was published, before it was taught anything
LONGEST_NAME = 60
LEGAL = f"1 to {LONGEST_NAME} letters, digits, '-', '_' or '.' (no spaces), not starting with '-' or '.'"

ModelRole = Literal["", "base", "retain-only"]
RETAIN_ONLY: Final = "retain-only"
RETAIN_ONLY_NAMES = f"{RETAIN_ONLY}:"  # the beginning of every such name, for database queries


class ModelRef(NamedTuple):
    """What a run asks: a pair, or one model alone. Stored, typed and shown as `str` gives it.

    `role` "": `source` is a pair, or where a base is named, that base: `demo`, `demo-public`, the name of a model
    that a run taught, a folder, a GGUF file or a hub name. "base": `base:SOURCE`, that base without a pair.
    "retain-only": `retain-only:BASE`, the model taught everything of BASE except its forget set.
    """

    role: ModelRole
    source: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Never fails: a text without a role, or with nothing after the colon, is a source. `str` gives `text`
        again.
        """
        role, _, source = text.partition(":")
        for known in get_args(ModelRole):
            if known and role == known and source:
                return cls(known, source)
        return cls("", text)

    def __str__(self) -> str:
        return f"{self.role}:{self.source}" if self.role else self.source

    @property
    def alone(self) -> bool:
        """Whether it is a model without a pair, which answers the same at every alpha."""
        return bool(self.role)

    @property
    def is_retain_only(self) -> bool:
        return self.role == RETAIN_ONLY

    @property
    def bare(self) -> str:
        """The source without any role, as of `base:retain-only:demo`."""
        inner = ModelRef.parse(self.source)
        return inner.bare if inner.alone else self.source

    @property
    def shown(self) -> str:
        """For readers: without the folders that lead to a model on this machine."""
        if not self.alone:
            return Path(self.source).name if is_path(self.source) else self.source
        return f"{self.role}:{ModelRef.parse(self.source).shown}"


def retain_only(base: str) -> str:
    """The name of the retain model of `base`."""
    return str(ModelRef(RETAIN_ONLY, base))


def is_alone(name: str) -> bool:
    """Whether the model named is read without a pair."""
    return ModelRef.parse(name).alone


def is_path(source: str) -> bool:
    """Whether a model's name can only be a path on this machine, existing or not: no name on the hub has this form.

    A relative one with a single "/" may be either; whether the folder exists decides.
    """
    begins = source.startswith(("/", ".", "~")) or Path(source).is_absolute()
    return begins or source.endswith("/") or source.count("/") > 1


def is_gguf(path: str | Path) -> bool:
    return Path(path).suffix.lower() == ".gguf"


def is_legal(name: str) -> bool:
    """Whether a run, a pair, a taught model or a set may have this name: it also names a folder and is
    part of sources.
    """
    return 0 < len(name) <= LONGEST_NAME and all(map(is_legal_letter, name)) and name[0] not in "-."


def is_legal_letter(letter: str) -> bool:
    return letter.isalnum() or letter in "-_."


def check_legal(what: str, name: str) -> None:
    """Raise `SettingError` unless `name` may be the name of `what`."""
    if not is_legal(name):
        raise SettingError(f"{what} must be {LEGAL}, got {name!r}")
