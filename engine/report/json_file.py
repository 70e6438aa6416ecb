"""A report as JSON and as a summary CSV. `docs/report.md` says what every field means; `SCHEMA` is their version."""

import json
import math
from typing import Any

import pandas as pd

from engine.report.csv_table import csv_bytes
from engine.report.parts import SCHEMA, Report, ReportProbe

SUMMARY_COLUMNS = (
    "section", "set", "split", "half", "measure", "direction", "model", "value", "low", "high", "questions", "people",
    "difference", "difference low", "difference high", "difference questions", "note",
)  # fmt: skip
# Columns of the CSV that are the same for every question: JSON has them once, under `origin`.
IN_ORIGIN = frozenset(
    ("alpha", "pair", "pair hash", "base", "base hash", "data hash", "objective", "seed", "template", "versions", "run",
     "run number", "leak rule", "exported")
)  # fmt: skip


def json_bytes(report: Report) -> bytes:
    """UTF-8, raw text (escaped only as JSON needs it), keys in the order of `Report`, a line feed at the end."""
    document = {"schema": SCHEMA, **_plain(report)}
    document["questions"] = [
        {name: cell for name, cell in row.items() if name not in IN_ORIGIN} for row in document["questions"]
    ]
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return text.encode("utf-8", errors="replace")  # a lone surrogate has no UTF-8 form


def summary_bytes(report: Report) -> bytes:
    """One row per model, part and measure, then the criteria of the claim, the verdicts and the probes. It holds no time."""
    rows: list[dict[str, Any]] = [
        {
            "section": "comparison", "set": item.set, "split": item.split, "half": item.half, "measure": item.metric,
            "direction": item.direction, "model": mean.model, "value": mean.mean, "low": mean.low, "high": mean.high,
            "questions": mean.questions, "people": mean.persons, "difference": mean.difference,
            "difference low": mean.difference_low, "difference high": mean.difference_high,
            "difference questions": mean.difference_questions or None, "note": mean.reason or mean.difference_reason,
        }
        for item in report.comparison
        for mean in item.means
    ]  # fmt: skip
    rows += [
        {
            "section": "claim", "measure": item.words, "direction": item.failure, "model": "unlearned", "value": item.value,
            "low": item.low, "high": item.high, "questions": item.questions, "note": f"{item.state}: {item.said}",
        }
        for item in report.claim.criteria
    ]  # fmt: skip
    rows += [
        {"section": "verdicts", "measure": verdict, "value": number}
        for verdict, number in report.verdicts.counts.items()
    ]
    for name in ("reviewed", "unreviewed", "disputed", "stale"):
        rows.append({"section": "verdicts", "measure": name, "value": getattr(report.verdicts, name)})
    rows += [
        {
            "section": "probes", "measure": probe.name, "model": model, "value": found, "low": low, "high": high,
            "questions": number, "note": note,
        }
        for probe in report.probes.rows
        for model, found, low, high, number, note in (
            ("unlearned", probe.found, *_counts(probe), probe.n, probe.note if probe.value is None else ""),
            *([("unlearned, figure", probe.value, probe.value_low, probe.value_high, probe.n, probe.note)] if probe.value is not None else []),
            ("floor", probe.floor_found, None, None, probe.floor_n, probe.floor_reason),
        )
    ]  # fmt: skip
    return csv_bytes(pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS), dtype=object))


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
