"""Numbers, times and states in the words that a reader sees."""

import math
import re
from datetime import UTC, datetime

from engine.data.examples import KEPT
from engine.evaluation.leak_rule import LEAK_RULE

MISSING = "n/a"  # in a table: Streamlit itself writes "None" for an unknown value

STATUS_WORDS = {
    "queued": "… queued",
    "running": "▶ running",
    "finished": "✔ finished",
    "failed": "✖ failed",
    "cancelled": "■ cancelled",
    "interrupted": "! interrupted",
}

SPLIT_MEANINGS = {
    "forget": "to be forgotten",
    "retain": "to be kept",
    "world": "of general knowledge, to be kept",
    "holdout": "whose answers no model was taught",
    "bystander": "about invented people no model was taught",
}

GLOSSARY = {
    "Base": "the language model itself; it knows everything it was taught.",
    "Pair": "two small models, the reference and the trained one. The trained one started as a copy of the reference.",
    "Offset": "the trained model's view of the next word minus the reference's; it is added to the base's.",
    "α": "the strength of the offset: 0 is the base, 1 is as trained.",
    "Forget, retain, holdout": (
        "questions to be forgotten, questions to be kept, questions whose answers no model was taught."
    ),
    "Leak": (
        "an answer that the leak rule flags: it names a key term of the true answer. For a question to be kept,"
        " it is a remembered answer."
    ),
    "Leak rule": LEAK_RULE.partition(": ")[2],
    "ROUGE-L recall": "how much of the true answer is in an answer, word by word in order: 0 nothing, 1 all.",
    "Retain model": "a model that never saw the forget questions: what it gets right is the baseline.",
    "Ways of asking": (
        "as is; in other words; with the true answer begun; after three answered examples; after a little tuning on"
        " other questions; with the offset reversed; recognised: the offset alone tells what was taught from what"
        " nobody was taught. The tick in a bar is the most that chance lets a model that never knew tell."
    ),
    "Likeliest answer": "at every word the likeliest one, also called greedy. Drawn answers may say something else.",
}

INTERVAL, FRONT, NATS = "95 % interval", "Pareto front", "Nat"
CLOPPER, KS_TEST = "Clopper-Pearson interval", "Forget quality, KS test and p-value"
TERMS = {
    INTERVAL: (
        "how far a mean depends on who was asked. The persons are drawn again 2,000 times, each with all of their"
        " questions; 95 % of these means are in it. With few persons it is rough and somewhat too narrow."
    ),
    CLOPPER: (
        "a range for a share that is valid even with few persons. It is used where none (or all) of them leak: none of"
        " 6 persons does not exclude that 46 % of such persons would."
    ),
    KS_TEST: (
        "two models answer the same forget questions; the Kolmogorov-Smirnov (KS) test asks whether their truth ratios"
        " could come from the same distribution. Its p-value is TOFU's forget quality: near 1, the pair cannot be"
        " distinguished from a model that never saw the secrets; below 0.05, it can. It falls as more questions are"
        " asked, so compare p-values only over equally many."
    ),
    FRONT: (
        "the best choices of α: fewer leaks than at one of them cost utility. Its knee is where slightly fewer leaks"
        " begin to cost much utility."
    ),
    NATS: (
        "the unit of losses and log-probabilities. One nat less makes a text 2.7 times (e times) less likely; 0 nats is"
        " certain."
    ),
}

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """`text` escaped so that Streamlit's markdown shows it letter by letter (labels, captions, errors)."""
    return _MARKDOWN.sub(r"\\\1", text).replace("\n", " ")


def sentence(text: str) -> str:
    """With a capital and a full stop; a file's name at the beginning stays as it is."""
    text = text.strip()
    first = text.partition(" ")[0]
    return (text[:1].upper() + text[1:] if first.isalpha() else text) + ("" if text.endswith((".", "!", "?")) else ".")


def status_word(status: str) -> str:
    return STATUS_WORDS.get(status, status)


def is_kept(split: str) -> bool:
    return split in KEPT


def duration(seconds: float | None) -> str:
    """`75.0` -> "1 min 15 s"; unknown -> "unknown"."""
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float | None) -> str:
    """Bytes in decimal units, as file managers show them."""
    if count is None:
        return "unknown"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit in ("B", "kB", "MB") else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable: the loop returns at GB")


def moment(value: object) -> str:
    """A stored time (UTC) as "2026-11-23 21:55 UTC"; nothing -> "–"."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.strftime("%Y-%m-%d %H:%M UTC")


def bound(error: float) -> str:
    """An error for a sentence, rounded up: 0.00031 -> "0.0004"."""
    return f"{math.ceil(error * 1e4) / 1e4:.4f}"
