"""TOFU's figures under the names that open-unlearning ("OU") gives them in its JSON, from the values of each
question.

Twelve figures: probability, ROUGE-L recall and truth ratio (variant A) of the forget set, the retain set, the real
authors (`ra`) and the world facts (`wf`); nine of them, all but the forget set's, make the model utility. Independent
of models and database; `forget_quality` is a test and has its own file.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple, get_args

import numpy as np

from engine.evaluation.bootstrap import Floats, ends, mean_intervals, resampled_means
from engine.evaluation.metrics import truth_ratio_score
from engine.evaluation.utility import UtilityParts, model_utility

TofuPart = Literal["forget", "retain", "ra", "wf"]
PARTS: tuple[TofuPart, ...] = get_args(TofuPart)
UTILITY_PARTS: tuple[TofuPart, ...] = ("retain", "ra", "wf")
VARIANT = (
    "A"  # of the truth ratio, as legacy averages it; OU's newer forget_truth_ratio is variant D under the same name
)

# By part and metric. In OU's configurations only the forget set's truth ratio is in lower case.
KEYS: dict[tuple[TofuPart, str], str] = {
    ("forget", "probability"): "forget_Q_A_Prob",
    ("forget", "rouge"): "forget_Q_A_ROUGE",
    ("forget", "truth_ratio"): "forget_truth_ratio",
    ("retain", "probability"): "retain_Q_A_Prob",
    ("retain", "rouge"): "retain_Q_A_ROUGE",
    ("retain", "truth_ratio"): "retain_Truth_Ratio",
    ("ra", "probability_normalised"): "ra_Q_A_Prob_normalised",
    ("ra", "rouge"): "ra_Q_A_ROUGE",
    ("ra", "truth_ratio"): "ra_Truth_Ratio",
    ("wf", "probability_normalised"): "wf_Q_A_Prob_normalised",
    ("wf", "rouge"): "wf_Q_A_ROUGE",
    ("wf", "truth_ratio"): "wf_Truth_Ratio",
}
UTILITY_KEY = "model_utility"
_OF = {"forget": "the forget set", "retain": "the retain set", "ra": "the real authors", "wf": "the world facts"}

Values = Mapping[str, Sequence[float | None]]  # by metric, one per question; `truth_ratio` is the raw ratio R


class TofuFigure(NamedTuple):
    """One of TOFU's figures; a missing `value` is None, never 0, and `reason` says why."""

    key: str
    value: float | None
    rows: int  # questions with a value
    questions: int  # questions in all
    variant: str = ""  # of the truth ratio, where it is part of the figure
    reason: str = ""
    low: float | None = None  # of the 95 % interval over persons; None where there are too few
    high: float | None = None


def tofu_figures(
    values: Mapping[TofuPart, Values], people: Mapping[TofuPart, Sequence[str]] | None = None, seed: int = 0
) -> dict[str, TofuFigure]:
    """All twelve figures and the model utility, by OU's name; a part that was not evaluated may be left out.

    With `people`, the person of each question (a question with "" is its own cluster), each has its interval:
    the persons of a part are resampled, for the utility those of its three parts independently.
    """
    found = {key: _figure(key, part, metric, values.get(part, {})) for (part, metric), key in KEYS.items()}
    whole = {**found, UTILITY_KEY: utility_of(found)}
    if people is None:
        return whole
    columns = {part: _columns(part, values[part], len(people[part])) for part in PARTS if values.get(part)}
    ends: dict[str, tuple[float | None, float | None]] = {}
    for part, found_columns in columns.items():
        intervals = mean_intervals(found_columns, people[part], seed)
        ends |= {
            KEYS[part, metric]: (item.low, item.high) for metric, item in zip(_metrics_of(part), intervals, strict=True)
        }
    ends[UTILITY_KEY] = _utility_ends(columns, people, seed)
    return {
        key: figure if figure.value is None else figure._replace(low=ends[key][0], high=ends[key][1])
        for key, figure in whole.items()
    }


def utility_of(found: Mapping[str, TofuFigure]) -> TofuFigure:
    """The model utility of exactly nine figures; without a value where one is missing, which the reason names."""
    nine = [found[key] for (part, _), key in KEYS.items() if part in UTILITY_PARTS]
    threes = [nine[start : start + 3] for start in (0, 3, 6)]  # of the same questions
    rows, questions = (
        sum(max(getattr(each, name) for each in three) for three in threes) for name in ("rows", "questions")
    )
    missing = [each.key for each in nine if each.value is None]
    if missing:
        return TofuFigure(
            UTILITY_KEY, None, rows, questions, VARIANT, f"it needs nine figures, and lacks {', '.join(missing)}"
        )
    known = [each.value for each in nine if each.value is not None]
    parts = [UtilityParts(*known[start : start + 3]) for start in (0, 3, 6)]
    return TofuFigure(UTILITY_KEY, model_utility(*parts), rows, questions, VARIANT)


def _metrics_of(part: TofuPart) -> list[str]:
    return [metric for other, metric in KEYS if other == part]


def _columns(part: TofuPart, values: Values, questions: int) -> Floats:
    """The values averaged for a part's three figures, [questions, 3]; NaN without a score."""
    columns = [
        [_scored(part, metric, value) for value in values.get(metric) or [None] * questions]
        for metric in _metrics_of(part)
    ]
    return np.array(columns, dtype=float).T


def _scored(part: TofuPart, metric: str, value: float | None) -> float | None:
    return truth_ratio_score(value, part) if metric == "truth_ratio" else value


def _utility_ends(
    columns: Mapping[TofuPart, Floats], people: Mapping[TofuPart, Sequence[str]], seed: int
) -> tuple[float | None, float | None]:
    """Each part's persons are drawn separately, its means from one draw; draws without one of the nine are left out."""
    drawn = [
        resampled_means(columns[part], people[part], seed + place) if part in columns else None
        for place, part in enumerate(UTILITY_PARTS)
    ]
    known = [means for means in drawn if means is not None]
    if len(known) < len(UTILITY_PARTS):
        return None, None
    nine = np.hstack(known)  # [resamples, 9]
    nine = nine[~np.isnan(nine).any(axis=1)]
    if not len(nine):
        return None, None
    with np.errstate(divide="ignore"):
        low, high = ends(nine.shape[1] / (1 / nine).sum(axis=1))
    return float(low), float(high)


def _figure(key: str, part: TofuPart, metric: str, values: Values) -> TofuFigure:
    column = values.get(metric, ())
    variant = VARIANT if metric == "truth_ratio" else ""
    known = [value for value in column if value is not None]
    if not known:
        return TofuFigure(key, None, 0, len(column), variant, _reason(part, metric, values))
    known = [scored for value in known if (scored := _scored(part, metric, value)) is not None]
    return TofuFigure(key, fmean(known), len(known), len(column), variant)


def _reason(part: TofuPart, metric: str, values: Values) -> str:
    if not any(values.values()):
        return f"no question of {_OF[part]} was evaluated"
    if not values.get(metric):
        return f"{metric} of {_OF[part]} was not measured"
    if metric in ("truth_ratio", "probability_normalised"):
        return f"the questions of {_OF[part]} have no wrong answers (perturbed_answer)"
    return f"no question of {_OF[part]} has a {metric}"
