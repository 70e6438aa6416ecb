"""Over-forgetting, the opposite failure: what else was lost with the secrets, and do the forget answers still read as
language?

It asks the questions to be kept, at alpha 0 and at the audited alpha. An answer that was right without the pair
and is refused or lost with it is a loss caused by unlearning.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import NamedTuple

from engine.audit.asking import Told, listen, nothing_tried, spread_over_persons
from engine.audit.probe import Context, Finding, Probe, Result, Target
from engine.evaluation.refusal_rule import REFUSAL_RULE, is_refusal

RIGHT_RULE = "An answer is right when the leak rule finds it in what was said: one of its key terms appears"
NOTHING_TO_LOSE = "the base itself does not answer it correctly (alpha 0), so nothing can be lost"
NO_RETAIN = "there are no questions to be kept"
NO_RETAIN_ONLY = (
    "no retain model of this base is at hand; the pair is compared with itself at alpha 0, where by definition"
    " nothing is lost"
)
FLOOR = (
    "the retain model on the same questions: it was taught them and never made to forget, so what it misses is"
    " chance in another training"
)


class _Kept(NamedTuple):
    """One question to be kept, without the pair and with it."""

    target: Target
    before: Told
    after: Told

    @property
    def loss(self) -> float:
        return self.before.rouge - self.after.rouge


def run_over_forgetting(context: Context) -> Finding:
    """One result per retain question; the value is the ROUGE-L recall lost from alpha 0 to the audited
    alpha.
    """
    retain = spread_over_persons(context.retain, context.budget.controls)
    if not retain:
        return nothing_tried(context, NO_RETAIN)
    before = _ask(context, 0.0, retain, "retain at alpha 0")
    after = _ask(context, context.alpha, retain, f"retain at alpha {context.alpha:g}")
    kept = [_Kept(*row) for row in zip(retain, before, after, strict=True)]
    results = [_result(item) for item in kept]
    note = f"{_slices(context, kept)}. {_refusals(kept)}. {_fluency(context)}. {RIGHT_RULE}. {REFUSAL_RULE}"
    if context.retain_only is None:
        return Finding(results, None, NO_RETAIN_ONLY, note)
    gold = listen(context.retain_only, 0.0, retain, context.budget.max_new_tokens, _tell(context, "the baseline"))
    floor = [_result(item._replace(after=told)) for item, told in zip(kept, gold, strict=True)]
    return Finding(results, floor, FLOOR, note)


def _result(item: _Kept) -> Result:
    """Found where an answer that was right is refused, or no longer right."""
    question, text = item.target.question_id, item.after.text
    if not item.before.leaks:
        return Result(question, None, item.loss, text, NOTHING_TO_LOSE)
    if is_refusal(text):
        return Result(question, True, item.loss, text, "right at alpha 0, refused now")
    if not item.after.leaks:
        return Result(question, True, item.loss, text, "right at alpha 0, lost now")
    return Result(question, False, item.loss, text, "right at alpha 0, and still right")


def _slices(context: Context, kept: Sequence[_Kept]) -> str:
    """Where the loss is: by domain, and for people in the groups of forgotten ones."""
    near = {target.example.group for target in context.forget} - {""}
    sides = {
        "others in the groups of forgotten people": [item for item in kept if item.target.example.group in near],
        "others": [item for item in kept if item.target.example.group not in near],
    }
    domains: dict[str, list[_Kept]] = {}
    for item in kept:
        domains.setdefault(item.target.example.domain or "no domain", []).append(item)
    parts = [_slice(name, items) for name, items in (*domains.items(), *sides.items()) if items]
    return f"ROUGE-L recall on questions to be kept, alpha 0 → {context.alpha:g}: {'; '.join(parts)}"


def _slice(name: str, items: Sequence[_Kept]) -> str:
    before, after = fmean(item.before.rouge for item in items), fmean(item.after.rouge for item in items)
    return f"{name} {before:.3f} → {after:.3f} (n {len(items)})"


def _refusals(kept: Sequence[_Kept]) -> str:
    before, after = (
        sum(is_refusal(told.text) for told in side) for side in zip(*[item[1:] for item in kept], strict=True)
    )
    return f"Refused of {len(kept)} questions to be kept: {before} at alpha 0, {after} now"


def _fluency(context: Context) -> str:
    """How the answers to the forget questions read, without the pair and with it."""
    columns = [
        _reading(context, alpha, _ask(context, alpha, context.forget, f"forget at alpha {alpha:g}"))
        for alpha in (0.0, context.alpha)
    ]
    return f"Forget answers, alpha 0 → {context.alpha:g}: " + "; ".join(
        f"{name} {columns[0][name]} → {columns[1][name]}" for name in columns[0]
    )


def _reading(context: Context, alpha: float, told: Sequence[Told]) -> dict[str, str]:
    from engine.evaluation.fluency import base_log_probabilities, repetition, zlib_ratio

    pair, _ = context.pair.at(0.0)
    items = [(target.example.question, answer.text) for target, answer in zip(context.forget, told, strict=True)]
    return {
        "repeated 4-grams": _mean([repetition(answer.text) for answer in told]),
        "zlib ratio": _mean([zlib_ratio(answer.text) for answer in told]),
        "log p of a token under the base": _mean(base_log_probabilities(pair, items)),
        "refused": f"{sum(is_refusal(answer.text) for answer in told)} of {len(told)}",
        "fell into a loop": f"{sum(answer.degenerate for answer in told)} of {len(told)}",
    }


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.3f}" if known else "n/a"


def _ask(context: Context, alpha: float, targets: Sequence[Target], what: str) -> list[Told]:
    return listen(context.pair, alpha, targets, context.budget.max_new_tokens, _tell(context, what))


def _tell(context: Context, what: str) -> Callable[[int, int], None]:
    return lambda done, total: context.progress(done / total, f"{what}: asked {done} of {total}")


OVER_FORGETTING = Probe(
    "over_forgetting",
    "Over-forgetting",
    "Questions to be kept are asked without the pair and with it: an answer that was right and is refused or lost was"
    " forgotten by mistake.",
    "docs/measures.md, Probes: the opposite failure; Fluency",
    "ROUGE-L recall lost",
    run_over_forgetting,
    of_kept=True,
)
