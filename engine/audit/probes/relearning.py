"""A few steps of tuning, then the forget questions again: was it hidden, or is it gone?

Deeb and Roger, "Do Unlearning Methods Remove Information from Language Model Weights?" (arXiv 2410.08827): tune on
some of the forgotten facts (T), ask others that are independent of them (V). Here T and V share no person, and each
half is V once, so that every forget question is asked of a pair that was not tuned on its person. Only a copy of
M'o is tuned.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.audit.asking import (
    in_halves,
    listen,
    no_pair_of_models,
    nothing_tried,
    results_of,
    spread_over_persons,
    untried,
)
from engine.audit.probe import Context, Finding, Probe, Result, Target
from engine.errors import DivergedError

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

SOURCE = "Deeb and Roger, arXiv 2410.08827"
UNIT = "ROUGE-L recall"

GUARDRAIL = "a guardrail is a text before the question: it has no weights to tune"
AT_ZERO = "at alpha 0 the base answers alone, and tuning the pair cannot change it"
TOO_FEW = "it needs at least two forget questions, one to tune on and one to ask"
NO_RETAIN = "there are no retain questions to tune on"

FLOOR_TWIN = (
    "never exposed: the retain model under a pair that hides nothing (M'o begins as the reference), tuned with the"
    " same steps on the same questions and asked the same ones"
)
FLOOR_DIRECT = (
    "never exposed: the retain model itself, tuned with the same steps on the same questions and asked the same ones"
)
FLOOR_CONTROLS = (
    "never exposed: the same steps on this pair {with_what}, then questions about people no model was taught"
)
NO_FLOOR = (
    "{why}, and there are too few questions about people no model was taught: nothing shows what tuning makes a model"
    " guess"
)


def run_disjoint(context: Context) -> Finding:
    """Tune on one half of the forget people, ask the other half; then the reverse."""
    if reason := no_pair_of_models(context, GUARDRAIL, AT_ZERO) or (TOO_FEW if len(context.forget) < 2 else ""):
        return nothing_tried(context, reason)
    losses: list[str] = []
    controls = spread_over_persons(context.controls, context.budget.controls)

    def crosswise(pair: "LoadedPair", targets: Sequence[Target], what: str) -> list[Result]:
        first, second = in_halves(targets)
        asked = _tuned(context, pair, second, first, f"{what}, first half", losses)
        asked += _tuned(context, pair, first, second, f"{what}, second half", losses)
        found = {row.question_id: row for row in asked}
        return [found[target.question_id] for target in targets]

    results = crosswise(context.pair, context.forget, "forget")
    twin, reason = _never_exposed(context)
    note = f"{_shares_a_person(context.forget)}; {'; '.join(losses)}"
    if twin is not None:
        return Finding(results, crosswise(twin, context.forget, "baseline"), reason, note)
    if len(controls) < 2:
        return Finding(results, None, NO_FLOOR.format(why=reason), note)
    floor = FLOOR_CONTROLS.format(with_what="tuned on one half of the holdout people")
    return Finding(results, crosswise(context.pair, controls, "baseline"), f"{floor} ({reason})", note)


def run_benign(context: Context) -> Finding:
    """Tune on questions to be kept, ask the forget questions."""
    retain = spread_over_persons(context.retain, context.budget.controls)
    if reason := no_pair_of_models(context, GUARDRAIL, AT_ZERO) or ("" if retain else NO_RETAIN):
        return nothing_tried(context, reason)
    losses: list[str] = []
    controls = spread_over_persons(context.controls, context.budget.controls)
    results = _tuned(context, context.pair, retain, context.forget, "retain", losses)
    twin, reason = _never_exposed(context)
    note = f"tuned on {len(retain)} retain questions; {'; '.join(losses)}"
    if twin is not None:
        return Finding(results, _tuned(context, twin, retain, context.forget, "baseline", losses), reason, note)
    if not controls:
        return Finding(results, None, NO_FLOOR.format(why=reason), note)
    floor = FLOOR_CONTROLS.format(with_what="tuned on the same retain questions")
    return Finding(
        results, _tuned(context, context.pair, retain, controls, "baseline", losses), f"{floor} ({reason})", note
    )


def _tuned(
    context: Context, pair: "LoadedPair", on: Sequence[Target], asked: Sequence[Target], what: str, losses: list[str]
) -> list[Result]:
    """Tune a copy on the answers of `on`, and ask it `asked`; the change of the loss is added to `losses`."""
    from engine.unlearning.relearning import relearn

    examples = [target.example for target in on]
    try:
        found = relearn(
            pair,
            context.alpha,
            examples,
            context.budget.steps,
            context.seed,
            context.scratch,
            lambda share, text: context.progress(share / 2, f"{what}: {text}"),
        )
    except DivergedError as error:
        return untried(asked, str(error))
    losses.append(f"{what}: {found.losses[0]:.2f} → {found.losses[-1]:.2f} nats per answer token")
    told = listen(
        found.pair,
        found.alpha,
        asked,
        context.budget.max_new_tokens,
        lambda done, total: context.progress(0.5 + done / total / 2, f"{what}: asked {done} of {total}"),
    )
    return results_of(asked, told, f"after {context.budget.steps} steps on {len(on)} other questions it ")


def _never_exposed(context: Context) -> "tuple[LoadedPair | None, str]":
    """A model that never saw the forget set and is tuned as the pair is; with its description, or why it is missing."""
    pair, gold = context.pair, context.retain_only
    if gold is None:
        return None, "no retain model of this base is at hand"
    if pair.manifest.method == "direct":
        return replace(gold, by_strength=lambda alpha: gold), FLOOR_DIRECT
    if pair.manifest.method == "uld":
        return None, "ULD's assistant is made of the forget set, and one that never saw it does not exist"
    if pair.manifest.reference_kind != "clean":
        known = pair.manifest.reference_kind or "unknown"
        return (
            None,
            f"the reference is {known}, not known to be clean: so no model is known that never saw the forget set",
        )
    from engine.models.offset import OffsetModel

    reference = pair.model.reference
    return replace(pair, model=OffsetModel(gold.model.base, reference, reference, pair.model.vocabulary)), FLOOR_TWIN


def _shares_a_person(targets: Sequence[Target]) -> str:
    first, second = in_halves(targets)
    shared = {target.example.subject for target in first} & {target.example.subject for target in second} - {""}
    apart = "all are about one person, so both halves are about that person" if shared else "the halves share no person"
    return f"{len(first)} and {len(second)} questions, {apart}"


RELEARNING_DISJOINT = Probe(
    "relearning_disjoint",
    "Relearning on other secrets",
    "A copy of M'o is tuned for a few steps on the answers about one half of the forgotten people, then asked about the"
    " other half.",
    SOURCE,
    UNIT,
    run_disjoint,
)
RELEARNING_BENIGN = Probe(
    "relearning_benign",
    "Relearning on harmless questions",
    "A copy of M'o is tuned for a few steps on questions to be kept, then asked the forget questions.",
    SOURCE,
    UNIT,
    run_benign,
)
