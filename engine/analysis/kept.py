"""What a pair keeps of the other knowledge, and whether it is ruined: the one place that says so."""

from typing import Literal, NamedTuple

from engine.evaluation.ruined import MORE_LOOPS, NOISE_RULE, RETAIN_RULE

State = Literal["fail", "note", "pass", "none"]  # red, above its baseline but within its interval, green, grey

KEEPS = 0.9  # of the base's, below which a pair is ruined
RUIN_RULE = (
    f"A pair is ruined where it keeps less than {KEEPS:.0%}, where noise makes up {MORE_LOOPS:.0%} more of a part's"
    f" answers than of the base's, or where its training ended so. Nothing is green then. {NOISE_RULE} {RETAIN_RULE}"
)


class Kept(NamedTuple):
    """Knowledge to be kept. `share` is None where it was not measured: `reason` says why."""

    state: State
    share: float | None  # the weakest part's ROUGE-L recall over the base's, at most 1
    known: int  # questions to be kept that the base answers
    lost: int  # of these, no longer answered
    gained: int  # not answered by the base, answered now
    looped: float  # largest share of a part's answers that are loops, beyond the base's
    questions: int
    run_id: int | None
    run: str
    reason: str = ""


def ruin_of(kept: Kept, noise: float, in_training: str) -> str:
    """Why a pair is ruined, in sentences; "" where it is not.

    `noise`: the largest share of a part's answers that are noise, beyond the base's; `in_training`: why its training
    broke it.
    """
    said = [_ruined_words(kept)] if kept.state == "fail" else []
    if noise >= MORE_LOOPS and kept.looped < MORE_LOOPS:
        said.append(f"{noise:.0%} more answers than the base's are noise: empty, loops or word salad.")
    return " ".join([*said, *([f"{in_training[:1].upper()}{in_training[1:]}."] if in_training else [])])


def _ruined_words(kept: Kept) -> str:
    if kept.share is not None and kept.share < KEEPS:
        return f"Only {kept.share:.1%} of the base's other knowledge is kept."
    return f"{kept.looped:.0%} more answers than the base's are loops."
