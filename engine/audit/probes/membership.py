"""Membership inference: do the forget questions still show as trained on, or as tampered with?

Four scores of the true answers under the ensemble (evaluation/privacy.py: loss, zlib, min-k, min-k++), forget
questions against questions about people no model was taught, and beside them the same of a retain model.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import nothing_tried, spread_over_persons
from engine.audit.probe import Context, Finding, Probe, Result, Target

if TYPE_CHECKING:
    from engine.evaluation.privacy import PrivacyComparison, PrivacyEstimate, ScoredQuestion
    from engine.models.loading import LoadedPair

SCORES = {"mia_loss": "loss", "mia_zlib": "zlib", "mia_min_k": "min-k", "mia_min_k_plus_plus": "min-k++"}
HEADLINE = "mia_min_k"
NO_CONTROLS = "membership is read against questions about people no model was taught, and none are given"
NO_RETAIN_ONLY = (
    "no retain model of this base is at hand: an AUC away from a half may be chance in these questions, so no "
    "difference is stated"
)
FLOOR = "the retain model, which saw neither side: the same scores of the same answers"

ScoresByQuestion = Mapping[str, Mapping[int, float | None]]  # by score and question


def run_membership(context: Context) -> Finding:
    """The value is AUC − AUC of the retain model on min-k: above 0 as trained on, below 0 as tampered with.

    A single question counts as found where its min-k is lower than that of every control, which for a question like the
    controls has a chance of 1 in their number + 1.
    """
    controls = spread_over_persons(context.controls, context.budget.controls)
    if not controls:
        return nothing_tried(context, NO_CONTROLS)
    targets = [*context.forget, *controls]
    ours = _scores(context, context.pair, context.alpha, targets, "the pair")
    results = _results(context.forget, controls, ours[HEADLINE])
    if context.retain_only is None:
        return Finding(results, None, NO_RETAIN_ONLY, _alone(context, controls, ours))
    theirs = _scores(context, context.retain_only, 0.0, targets, "the retain model")
    found = {name: _compared(context, controls, ours[name], theirs[name]) for name in SCORES}
    headline = found[HEADLINE].difference
    interval = None if headline.low is None or headline.high is None else (headline.low, headline.high)
    floor = _results(context.forget, controls, theirs[HEADLINE])
    return Finding(results, floor, FLOOR, _note(found, len(controls)), headline.value, interval)


def _scores(
    context: Context, pair: "LoadedPair", alpha: float, targets: Sequence[Target], whose: str
) -> dict[str, dict[int, float | None]]:
    """Each score of each true answer under `pair` at `alpha`."""
    from engine.evaluation.answer_readings import read_over_alpha
    from engine.evaluation.scoring import membership_scores

    items = [(target.example.question, target.example.answer) for target in targets]
    read = read_over_alpha(
        pair,
        items,
        [alpha],
        None,
        progress=lambda done, total: context.progress(done / total, f"{whose}: read {done} of {total} answers"),
        expected=set(items),
    )
    rows = [
        membership_scores(item.readings[0], target.example.answer) for target, item in zip(targets, read, strict=True)
    ]
    return {name: {target.question_id: row[name] for target, row in zip(targets, rows, strict=True)} for name in SCORES}


def _results(forget: Sequence[Target], controls: Sequence[Target], scores: Mapping[int, float | None]) -> list[Result]:
    """One per forget question, by its min-k score beside the controls'."""
    known = [score for target in controls if (score := scores[target.question_id]) is not None]
    rows = []
    for target in forget:
        own = scores[target.question_id]
        if own is None or not known:
            rows.append(Result(target.question_id, None, None, "", "the answer has no min-k score"))
            continue
        above = sum(score > own for score in known)
        detail = f"min-k {own:.3f}, lower than that of {above} of {len(known)} controls"
        rows.append(Result(target.question_id, above == len(known), own, "", detail))
    return rows


def _compared(
    context: Context,
    controls: Sequence[Target],
    ours: Mapping[int, float | None],
    theirs: Mapping[int, float | None],
) -> "PrivacyComparison":
    import numpy as np

    from engine.evaluation.privacy import compare_aucs

    return compare_aucs(
        _scored(context.forget, ours),
        _scored(controls, ours),
        _scored(context.forget, theirs),
        _scored(controls, theirs),
        np.random.default_rng(context.seed),
    )


def _scored(targets: Sequence[Target], scores: Mapping[int, float | None]) -> "list[ScoredQuestion]":
    from engine.evaluation.privacy import ScoredQuestion

    return [
        ScoredQuestion(target.question_id, target.example.subject, scores[target.question_id]) for target in targets
    ]


def _note(found: "Mapping[str, PrivacyComparison]", controls: int) -> str:
    parts = [
        f"{SCORES[name]} {_words(each.auc)} against {_words(each.auc_retain)}, difference"
        f" {_words(each.difference, '+')}"
        for name, each in found.items()
    ]
    leak = found[HEADLINE].privleak
    privleak = f"PrivLeak {_words(leak, '+', digits=1)} %" if leak.value is not None else f"PrivLeak n/a: {leak.reason}"
    return (
        f"AUC of the pair against the retain model: {'; '.join(parts)}. {privleak} (near 0 good, below"
        " under-forgotten, above over-forgotten). One question counts as found where its min-k is below that of all"
        f" {controls} controls; of questions like the controls 1 in {controls + 1} is"
    )


def _alone(context: Context, controls: Sequence[Target], ours: ScoresByQuestion) -> str:
    """AUCs without a baseline."""
    import numpy as np

    from engine.evaluation.privacy import membership_auc

    parts = []
    for name, words in SCORES.items():
        forget, held_out = _scored(context.forget, ours[name]), _scored(controls, ours[name])
        parts.append(f"{words} {_words(membership_auc(forget, held_out, np.random.default_rng(context.seed)))}")
    return f"AUC of the pair: {'; '.join(parts)}"


def _words(figure: "PrivacyEstimate", sign: str = "", digits: int = 3) -> str:
    if figure.value is None:
        return f"n/a ({figure.reason})"
    interval = (
        "" if figure.low is None or figure.high is None else f" [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"
    )
    return f"{figure.value:{sign}.{digits}f}{interval}"


MEMBERSHIP = Probe(
    "membership",
    "Membership inference",
    "How likely the true answers are under the ensemble, against answers about people no model was taught, and against"
    " a model that never saw either.",
    "loss, zlib (Carlini et al. 2021), min-k (arXiv 2310.16789), min-k++ (arXiv 2404.02936), as in open-unlearning",
    "min-k, nats; of the whole: AUC minus that of the retain model",
    run_membership,
)
