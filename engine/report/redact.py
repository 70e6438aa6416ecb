"""A redacted report: figures and hashes stay; questions, answers, notes and the names of persons and reviewers go.

First the fields known to hold such text are emptied or numbered. The names of runs, pairs and sets are numbered too:
a pair may be named after the person it is to forget. Any remaining text that contains a secret is left out whole.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import regex

from engine.audit.found import ProbeOutput
from engine.evaluation.words import Terms
from engine.report.parts import Report

LEFT_OUT = "[left out]"
EMPTIED = (  # columns of the CSV
    "question",
    "true answer",
    "base answer",
    "unlearned answer",
    "key terms",
    "group",
    "domain",
    "paraphrased question",
    "base answer to paraphrase",
    "unlearned answer to paraphrase",
    "note",
)
# Values and sentences of this program, which do not name anyone.
_OURS = frozenset(
    (
        "limits",
        "made",
        "rouge_words",
        "rouge words",
        "model",
        "metric",
        "measure",
        "label",
        "direction",
        "split",
        "half",
        "state",
        "wording",
        "verdict",
        "leak_rule",
        "word",
        "way",
        "leak rule",
        "leak rule version",
        "exported",
        "objective",
        "tuning",
        "method",
        "kind",
        "times",
        "hashes",
        "versions",
        "versions_here",
        "question hash",
        "question_id",
        "demand",
    )
)
_SHORTEST, _SHORTEST_ELSEWHERE = 3, 2  # letters of ASCII, and others, of a name or an answer looked for in other texts
_BETWEEN = regex.compile(r"[^\p{L}\p{M}\p{N}_\p{Cf}]+")  # a vowel sign is part of its word
_NOT_SECRET = frozenset(("the", "and", "yes", "not"))


def redact(report: Report, others: Iterable[str] = ()) -> Report:
    """The report without these; `redacted` is set. People and reviewers become "person 1", "reviewer 1", in order.

    `others` are people whose names are left out too, though no question of the report is about them.
    """
    subjects = [row["subject"] for row in report.questions] + [item.subject for item in report.outputs]
    people = _numbered("person", subjects)
    reviewers = _numbered("reviewer", (row.reviewer for row in report.verdicts.rows))
    secret = _secrets(report, others)
    aliases = _aliases(report)
    emptied = report._replace(
        redacted=True,
        questions=tuple(_question(row, people, reviewers) for row in report.questions),
        missing=tuple(
            item._replace(subject=people.get(item.subject, ""), question=LEFT_OUT) for item in report.missing
        ),
        outputs=tuple(_without_output(item, people) for item in report.outputs),
        leaks=tuple(_without_texts(item, people) for item in report.leaks),
        losses=tuple(_without_texts(item, people) for item in report.losses),
        ordinary=None if report.ordinary is None else _without_texts(report.ordinary, people),
        verdicts=report.verdicts._replace(
            rows=tuple(
                row._replace(reviewer=reviewers[row.reviewer], note=LEFT_OUT if row.note else "")
                for row in report.verdicts.rows
            ),
            reviewers={reviewers[name]: number for name, number in report.verdicts.reviewers.items()},
        ),
        against=None
        if report.against is None
        else report.against._replace(
            answers=tuple(
                item._replace(
                    subject=people.get(item.subject, ""),
                    question=LEFT_OUT,
                    first_answer=LEFT_OUT,
                    second_answer=LEFT_OUT,
                )
                for item in report.against.answers
            )
        ),
    )
    safe = frozenset([LEFT_OUT, *people.values(), *reviewers.values()])
    screened: Report = _screened(_renamed(emptied, aliases), secret, safe)
    return screened


def _aliases(report: Report) -> dict[str, str]:
    """The names that users chose (sets, runs and pairs), numbered."""
    names = [row.get("set") for row in report.questions] + [report.origin.run, report.origin.pair]
    names += [item.set for item in report.outputs]
    names += [model.run for model in report.models] + ([report.against.run] if report.against else [])
    if report.standing:  # by other runs too
        names += [row.finding.run for row in report.standing.rows if row.finding] + [report.standing.kept.run]
    return _numbered("name", sorted({str(name).strip() for name in names if name}, key=len, reverse=True))


def _renamed(value: Any, aliases: dict[str, str]) -> Any:
    """The same structure with every such name replaced, wherever it is a separate word."""
    if not aliases:
        return value
    pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, aliases)) + r")(?![^\W_])")

    def inside(item: Any) -> Any:
        if isinstance(item, str):
            return pattern.sub(lambda found: aliases[found[0]], item)
        if isinstance(item, dict):
            return {name: part if name in _OURS else inside(part) for name, part in item.items()}
        if hasattr(item, "_asdict"):
            return type(item)(
                **{name: part if name in _OURS else inside(part) for name, part in item._asdict().items()}
            )
        return type(item)(map(inside, item)) if isinstance(item, tuple | list) else item

    return inside(value)


def _numbered(kind: str, names: Iterable[str]) -> dict[str, str]:
    return {name: f"{kind} {number}" for number, name in enumerate(dict.fromkeys(filter(None, names)), 1)}


def _question(row: dict[str, Any], people: dict[str, str], reviewers: dict[str, str]) -> dict[str, Any]:
    texts = {name: LEFT_OUT for name in EMPTIED if row.get(name)}
    names = [reviewers.get(name, LEFT_OUT) for name in str(row.get("reviewer") or "").split(" | ") if name]
    return {
        **row,
        **texts,
        "subject": people.get(row["subject"], ""),
        **({"reviewer": " | ".join(names)} if names else {}),
    }


def _without_texts(item: Any, people: dict[str, str]) -> Any:
    texts = dict.fromkeys(("question", "true_answer", "base_answer", "unlearned_answer"), LEFT_OUT)
    return item._replace(
        **{name: text for name, text in texts.items() if getattr(item, name)},
        subject=people.get(item.subject, ""),
        key_terms=(),
    )


def _without_output(item: ProbeOutput, people: dict[str, str]) -> ProbeOutput:
    texts = dict.fromkeys(("question", "true_answer", "output", "detail"), LEFT_OUT)
    return item._replace(**texts, subject=people.get(item.subject, ""), key_terms=())  # type: ignore[arg-type]


def _secrets(report: Report, others: Iterable[str] = ()) -> Callable[[str], bool]:
    """Whether a text holds, as whole words as the leak rule reads them, something that a redacted report leaves out."""
    texts: set[str] = set()
    for name in others:
        texts.update([name, *_parts(name)])
    for row in report.questions:
        texts.update(str(row[name]) for name in EMPTIED if name not in ("key terms", "note") and row.get(name))
        texts.update(map(str, row.get("key terms") or ()))
        texts.update([row["subject"], *_parts(row["subject"])])
    for item in report.outputs:
        texts.update([item.question, item.true_answer, item.output, *item.key_terms, item.subject])
        texts.update(_parts(item.subject))
    for verdict in report.verdicts.rows:
        texts.update([verdict.reviewer, *_parts(verdict.reviewer), verdict.note])
    for answer in report.against.answers if report.against else ():
        texts.update(filter(None, (answer.first_answer, answer.second_answer)))
    words = {text.strip().casefold() for text in texts}
    # Names in names are joined by - _ . and the like, and a number is not a secret.
    wanted = sorted(
        (w for w in words if len(w) >= _shortest(w) and not w.isnumeric() and w not in _NOT_SECRET),
        key=len,
        reverse=True,
    )
    if not wanted:
        return lambda _: False
    read = Terms(wanted)
    short, long = [w for w in wanted if len(w) <= 60], [w for w in wanted if len(w) > 60]
    pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, short)) + r")(?![^\W_])") if short else None

    def holds(text: str) -> bool:
        lower = text.casefold()
        return bool(pattern and pattern.search(lower)) or any(w in lower for w in long) or read.any_in(text)

    return holds


def _parts(name: str) -> list[str]:
    """The parts of a name, each of which names the person; in scripts without spaces the whole name."""
    found: list[str] = _BETWEEN.split(name)
    return found


def _shortest(text: str) -> int:
    return _SHORTEST if text.isascii() else _SHORTEST_ELSEWHERE


def _screened(value: Any, secret: Callable[[str], bool], safe: frozenset[str]) -> Any:
    """The same structure; a text that contains a secret is left out whole."""
    if isinstance(value, str):
        return LEFT_OUT if value not in safe and secret(value) else value
    if isinstance(value, dict):
        return {name: item if name in _OURS else _screened(item, secret, safe) for name, item in value.items()}
    if hasattr(value, "_asdict"):
        return type(value)(**_screened(value._asdict(), secret, safe))
    if isinstance(value, tuple | list):
        return type(value)(_screened(item, secret, safe) for item in value)
    return value
