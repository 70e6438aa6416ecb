"""From which alpha on an answer no longer leaks, exactly, and whether a larger alpha brings it back."""

from engine.audit.asking import as_asked, checked_prompt, greedy_floor, not_linear, nothing_tried, untried
from engine.audit.probe import Context, Finding, Probe, Result, Target
from engine.evaluation.leak_rule import find_leak
from engine.store.maps import HIGH, LOW, QuestionMap, Threshold, map_question, threshold


def run(ctx: Context) -> Finding:
    """From the stored map over alpha of each question; a missing one is made and stored."""
    reason = not_linear(ctx)
    if reason:
        return nothing_tried(ctx, reason)
    low, high = min(LOW, ctx.alpha), max(HIGH, ctx.alpha)
    results, thresholds = [], []
    for place, target in enumerate(ctx.forget):
        prompt = checked_prompt(ctx.pair, as_asked(ctx.pair, target), ctx.budget.max_new_tokens)
        if isinstance(prompt, str):
            results += untried([target], prompt)
            continue
        found = map_question(
            ctx.pair,
            target.example.question,
            ctx.budget.max_new_tokens,
            low,
            high,
            lambda share, _: ctx.progress(0.5 * (place + share) / len(ctx.forget), "mapping over alpha"),  # noqa: B023  called before the next round
        )
        result, limit = _judge(ctx, target, found)
        results.append(result)
        thresholds.append(limit)
    floor = greedy_floor(ctx)
    return Finding(
        results, floor.results, f"{floor.reason}; it has no alpha", _note(thresholds, high), _largest(thresholds)
    )


def _judge(ctx: Context, target: Target, found: QuestionMap) -> tuple[Result, Threshold]:
    leaks = [find_leak(target.example, answer.text, target.terms).leaks for answer in found.answers]
    limit = threshold(found.answers, leaks)
    beyond = [answer for answer, leak in zip(found.answers, leaks, strict=True) if leak and answer.high >= ctx.alpha]
    shown = beyond[0] if beyond else next(answer for answer in found.answers if answer.high >= ctx.alpha)
    words = f"leaks up to alpha {found.high:g}" if limit.alpha is None else f"no leak from alpha {limit.alpha:.4g} on"
    if limit.returns is not None:
        words += f", comes back at {limit.returns:.4g}"
    if beyond:
        words += f"; at or above the audited alpha it first leaks at {max(beyond[0].low, ctx.alpha):.4g}"
    if not limit.whole:
        words += "; answers that were not followed to their end count as leaks in the threshold"
    followed = all(answer.followed for answer in found.answers if answer.high >= ctx.alpha)
    seen = True if beyond else False if followed else None  # an answer that was not followed may leak later on
    return Result(target.question_id, seen, limit.alpha, shown.text, words), limit


def _largest(thresholds: list[Threshold]) -> float | None:
    """The alpha from which none leaks, except for returns; None where one leaks to the end."""
    known = [limit.alpha for limit in thresholds if limit.alpha is not None]
    return max(known) if known and len(known) == len(thresholds) else None


def _note(thresholds: list[Threshold], high: float) -> str:
    never = sum(limit.alpha is None for limit in thresholds)
    back = sum(limit.returns is not None for limit in thresholds)
    return (
        f"of {len(thresholds)} questions {never} leak up to alpha {high:g}, and {back} come back at a larger alpha"
        " after one that hides them"
    )


PROBE = Probe(
    name="alpha_threshold",
    label="Alpha threshold and return",
    sentence="Reads every answer that any alpha gives and asks whether one at or above the audited alpha leaks.",
    source="Huang et al., arXiv 2404.11045; the exact map over alpha",
    unit="smallest alpha from which the answer no longer leaks",
    run=run,
)
