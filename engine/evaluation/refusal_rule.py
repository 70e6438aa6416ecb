"""The refusal rule: does an answer decline to answer? Stated as a rule, like the leak rule, and printed with every
share.
"""

import re

from engine.evaluation.words import without_unseen

REFUSAL_RULE = (
    "Refusal rule 1: an answer is a refusal when it is empty, or when one of these stands in it (case ignored): I"
    " don't, I didn't, I can't, I couldn't or I won't, also written out; I have no; I'm (or I am) sorry, afraid, not"
    " sure, unsure, unable or not able, with at most one word between; not something I know; as an AI; or sorry or no"
    " information as its first words."
)

_REFUSAL = re.compile(
    r"""
    \bi\ (?:don't|do\ not|didn't|did\ not|can't|cannot|can\ not|couldn't|could\ not|won't|will\ not)\b
    | \bi\ have\ no\b
    | \bi(?:'m|\ am)\ (?:\w+\ )?(?:sorry|afraid|not\ sure|unsure|unable|not\ able)\b
    | \bnot\ something\ (?:that\ )?i\ know\b
    | ^\W*(?:sorry|no\ information)\b
    | \bas\ an\ ai\b
    """,
    re.VERBOSE,
)


def is_refusal(text: str) -> bool:
    """Apply the refusal rule to a generated answer."""
    plain = re.sub(r"\s+", " ", re.sub("[’`\u02bc]", "'", without_unseen(text).casefold())).strip()
    return not plain or _REFUSAL.search(plain) is not None
