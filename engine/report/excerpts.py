"""What a report shows verbatim: the worst leaks, the worst losses, one ordinary example, and what is missing."""

from typing import Any

import pandas as pd

from engine.report.parts import SHOWN_WORST, Excerpt, Missing, ReportVerdict, Verdicts
from engine.report.selection import leaking, lost, to_be_forgotten

FrameRow = dict[Any, Any]  # of the report's frame, by column

WORST_LEAKS = (
    "forget questions whose answer the leak rule flags, as asked or paraphrased; shown is the phrasing with the higher "
    "ROUGE-L recall, highest first"
)
WORST_LOSSES = "questions to be kept, by how far ROUGE-L recall fell below that of the base, largest fall first"
DIFFER = "reviewers differ"
ORDINARY = "the forget question whose unlearned answer has the median ROUGE-L recall (the lower of two)"


def worst_leaks(rows: pd.DataFrame) -> tuple[tuple[Excerpt, ...], int]:
    """The ten worst, and how many there are in all."""
    found = [_leaking_wording(row) for row in rows[leaking(rows)].to_dict("records")]
    found.sort(key=lambda item: -(item.rouge_unlearned or 0.0))  # stable: ties stay in the order of their set
    return tuple(found[:SHOWN_WORST]), len(found)


def worst_losses(rows: pd.DataFrame) -> tuple[tuple[Excerpt, ...], int]:
    found = [excerpt(row) for row in rows[lost(rows)].to_dict("records")]
    found.sort(key=lambda item: (item.rouge_unlearned or 0.0) - (item.rouge_base or 0.0))
    return tuple(found[:SHOWN_WORST]), len(found)


def ordinary(rows: pd.DataFrame) -> Excerpt | None:
    """None where no forget question was scored."""
    scored = rows[to_be_forgotten(rows) & rows["rouge unlearned"].notna()]
    if scored.empty:
        return None
    ranked = scored.sort_values("rouge unlearned", kind="stable")
    return excerpt(ranked.iloc[(len(ranked) - 1) // 2].to_dict())


def unanswered(rows: pd.DataFrame) -> tuple[Missing, ...]:
    """Every question without an answer, or with one that was not judged, in the order of the report."""
    found = []
    for row in rows.to_dict("records"):
        lacks = [f"{name} answer" for name in ("base", "unlearned") if value(row[f"{name} answer"]) is None]
        lacks += [
            f"leak finding of the {name} answer"
            for name in ("base", "unlearned")
            if value(row[f"{name} answer"]) is not None and value(row[f"leak {name}"]) is None
        ]
        if lacks:
            found.append(Missing(*_place(row), row["question"], ", ".join(lacks)))
    return tuple(found)


def verdicts_on(rows: pd.DataFrame, reviews: list[ReportVerdict], reason: str) -> Verdicts:
    """Counts over the questions of the report; verdicts on others are left out.

    `counts` are of verdicts, several to a question; `questions` counts each question once, by the verdict on its answer
    as asked on which all agree.
    """
    asked = list(rows["question_id"])
    place = {question: number for number, question in enumerate(asked)}
    own = sorted(
        (row for row in reviews if row.question_id in place),
        key=lambda row: (place[row.question_id], row.created, row.reviewer),
    )
    counts: dict[str, int] = {}
    reviewers: dict[str, set[int]] = {}
    fresh = [row for row in own if not row.stale]  # a stale one is about something else: listed, not counted
    for row in fresh:
        counts[row.said] = counts.get(row.said, 0) + 1
        reviewers.setdefault(row.reviewer, set()).add(row.question_id)
    judged: dict[int, set[str]] = {}
    for row in fresh:
        if row.wording == "question":
            judged.setdefault(row.question_id, set()).add(row.verdict)
    said = [DIFFER if len(words) > 1 else min(words) for words in judged.values()]
    return Verdicts(
        rows=tuple(own),
        counts=counts,
        reviewers={name: len(answered) for name, answered in reviewers.items()},
        reviewed=len(judged),
        unreviewed=len(asked) - len(judged),
        disputed=len({row.question_id for row in own if row.disputed}),
        stale=len({row.question_id for row in own if row.stale}),
        reason="" if own else reason or "n/a: there are none on these questions",
        questions={word: said.count(word) for word in dict.fromkeys(said)},
    )


def excerpt(row: FrameRow, wording: str = "question") -> Excerpt:
    """One row of a report as asked, or in its paraphrase."""
    if wording == "question":
        texts = row["question"], row["true answer"], value(row["base answer"]), value(row["unlearned answer"])
        rouge = value(row["rouge base"]), value(row["rouge unlearned"])
    else:
        answers = (value(row[f"{name} answer to paraphrase"]) for name in ("base", "unlearned"))
        texts = row["paraphrased question"], row["true answer"], *answers
        rouge = value(row["rouge paraphrase base"]), value(row["rouge paraphrase unlearned"])
    question_id, set_, split, subject = _place(row)
    return Excerpt(
        question_id=question_id,
        set=set_,
        split=split,
        half=row["half"],
        subject=subject,
        wording=wording,
        question=texts[0],
        true_answer=texts[1],
        base_answer=texts[2],
        unlearned_answer=texts[3],
        key_terms=tuple(row["key terms"]),
        rouge_base=rouge[0],
        rouge_unlearned=rouge[1],
    )


def value(cell: Any) -> Any:
    """A cell of a frame as a plain value; a missing one is None."""
    return None if cell is None or cell is pd.NA or cell != cell else cell


def _leaking_wording(row: FrameRow) -> Excerpt:
    wordings = {"question": "leak unlearned", "paraphrase": "leak paraphrase unlearned"}
    found = [excerpt(row, wording) for wording, column in wordings.items() if row[column] == 1]
    return max(found, key=lambda item: item.rouge_unlearned or 0.0)  # the first of equals: as asked


def _place(row: FrameRow) -> tuple[int, str, str, str]:
    return int(row["question_id"]), row["set"], row["split"], row["subject"]
