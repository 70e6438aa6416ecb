"""A report as JSON and as a summary CSV. `docs/report.md` says what every field means; `SCHEMA` is their version."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from engine.data.examples import KEPT
from engine.report.csv_table import OF_ORIGIN, csv_bytes
from engine.report.parts import SCHEMA, Measured, Probes, Report, ReportProbe, Verdicts

REMEMBERED = "questions to be kept: the share that is remembered"
SUMMARY_COLUMNS = (
    "section",
    "set",
    "split",
    "half",
    "measure",
    "direction",
    "model",
    "value",
    "low",
    "high",
    "questions",
    "people",
    "difference",
    "difference low",
    "difference high",
    "difference questions",
    "note",
)
# Columns of the CSV that are the same for every question: JSON has them once, under `origin`.
IN_ORIGIN = frozenset(OF_ORIGIN)


def json_bytes(report: Report) -> bytes:
    """UTF-8, raw text (escaped only as JSON needs it), keys in the order of `Report`, a line feed at the end."""
    document = {"schema": SCHEMA, **_plain(report)}
    document["questions"] = [
        {name: cell for name, cell in row.items() if name not in IN_ORIGIN} for row in document["questions"]
    ]
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return text.encode("utf-8", errors="replace")  # a lone surrogate has no UTF-8 form


def summary_bytes(report: Report) -> bytes:
    """One row per model, part and measure, then the criteria of the claim, the verdicts, the probes; without a time."""
    rows = [*_of_comparison(report), *_of_claim(report), *_of_verdicts(report.verdicts), *_of_probes(report.probes)]
    return csv_bytes(pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS), dtype=object))


def _of_comparison(report: Report) -> Iterator[dict[str, Any]]:
    for item in report.comparison:
        for mean in item.means:
            yield {
                "section": "comparison",
                "set": item.set,
                "split": item.split,
                "half": item.half,
                "measure": item.metric,
                "direction": item.direction,
                "model": mean.model,
                "value": mean.mean,
                "low": mean.low,
                "high": mean.high,
                "questions": mean.questions,
                "people": mean.persons,
                "difference": mean.difference,
                "difference low": mean.difference_low,
                "difference high": mean.difference_high,
                "difference questions": mean.difference_questions or None,
                "note": "; ".join(filter(None, [_kept_note(item), mean.reason or mean.difference_reason])),
            }


def _kept_note(item: Measured) -> str:
    """What a leak share is on questions to be kept."""
    return REMEMBERED if item.metric.startswith("leak") and item.split in KEPT else ""


def _of_claim(report: Report) -> Iterator[dict[str, Any]]:
    for item in report.claim.criteria:
        yield {
            "section": "claim",
            "measure": item.words,
            "direction": item.failure,
            "model": "unlearned",
            "value": item.value,
            "low": item.low,
            "high": item.high,
            "questions": item.questions,
            "note": f"{item.state}: {item.said}",
        }


def _of_verdicts(found: Verdicts) -> Iterator[dict[str, Any]]:
    """By question first, which with the unreviewed add up to all; then the verdicts given, several to a question."""
    asked = {"section": "verdicts", "questions": found.reviewed + found.unreviewed}
    for word, number in found.questions.items():
        yield {**asked, "measure": word, "value": number, "note": "questions, as asked"}
    notes = {
        "reviewed": "questions: the sum of those above",
        "unreviewed": "questions: with the reviewed these are all",
        "disputed": "questions on which reviewers differ, in either phrasing",
        "stale": "questions with a verdict on what has changed since",
    }
    for name, note in notes.items():
        yield {**asked, "measure": name, "value": getattr(found, name), "note": note}
    for verdict, number in found.counts.items():
        yield {"section": "verdicts given", "measure": verdict, "value": number, "note": "verdicts of all reviewers"}


def _of_probes(found: Probes) -> Iterator[dict[str, Any]]:
    for probe in found.rows:
        counted = probe.value is None
        row = {"section": "probes", "measure": probe.name, "questions": probe.n}
        low, high = _counts(probe)
        share = {"value": probe.found, "low": low, "high": high, "note": probe.note if counted else ""}
        yield {**row, "model": "unlearned", **share}
        if not counted:
            figure = {"value": probe.value, "low": probe.value_low, "high": probe.value_high, "note": probe.note}
            yield {**row, "model": "unlearned, figure", **figure}
        baseline = {"value": probe.floor_found, "questions": probe.floor_n, "note": probe.floor_reason}
        yield {**row, "model": "floor", **baseline}


def _counts(probe: ReportProbe) -> tuple[float | None, float | None]:
    """The interval of the share, as numbers of questions."""
    return tuple(None if end is None else end * probe.n for end in (probe.low, probe.high))  # type: ignore[return-value]


def _plain(value: Any) -> Any:
    """NamedTuples as objects, tuples as lists; NaN and infinity as null."""
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
