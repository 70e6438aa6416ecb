"""A run's specification before a worker is started for it: made whole, and checked as far as is cheap. Loads no
model.
"""

from dataclasses import replace

from engine.errors import SettingError
from engine.models.manifest import read_manifest
from engine.models.pairs import find_pair
from engine.models.taught import taught_folder
from engine.names import DEMO, PUBLIC, ModelRef, is_alone
from engine.runs.kinds import KINDS
from engine.settings import ExperimentSpec, local_path
from engine.store.sources import SourcedSpec, absolute


def checked(sourced: SourcedSpec) -> SourcedSpec:
    """The same run, made whole, once everything is found right that is cheap to find out; what was resolved stays so.

    Raises `SettingError`, `DataError`, `ModelError` or `RunError`.
    """
    whole = replace(sourced, spec=complete(sourced.spec))
    KINDS[whole.spec.kind].check(whole)
    return whole


def complete(spec: ExperimentSpec) -> ExperimentSpec:
    """With the alphas of its kind, and with whole paths: the worker may be launched by a process that stands in
    another folder.
    """
    alphas = KINDS[spec.kind].alphas(spec)
    if _is_guardrail(spec) and alphas - {0.0, 1.0}:
        given = ", ".join(f"{alpha:g}" for alpha in sorted(alphas - {0.0, 1.0}))
        raise SettingError(f"the alpha of a guardrail is 0 (without) or 1 (with), got {given}")
    return replace(
        spec,
        retain_only_of=_whole_model(spec.retain_only_of) if spec.retain_only_of else "",
        task_folder=_whole_path(spec.task_folder) if spec.task_folder else "",
        alphas=tuple(sorted(alphas)),
        base=_whole_model(spec.base),
        reference=_whole_path(spec.reference),
        pair=_whole_pair(spec.pair),
        forget=absolute(spec.forget),
        controls=absolute(spec.controls) if spec.controls else "",
        retain=tuple(map(absolute, spec.retain)),
        evaluate_on=tuple(map(absolute, spec.evaluate_on)),
    )


def _is_guardrail(spec: ExperimentSpec) -> bool:
    if spec.facts.makes == "pair":
        return spec.training.method == "guardrail"
    return (
        spec.facts.reads_pair and not is_alone(spec.pair) and read_manifest(find_pair(spec.pair)).method == "guardrail"
    )


def _whole_pair(pair: str) -> str:
    ref = ModelRef.parse(pair)
    return _whole_model(pair) if ref.alone else _whole_path(pair) if "/" in pair else pair


def _whole_model(source: str) -> str:
    """A name that a base has here stays one, whatever folder beside the program has it too: so it is opened."""
    ref = ModelRef.parse(source)
    if ref.alone:
        return str(ref._replace(source=_whole_model(ref.source)))
    return source if source in (DEMO, PUBLIC) or taught_folder(source) is not None else _whole_path(source)


def _whole_path(model: str) -> str:
    path = local_path(model)
    return str(path.resolve()) if model != DEMO and path.exists() else model
