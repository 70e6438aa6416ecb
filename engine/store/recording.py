"""A finished run as plain JSON values and back: how the demo's evaluation travels with the repository.

Scores are kept as one list per question, alpha by alpha, in the order of `metrics`; six significant digits. Curves
over alpha stand with their question, by measure, where a run has any, and so do the maps of a question, one for each
wording. An audit has its probes, each with its results by question. Reads and writes nothing itself.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.rows import AnswerRow, CurveRow, IntervalRow, MapRow, ScoreRow
from engine.errors import DataError
from engine.store.history import RunDetail

FORMAT = 1


class Recorded(NamedTuple):
    """What a record holds, with question ids instead of hashes."""

    terms: list[tuple[int, list[str]]]
    scores: list[ScoreRow]
    answers: list[AnswerRow]
    curves: list[CurveRow]
    maps: list[tuple[MapRow, list[IntervalRow]]]
    probes: list[tuple[ProbeSummaryRow, list[ProbeResultRow]]]


def to_record(
    detail: RunDetail,
    questions: Sequence[tuple[int, str, list[str]]],
    scores: Sequence[ScoreRow],
    answers: Sequence[AnswerRow],
    curves: Sequence[CurveRow],
    maps: Mapping[int, Sequence[tuple[MapRow, Sequence[IntervalRow]]]],
    advice: Mapping[str, Any] | None,
    probes: Sequence[tuple[ProbeSummaryRow, Sequence[ProbeResultRow]]] = (),
) -> dict[str, Any]:
    """`questions` are id, content hash and key terms; `maps` go by question id."""
    alphas = sorted({score.alpha for score in scores})
    metrics = sorted({score.metric for score in scores})
    values = {(score.question_id, score.alpha, score.metric): score.value for score in scores}
    said: dict[int, list[dict[str, Any]]] = {}
    for answer in sorted(answers, key=lambda row: (row.phrasing, row.alpha)):
        row = {"alpha": answer.alpha, "phrasing": answer.phrasing, "text": answer.text, "degenerate": answer.degenerate}
        said.setdefault(answer.question_id, []).append(row)
    over_alpha: dict[int, dict[str, Any]] = {}
    for curve in curves:
        entry = {**curve.knots, "error": _up(curve.error)}
        over_alpha.setdefault(curve.question_id, {})[curve.metric] = entry
    return {
        "format": FORMAT,
        "name": detail.summary.name,
        "spec": json.loads(detail.spec.to_json()),
        "pair": detail.summary.pair,
        "objective": detail.summary.objective,
        "seed": detail.summary.seed,
        "manifest": detail.manifest,
        "pair_hash": detail.pair_hash,
        "recommended_alpha": detail.recommended_alpha,
        "base_hash": detail.base_hash,
        "data_hash": detail.data_hash,
        "versions": detail.versions,
        "machine": detail.machine,
        "alphas": alphas,
        "metrics": metrics,
        **({} if advice is None else {"advice": advice}),
        **({"probes": _probe_entries(probes, questions)} if probes else {}),
        "questions": [
            {
                "hash": content_hash,
                "key_terms": terms,
                "scores": [[_short(values.get((key, alpha, metric))) for metric in metrics] for alpha in alphas],
                "answers": said.get(key, []),
                **({"curves": over_alpha[key]} if key in over_alpha else {}),
                **({"maps": [_map_entry(*one) for one in maps[key]]} if key in maps else {}),
            }
            for key, content_hash, terms in questions
        ],
    }


def _probe_entries(
    probes: Sequence[tuple[ProbeSummaryRow, Sequence[ProbeResultRow]]], questions: Sequence[tuple[int, str, list[str]]]
) -> list[dict[str, Any]]:
    """Results are [side, question's hash, place, found, value, text, detail]."""
    hashes = {key: content_hash for key, content_hash, _ in questions}
    entries = []
    for summary, results in probes:
        figures = {
            name: _short(value) if isinstance(value, float) else value for name, value in summary._asdict().items()
        }
        rows = [
            [row.side, hashes[row.question_id], row.place, row.found, _short(row.value), row.text, row.detail]
            for row in results
        ]
        entries.append({**figures, "results": rows})
    return entries


def _map_entry(found: MapRow, intervals: Sequence[IntervalRow]) -> dict[str, Any]:
    """Ten digits of a border: it is known to five or six. Neighbours stay neighbours."""
    rows = [[*(float(f"{value:.10g}") for value in row[:2]), *map(_up, row[2:4]), *row[4:]] for row in intervals]
    return {**found._asdict(), "seconds": _short(found.seconds), "intervals": rows}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _up(error: float) -> float:
    """Six digits, and never less than it is."""
    short = float(f"{error:.6g}")
    return short if short >= error else float(f"{error * (1 + 1e-5):.6g}")


def without_texts(record: Mapping[str, Any], hashes: Collection[str], hide: Callable[[Any], Any]) -> dict[str, Any]:
    """The record with only the figures of the questions with these content hashes: no answers, key terms or maps.

    `hide` takes what tells of them out of the advice, whose warnings name a question.
    """
    kept = [
        {
            **question,
            "key_terms": [],
            "answers": [{**said, "text": ""} for said in question["answers"]],
            "maps": [],
        }
        if question["hash"] in hashes
        else question
        for question in record["questions"]
    ]
    found: dict[str, Any] = {"advice": hide(record["advice"])} if "advice" in record else {}
    if "probes" in record:
        found["probes"] = [
            {
                **probe,
                "note": hide(probe["note"]),
                "floor_reason": hide(probe["floor_reason"]),
                "results": [[*row[:5], "", ""] if row[1] in hashes else row for row in probe["results"]],
            }
            for probe in record["probes"]
        ]
    return {**record, **found, "questions": kept}


def record_hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]


def from_record(record: Mapping[str, Any], ids: Mapping[str, int]) -> Recorded:
    """`ids` maps a question's content hash to its id. Raises `DataError` where the record names an unknown question."""
    if record.get("format") != FORMAT:
        raise DataError(f"the recorded run has format {record.get('format')!r}, and this version reads {FORMAT}")
    found = Recorded([], [], [], [], [], [])
    for question in record["questions"]:
        key = ids.get(question["hash"])
        if key is None:
            raise DataError(
                f"recorded run {record['name']!r} names a question that its set does not hold: {question['hash']}"
            )
        found.terms.append((key, question["key_terms"]))
        for alpha, values in zip(record["alphas"], question["scores"], strict=True):
            for metric, value in zip(record["metrics"], values, strict=True):
                found.scores.append(ScoreRow(key, alpha, metric, value))
        for said in question["answers"]:
            found.answers.append(AnswerRow(key, said["alpha"], said["phrasing"], said["text"], said["degenerate"]))
        for metric, entry in question.get("curves", {}).items():
            knots = {name: values for name, values in entry.items() if name != "error"}
            found.curves.append(CurveRow(key, metric, knots, entry["error"]))
        for entry in question.get("maps", ()):
            fields = {name: value for name, value in entry.items() if name != "intervals"}
            found.maps.append((MapRow(**fields), [IntervalRow(*row) for row in entry["intervals"]]))
    for entry in record.get("probes", ()):
        figures = {name: value for name, value in entry.items() if name != "results"}
        rows = [ProbeResultRow(entry["probe"], row[0], ids[row[1]], *row[2:]) for row in entry["results"]]
        found.probes.append((ProbeSummaryRow(**figures), rows))
    return found
