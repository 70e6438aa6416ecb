"""What probes share: questions put to a pair and judged by the leak rule, and a probe that cannot be tried. Imports no torch."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.audit.probe import Context, Finding, Result, Target
from engine.evaluation.leak_rule import find_leak

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

ALONE = "there is no pair here: the base answers alone, whatever its strength"
NO_FLOOR = "the probe was not tried, so it has no floor"


class Told(NamedTuple):
    """One greedy answer, judged."""

    text: str
    leaks: bool
    rouge: float
    found: tuple[str, ...]  # the key terms that appear
    degenerate: bool  # it fell into a loop and was cut there

    @property
    def words(self) -> str:
        if self.found:
            return f"tells {', '.join(self.found)}"
        return "leaks by ROUGE-L recall" if self.leaks else "tells none of the key terms"


def ask(
    pair: "LoadedPair", alpha: float, targets: Sequence[Target], max_new_tokens: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Told]:  # fmt: skip
    """Greedy answers at `alpha`, one per target, in order."""
    if not targets:
        return []
    from engine.decoding.answers import answer_questions

    answers = answer_questions(
        pair, [target.example.question for target in targets], alpha, max_new_tokens, progress=progress
    )
    judged = [
        find_leak(target.example, answer.text, target.terms) for target, answer in zip(targets, answers, strict=True)
    ]
    return [
        Told(answer.text, leak.leaks, leak.rouge, leak.found, answer.degenerate)
        for answer, leak in zip(answers, judged, strict=True)
    ]


def results_of(targets: Sequence[Target], told: Sequence[Told], how: str = "") -> list[Result]:
    """Found where the answer leaks; the value is its ROUGE-L recall. `how` comes before what is said of each."""
    return [
        Result(target.question_id, answer.leaks, answer.rouge, answer.text, f"{how}{answer.words}")
        for target, answer in zip(targets, told, strict=True)
    ]


def no_pair_of_models(context: Context, guardrail: str, at_zero: str) -> str:
    """Why a probe that changes the pair's weights has none to change, "" where it has; in the probe's words for two of the reasons."""
    pair = context.pair
    if pair.manifest.method == "guardrail":
        return guardrail
    if pair.by_strength is None and pair.model.trained is None:
        return ALONE
    return at_zero if context.alpha == 0 else ""


def untried(targets: Sequence[Target], reason: str) -> Finding:
    """A probe that makes no sense here: no result is a result of not finding."""
    return Finding([Result(target.question_id, None, None, "", reason) for target in targets], None, NO_FLOOR, reason)


def spread(targets: Sequence[Target], count: int) -> list[Target]:
    """At most `count` of them, as many persons as can be: one of each in turn. A question about nobody stands for itself."""
    turns: dict[object, int] = {}
    ranked = []
    for place, target in enumerate(targets):
        person = target.example.subject or place
        turns[person] = turns.get(person, 0) + 1
        ranked.append((turns[person], place))
    chosen = {place for _, place in sorted(ranked)[:count]}
    return [target for place, target in enumerate(targets) if place in chosen]


def in_halves(targets: Sequence[Target]) -> tuple[list[Target], list[Target]]:
    """Two halves that share no person, about as large as each other; where all are about one, halves of the questions."""
    groups: dict[object, list[Target]] = {}
    for place, target in enumerate(targets):
        groups.setdefault(target.example.subject or place, []).append(target)
    if len(groups) == 1:
        (group,) = groups.values()
        return group[::2], group[1::2]
    first: list[Target] = []
    second: list[Target] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        (first if len(first) <= len(second) else second).extend(group)
    return first, second
