"""Sources of questions read through the store: a specification with its sources resolved, each once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.data.examples import Example
from engine.data.sources import question_file
from engine.errors import DataError
from engine.specification import ExperimentSpec
from engine.store.erased import Sorted
from engine.store.sets import Resolved, read_source

S_co = TypeVar("S_co", bound=ExperimentSpec, covariant=True)


@dataclass(frozen=True)
class SourcedSpec(Generic[S_co]):
    """A specification with its sources, each resolved when it is first asked for and never again.

    `replace(sourced, spec=other)` keeps what is resolved: a source means the same for every specification.
    """

    spec: S_co
    resolved: dict[str, Resolved] = field(default_factory=dict)

    def find(self, source: str) -> Resolved:
        """`DataError` for a source that is not there or cannot be read."""
        key = absolute(source)
        if key not in self.resolved:
            self.resolved[key] = read_source(source)
        return self.resolved[key]

    def examples(self, source: str) -> list[Example]:
        """The questions of a source without people who were erased here; `DataError` where no question is left."""
        return _usable(source, self.find(source))

    @property
    def sources(self) -> Sequence[str]:
        """What this kind of run reads, each source once."""
        named = (source for name in self.spec.sources() for source in self.spec.named(name))
        return list(dict.fromkeys(filter(None, named)))


def examples_of(source: str) -> list[Example]:
    """The questions of a source: of the demo, TOFU, a stored set or a file; without people who were erased here.

    `DataError` where no question is left.
    """
    return _usable(source, read_source(source))


def _usable(source: str, found: Resolved) -> list[Example]:
    if not found.questions.kept:
        raise DataError(f"there is nothing left to use in {source}: {found.questions.words}")
    return list(found.questions.kept)


def left_out(sourced: SourcedSpec[ExperimentSpec]) -> str:
    """A sentence on the questions of a run's sources that are about people who were erased here; "" where there are
    none.
    """
    try:
        gone = {example: None for source in sourced.sources for example in sourced.find(source).questions.gone}
    except DataError:  # a file that went away since: the run has ended well all the same
        return ""
    return Sorted([], list(gone), {}).words


def absolute(source: str) -> str:
    """A file's source by its whole path: the worker may stand in another folder."""
    path = question_file(source)
    return source.strip() if path is None else str(path.resolve())
