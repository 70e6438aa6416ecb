"""The kinds of run: one entry for each, in the order in which `engine.kinds` lists what they are."""

from engine.kinds import RunKind
from engine.runs.kinds import audit, evaluate, imported, map, tasks, teach, train
from engine.runs.kinds.kind import Kind

KINDS: dict[RunKind, Kind] = {
    "train": train.KIND,
    "evaluate": evaluate.KIND,
    "map": map.KIND,
    "tasks": tasks.KIND,
    "teach": teach.KIND,
    "audit": audit.KIND,
    "imported": imported.KIND,
}
