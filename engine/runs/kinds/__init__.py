"""The kinds of run: one entry for each, by the name that its specification has for it."""

from typing import Any

from engine.runs.kinds import audit, evaluate, imported, judge, map, tasks, teach, train
from engine.runs.kinds.kind import Kind

KINDS: dict[str, Kind[Any]] = {
    module.KIND.name: module.KIND for module in (train, evaluate, map, tasks, teach, audit, judge, imported)
}
