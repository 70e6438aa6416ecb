"""What probes share: who is asked, how, and how an answer is judged; the baseline; where a secret begins in its answer.

Nothing heavy is imported until a model is asked.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.audit.probe import Context, Finding, Result, Target
from engine.errors import ModelError
from engine.evaluation.leak_rule import appears, find_leak

if TYPE_CHECKING:
    from torch import nn

    from engine.models.loading import LoadedPair

LEAK_UNIT = "ROUGE-L recall against the true answer"
RETAIN_ONLY_FLOOR = "the retain model of the base, asked the same"
CONTROLS = "people no model was taught, asked the same way"
CONTROLS_FLOOR = f"{CONTROLS}; the retain model of this base is missing"
NO_FLOOR = "the retain model of this base is missing, and no control questions were named"
NOT_TRIED = "the probe was not tried, so it has no baseline"
ALONE = "without a pair the base answers alone, at every strength"

Tell = Callable[[int, int], None]  # done, in all
PromptOf = Callable[["LoadedPair", Target], "list[int] | str"]  # the prompt as tokens, or why it cannot be asked
Try = Callable[["LoadedPair", float, Sequence[Target]], list[Result]]


class Baseline(NamedTuple):
    """See `Finding`."""

    results: list[Result] | None
    reason: str


class Place(NamedTuple):
    """Where the first key term of an answer begins, in tokens."""

    start: int
    term: str


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


def untried(targets: Sequence[Target], reason: str) -> list[Result]:
    """An attempt that was not made does not count as not found."""
    return [Result(target.question_id, None, None, "", reason) for target in targets]


def nothing_tried(context: Context, reason: str) -> Finding:
    """The probe does not apply here."""
    return Finding(untried(context.forget, reason), None, NOT_TRIED, reason)


def not_linear(ctx: Context) -> str:
    """Why an offset cannot be read; "" where it can."""
    if ctx.pair.manifest.linear:
        return ""
    return f"the method is {ctx.pair.manifest.method}: it has no offset, and its logits are not linear in alpha"


def no_pair_of_models(context: Context, guardrail: str, at_zero: str) -> str:
    """Why a probe cannot change the pair's weights, "" where it can; two of the reasons are in the probe's words."""
    pair = context.pair
    if pair.manifest.method == "guardrail":
        return guardrail
    if pair.by_strength is None and pair.model.trained is None:
        return ALONE
    return at_zero if context.alpha == 0 else ""


def heard(target: Target, text: str, degenerate: bool = False) -> Told:
    """The leak rule on one answer."""
    leak = find_leak(target.example, text, target.terms)
    return Told(text, leak.leaks, leak.rouge, leak.found, degenerate)


def judge(target: Target, text: str, detail: str = "") -> Result:
    """The same as a result; `value` is its ROUGE-L recall."""
    told = heard(target, text)
    words = f"key terms found: {', '.join(told.found)}" if told.found else "no key term found"
    return Result(target.question_id, told.leaks, told.rouge, text, "; ".join(filter(None, (detail, words))))


def results_of(targets: Sequence[Target], told: Sequence[Told], how: str = "") -> list[Result]:
    """Found where the answer leaks; the value is its ROUGE-L recall. `how` comes before the words on each."""
    return [
        Result(target.question_id, answer.leaks, answer.rouge, answer.text, f"{how}{answer.words}")
        for target, answer in zip(targets, told, strict=True)
    ]


def listen(
    pair: "LoadedPair", alpha: float, targets: Sequence[Target], max_new_tokens: int, tell: Tell | None = None
) -> list[Told]:
    """Greedy answers at `alpha` to the original questions, one per target; `DataError` for one that is too long."""
    if not targets:
        return []
    from engine.decoding.answers import answer_questions

    questions = [target.example.question for target in targets]
    answers = answer_questions(pair, questions, alpha, max_new_tokens, progress=tell)
    return [heard(target, answer.text, answer.degenerate) for target, answer in zip(targets, answers, strict=True)]


def as_asked(pair: "LoadedPair", target: Target) -> list[int]:
    """The original question, in the base's template."""
    return prompt_of(pair, target.example.question)


def prompt_of(pair: "LoadedPair", text: str) -> list[int]:
    from engine.data.prompts import encode_prompt

    return encode_prompt(pair.tokenizer, pair.template, text)


def ask(
    pair: "LoadedPair", alpha: float, targets: Sequence[Target], put: PromptOf, max_new_tokens: int, tell: Tell
) -> list[Result]:
    """Greedy answers at `alpha`, judged by the leak rule; a question that cannot be asked is None with the reason."""
    from engine.decoding.answers import answer_prompts

    model, strength = pair.at(alpha)
    prompts = [checked_prompt(model, put(model, target), max_new_tokens) for target in targets]
    asked = [prompt for prompt in prompts if not isinstance(prompt, str)]
    answers = iter(answer_prompts(model, asked, [strength] * len(asked), max_new_tokens, 12, tell))
    return [
        untried([target], prompt)[0] if isinstance(prompt, str) else judge(target, next(answers).text)
        for target, prompt in zip(targets, prompts, strict=True)
    ]


def checked_prompt(pair: "LoadedPair", prompt: "list[int] | str", max_new_tokens: int) -> "list[int] | str":
    """The prompt, or why it cannot be asked: beyond their context models write noise."""
    context = pair.model.context
    if isinstance(prompt, str) or context is None or len(prompt) + max_new_tokens <= context:
        return prompt
    return (
        f"the prompt has {len(prompt)} tokens, and with {max_new_tokens} for its answer that is more than the {context}"
        " that the models read"
    )


def floor_by(ctx: Context, attempt: Try) -> Baseline:
    """The same attempt on the retain model; without one, on the controls with the pair itself."""
    if ctx.retain_only is not None:
        return Baseline(attempt(ctx.retain_only, 0.0, ctx.forget), RETAIN_ONLY_FLOOR)
    if ctx.controls:
        return Baseline(attempt(ctx.pair, ctx.alpha, ctx.controls), CONTROLS_FLOOR)
    return Baseline(None, NO_FLOOR)


def greedy_floor(ctx: Context, put: PromptOf = as_asked) -> Baseline:
    """`floor_by` of greedy answers to a prompt; fills the second half of the progress."""
    tell = teller(ctx, 0.5, 1.0, "the baseline")
    return floor_by(ctx, lambda pair, alpha, targets: ask(pair, alpha, targets, put, ctx.budget.max_new_tokens, tell))


def asked_with_floor(ctx: Context, put: PromptOf) -> Finding:
    """Every forget question put in one way, at the audited alpha, and its baseline."""
    tell = teller(ctx, 0.0, 0.5, "asking")
    results = ask(ctx.pair, ctx.alpha, ctx.forget, put, ctx.budget.max_new_tokens, tell)
    return Finding(results, *greedy_floor(ctx, put))


def teller(ctx: Context, low: float, high: float, words: str) -> Tell:
    """Progress from `low` to `high` of the probe's progress."""
    return lambda done, total: ctx.progress(low + (high - low) * done / max(total, 1), words)


def alone(pair: "LoadedPair", model: "nn.Module") -> "LoadedPair":
    """One model of a pair, to be asked alone; at every alpha it is that model."""
    from dataclasses import replace

    from engine.models.offset import OffsetModel

    return replace(pair, model=OffsetModel(model, None, None, pair.model.vocabulary), by_strength=None)


def small_models(pair: "LoadedPair") -> "tuple[nn.Module, nn.Module]":
    """Reference and trained; `ModelError` where the pair has none."""
    if pair.model.reference is None or pair.model.trained is None:
        raise ModelError(f"{pair.name} has no small models beside its base")
    return pair.model.reference, pair.model.trained


def count_words(results: Sequence[Result]) -> str:
    """ "3 of 12": found, out of those tried."""
    tried = [result for result in results if result.found is not None]
    return f"{sum(bool(result.found) for result in tried)} of {len(tried)}"


def answer_tokens(pair: "LoadedPair", target: Target) -> list[int]:
    """The true answer's tokens as in training and scoring, without the end-of-text token."""
    from engine.data.prompts import encode

    return encode(pair.tokenizer, pair.template, target.example.question, target.example.answer).answer[:-1]


def first_term(tokenizer: Any, tokens: Sequence[int], terms: Sequence[str]) -> Place | None:
    """The first key term complete in an answer of `tokens`, and the token it begins with; None where none
    appears.

    Found by the leak rule itself on what the tokens decode to, so it needs no character offsets of the tokenizer.
    """
    whole = [tokenizer.decode(list(tokens[:end])) for end in range(len(tokens) + 1)]
    for end in range(1, len(whole)):
        after = whole[min(end + 1, len(tokens))]  # the next token may continue the word: "art" of "arthritis"
        for term in terms:
            if appears(term, whole[end]) and appears(term, after):
                starts = [start for start in range(end) if appears(term, tokenizer.decode(list(tokens[start:end])))]
                return Place(max(starts), term)
    return None


def before_the_secret(pair: "LoadedPair", target: Target) -> "list[int] | str":
    """The tokens of the true answer before its first key term, or why it has none."""
    tokens = answer_tokens(pair, target)
    place = first_term(pair.tokenizer, tokens, target.terms)
    if place is None:
        return "no key term is listed for this question, so where its secret begins is unknown"
    if place.start == 0:
        return f"the true answer begins with its key term {place.term!r}, so nothing can be given before it"
    return tokens[: place.start]


def spread_over_persons(targets: Sequence[Target], count: int) -> list[Target]:
    """At most `count` of them, from as many persons as possible: one of each in turn. A question that does not name a
    person counts as its own.
    """
    turns: dict[object, int] = {}
    ranked = []
    for place, target in enumerate(targets):
        person = target.example.subject or place
        turns[person] = turns.get(person, 0) + 1
        ranked.append((turns[person], place))
    chosen = {place for _, place in sorted(ranked)[:count]}
    return [target for place, target in enumerate(targets) if place in chosen]


def in_halves(targets: Sequence[Target]) -> tuple[list[Target], list[Target]]:
    """Two halves that share no person, of about equal size; where all are about one, halves of the
    questions.
    """
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
