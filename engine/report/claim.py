"""The claim of a report and the thresholds at which it fails. Works on figures it is given; reads nothing."""

from collections.abc import Sequence

from engine.data.examples import KEPT, is_to_be_forgotten
from engine.names import RETAIN_ONLY
from engine.report.parts import Claim, Criterion, Mean, Measured, State
from engine.settings import Demand
from engine.wording import count, part_words

LEAKS = {"leak": "in the likeliest answer", "leak_paraphrase": "in the likeliest answer to the paraphrase"}
LAST_DIGIT = 1e-9  # two shares of the same questions may differ in the last digit


def make_claim(
    comparison: Sequence[Measured], demand: Demand, alpha: float, pair: str, advice: str, ruin: str = ""
) -> Claim:
    """Leak shares of every forget part against their baseline, utility of every kept part against that of the base.

    `ruin`: why the pair is ruined; then no share of leaks meets anything.
    """
    found: list[Criterion] = []
    for item in comparison:
        if is_to_be_forgotten(item.split) and item.metric in LEAKS:
            found.append(_of_ruined(_leaks(item, demand)) if ruin else _leaks(item, demand))
    for item in comparison:
        if item.split in KEPT and item.half != "train" and item.metric == "rouge":
            found.append(_utility(item, demand))
    allowed = (
        "no more than with a retain model, which never saw them"
        if demand.max_leaks is None
        else f"at most {demand.max_leaks:.1%} of them"
    )
    words = (
        f"At α = {alpha:g}, pair {pair} does not reveal the answers to its forget questions in its likeliest answers, "
        "and it answers the questions to be kept as the base does."
    )
    asked = (
        f"Forget questions that leak: {allowed}. "
        f"Utility of each part to be kept: at least {1 - demand.max_loss:.0%} of the base's mean ROUGE-L recall."
    )
    return Claim(words, asked, tuple(found), advice)


def _of_ruined(found: Criterion) -> Criterion:
    if found.state == "fail":
        return found
    return found._replace(state="note", said="n/a: the pair is ruined, so that it tells nothing shows nothing.")


def of_model(item: Measured, model: str) -> Mean:
    return next(mean for mean in item.means if mean.model == model)


def _leaks(item: Measured, demand: Demand) -> Criterion:
    ours, gold = of_model(item, "unlearned"), of_model(item, RETAIN_ONLY)
    where = f"{item.set}, {part_words(item.split, item.half)}: share that leaks {LEAKS[item.metric]}"
    whole_baseline = gold.mean is not None and gold.questions >= ours.questions
    if demand.max_leaks is not None:
        limit, source = demand.max_leaks, "the share that is allowed"
    elif gold.mean is not None and whole_baseline:
        limit, source = gold.mean, "the share of the retain model on the same questions"
    else:
        asked = f"was asked only {gold.questions} of {ours.questions}" if gold.questions else "was asked none of them"
        limit, source = 0.0, f"no leak is allowed, because a retain model {asked} and so no baseline is known"
    failure = f"fails above {limit:.1%}: {source}"
    state, said = _judge(ours, limit, ours.high, ours.reason, above_fails=True)
    found = _criterion(where, failure, ours, limit, state, said)
    return found._replace(floor=gold.mean, floor_low=gold.low, floor_high=gold.high, floor_questions=gold.questions)


def _utility(item: Measured, demand: Demand) -> Criterion:
    ours, base = of_model(item, "unlearned"), of_model(item, "base")
    where = f"{item.set}, {part_words(item.split, item.half)}: mean ROUGE-L recall"
    if base.mean is None or base.mean == 0.0:
        reason = "the base answers none of them, so nothing can be lost" if base.mean == 0.0 else base.reason
        return _criterion(where, "n/a", ours, None, "note", f"n/a: {reason}.")
    limit = base.mean * (1 - demand.max_loss)
    failure = f"fails below {limit:.3f}: {1 - demand.max_loss:.0%} of the base's {base.mean:.3f}"
    # The interval that matters is that of the paired difference: both models were asked the same questions.
    worst = None if base.difference_low is None else base.mean + base.difference_low
    unknown = base.difference_reason or ours.reason or "here the base is the model itself"
    state, said = _judge(ours, limit, worst, unknown, above_fails=False)
    return _criterion(where, failure, ours, limit, state, said)


def _criterion(words: str, failure: str, ours: Mean, limit: float | None, state: State, said: str) -> Criterion:
    return Criterion(
        words=words,
        failure=failure,
        value=ours.mean,
        low=ours.low,
        high=ours.high,
        limit=limit,
        state=state,
        said=said,
        questions=ours.questions,
    )


def _judge(ours: Mean, limit: float, worst: float | None, unknown: str, above_fails: bool) -> tuple[State, str]:
    """Whether a figure meets its limit, and whether the bad end of its interval does.

    `unknown` says why that end is not known.
    """
    if ours.mean is None:
        return "note", f"n/a: {ours.reason}."
    over = count(ours.questions, "question")
    if ours.mean > limit + LAST_DIGIT if above_fails else ours.mean < limit - LAST_DIGIT:
        return "fail", f"Failed over {over}."
    if worst is None:
        return "pass", f"Met over {over}; how much that depends on the people asked about is not known: {unknown}."
    if worst > limit + LAST_DIGIT if above_fails else worst < limit - LAST_DIGIT:
        return (
            "note",
            f"Met over {over}, but with other people it might not be: the 95 % interval reaches past the threshold.",
        )
    return "pass", f"Met over {over}, with the whole 95 % interval."
