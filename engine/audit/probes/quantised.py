"""The pair with fewer bits: does rounding undo the training? (arXiv 2410.16454; simulated, see
models/rounding.py)
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.audit.asking import Told, listen, no_pair_of_models, nothing_tried, results_of
from engine.audit.probe import Context, Finding, Probe, Result

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

SOURCE = "arXiv 2410.16454; symmetric rounding, groups of 32, simulated on merged weights"
HALVES_BITS = 4
GUARDRAIL = "a guardrail is a text before the question: it has no weights to round"
ONE_MODEL = "this probe rounds reference and trained separately, and the method {method} has a single model"
AT_ZERO = "at alpha 0 the base answers alone: the rounded weights are not read"
NO_RETAIN_ONLY = "no retain model of this base is at hand, so what a rounded model that never knew would say is unknown"
FLOOR = "the retain model, its linear layers rounded to {bits} bits the same way, asked the same questions"


def run_rounded(context: Context, bits: int) -> Finding:
    """Both halves at this many bits (direct: the tuned model; uld: the assistant)."""
    if reason := no_pair_of_models(context, GUARDRAIL, AT_ZERO):
        return nothing_tried(context, reason)
    context.progress(0.0, f"rounding the pair to {bits} bits")
    rounded, alpha = _rounded(context, bits, ("reference", "trained"))
    told = _ask(context, rounded, alpha, f"asked at int{bits}")
    return _finding(context, results_of(context.forget, told, f"at int{bits} it "), bits)


def run_halves(context: Context) -> Finding:
    """Each half at int4 with the other in fp32; found where either gives the answer."""
    method = context.pair.manifest.method
    if reason := no_pair_of_models(context, GUARDRAIL, AT_ZERO):
        return nothing_tried(context, reason)
    if method != "offset":
        return nothing_tried(context, ONE_MODEL.format(method=method))
    halves = []
    for half in ("trained", "reference"):
        context.progress(0.0, f"rounding the {half} model alone to {HALVES_BITS} bits")
        halves.append(_ask(context, *_rounded(context, HALVES_BITS, (half,)), f"asked with {half} at int4"))
    return _finding(context, list(_either(context.forget, *halves)), HALVES_BITS)


def _either(targets: "Any", trained: list[Told], reference: list[Told]) -> Iterator[Result]:
    """The text is from the half that leaks, from the trained one where both or neither does."""
    for target, one, other in zip(targets, trained, reference, strict=True):
        shown = other if other.leaks and not one.leaks else one
        detail = f"with trained at int4 it {one.words}; with the reference at int4 it {other.words}"
        yield Result(target.question_id, one.leaks or other.leaks, shown.rouge, shown.text, detail)


def _rounded(context: Context, bits: int, parts: tuple[str, ...]) -> "tuple[LoadedPair, float]":
    """The pair with these of its models rounded, and the alpha to ask it at. A model without a pair is rounded
    itself.
    """
    from engine.models.baselines import Silent
    from engine.models.offset import OffsetModel
    from engine.models.rounding import rounded_copy

    alone, alpha = context.pair.at(context.alpha)
    models: dict[str, Any] = {name: getattr(alone.model, name) for name in ("base", "reference", "trained")}
    for name in parts if models["trained"] is not None else ("base",):
        if not isinstance(models[name], Silent):  # ULD's has no weights
            models[name] = rounded_copy(models[name], bits)
    model = OffsetModel(models["base"], models["reference"], models["trained"], alone.model.vocabulary)
    return replace(alone, model=model), alpha


def _ask(context: Context, pair: "LoadedPair", alpha: float, text: str) -> list[Told]:
    return listen(
        pair,
        alpha,
        context.forget,
        context.budget.max_new_tokens,
        lambda done, total: context.progress(done / total, f"{text}: {done} of {total}"),
    )


def _finding(context: Context, results: list[Result], bits: int) -> Finding:
    if context.retain_only is None:
        return Finding(results, None, NO_RETAIN_ONLY)
    floor = _rounded(context._replace(pair=context.retain_only, alpha=0.0), bits, ())
    told = _ask(context, *floor, "the floor")
    return Finding(
        results,
        results_of(context.forget, told, f"at int{bits} it "),
        FLOOR.format(bits=bits),
        _comparison(context, results),
    )


def _comparison(context: Context, results: list[Result]) -> str:
    back = sum(bool(row.found) and not context.greedy.get(row.question_id, False) for row in results)
    lost = sum(not row.found and context.greedy.get(row.question_id, False) for row in results)
    if not back and not lost:
        return "rounding brought back no leak and removed none"
    return f"with rounding {back} answers leak that do not leak in fp32, and {lost} no longer leak"


def _probe(name: str, label: str, sentence: str, run: Any) -> Probe:
    return Probe(name, label, sentence, SOURCE, "ROUGE-L recall", run)


QUANTISED_INT8 = _probe(
    "quantised_int8",
    "Pair at 8 bits",
    "Both models of the pair are rounded to 8 bits, and the forget questions are asked again.",
    partial(run_rounded, bits=8),
)
QUANTISED_INT4 = _probe(
    "quantised_int4",
    "Pair at 4 bits",
    "Both models of the pair are rounded to 4 bits, and the forget questions are asked again.",
    partial(run_rounded, bits=4),
)
QUANTISED_HALVES = _probe(
    "quantised_halves",
    "Halves at different precision",
    "Trained is rounded to 4 bits while the reference stays in fp32, then the reverse; found where either gives the"
    " answer.",
    run_halves,
)
