"""Runs that travel with the repository: a finished run as a record, and the demo's records as runs. Loads no model."""

import json
from typing import Any

from db import writes
from db.reads import maps as map_reads
from db.reads import probes as probe_reads
from db.reads import runs
from db.rows import IntervalRow, MapRow
from db.session import Session
from engine.data.examples import wordings
from engine.errors import DataError, RunError
from engine.kinds import read_spec
from engine.settings import demo_folder
from engine.small_files import read_json
from engine.store import history, recording
from engine.store.maps import map_question_hash, maps_key
from engine.store.questions import register_demo, sort_demo
from engine.store.session import reading, writing
from engine.store.traces import Traces


def record_run(run_id: int) -> dict[str, Any]:
    """A finished run as plain JSON values, of which `demo/evaluation.json` holds a list."""
    detail = history.run_detail(run_id)
    if detail.summary.status != "finished":
        raise RunError(f"run {detail.summary.name!r} is {detail.summary.status}: only a finished run can be recorded")
    with reading() as session:
        questions = runs.run_questions(session, run_id)
        scores, answers = runs.scores(session, run_id), runs.answers(session, run_id)
        maps = _maps_of(session, detail) if detail.summary.facts.finds == "map" else {}
        probes = [
            (summary, probe_reads.results(session, run_id, summary.probe))
            for summary in probe_reads.summaries(session, run_id)
        ]
        return recording.to_record(
            detail,
            questions,
            scores,
            answers,
            runs.curves(session, run_id),
            maps,
            runs.advice(session, run_id),
            probes,
        )


Maps = dict[int, list[tuple[MapRow, list[IntervalRow]]]]


def _maps_of(session: Session, detail: history.RunDetail) -> Maps:
    """The stored maps of a map run, by question id: one for each wording."""
    low, high, key = min(detail.spec.alphas), max(detail.spec.alphas), maps_key(detail)
    places = runs.question_places(session, detail.summary.id)
    found: Maps = {}
    for place, (example, _) in zip(places, history.asked(detail.summary.id), strict=True):
        for text in wordings(example):
            known = map_reads.find_map(session, key, map_question_hash(text), low, high, detail.spec.max_new_tokens)
            if known is not None:
                found.setdefault(place.question_id, []).append((known, map_reads.map_intervals(session, known.id)))
    return found


def import_demo_run() -> list[int]:
    """Store the demo's set and the recorded runs that come with it; the runs' ids. Does nothing the second time.

    A record of an older version of the demo is replaced. Nothing is stored where one of them cannot be read. Whether
    the file is the one that came with the demo is for `demo.fetch_demo`, which is called before.
    """
    path = demo_folder() / "evaluation.json"
    try:
        records: list[dict[str, Any]] = read_json(path)
    except FileNotFoundError:
        records = []
    except (OSError, ValueError) as error:
        raise DataError(f"the demo's {path.name} cannot be read: {error}") from error
    hashes = [recording.record_hash(record) for record in records]
    with reading() as session:
        known = [runs.recorded_run(session, digest) for digest in hashes]
    if known and None not in known:
        return [run_id for run_id in known if run_id is not None]
    ids, gone = register_demo(), sort_demo().gone
    if gone:
        hidden = Traces([e.subject for e in gone if e.subject], [text for e in gone for text in wordings(e)], "erased")
        digests = {example.content_hash for example in gone}
        records = [recording.without_texts(record, digests, hidden.hide) for record in records]
    with writing() as session:
        return [_import_record(session, record, digest, ids) for record, digest in zip(records, hashes, strict=True)]


def _import_record(session: Session, record: dict[str, Any], digest: str, ids: dict[str, int]) -> int:
    found = recording.from_record(record, ids)
    spec = read_spec(json.dumps(record["spec"]))
    writes.delete_recorded(session, record["name"])
    pair_id = None
    if record["manifest"]:
        pair_id = writes.put_pair(
            session,
            name=record["pair"],
            pair_hash=record["pair_hash"],
            parent=record["manifest"]["parent"],
            base_hash=record["base_hash"],
            recommended_alpha=record["recommended_alpha"],
            manifest=record["manifest"],
        )
    run_id = writes.add_run(
        session,
        name=record["name"],
        kind=spec.kind,
        spec=spec.to_json(),
        base=spec.base,
        pair_name=record["pair"],
        pair_id=pair_id,
        objective=record["objective"],
        seed=record["seed"],
        base_hash=record["base_hash"],
        data_hash=record["data_hash"],
        versions=record["versions"],
        machine=record["machine"],
        recording=digest,
    )
    writes.add_run_questions(session, run_id, found.terms)
    writes.add_scores(session, run_id, found.scores)
    writes.add_answers(session, run_id, found.answers)
    writes.add_curves(session, run_id, found.curves)
    for known, intervals in found.maps:
        fields = {name: value for name, value in known._asdict().items() if name != "id"}
        writes.put_map(
            session, intervals, pair_hash=record["pair_hash"], question_hash=map_question_hash(known.question), **fields
        )
    if "advice" in record:
        writes.set_advice(session, run_id, record["advice"])
    for summary, results in found.probes:
        writes.add_probe(session, run_id, summary, results)
    writes.end_run(session, run_id, "finished")
    return run_id
