"""Reads evaluation logs written by others: TOFU's own ("legacy") and OpenUnlearning's. No model, no database.

Legacy is `eval_log_aggregated.json` of locuslab/tofu: file names, in each its columns, in each a value by row index.
OpenUnlearning is its `TOFU_EVAL.json`: metrics, each with `agg_value` and mostly `value_by_index`; its
`TOFU_SUMMARY.json` holds the aggregates alone. Truth ratios: docs/measures.md, "Truth ratio": variant A averages the
losses of the wrong answers, B their probabilities. OpenUnlearning adds 1e-10 to divisors, legacy does not; each is
read by its own rule.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.errors import DataError
from engine.evaluation.logs.names import BOUNDED, KNOWN, NORMALISED, ORIGIN, PARTS, PROMPT
from engine.evaluation.logs.values import (
    ROUNDING,
    check_rows,
    check_widths,
    demand,
    fill_rows,
    is_number,
    kind_of,
    read_loss,
    read_losses,
    read_mean_loss,
    read_ratio,
    read_share,
)
from engine.evaluation.metrics import EPSILON, kept_truth_ratio, truth_ratio
from engine.small_files import parse_json, read_small

Style = Literal["legacy", "openunlearning", "summary"]
Variant = Literal["A", "B"]
VARIANTS: tuple[Variant, ...] = ("A", "B")
LogValues = dict[str, float | None]  # by row index; None where the row was not scored

STYLE_WORDS: dict[Style, str] = {
    "legacy": "legacy log",
    "openunlearning": "OpenUnlearning log",
    "summary": "OpenUnlearning summary",
}
AGREE = 1e-6  # a stated aggregate agrees with its rows if it is this close
LONGEST_NAME, LONGEST_TEXT, MOST_FIGURES = 120, 5000, 500
TAKEN_FOR_A = (
    "{}: its rows are taken for truth ratios of variant A; none is above 1 and the log holds no losses, so"
    " they may as well be variant D (OpenUnlearning's prob_mean)"
)
LARGEST_EXPONENT = 700.0  # beyond this a float overflows


class LogPart(NamedTuple):
    """The rows of one part of TOFU. An empty column is missing in the log."""

    probability: LogValues  # normalized for real authors and world facts
    rouge: LogValues
    ratios: dict[Variant, LogValues]  # R; a variant that the log does not show is missing
    truths: dict[str, str]  # the true answers, where the log holds them
    prompts: dict[str, str]  # the prompts as the model read them


class Log(NamedTuple):
    """A log as read. `published`: the aggregates in it, by OpenUnlearning's names."""

    name: str  # of the file, without its folder
    sha256: str
    style: Style
    parts: dict[str, LogPart]
    published: dict[str, float]
    notes: tuple[str, ...]
    origin: dict[str, str]  # what a log of this program says about itself; empty in other logs


def read_log(path: Path) -> Log:
    """Read a log of any of the three kinds. `DataError` names the missing key or the bad row."""
    try:
        data = read_small(path)
    except (OSError, ValueError) as error:
        raise DataError(f"the log {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        content = parse_json(
            data, finite=False
        )  # a broken model's figures are NaN there: the sentence below names them
    except ValueError as error:
        raise DataError(f"{path.name} is not an evaluation log: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path.name} holds a JSON {kind_of(content)}, and an evaluation log is an object")
    style = _style(path.name, content)
    notes: list[str] = []
    try:
        parts = _parts(content, style, notes)
        published = _published(content, style, notes)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from None
    digest, made = hashlib.sha256(data).hexdigest(), _origin(content)
    return Log(path.name, sha256=digest, style=style, parts=parts, published=published, notes=tuple(notes), origin=made)


def _style(name: str, content: Mapping[str, Any]) -> Style:
    if any(part.legacy in content for part in PARTS.values()):
        return "legacy"
    if any(isinstance(value, dict) and {"agg_value", "value_by_index"} & value.keys() for value in content.values()):
        return "openunlearning"
    if KNOWN & content.keys() and all(value is None or is_number(value) for value in content.values()):
        return "summary"
    raise DataError(
        f"{name} is not an evaluation log: the key eval_log_forget.json of a legacy log is missing, and so is any"
        " metric with the keys agg_value and value_by_index of an OpenUnlearning one, or any of its names with a"
        " number, such as forget_quality"
    )


def _parts(content: Mapping[str, Any], style: Style, notes: list[str]) -> dict[str, LogPart]:
    if style == "summary":
        return {}
    if style == "legacy":
        return {
            part: _legacy_part(part, content[names.legacy]) for part, names in PARTS.items() if names.legacy in content
        }
    found = {part: _open_part(part, content, notes) for part in PARTS}
    return {part: item for part, item in found.items() if item is not None}


def _legacy_part(part: str, columns: Any) -> LogPart:
    names = PARTS[part]
    demand(
        isinstance(columns, dict),
        names.legacy,
        f"holds a JSON {kind_of(columns)}, and an object of columns is expected",
    )
    readers = {
        "avg_gt_loss": read_loss,
        "rougeL_recall": read_share,
        "avg_paraphrased_loss": read_loss,
        "average_perturb_loss": read_losses,
    }
    found = {name: _column(columns, name, names.legacy, value) for name, value in readers.items()}
    check_rows(names.legacy, found)
    losses, rouge, right, wrong = found.values()
    check_widths(names.legacy, "average_perturb_loss", wrong)
    texts = columns.get("generated_text")
    return LogPart(
        {key: _among(loss, wrong[key]) if part in NORMALISED else math.exp(-loss) for key, loss in losses.items()},
        rouge,
        {
            variant: {key: _bare_ratio(right[key], _as_one(variant, wrong[key])) for key in right}
            for variant in VARIANTS
        },
        _legacy_texts(texts, 2),
        _legacy_texts(texts, 0),
    )


def _column(columns: Mapping[str, Any], name: str, where: str, value: Callable[[Any, str], Any]) -> dict[str, Any]:
    """A column by row index; older logs hold lists, whose places are the indices."""
    demand(name in columns, where, f"the key {name} is missing")
    rows = columns[name]
    if isinstance(rows, list):
        rows = {str(place): row for place, row in enumerate(rows)}
    demand(isinstance(rows, dict) and bool(rows), where, f"{name} holds no rows")
    return {key: value(row, f"{where}: {name}, row {key}") for key, row in rows.items()}


def _legacy_texts(rows: Any, place: int) -> dict[str, str]:
    """Legacy stores (prompt, generated, true answer) for each row."""
    items = rows.items() if isinstance(rows, dict) else ()
    whole = {key: row[place] for key, row in items if isinstance(row, list) and len(row) == 3}
    return {key: text.strip() for key, text in whole.items() if isinstance(text, str)}


def _open_part(part: str, content: Mapping[str, Any], notes: list[str]) -> LogPart | None:
    """None where the log has no rows in this part."""
    names = PARTS[part]
    probability = _metric(content, names.probability, "prob", read_share)
    rouge = _metric(content, names.rouge, "rougeL_recall", read_share)
    scores = _metric(content, names.truth_ratio, "score", read_ratio)
    right = _metric(content, names.right, "avg_loss", read_mean_loss)
    wrong = _metric(content, names.wrong, "avg_loss", read_losses)
    found = (probability, rouge, scores, right, wrong)
    if _origin(content):
        fill_rows(found)
    check_rows("", {name: rows for name, rows in zip(names[1:], found, strict=True) if rows})
    if not (probability or rouge or scores) and not (right and wrong):
        return None
    ratios: dict[Variant, LogValues] = {}
    stated = _aggregate(content.get(names.truth_ratio))
    stated = float(stated) if is_number(stated) and math.isfinite(stated) else None
    if right and wrong:
        check_widths("", names.wrong, wrong)
        for variant in VARIANTS:
            ratios[variant] = {key: _ratio(variant, right[key], wrong[key]) for key in right}
    elif scores and (stated is None or abs(_truth_mean(part, scores) - stated) <= AGREE):
        ratios["A"] = scores
        if not _origin(content) and all(score is None or score <= 1 for score in scores.values()):
            notes.append(TAKEN_FOR_A.format(names.truth_ratio))
    if scores and stated is not None and abs(_truth_mean(part, ratios.get("A", scores)) - stated) > AGREE:
        more = "; it was recomputed from the losses" if ratios else ""
        notes.append(f"{names.truth_ratio} in the log ({stated:.6g}) is not the mean of variant A over its rows{more}")
    texts = [_open_texts(content.get(names.rouge), field) for field in ("ground_truth", PROMPT)]
    return LogPart(probability, rouge, ratios, *texts)


def _metric(content: Mapping[str, Any], name: str, field: str, value: Callable[[Any, str], Any]) -> dict[str, Any]:
    """One field of a metric's rows; empty where the log has no rows of it."""
    metric = content.get(name)
    rows = metric.get("value_by_index") if isinstance(metric, dict) else None
    if rows is None:
        return {}
    demand(isinstance(rows, dict) and bool(rows), name, "value_by_index holds no rows")
    found = {}
    for key, row in rows.items():
        demand(
            row is None or (isinstance(row, dict) and field in row), name, f"the key {field} is missing in row {key}"
        )
        given = None if row is None else row[field]
        found[key] = None if given is None else value(given, f"{name}, row {key}")
    return found


def _open_texts(metric: Any, field: str) -> dict[str, str]:
    rows = metric.get("value_by_index") or {} if isinstance(metric, dict) else {}
    return {key: row[field].strip() for key, row in rows.items() if isinstance((row or {}).get(field), str)}


def _published(content: Mapping[str, Any], style: Style, notes: list[str]) -> dict[str, float]:
    """Leave out what cannot be a figure, with a note."""
    if style == "legacy":
        return {}
    found = {name: value if style == "summary" else _aggregate(value) for name, value in content.items()}
    known = {name: value for name, value in found.items() if is_number(value)}
    useless = {name: why for name, value in known.items() if (why := _no_figure(name, float(value)))}
    notes += [f"{name[:LONGEST_NAME]} was left out: {why}" for name, why in useless.items()]
    kept = {name: float(value) for name, value in known.items() if name not in useless}
    demand(len(kept) <= MOST_FIGURES, "", f"it holds {len(kept)} aggregates, and a log has {MOST_FIGURES} at most")
    return kept


def _no_figure(name: str, value: float) -> str:
    if not math.isfinite(value):
        return f"its value is {value}, and a figure is a finite number"
    if len(name) > LONGEST_NAME:
        return f"its name has {len(name)} letters, and {LONGEST_NAME} are read"
    outside = name in BOUNDED and not -ROUNDING <= value <= 1 + ROUNDING
    return f"its value is {value!r}, and it lies between 0 and 1" if outside else ""


def _origin(content: Mapping[str, Any]) -> dict[str, str]:
    said = content.get(ORIGIN)
    texts = said.items() if isinstance(said, dict) else ()
    return {key[:LONGEST_NAME]: text[:LONGEST_TEXT] for key, text in texts if isinstance(text, str)}


def _aggregate(metric: Any) -> Any:
    return metric.get("agg_value") if isinstance(metric, dict) else None


def _ratio(variant: Variant, right: float | None, wrong: Sequence[float] | None) -> float | None:
    """R of one row, as OpenUnlearning has it."""
    return None if right is None or wrong is None else truth_ratio(right, [_as_one(variant, wrong)])


def _bare_ratio(right: float, wrong: float) -> float:
    """R as legacy has it, without an epsilon: in logarithms, as a broken model's probabilities may underflow."""
    return math.exp(min(right - wrong, LARGEST_EXPONENT))


def _as_one(variant: Variant, wrong: Sequence[float]) -> float:
    """One loss for all wrong answers: their mean, or that of their mean probability."""
    if variant == "A":
        return sum(wrong) / len(wrong)
    least = min(wrong)
    return least - math.log(sum(math.exp(least - loss) for loss in wrong) / len(wrong))


def _among(right: float, wrong: Sequence[float]) -> float:
    """Probability of the true answer among the given ones, from losses."""
    least = min(right, *wrong)
    return math.exp(least - right) / sum(math.exp(least - loss) for loss in (right, *wrong))


def _truth_mean(part: str, ratios: LogValues) -> float:
    """As OpenUnlearning has it."""
    known = [ratio for ratio in ratios.values() if ratio is not None]
    return truth_mean(part, known, EPSILON) if known else math.nan


def truth_mean(part: str, ratios: Sequence[float], epsilon: float = 0.0) -> float:
    """TOFU's truth ratio of a part from R of its rows: the mean of min(R, 1/R) on the forget set, of max(0, 1 − R)
    elsewhere.

    OpenUnlearning adds an `epsilon` of 1e-10 to R before dividing, legacy does not.
    """
    if part != "forget":
        return sum(map(kept_truth_ratio, ratios)) / len(ratios)
    return sum(min(ratio, 1 / (ratio + epsilon)) if ratio + epsilon > 0 else 0.0 for ratio in ratios) / len(ratios)
