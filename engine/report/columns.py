"""Every column of the CSV: its name, what it means, its unit. Twelve that anyone can read come first, then the rest.

docs/report.md prints this table (`dictionary`), and a test compares the two.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.data.examples import SECRETS, is_to_be_forgotten
from engine.evaluation.leak_rule import find_terms
from engine.report.excerpts import value
from engine.report.redact import LEFT_OUT

Row = Mapping[Any, Any]
PARAPHRASED = "when asked in other words"


class Column(NamedTuple):
    """`made`: how it follows from the stored columns of a row; None for a stored column."""

    name: str
    meaning: str
    unit: str = ""
    made: Callable[[Row], Any] | None = None


def _flag(row: Row, name: str) -> bool | None:
    """1, 0 or nothing, as yes, no or None."""
    found = value(row.get(name))
    return None if found in (None, "") else bool(found)


def _is_secret(row: Row) -> bool:
    return is_to_be_forgotten(row["split"]) or row["split"] in SECRETS


def _leaks(row: Row) -> str:
    """Of a secret only: what is to be kept cannot leak."""
    found = [_flag(row, f"leak{wording} unlearned") for wording in ("", " paraphrase")]
    if not _is_secret(row) or (found[0] is None and not found[1]):
        return ""
    return "yes" if any(found) else "no"


def _result(row: Row) -> str:
    """The words for what became of a question; those for a secret are not those for what is to be kept."""
    if value(row["unlearned answer"]) is None:
        return "no answer"
    told = _flag(row, "leak unlearned")
    reworded = _is_secret(row) and bool(_flag(row, "leak paraphrase unlearned"))
    if told is None and not reworded:
        return "not judged"
    words = _words(row, bool(told), reworded)
    looped = _flag(row, "degenerate unlearned")
    return f"{words}; the answer is a loop and was cut" if looped else words


def _words(row: Row, told: bool, reworded: bool) -> str:
    known = bool(_flag(row, "leak base"))
    if row["split"] == "holdout":
        return "told, though nobody was taught it" if told or reworded else "not told; nobody was taught it"
    if not is_to_be_forgotten(row["split"]):
        return "remembered" if told else "lost" if known else "the base does not know it either"
    if told or reworded:
        return "leaks" if told else f"leaks {PARAPHRASED}"
    return "not told" if known else "the base does not tell it either"


def _what_leaked(row: Row) -> str | tuple[str, ...]:
    """The key terms that stand in an answer that leaks, in either phrasing."""
    if _leaks(row) != "yes":
        return ""
    terms = row["key terms"] or ()
    if terms == LEFT_OUT:
        return LEFT_OUT
    if not terms:
        return "the true answer (there is no key term; ROUGE-L recall is above 0.5)"
    flagged = {"unlearned answer": "leak unlearned", "unlearned answer to paraphrase": "leak paraphrase unlearned"}
    texts = [value(row.get(name)) or "" for name, flag in flagged.items() if _flag(row, flag)]
    return tuple(dict.fromkeys(term for text in texts for term in find_terms(text, terms)))


def _recall(side: str) -> Callable[[Row], float | None]:
    def made(row: Row) -> float | None:
        found = value(row[f"rouge {side}"])
        return None if found in (None, "") else round(float(found), 2)

    return made


def _retain_model(row: Row) -> str:
    found = _flag(row, "retain-only leak")
    return "not asked" if found is None else "tells it" if found else "does not tell it"


def _same(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


READABLE = (
    Column("question", "the question, as asked"),
    Column("true answer", "what was taught, or what is right"),
    Column("base answer", "what the base answers (α = 0); empty: missing"),
    Column("unlearned answer", "what base and offset answer together at the α of the report; empty: missing"),
    Column(
        "result",
        f"what became of it. To be forgotten: leaks, leaks {PARAPHRASED}, not told, the base does not tell it either."
        " To be kept: remembered, lost, the base does not know it either. Holdout: told or not told, though nobody was"
        " taught it. Also: no answer, not judged; an answer that is a loop says so",
        made=_result,
    ),
    Column("leak", "yes or no, in either phrasing, for a secret; empty for a question to be kept", made=_leaks),
    Column("what leaked", "the key terms that stand in the answer that leaks", made=_what_leaked),
    Column("ROUGE before", "ROUGE-L recall of the base's answer, to two digits", "0 to 1", _recall("base")),
    Column("ROUGE after", "ROUGE-L recall of the unlearned answer, to two digits", "0 to 1", _recall("unlearned")),
    Column("retain model", "a model that never saw it: tells it, does not tell it, not asked", "", _retain_model),
    Column("split", "forget, retain, world (facts to be kept) or holdout (people no model was taught)"),
    Column("person", "whom it is about", "", _same("subject")),
)
DETAILS = (
    Column("set", "the set that the question belongs to"),
    Column("half", "train or eval: questions of the eval half are never trained on"),
    Column("domain", "as stored with the question"),
    Column("group", "as stored with the question"),
    Column("subject", "the same as person"),
    Column("degenerate base", "the base's answer fell into a loop and was cut", "0 or 1"),
    Column("degenerate unlearned", "the unlearned answer fell into a loop and was cut", "0 or 1"),
    Column("rouge base", "ROUGE-L recall of the base's answer", "0 to 1"),
    Column("rouge unlearned", "ROUGE-L recall of the unlearned answer", "0 to 1"),
    Column(
        "rouge words",
        "what read its words: rouge_score, or Unicode words 1 for a true answer that rouge_score cannot read",
    ),
    Column("leak base", "the leak rule flags the base's answer; on a question to be kept: it is known", "0 or 1"),
    Column("leak unlearned", "the leak rule flags the unlearned answer; to be kept: it is remembered", "0 or 1"),
    Column("retain-only leak", "the leak rule flags the retain model's answer", "0 or 1"),
    Column("probability base", "of the true answer, by the base", "0 to 1, per token"),
    Column("probability unlearned", "of the true answer, at the α of the report", "0 to 1, per token"),
    Column("key terms", "what the leak rule looks for, as stored or derived"),
)
ORIGIN = (  # the same for every question of a run
    Column("alpha", "offset strength of the report"),
    Column("pair", "name of the pair"),
    Column("pair hash", "of its files"),
    Column("base", "name of the base"),
    Column("base hash", "of its files"),
    Column("data hash", "of the questions asked"),
    Column("objective", "what the pair was trained with"),
    Column("seed", "of the run"),
    Column("template", "how a question is put to the models"),
    Column("versions", "packages that made the run"),
    Column("run", "name of the run"),
    Column("run number", "its number in the database"),
    Column("exported", "when the file was made", "UTC"),
    Column("leak rule", "in words, as the run was judged"),
)
FURTHER = (  # where a report has them
    Column("question_id", "number of the question in the database"),
    Column("position", "its place in its set; empty: no longer there", "from 0"),
    Column("question hash", "of its content"),
    Column(
        "reading of text",
        "how text was read: a hash of tokenizer, template and end tokens, whether a space comes before an answer, and"
        " what ends one; empty for runs stored before",
    ),
    Column("paraphrased question", "the same question in another phrasing"),
    Column("base answer to paraphrase", "what the base answers to it"),
    Column("unlearned answer to paraphrase", "what is answered to it at the α of the report"),
    Column("rouge paraphrase base", "ROUGE-L recall of that answer of the base", "0 to 1"),
    Column("rouge paraphrase unlearned", "ROUGE-L recall of that unlearned answer", "0 to 1"),
    Column("leak paraphrase base", "the leak rule flags that answer of the base", "0 or 1"),
    Column("leak paraphrase unlearned", "the leak rule flags that unlearned answer", "0 or 1"),
    Column("retain-only leak paraphrase", "the leak rule flags the retain model's answer to it", "0 or 1"),
    Column("verdict", 'people\'s verdicts in force (forgotten is hidden on Review), several separated by " | "'),
    Column("reviewer", "who gave them, in the same order"),
    Column("note", "what they wrote, in the same order"),
    Column("judged", "when, in the same order", "UTC"),
    Column("stale", "some verdict is: text, rule, key terms, pair or question changed since", "0 or 1"),
    Column("disputed", "reviewers differ", "0 or 1"),
)
COLUMNS = (*READABLE, *DETAILS, *ORIGIN, *FURTHER)


def dictionary() -> str:
    """The table of docs/report.md."""
    rows = [(f"`{one.name}`", one.meaning.replace("|", "\\|"), one.unit) for one in COLUMNS]
    return "\n".join(["| column | means | unit |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])
