"""The missing runs of the plan, each in a separate process, and its costs."""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.study import plan as study_plan
from benchmarks.study.stored import finished
from engine.kinds import EvaluateSpec, TeachSpec, TrainSpec
from engine.specification import ExperimentSpec


def run_one(name: str, tofu: Path | None) -> None:
    """Execute one entry of the plan in this process."""
    from benchmarks.study.models import make_reference, reference_folder, register_own_words, register_sets
    from engine.runs import execute

    item = next(item for item in study_plan.plan() if item.name == name)
    register_sets(tofu)
    if item.part != "models":
        register_own_words(study_plan.BASE, say)
    if reference := study_plan.reference_of(name):
        make_reference(reference, tofu, say)
        say(f"reference at {reference_folder(reference).name}")
    execute.run_here(_resumed(item.spec()))


def _resumed(spec: ExperimentSpec) -> ExperimentSpec:
    """The evaluation alone, where a run was stopped after saving its model."""
    from engine.errors import RunError
    from engine.models.manifest import read_manifest
    from engine.models.pairs import pairs_folder
    from engine.models.taught import read_as, taught_folder

    if isinstance(spec, TrainSpec) and (pairs_folder() / spec.name).exists():
        if note := read_manifest(pairs_folder() / spec.name).note:
            raise RunError(f"{spec.name} did not give a result: {note}")
        return _evaluation(spec, spec.name)
    if isinstance(spec, TeachSpec) and taught_folder(spec.name) is not None:
        return _evaluation(spec, read_as(spec.name, spec.retain_only_of))
    return spec


def _evaluation(spec: ExperimentSpec, pair: str) -> EvaluateSpec:
    """As the run would have evaluated what it made."""
    known = {name: value for name, value in dict(spec).items() if name in EvaluateSpec.model_fields}
    return EvaluateSpec(**(known | {"kind": "evaluate", "pair": pair}))


def run_all(hours: float, tofu: Path | None, only: list[str]) -> None:
    began = time.monotonic()
    for item in to_run(only):
        if time.monotonic() - began > hours * 3600:
            say(f"{hours:g} hours are over: {item.name} and later runs wait for the next call")
            return
        say(f"{item.part}: {item.name}")
        command = [sys.executable, "-m", "benchmarks.study", "--run", item.name]
        child = subprocess.Popen([*command, *(["--tofu", str(tofu)] if tofu else [])])
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            say(f"{item.name} did not finish; the others continue")
            continue
        record_cost(item.name, usage.ru_maxrss / 2**20)


def to_run(only: list[str]) -> list[study_plan.Item]:
    """The missing runs of the plan, after the models that they read and that are not on this machine."""
    plan, done = study_plan.plan(), finished()
    chosen = [item for item in plan if not only or any(text in (item.part, item.name) for text in only)]
    missing = {item.name for item in chosen if item.name not in done}
    wanted = {name for item in chosen if item.name in missing for name in study_plan.reads(item)}
    lost = {name for name in wanted & done if not _is_here(name)}  # a run that reads a pair also reads its base
    return [item for item in plan if item.name in missing | lost]


def _is_here(name: str) -> bool:
    """Whether the model or pair that a run of this name makes is on this machine."""
    from engine.models.pairs import pairs_folder
    from engine.models.taught import taught_folder

    return taught_folder(name) is not None or (pairs_folder() / name).exists()


def record_cost(name: str, peak_gib: float) -> None:
    """Store with the run what only the system knows: the largest resident memory, and the size of the saved files."""
    from db import writes
    from db.rows import FigureRow
    from engine.models.pairs import pairs_folder
    from engine.store import history
    from engine.store.session import write_patiently

    run = history.find_run(name)
    if run.kind not in ("train", "teach"):
        return  # the cost of making it was not measured
    stored = sum(path.stat().st_size for path in (pairs_folder() / name).glob("*.safetensors"))
    costs = {"peak memory, GiB": peak_gib, "stored, MB": stored / 1e6}
    rows = [
        FigureRow(alpha=0.0, name=label, value=value, low=None, high=None, rows=None, note="")
        for label, value in costs.items()
    ]
    write_patiently(lambda session: writes.add_figures(session, run.id, rows))


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)
