"""The models that a report compares, on the same questions: base, unlearned, direct, retain-only; and a
second run. Reads stored scores; loads no model.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from engine.analysis.chosen_alpha import report_alpha
from engine.analysis.differences import differing_values, recorded_settings
from engine.analysis.figures import Figure, run_figures
from engine.analysis.floor import Floor
from engine.analysis.paired import Difference, compare_runs
from engine.data.examples import KEPT, is_to_be_forgotten
from engine.errors import RunError
from engine.evaluation.metrics import METRICS
from engine.models.names import shown_pair
from engine.names import RETAIN_ONLY
from engine.report.excerpts import value
from engine.report.parts import Against, Change, ChangedAnswer, Mean, Measured, Model, Point, TradeOff
from engine.store import history
from engine.store.history import RunDetail
from engine.wording import part_words, run_words

Key = tuple[str, str, str, str]  # set, split, half, metric
OF_PAIR = ("method", "objective", "tuning", "retain_term", "reference_kind", "parent")


def models_of(detail: RunDetail, alpha: float, floor: Floor | None, only: Collection[int]) -> list[Model]:
    """The columns of the comparison; a model without a run that fits says why."""
    run = detail.summary
    stored = history.alphas_of(run.id)
    base = (
        Model("base", run.id, run.name, 0.0, "")
        if 0.0 in stored
        else _without("base", "this run did not evaluate α = 0")
    )
    gold = _without(
        RETAIN_ONLY,
        f"no finished run of the retain model of base {shown_pair(run.base)} was asked any of these questions",
    )
    if floor is not None and floor.scores["question_id"].isin(list(only)).any():
        gold = Model(RETAIN_ONLY, floor.run_id, history.run_detail(floor.run_id).summary.name, 0.0, "")
    return [base, Model("unlearned", run.id, run.name, alpha, ""), _direct(detail, only), gold]


def compare(models: Sequence[Model], only: Collection[int]) -> tuple[Measured, ...]:
    """Every measure on every part of the chosen questions, for every model."""
    found = {model.model: _figures(model, only) for model in models}
    ours = next(model for model in models if model.model == "unlearned")
    apart = {model.model: _differences(model, ours, only) for model in models}
    measured = []
    for key in found["unlearned"]:
        means = [_mean(model, found[model.model].get(key), apart[model.model].get(key)) for model in models]
        metric = METRICS.get(key[3])
        label, direction = (metric.label, metric.direction(key[1])) if metric else (key[3], "no direction")
        measured.append(Measured(*key, label, direction, tuple(means)))
    return tuple(measured)


def trade_off_of(detail: RunDetail, models: Sequence[Model], only: Collection[int]) -> TradeOff:
    """ROUGE-L recall on the first forget part against that on the first part to be kept, at every evaluated α."""
    run_id = detail.summary.id
    at = {alpha: _by_key(run_figures(run_id, alpha, only)) for alpha in history.alphas_of(run_id)}
    keys = [key for figures in at.values() for key in figures if key[3] == "rouge"]
    forget = next((key for key in keys if is_to_be_forgotten(key[1])), None)
    kept = sorted((key for key in keys if key[1] in KEPT), key=lambda key: (key[2] != "eval", key[1] != "retain"))
    if forget is None or not kept:
        return TradeOff("", "", (), "these questions do not include both a part to be forgotten and one to be kept")
    places = [("base" if alpha == 0 else "unlearned", alpha, figures) for alpha, figures in at.items()]
    for model in models:
        if model.model in ("direct", RETAIN_ONLY) and model.run_id is not None:
            places.append((model.model, model.alpha or 0.0, _figures(model, only)))
    points = [point for place in places if (point := _point(*place[:2], place[2].get(kept[0]), place[2].get(forget)))]
    label = METRICS["rouge"].label
    names = [f"{label}, {key[0]}, {part_words(key[1], key[2])}" for key in (forget, kept[0])]
    return TradeOff(names[0], names[1], tuple(points), "" if points else "no ROUGE-L recall was scored on both parts")


def beside(detail: RunDetail, alpha: float, other_id: int, other_alpha: float, rows: pd.DataFrame) -> Against:
    """The second run compared with this one on the questions of `rows`, only what differs; raises as `compare_runs`."""
    found = compare_runs(detail.summary.id, other_id, alpha, other_alpha, set(rows["question_id"]))
    other = history.run_detail(other_id)
    apart = [item for item in found.differences if item.mean or item.mean is None or item.low or item.high]
    return Against(
        run_id=other_id,
        run=other.summary.name,
        alpha=other_alpha,
        left_out=found.left_out_words,
        settings=tuple(_settings(detail, other)),
        unlike=tuple(item.words for item in found.unlike),
        differences=tuple(item._asdict() for item in apart),
        same=len(found.differences) - len(apart),
        answers=tuple(_changed(rows, history.report_rows(other_id, other_alpha))),
    )


def _without(model: str, reason: str) -> Model:
    return Model(model, None, "", None, reason)


def _direct(detail: RunDetail, only: Collection[int]) -> Model:
    """The finished direct run of the same base that shares the most questions; of equals the newest."""
    run = detail.summary
    if detail.manifest.get("method") == "direct":
        return _without("direct", "this report is itself about a run of the direct method")
    best: tuple[int, Model] | None = None
    for other in history.list_runs():
        if (
            other.status != "finished"
            or other.id == run.id
            or other.base != run.base
            or not history.alphas_of(other.id)
        ):
            continue
        try:
            known = history.run_detail(other.id)
        except RunError:  # stored by another version of the program: it cannot be read
            continue
        if known.manifest.get("method") != "direct" or known.base_hash != detail.base_hash:
            continue
        if _forgot(known) != _forgot(detail):  # it would seem to leak answers that it was not to forget
            continue
        alpha = report_alpha(other.id)
        scores = history.question_scores(other.id, alpha)
        shared = len(set(scores["question_id"]) & set(only))
        if shared and (best is None or shared > best[0]):
            best = shared, Model("direct", other.id, other.name, alpha, "")
    reason = (
        f"no finished run of the direct method on base {shown_pair(run.base)} with the same questions to forget "
        "was asked any of these questions"
    )
    return _without("direct", reason) if best is None else best[1]


def _forgot(detail: RunDetail) -> str | None:
    """Hash of what a pair was made to forget; None where its manifest does not say."""
    found: str | None = detail.manifest.get("data_hashes", {}).get("forget")
    return found


def _figures(model: Model, only: Collection[int]) -> dict[Key, Figure]:
    if model.run_id is None or model.alpha is None:
        return {}
    return _by_key(run_figures(model.run_id, model.alpha, only))


def _by_key(figures: Sequence[Figure]) -> dict[Key, Figure]:
    return {_key(item): item for item in figures}


def _key(item: Figure | Difference) -> Key:
    return item.set, item.split, item.half, item.metric


def _differences(model: Model, ours: Model, only: Collection[int]) -> dict[Key, Difference]:
    """Unlearned minus this model."""
    if model.run_id is None or model.alpha is None or ours.run_id is None or ours.alpha is None:
        return {}
    if (model.run_id, model.alpha) == (ours.run_id, ours.alpha):
        return {}
    try:
        found = compare_runs(model.run_id, ours.run_id, model.alpha, ours.alpha, only)
    except RunError:  # they share no question: then the model has no means either
        return {}
    return {_key(item): item for item in found.differences}


def _mean(model: Model, figure: Figure | None, apart: Difference | None) -> Mean:
    if figure is None:
        reason = model.reason
        if model.run_id is not None and not reason:
            reason = f"{run_words(model.run, model.run_id)} has no scores for it on these questions"
        return Mean(model.model, None, None, None, questions=0, persons=0, unnamed=0, bounded=False, reason=reason)
    mean = Mean(
        model=model.model,
        mean=figure.mean,
        low=figure.low,
        high=figure.high,
        questions=figure.questions,
        persons=figure.persons,
        unnamed=figure.unnamed,
        bounded=figure.bounded,
        reason=figure.reason,
    )
    if apart is None:
        return mean
    return mean._replace(
        difference=apart.mean,
        difference_low=apart.low,
        difference_high=apart.high,
        difference_questions=apart.questions,
        difference_reason=apart.reason,
    )


def _point(model: str, alpha: float, utility: Figure | None, forget: Figure | None) -> Point | None:
    if utility is None or forget is None or utility.mean is None or forget.mean is None:
        return None
    return Point(model, alpha, utility.mean, utility.low, utility.high, forget.mean, forget.low, forget.high)


def _settings(first: RunDetail, second: RunDetail) -> list[Change]:
    one, two = _recorded(first), _recorded(second)
    return [Change(*found) for found in differing_values(one, two)]


def _recorded(detail: RunDetail) -> dict[str, str]:
    """What a run recorded and how its pair was made, without the folders of this machine."""
    made = {f"pair: {name.replace('_', ' ')}": str(detail.manifest.get(name) or "") for name in OF_PAIR}
    training: Mapping[str, object] = detail.manifest.get("training", {})
    made |= {f"pair: {name.replace('_', ' ')}": str(setting) for name, setting in training.items()}
    return {
        name: ", ".join(map(shown_pair, text.split(", "))) for name, text in (recorded_settings(detail) | made).items()
    }


def _changed(rows: pd.DataFrame, others: pd.DataFrame) -> list[ChangedAnswer]:
    second = {row["question_id"]: row for row in others.to_dict("records")}
    found = []
    for row in rows.to_dict("records"):
        other = second.get(row["question_id"])
        first, then = value(row["leak unlearned"]), value(other["leak unlearned"]) if other else None
        if other is None or first is None or then is None or first == then:
            continue
        answers = value(row["unlearned answer"]), value(other["unlearned answer"])
        place = int(row["question_id"]), row["set"], row["split"], row["subject"], row["question"]
        found.append(ChangedAnswer(*place, int(first), int(then), *answers))
    return found
