"""Whether two evaluation logs may be held against each other, and what this program's own say of themselves."""

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
SAID = {  # of `made_by`, and in which words
    "run": "run",
    "sets": "questions of",
    "template": "template",
    PROMPT: "input holds",
    "answer_tokens": "answer tokens at most",
    "loops": "loops:",
}
SHOWN = 40  # letters of a prompt


def check_same_rows(log: Log, ours: LogValues, retain: Log, theirs: LogValues) -> None:
    """`DataError` unless both logs are of one kind and `ours` and `theirs` are ratios of the same rows of the forget
    set.
    """
    here, there = f"{log.name} ({len(ours)} forget rows)", f"{retain.name} ({len(theirs)} forget rows)"
    if log.style != retain.style:
        raise DataError(
            f"{here} is {a_style(log.style)} and {there} is {a_style(retain.style)}: their rows and prompts differ, so"
            " no test between them means anything; both must be of one kind"
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
    """Without what TOFU's own logs differ in, a space before a comma; with the marks that are part of a letter in
    many scripts.
    """
    return "".join(sign for sign in text.casefold() if sign.isalnum() or unicodedata.category(sign).startswith("M"))


def unlike_logs(log: Log, retain: Log) -> list[str]:
    """What is to be known of two logs over the same rows before their test is believed."""
    if log.sha256 == retain.sha256:
        return [f"{log.name} and its retain log are one and the same log"]
    ours, theirs = log.parts["forget"], retain.parts["forget"]
    said = [
        f"{OF_ORIGIN[key]}: {log.origin.get(key, NOT_STATED)} in {log.name}, {retain.origin.get(key, NOT_STATED)} in"
        f" {retain.name}"
        for key in OF_ORIGIN
        if log.origin.get(key) != retain.origin.get(key)
    ]
    said += [
        f"{which.name} holds no true answers, so that its questions cannot be held against the other's"
        for which, part in ((log, ours), (retain, theirs))
        if not part.truths
    ]
    return said + _unlike_prompts(log, retain)


def _unlike_prompts(log: Log, retain: Log) -> list[str]:
    """Prompts are held against each other where both logs have them whole; of a question alone it is asked whether
    it is in the other's prompt.
    """
    ours, theirs = log.parts["forget"].prompts, retain.parts["forget"].prompts
    both = [(text, theirs[key]) for key, text in ours.items() if key in theirs]
    alone = [which.name for which, prompts in ((log, ours), (retain, theirs)) if prompts and _questions_alone(which)]
    apart = [(first, second) for first, second in both if not _same_prompt(first, second, bool(alone))]
    said = [
        f"{name} holds questions without their template, so that it cannot be seen whether the prompts are the same"
        for name in alone
        if both
    ]
    if apart:
        first, second = apart[0]
        what = "questions" if alone else "prompts"
        why = "" if alone else ": other templates or models, and what they do to truth ratios is in the p-value too"
        said.append(
            f"{len(apart)} of {len(both)} {what} differ, the first are {first[:SHOWN]!r} and {second[:SHOWN]!r}{why}"
        )
    return said


def _questions_alone(log: Log) -> bool:
    """Of this program's own logs those that say so, and those from before they said which."""
    return bool(log.origin) and log.origin.get(PROMPT) != WHOLE_PROMPT


def _same_prompt(first: str, second: str, question_alone: bool) -> bool:
    """But for blanks, which a tokenizer may take out or put in."""
    one, two = ("".join(text.split()) for text in (first, second))
    return one == two or (question_alone and (one in two or two in one))


def origin_words(log: Log) -> list[str]:
    """What a log of this program's says of itself and of its figures no name does; nothing of those of others."""
    if not log.origin:
        return []
    said = [f"{words} {_line(log.origin[key])}" for key, words in SAID.items() if key in log.origin]
    said.append(f"extraction strength {strength_words(log.origin)}")
    return [f"made by {log.origin.get('program', NOT_STATED)}: {'; '.join(said)}"]


def strength_words(origin: Mapping[str, str]) -> str:
    """What an extraction strength is in a log: OpenUnlearning's, but in this program's logs from before they said
    which.
    """
    return OURS_ZERO if origin and STRENGTH not in origin else NEVER_BELOW


def _line(text: str) -> str:
    return text.replace("\n", "\\n")
