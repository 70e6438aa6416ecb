"""Figures of an evaluation log: TOFU's means, model utility and forget quality. Only arithmetic; `reading` reads the
logs.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.errors import DataError
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY
from engine.evaluation.bootstrap import mean_intervals
from engine.evaluation.forget_quality import ForgetQuality, forget_quality
from engine.evaluation.logs.likeness import a_style, check_same_rows, origin_words, strength_words, unlike_logs
from engine.evaluation.logs.names import PARTS, STRENGTH
from engine.evaluation.logs.reading import AGREE, Log, LogPart, LogValues, Style, Variant, truth_mean
from engine.evaluation.metrics import EPSILON
from engine.evaluation.utility import UtilityParts, model_utility

NO_RETAIN_LOG = "n/a, no retain log"
AS_PUBLISHED, VARIANT_UNKNOWN = "as published, not worked out here", "variant not stated"
TOFU_ROWS = (40, 200, 300, 400)  # of its forget and retain parts: the authors in order, 20 rows each
AUTHOR_ROWS = 20
NO_PERSONS = "means without an interval: only for TOFU's own sets is it known which rows are about one person"


class LogFigure(NamedTuple):
    """One aggregate. `low` and `high`: its 95 % interval; `rows`: how many it is over; None where unknown."""

    value: float
    low: float | None
    high: float | None
    rows: int | None
    note: str


class Scored(NamedTuple):
    """The figures of a log. A figure that cannot be computed is None, with the reason beside it."""

    variant: Variant
    rows: int  # of the forget set that have a truth ratio
    forget_quality: ForgetQuality | None
    quality_reason: str
    model_utility: float | None
    utility_reason: str
    figures: dict[str, LogFigure]  # by OpenUnlearning's names
    notes: tuple[str, ...] = ()  # what differs in the two logs, or is unknown


def score_log(log: Log, retain: Log | None = None, variant: Variant = "A") -> Scored:
    """Forget quality against `retain`, model utility, and the means behind them.

    Raises `DataError` where the log has no truth ratios of the forget set, or `retain` is over other rows or of
    another kind.
    """
    ratios = _forget_ratios(log, variant)
    quality, reason, notes = None, NO_RETAIN_LOG, list[str]()
    if retain is not None:
        theirs = _forget_ratios(retain, variant)
        check_same_rows(log, ratios, retain, theirs)
        quality = forget_quality(list(ratios.values()), list(theirs.values()))
        reason = "" if quality is not None else "n/a, no row of either side has a truth ratio"
        notes = unlike_logs(log, retain)
    utility, why = _utility(log, variant)
    rows = sum(ratio is not None for ratio in ratios.values())
    figures = row_figures(log, variant)
    notes = [*origin_words(log), *notes]
    if any(figure.low is None for figure in figures.values()):
        notes.append(NO_PERSONS)
    return Scored(
        variant=variant,
        rows=rows,
        forget_quality=quality,
        quality_reason=reason,
        model_utility=utility,
        utility_reason=why,
        figures=figures,
        notes=tuple(notes),
    )


def row_figures(log: Log, variant: Variant = "A") -> dict[str, LogFigure]:
    """The means of a log's rows by OpenUnlearning's names, each with its interval; a part without rows is missing."""
    found = {}
    for part, names in PARTS.items():
        if part not in log.parts:
            continue
        rows = log.parts[part]
        columns = {names.probability: rows.probability, names.rouge: rows.rouge}
        columns[names.truth_ratio] = _truth_scores(part, rows.ratios.get(variant, {}), log.style)
        for name, values in columns.items():
            if any(value is not None for value in values.values()):
                note = f"variant {variant}" if name == names.truth_ratio else ""
                found[name] = _figure(part, values, note, persons_known=not log.origin)
    return found


def _forget_ratios(log: Log, variant: Variant) -> LogValues:
    names = PARTS["forget"]
    if log.style == "summary":
        raise DataError(
            f"{log.name} is {a_style(log.style)}: it holds only aggregates and the key value_by_index is missing, and"
            " forget quality needs rows; without a retain log import-log takes such a file as published"
        )
    part = log.parts.get("forget")
    if part is None:
        key = names.legacy if log.style == "legacy" else f"{names.truth_ratio} with value_by_index"
        raise DataError(f"{log.name}: the key {key} is missing, so the log has no rows of the forget set")
    if variant not in part.ratios:
        why = "; ".join(log.notes) or f"the keys {names.right} and {names.wrong} with value_by_index are missing"
        raise DataError(f"{log.name} holds no truth ratios of variant {variant}: {why}")
    return part.ratios[variant]


def _utility(log: Log, variant: Variant) -> tuple[float | None, str]:
    """TOFU's nine; without one of them the utility is missing, never a mean of eight."""
    parts, missing = [], []
    for part in ("retain", "ra", "wf"):
        names, rows = PARTS[part], log.parts.get(part) or LogPart({}, {}, {}, {}, {})
        columns = {names.probability: rows.probability, names.rouge: rows.rouge}
        columns[names.truth_ratio] = rows.ratios.get(variant, {})
        means = {name: _known(values) for name, values in columns.items()}
        missing += [name for name, known in means.items() if not known]
        if all(means.values()):
            probability, rouge, ratios = means.values()
            parts.append(
                UtilityParts(sum(probability) / len(probability), sum(rouge) / len(rouge), truth_mean(part, ratios))
            )
    if missing:
        shown = (
            [names.legacy for part, names in PARTS.items() if part not in log.parts]
            if log.style == "legacy"
            else missing
        )
        return None, f"n/a, the log has no rows of {', '.join(shown)}"
    return model_utility(*parts), ""


def _known(values: LogValues) -> list[float]:
    return [value for value in values.values() if value is not None]


def _truth_scores(part: str, ratios: LogValues, style: Style) -> LogValues:
    epsilon = EPSILON if style == "openunlearning" else 0.0
    return {key: None if ratio is None else truth_mean(part, [ratio], epsilon) for key, ratio in ratios.items()}


def _figure(part: str, values: LogValues, note: str, persons_known: bool) -> LogFigure:
    """TOFU's own rows are ordered by author; those of this program's logs may be of any set."""
    clusters = _authors(part, list(values)) if persons_known else None
    column = np.array([[np.nan if value is None else value] for value in values.values()], dtype=float)
    (interval,) = mean_intervals(column, clusters or [""] * len(values), 0)
    assert interval.mean is not None, "a figure has a scored row"
    if clusters is None:  # persons are unknown, and one row each would give too narrow an interval
        return LogFigure(interval.mean, None, None, interval.questions, note)
    return LogFigure(interval.mean, interval.low, interval.high, interval.questions, note)


def _authors(part: str, indices: Sequence[str]) -> list[str] | None:
    """Which author each row is about, in TOFU's order; None where the rows are not as TOFU's are."""
    if part in ("ra", "wf"):
        return [""] * len(indices)  # each its own cluster
    if len(indices) not in TOFU_ROWS or indices != [str(place) for place in range(len(indices))]:
        return None
    return [f"author {place // AUTHOR_ROWS}" for place in range(len(indices))]


def all_figures(log: Log, retain: Log | None = None) -> tuple[dict[str, LogFigure], list[str]]:
    """All figures and remarks of a log: from its rows where it holds them, else as published.

    Truth ratios are in variant A where they come from rows. Raises `DataError` where `retain` does not fit, or the log
    has no figures.
    """
    figures, said = row_figures(log), [*log.notes, *origin_words(log)]
    if retain is not None:
        scored = score_log(log, retain)
        quality = scored.forget_quality
        said += [note for note in scored.notes if note not in said]
        if quality is not None:
            note = f"against {retain.name}, {quality.retain_rows} rows; variant A"
            figures[FORGET_QUALITY] = LogFigure(quality.p_value, None, None, quality.rows, note)
    utility, why = _utility(log, "A")
    if utility is not None:
        figures[MODEL_UTILITY] = LogFigure(utility, None, None, None, "of nine means; variant A")
    elif log.style != "summary":
        said.append(f"model utility from rows: {why}")
    for name, value in log.published.items():
        if name not in figures:
            figures[name] = LogFigure(value, None, None, None, _published_note(name, log.origin))
        elif abs(figures[name].value - value) > AGREE * max(1.0, abs(value)):
            said.append(f"{name} is {value:.6g} in the log, and from its rows {figures[name].value:.6g}")
    if not figures:
        raise DataError(f"{log.name} holds no figure")
    if retain is None and any(figure.low is None and figure.rows for figure in figures.values()):
        said.append(NO_PERSONS)
    if FORGET_QUALITY not in figures:
        said.append(f"forget quality: {NO_RETAIN_LOG}")
    return figures, said


def _published_note(name: str, origin: Mapping[str, str]) -> str:
    """What an aggregate alone cannot show."""
    if name == STRENGTH:
        return f"{AS_PUBLISHED}, {strength_words(origin)}"
    on_ratios = name in (FORGET_QUALITY, MODEL_UTILITY) or name in [names.truth_ratio for names in PARTS.values()]
    variant = f"variant {origin['variant']}" if "variant" in origin else VARIANT_UNKNOWN
    return AS_PUBLISHED + (f", {variant}" if on_ratios else "")
