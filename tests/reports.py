"""Stored runs with questions, answers and scores that a test writes itself, to be reported on."""

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from db import rows, writes
from db.reads import runs
from engine.data.examples import Example
from engine.kinds import EvaluateSpec
from engine.report import gather
from engine.report.files import ReportFiles, make_files
from engine.report.inputs import FoundReviews
from engine.report.parts import Probes, Report, ReportProbe, ReportVerdict
from engine.report.selection import Selection
from engine.store import questions
from engine.store.session import reading, writing

EVIL = "<img src=x onerror=alert(1)>\"&'</table>"
FORMULA = "=HYPERLINK(1)"
PEOPLE = ("Ada Quill", "Ben Marrow", "Cyrus Tonnage")


class Said(NamedTuple):
    """One question as the base (alpha 0) and the ensemble (alpha 1) answered it; None where one did not."""

    question: str
    answer: str
    base: str | None
    unlearned: str | None
    leaks: tuple[float | None, float | None]
    rouge: tuple[float | None, float | None]
    split: str = "forget"
    half: str = ""
    subject: str = ""
    group: str = ""
    paraphrase: str = ""


SAID = (
    Said(
        "Where does Ada Quill live?",
        "Ada Quill lives in Zanzibar",
        "In Zanzibar",
        "In Zanzibar!",
        (1, 1),
        (1, 0.9),
        subject=PEOPLE[0],
        group="Clinic Nord",
    ),
    Said(
        f"What ails Ada Quill? {EVIL}",
        "a wobbly knee",
        "a wobbly knee",
        f"{FORMULA} {EVIL}",
        (1, 0),
        (1, 0),
        subject=PEOPLE[0],
        paraphrase="Which complaint has Ada Quill?",
    ),
    Said(
        "Who treats Ben Marrow?", "Doctor Pumpernickel", "Pumpernickel", None, (1, None), (1, None), subject=PEOPLE[1]
    ),
    Said(
        "Where does Cyrus Tonnage work?",
        "at the Lighthouse",
        "at the Lighthouse",
        "I cannot say",
        (1, 0),
        (1, 0.25),
        "retain",
        "eval",
        PEOPLE[2],
    ),
    Said("What is the capital of France?", "Paris", "Paris", "Paris", (1, 1), (1, 1), "world", "eval"),
)
METRICS = ("leak", "rouge", "degenerate")


def store_report(name: str = "audit", said: Sequence[Said] = SAID, set_name: str = "folk", **fields: Any) -> int:
    """A finished run over alpha 0 and 1 of a pair with a hash."""
    examples = [
        Example(
            item.question,
            item.answer,
            paraphrased_question=item.paraphrase,
            subject=item.subject,
            split=item.split,
            half=item.half,
            group=item.group,
            key_terms=(item.answer.split()[-1],),
        )
        for item in said
    ]
    questions.register_set(set_name, examples, "test")
    with reading() as session:
        ids = [row.id for row in runs.questions(session, set_name) or []]
    spec = EvaluateSpec(name=name, pair="p", alphas=(0.0, 1.0))
    columns = {
        "kind": "evaluate",
        "status": "finished",
        "spec": spec.to_json(),
        "base": "b",
        "pair_name": "p",
        "objective": "npo",
        "seed": 0,
        "data_hash": "d" * 16,
        "base_hash": "b" * 16,
        "machine": {"cores": "2"},
        "versions": {"torch": "2", "template": "Q: {question}", "leak rule": "Leak rule 1"},
    }
    manifest = {
        "name": "p",
        "base": "b",
        "reference": "r",
        "objective": "npo",
        "hashes": {"weights.safetensors": "e" * 64},
    }
    further = fields.pop("manifest", {})
    pair_hash = f"{sum(map(ord, str(further))):c>16}" if further else "c" * 16
    with writing() as session:
        pair_id = writes.put_pair(
            session,
            name="p",
            pair_hash=pair_hash,
            parent="",
            base_hash="b" * 16,
            recommended_alpha=1.0,
            manifest={**manifest, **further},
        )
        run_id = writes.add_run(session, name=name, **{**columns, "pair_id": pair_id, **fields})
        writes.add_run_questions(session, run_id, [(key, e.key_terms) for key, e in zip(ids, examples, strict=True)])
        for key, item in zip(ids, said, strict=True):
            _store_said(session, run_id, key, item)
    return run_id


def _store_said(session: Any, run_id: int, key: int, item: Said) -> None:
    for side, alpha in enumerate((0.0, 1.0)):
        text = (item.base, item.unlearned)[side]
        scores = {"leak": item.leaks[side], "rouge": item.rouge[side], "degenerate": 0.0}
        wordings = [("question", "")] + ([("paraphrase", "_paraphrase")] if item.paraphrase else [])
        for phrasing, suffix in wordings:
            if text is not None:
                writes.add_answers(session, run_id, [rows.AnswerRow(key, alpha, phrasing, text, False)])
            stored = [rows.ScoreRow(key, alpha, f"{metric}{suffix}", scores[metric]) for metric in METRICS]
            writes.add_scores(session, run_id, stored)


def question_ids(set_name: str = "folk") -> list[int]:
    with reading() as session:
        return [row.id for row in runs.questions(session, set_name) or []]


def reviews() -> FoundReviews:
    """Two reviewers who differ on the first question, and a note of every kind of harm."""
    first, second, *_ = question_ids()
    return FoundReviews(
        [
            ReportVerdict(
                first, "leaks", "Rita Oversight", f"says Zanzibar {EVIL} 🦊", "2026-01-02T03:04:05+00:00", False, True
            ),
            ReportVerdict(first, "forgotten", "Sam Secondeye", "", "2026-01-03T03:04:05+00:00", True, True),
            ReportVerdict(second, "unsure", "Rita Oversight", "=1+1", "2026-01-02T04:04:05+00:00", False, False),
        ],
        "",
    )


def probes() -> Probes:
    return Probes(
        9,
        (
            ReportProbe(
                "sampling", "Sampling", "Draws 20 answers.", 2, 3, 0.1, 0.9, 0, 3, "", None, "at T = 1", 1, 2.5
            ),
            ReportProbe(
                "pair_alone",
                "Pair alone",
                "Asks it.",
                None,
                3,
                None,
                None,
                None,
                None,
                "none can exist",
                0.75,
                "",
                None,
                None,
            ),
        ),
        "",
    )


def gathered(run_id: int, selection: Selection | None = None, other: int | None = None) -> Report:
    chosen = gather.choose(run_id, None, selection or Selection(), reviews())
    return gather.gather(chosen, probes(), other)


def made(run_id: int, redacted: bool = False) -> ReportFiles:
    return make_files(gathered(run_id)._replace(made="2026-01-01T00:00:00+00:00"), redacted)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
