"""Mapped questions written down by hand, and what a mean over them is, worked out the plain way."""

import csv
import io
from collections.abc import Sequence

from db.reads import runs
from engine.analysis.advice.stored import Advised, read_advice
from engine.analysis.exact_curves import MappedQuestion
from engine.decoding.answers import answer_questions
from engine.models.loading import load_pair
from engine.store import history
from engine.store.maps import MappedAnswer, QuestionMap, threshold
from engine.store.session import reading

ERROR = 1e-6  # of every border but the outer ones

Stretch = tuple[float, float, bool]  # it begins at this α, its ROUGE-L recall, whether the leak rule finds something


def question(
    name: str,
    split: str,
    subject: str,
    stretches: Sequence[Stretch],
    half: str = "",
    high: float = 2.0,
    loops: Sequence[int] = (),
    unfollowed: Sequence[int] = (),
    low: float = 0.0,
    question_id: int = 0,
) -> MappedQuestion:
    """`stretches` in the order of α; `loops` and `unfollowed` are places among them."""
    ends = [*(start for start, _, _ in stretches[1:]), high]
    answers = tuple(
        MappedAnswer(
            low if place == 0 else start,
            end,
            ERROR if place else 0.0,
            ERROR if end < high else 0.0,
            f"answer {place}",
            (),
            True,
            place in loops,
            place not in unfollowed,
        )
        for place, ((start, _, _), end) in enumerate(zip(stretches, ends, strict=True))
    )
    flags = tuple(leak or place in unfollowed for place, (_, _, leak) in enumerate(stretches))
    found = QuestionMap(name, low, high, 64, not unfollowed, 0, 0.0, answers)
    rouge = tuple(value for _, value, _ in stretches)
    return MappedQuestion(
        name, split, half, subject, found, rouge, flags, threshold(answers, flags), question_id=question_id
    )


def secret(name: str, subject: str, *stretches: tuple[float, bool], **more: object) -> MappedQuestion:
    """A forget question: from which α on it leaks or does not."""
    return question(name, "forget", subject, [(start, float(leak), leak) for start, leak in stretches], **more)  # type: ignore[arg-type]


def kept(
    name: str, subject: str, *stretches: tuple[float, float], split: str = "retain", **more: object
) -> MappedQuestion:
    """A question of an eval half: from which α on it has which ROUGE-L recall; above .5 it counts as answered."""
    rows = [(start, value, value > 0.5) for start, value in stretches]
    return question(name, split, subject, rows, half="eval", **more)  # type: ignore[arg-type]


def place_at(item: MappedQuestion, alpha: float) -> int:
    return next(i for i, answer in enumerate(item.map.answers) if answer.low <= alpha <= answer.high)


def leak_share(items: Sequence[MappedQuestion], alpha: float) -> float:
    forget = [item for item in items if item.split == "forget"]
    return sum(item.leaks[place_at(item, alpha)] for item in forget) / len(forget)


def utility(items: Sequence[MappedQuestion], alpha: float) -> float:
    """The weakest part's, as a share of its own at α = 0, and at most 1."""
    shares = [1.0]
    for part in {(item.split, item.half) for item in items if item.split in ("retain", "world")}:
        of_part = [item for item in items if (item.split, item.half) == part]
        there = sum(item.rouge[place_at(item, alpha)] for item in of_part)
        base = sum(item.rouge[place_at(item, 0.0)] for item in of_part)
        if base > 0:
            shares.append(there / base)
    return min(shares)


def set_that_the_base_knows(pair: str, rows: Sequence[tuple[str, str, str, str]], tokens: int) -> bytes:
    """A CSV of (question, subject, split, half) whose true answers are what the base of a pair says, cut at
    `tokens`.
    """
    said = answer_questions(load_pair(pair), [question for question, *_ in rows], 0.0, tokens)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["question", "answer", "subject", "split", "half"])
    writer.writerows((row[0], answer.text, *row[1:]) for row, answer in zip(rows, said, strict=True))
    return text.getvalue().encode()


def stored_advice(run_id: int) -> Advised | None:
    """What a run stored when it ended; None where nothing was."""
    with reading() as session:
        data = runs.advice(session, run_id)
    return None if data is None else read_advice(run_id, history.run_detail(run_id).summary.name, data)
