"""An estimate of what a run takes, before it starts. Loads no model."""

import statistics
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from db.reads import runs
from engine.errors import UnlearningError
from engine.kinds import TrainSpec, read_spec
from engine.runs.kinds import KINDS
from engine.settings import local_path
from engine.small_files import read_json
from engine.specification import ExperimentSpec
from engine.store import history
from engine.store.history import RunSummary
from engine.store.session import reading
from engine.store.sources import SourcedSpec
from engine.training_settings import Tuning

DEMO_PARAMETERS, DEMO_VOCABULARY = 135e6, 49_152  # of the base that the rules of thumb are for
# Base, reference and trained against the base alone. A P-Adapter holds the reference once; to tune everything takes a
# gradient, the optimiser's two moments and the last good weights of each parameter.
MODEL_COPIES: dict[Tuning, float] = {"lora": 2.0, "full": 3.6, "p_adapter": 1.6}
PROGRAM_BYTES = 800_000_000
MEASURED_RUNS = 5  # the newest, as a machine changes


class Estimate(NamedTuple):
    """What a run will roughly take."""

    seconds: float
    disk_bytes: int  # most of it scratch that is removed at the end
    memory_bytes: int
    questions: int  # questions evaluated
    steps: int  # training steps at most, 0 for an evaluation
    measured: bool  # seconds follow from earlier runs on this base, not from a rule of thumb


def estimate(sourced: SourcedSpec[ExperimentSpec]) -> Estimate:
    """Reads questions and earlier runs; raises what `check.checked` would for unknown sources."""
    spec, work = sourced.spec, KINDS[sourced.spec.kind].work(sourced)
    if not spec.facts.asks_models:
        return Estimate(work.seconds, 0, PROGRAM_BYTES, work.questions, 0, False)
    parameters, vocabulary = _size(spec.base)
    seconds, earlier = work.seconds * parameters / DEMO_PARAMETERS, _earlier(sourced)
    if earlier is not None:
        seconds = work.seconds * earlier
    disk = 2 * work.answer_tokens * vocabulary * 4
    copies = MODEL_COPIES[spec.training.tuning if isinstance(spec, TrainSpec) else "lora"]
    memory = copies * 4 * parameters + PROGRAM_BYTES
    return Estimate(seconds, int(disk), int(memory), work.questions, work.steps, earlier is not None)


def estimated_seconds(run_id: int) -> float | None:
    """What a stored run was to take, by the runs that ended before; None where its sources are gone."""
    try:
        return estimate(SourcedSpec(history.run_detail(run_id).spec)).seconds
    except UnlearningError:
        return None


def late_words(run: RunSummary, estimated: float | None) -> str:
    """Said once a running run has taken longer than its estimate, in seconds; else ""."""
    if estimated is None or run.status != "running" or run.started is None:
        return ""
    if (datetime.now(UTC) - run.started).total_seconds() <= estimated:
        return ""
    rough = f"{estimated:.0f} s" if estimated < 90 else f"{estimated / 60:.0f} min"
    return f"longer than estimated ({rough})"


def _size(base: str) -> tuple[float, int]:
    """Parameters and vocabulary of a base: from its folder where it is one, the demo's otherwise."""
    folder = local_path(base)
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors")) if folder.is_dir() else 0
    if not weights:
        return DEMO_PARAMETERS, DEMO_VOCABULARY
    try:
        config = read_json(folder / "config.json", finite=False)
        width = 4 if "32" in str(config.get("dtype", config.get("torch_dtype", ""))) else 2
        return weights / width, int(config["vocab_size"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return weights / 2, DEMO_VOCABULARY


def _earlier(sourced: SourcedSpec[ExperimentSpec]) -> float | None:
    """How many times longer than the rules of thumb earlier runs on this base took: those of this kind, else of any
    that asks models; None without any. The work of a run is its answers, so this is how many of them were given a
    second.
    """
    with reading() as session:
        found = runs.durations(session, sourced.spec.base)
    of_kind, of_any = list[float](), list[float]()
    for text, seconds in found:
        try:
            before = replace(sourced, spec=read_spec(text))
            if not before.spec.facts.asks_models:
                continue
            ratio = seconds / KINDS[before.spec.kind].work(before).seconds
        except UnlearningError:  # a set of then may be gone: that run tells nothing
            continue
        of_any.append(ratio)
        if before.spec.kind == sourced.spec.kind:
            of_kind.append(ratio)
    measured = (of_kind or of_any)[:MEASURED_RUNS]
    return statistics.median(measured) if measured else None
