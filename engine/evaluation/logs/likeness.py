"""Whether two evaluation logs may be compared, and what this program's own logs say about themselves."""

import unicodedata
from collections.abc import Mapping

from engine.errors import DataError
from engine.evaluation.logs.names import NEVER_BELOW, OURS_ZERO, PROMPT, STRENGTH, WHOLE_PROMPT
from engine.evaluation.logs.reading import STYLE_WORDS, Log, LogValues, Style

OF_ORIGIN = {
    "sets": "questions of other sets",
    "answer_tokens": "answers cut elsewhere",
    "template": "another template",
}
NOT_STATED = "not stated"
SAID = {  # of `made_by`, and their words
    "run": "run",
    "sets": "questions of",
    "template": "template",
    PROMPT: "input holds",
    "answer_tokens": "answer tokens at most",
    "loops": "loops:",
}
SHOWN = 40  # characters of a prompt


def check_same_rows(log: Log, ours: LogValues, retain: Log, theirs: LogValues) -> None:
    """`DataError` unless both logs are of the same kind and `ours` and `theirs` are ratios of the same rows of the
    forget set.
    """
    here, there = f"{log.name} ({len(ours)} forget rows)", f"{retain.name} ({len(theirs)} forget rows)"
    if log.style != retain.style:
        raise DataError(
            f"{here} is {a_style(log.style)} and {there} is {a_style(retain.style)}: their rows and prompts differ, so"
            " a test between them means nothing; both must be of the same kind"
        )
    if len(ours) != len(theirs):
        raise DataError(f"the retain log {there} is over other rows than {here}; the same rows are needed")
    alone = sorted(ours.keys() ^ theirs.keys())
    if alone:
        raise DataError(
            f"the retain log {there} is over other rows than {here}: {len(alone)} row indices are in one of them"
            f" alone, the first is {alone[0]!r}"
        )
    unscored = [key for key in ours if (ours[key] is None) != (theirs[key] is None)]
    if unscored:
        raise DataError(
            f"the retain log {there} is over other rows than {here}: {len(unscored)} rows have a truth ratio in"
            f" one of them alone, the first is {unscored[0]!r}"
        )
    texts, others = log.parts["forget"].truths, retain.parts["forget"].truths
    unlike = [key for key in texts if key in others and _letters(texts[key]) != _letters(others[key])]
    if unlike:
        raise DataError(
            f"the retain log {there} is over other rows than {here}: {len(unlike)} rows have another true answer,"
            f" the first is {unlike[0]!r}"
        )


def a_style(style: Style) -> str:
    return f"{'a' if style == 'legacy' else 'an'} {STYLE_WORDS[style]}"


def _letters(text: str) -> str:
    """Without the space before a comma, in which TOFU's own logs differ; with the marks that are part of a letter in
    many scripts.
    """
    return "".join(sign for sign in text.casefold() if sign.isalnum() or unicodedata.category(sign).startswith("M"))


def unlike_logs(log: Log, retain: Log) -> list[str]:
    """What a reader should know about two logs over the same rows before believing their test."""
    if log.sha256 == retain.sha256:
        return [f"{log.name} and its retain log are the same log"]
    ours, theirs = log.parts["forget"], retain.parts["forget"]
    said = [
        f"{OF_ORIGIN[key]}: {log.origin.get(key, NOT_STATED)} in {log.name}, {retain.origin.get(key, NOT_STATED)} in"
        f" {retain.name}"
        for key in OF_ORIGIN
        if log.origin.get(key) != retain.origin.get(key)
    ]
    said += [
        f"{which.name} holds no true answers, so its questions cannot be compared with the other's"
        for which, part in ((log, ours), (retain, theirs))
        if not part.truths
    ]
    return said + _unlike_prompts(log, retain)


def _unlike_prompts(log: Log, retain: Log) -> list[str]:
    """Prompts are compared where both logs have them whole; a question alone is searched in the other's prompt."""
    ours, theirs = log.parts["forget"].prompts, retain.parts["forget"].prompts
    both = [(text, theirs[key]) for key, text in ours.items() if key in theirs]
    alone = [which.name for which, prompts in ((log, ours), (retain, theirs)) if prompts and _questions_alone(which)]
    apart = [(first, second) for first, second in both if not _same_prompt(first, second, bool(alone))]
    said = [
        f"{name} holds questions without their template, so whether the prompts are the same is unknown"
        for name in alone
        if both
    ]
    if apart:
        first, second = apart[0]
        what = "questions" if alone else "prompts"
        why = "" if alone else ": other templates or models, whose effect on truth ratios is in the p-value too"
        said.append(
            f"{len(apart)} of {len(both)} {what} differ, the first are {first[:SHOWN]!r} and {second[:SHOWN]!r}{why}"
        )
    return said


def _questions_alone(log: Log) -> bool:
    """True of this program's logs that say so, and of those from before they said which."""
    return bool(log.origin) and log.origin.get(PROMPT) != WHOLE_PROMPT


def _same_prompt(first: str, second: str, question_alone: bool) -> bool:
    """Except for blanks, which a tokenizer may remove or add."""
    one, two = ("".join(text.split()) for text in (first, second))
    return one == two or (question_alone and (one in two or two in one))


def origin_words(log: Log) -> list[str]:
    """What this program's logs say about themselves and their figures beyond the names; nothing for other logs."""
    if not log.origin:
        return []
    said = [f"{words} {_line(log.origin[key])}" for key, words in SAID.items() if key in log.origin]
    said.append(f"extraction strength {strength_words(log.origin)}")
    return [f"made by {log.origin.get('program', NOT_STATED)}: {'; '.join(said)}"]


def strength_words(origin: Mapping[str, str]) -> str:
    """The definition of extraction strength in a log: OpenUnlearning's, except in this program's logs from before they
    said which.
    """
    return OURS_ZERO if origin and STRENGTH not in origin else NEVER_BELOW


def _line(text: str) -> str:
    return text.replace("\n", "\\n")
