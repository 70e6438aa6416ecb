"""A run's specification before a worker is started for it: made whole, and checked as far as is cheap. Loads no model."""

from dataclasses import replace

from engine.errors import ModelError, RunError, SettingError
from engine.models.manifest import read_manifest
from engine.models.pairs import check_free, find_pair
from engine.models.taught import check_name_free, taught_folder
from engine.names import DEMO, PUBLIC, ModelRef, is_alone, is_gguf, is_path
from engine.runs.audit import check_audit
from engine.runs.tasks import check_tasks
from engine.settings import ExperimentSpec, check_alpha, check_range, local_path
from engine.store.questions import absolute, examples_of, taught_questions, training_sets


def complete(spec: ExperimentSpec) -> ExperimentSpec:
    """With alpha 0, and with whole paths: the worker may be launched by a process that stands in another folder."""
    alphas = {check_alpha(alpha) for alpha in spec.alphas}
    if spec.kind == "map":
        alphas = set(check_range(min(alphas), max(alphas)))
    elif spec.kind != "audit":
        alphas.add(0.0)
    if spec.kind == "teach" or (spec.kind in ("evaluate", "tasks") and is_alone(spec.pair)):
        alphas = {0.0}  # without a pair every alpha reads as 0
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
    if spec.kind == "train":
        return spec.training.method == "guardrail"
    named = spec.kind in ("evaluate", "audit", "tasks", "map") and spec.pair and not is_alone(spec.pair)
    return bool(named) and read_manifest(find_pair(spec.pair)).method == "guardrail"


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


def check(spec: ExperimentSpec) -> None:
    """Everything that is cheap to find out before a worker is started."""
    if spec.kind == "imported":
        raise RunError(f"run {spec.name!r} was imported: it executes nothing, so it cannot be started")
    if not spec.evaluate_on:
        raise SettingError("a run needs at least one set to evaluate")
    if spec.kind == "tasks":
        check_tasks(spec)
    else:
        for source in spec.evaluate_on:
            examples_of(source)
    if spec.kind == "audit":
        check_audit(spec)
    if spec.kind in ("map", "audit") and is_alone(spec.pair):
        raise SettingError(
            f"{'a map' if spec.kind == 'map' else 'an audit'} needs a pair, and {spec.pair!r} is a model alone: it answers the same at every alpha"
        )
    if spec.kind not in ("train", "teach"):
        if is_alone(spec.pair):
            _check_model(ModelRef.parse(spec.pair).source)
            return
        pair = read_manifest(find_pair(spec.pair))
        if spec.kind == "map" and not pair.linear:
            raise SettingError(
                f"pair {spec.pair!r} has no map: its method is {pair.method}, and a map needs logits that are linear in alpha"
            )
        _check_model(pair.base)
        _check_model(pair.reference)
        return
    if spec.kind == "teach":
        _check_model(spec.base)
        taught_questions(spec)
        check_name_free(spec.name)
        if spec.retain_only_of:
            _check_known(spec.retain_only_of)
        return
    from engine.unlearning.methods import check_method
    from engine.unlearning.objectives import get_objective

    get_objective(spec.training.objective)
    check_method(spec.training)
    _check_model(spec.base)
    _check_model(spec.reference)
    tuned = spec.base if spec.training.method == "direct" else spec.reference
    if spec.training.tuning == "full" and spec.training.method != "guardrail" and is_gguf(tuned):
        raise SettingError(
            f"a GGUF file is tuned by lora or p_adapter, as no whole model of one can be saved, got {tuned}"
        )
    training_sets(spec)
    if spec.parent:
        find_pair(spec.parent)
    check_free(spec.name)


def _check_known(base: str) -> None:
    """Whether there is such a base: `ModelError` where nothing here, and nothing on the hub, has the name."""
    if base in (DEMO, PUBLIC) or taught_folder(base) is not None:
        return
    _check_model(base)
    if is_alone(base):
        raise SettingError(f"the retain-only model is one of a base, named as for train --base, got {base!r}")
    from engine.models.hub import check_on_hub

    if not local_path(base).exists():
        check_on_hub(base)


def _check_model(source: str) -> None:
    from engine.models.demo_base import base_ready

    if source in (DEMO, PUBLIC):
        if not base_ready():
            raise ModelError(
                "the demo's base is not on this machine yet: run `python -m engine demo`, or press the button on Overview"
            )
    elif is_path(source) and not local_path(source).exists():
        raise ModelError(f"there is no model folder or GGUF file at {source}")
