"""A run's specification before a worker starts: completed, and checked as far as is cheap. Loads no model."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from engine.errors import SettingError
from engine.kinds import TrainSpec
from engine.models.manifest import read_manifest
from engine.models.pairs import find_pair
from engine.models.sources import whole_model, whole_path
from engine.names import ModelRef, is_alone
from engine.runs.kinds import KINDS
from engine.specification import ExperimentSpec, Names
from engine.store.sources import SourcedSpec, absolute

S = TypeVar("S", bound=ExperimentSpec)


def checked(sourced: SourcedSpec[S]) -> SourcedSpec[S]:
    """The same run, made whole, once every cheap check has passed; resolved sources stay resolved.

    Raises `SettingError`, `DataError`, `ModelError` or `RunError`.
    """
    whole = replace(sourced, spec=complete(sourced.spec))
    KINDS[whole.spec.kind].check(whole)
    return whole


def complete(spec: S) -> S:
    """With the alphas of its kind, and with whole paths: the worker may be launched by a process that stands in
    another folder.
    """
    alphas = KINDS[spec.kind].alphas(spec)
    if _is_guardrail(spec) and alphas - {0.0, 1.0}:
        given = ", ".join(f"{alpha:g}" for alpha in sorted(alphas - {0.0, 1.0}))
        raise SettingError(f"the alpha of a guardrail is 0 (without) or 1 (with), got {given}")
    whole = {name: _WHOLE[mark] for name, mark in spec.names().items()} | dict.fromkeys(spec.sources(), absolute)
    named = {name: _each(whole[name], getattr(spec, name)) for name in whole}
    return spec.but(**named, alphas=tuple(sorted(alphas)))


def _each(whole: Callable[[str], str], value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Of one name or of several; one that is empty names nothing."""
    if isinstance(value, tuple):
        return tuple(map(whole, value))
    return whole(value) if value else ""


def _is_guardrail(spec: ExperimentSpec) -> bool:
    if isinstance(spec, TrainSpec):
        return spec.training.method == "guardrail"
    if Names.PAIR not in spec.names().values() or is_alone(spec.pair_name):
        return False
    return read_manifest(find_pair(spec.pair_name)).method == "guardrail"


def _whole_pair(pair: str) -> str:
    ref = ModelRef.parse(pair)
    return whole_model(pair) if ref.alone else whole_path(pair) if "/" in pair else pair


_WHOLE = {
    Names.BASE: whole_model,
    Names.REFERENCE: whole_path,
    Names.PAIR: _whole_pair,
    Names.FOLDER: whole_path,
}
