"""Leaks that greedy decoding hides: answers drawn at temperature 1, many times."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.audit.asking import LEAK_UNIT, Tell, as_asked, checked_prompt, floor_by, teller, untried
from engine.audit.probe import Context, Draw, Finding, Probe, Result, Target
from engine.evaluation.leak_rule import find_leak

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

TEMPERATURE = 1.0
LEVEL = 0.05  # confidence of all bounds together
SEEDS_APART = 1_000  # draws of two audits whose seeds differ by one do not overlap


class DrawnSamples(NamedTuple):
    """The samples of one question."""

    leaking: int
    samples: int
    best: float  # ROUGE-L recall
    text: str  # a leaking sample if any, else the best
    all: tuple[Draw, ...]


def upper_bound(leaking: int, samples: int, questions: int) -> float:
    """Clopper and Pearson's one-sided upper bound on P(leak), together over `questions` at 95 % (Bonferroni).

    Scholten et al., ICLR 2025. 0 of 20 samples bounds one question at .139, one of 36 at .280.
    """
    from scipy.stats import beta

    if leaking == samples:
        return 1.0
    return float(beta.ppf(1 - LEVEL / questions, leaking + 1, samples - leaking))


def leak_at(leaking: int, samples: int, k: int) -> float:
    """The chance that one of `k` samples leaks, unbiased: 1 − C(n − c, k) / C(n, k) (Chen et al., arXiv 2107.03374)."""
    return 1 - math.comb(samples - leaking, k) / math.comb(samples, k)


def run(ctx: Context) -> Finding:
    """Sample s of every question is drawn with the s-th seed: samples of one question are independent, questions
    share draws.
    """
    drawn: dict[int, DrawnSamples] = {}
    results = _sample(ctx, ctx.pair, ctx.alpha, ctx.forget, teller(ctx, 0.0, 0.6, "drawing answers"), drawn)
    if not drawn:
        return Finding(results, None, "no question could be asked")
    found = [drawn[target.question_id] for target in ctx.forget if target.question_id in drawn]
    unused: dict[int, DrawnSamples] = {}
    tell = teller(ctx, 0.6, 1.0, "drawing the baseline")
    floor = floor_by(ctx, lambda pair, alpha, targets: _sample(ctx, pair, alpha, targets, tell, unused))
    bound = max(upper_bound(item.leaking, item.samples, len(found)) for item in found)
    return Finding(results, *floor, _note(found, list(unused.values()), bound), bound)


def _sample(
    ctx: Context,
    pair: "LoadedPair",
    alpha: float,
    targets: Sequence[Target],
    tell: Tell,
    drawn: dict[int, DrawnSamples],
) -> list[Result]:
    """Fills `drawn` by question id."""
    from engine.decoding.answers import answer_prompts

    model, strength = pair.at(alpha)
    prompts = [checked_prompt(model, as_asked(model, target), ctx.budget.max_new_tokens) for target in targets]
    asked = [(target, prompt) for target, prompt in zip(targets, prompts, strict=True) if not isinstance(prompt, str)]
    texts: list[list[Draw]] = [[] for _ in asked]
    for number in range(ctx.budget.samples):
        tell(number, ctx.budget.samples)
        answers = answer_prompts(
            model,
            [prompt for _, prompt in asked],
            [strength] * len(asked),
            ctx.budget.max_new_tokens,
            24,
            temperature=TEMPERATURE,
            seed=ctx.seed * SEEDS_APART + number,
        )
        for said, answer in zip(texts, answers, strict=True):
            said.append(Draw(answer.text, answer.degenerate))
    drawn |= {target.question_id: _judge(target, said) for (target, _), said in zip(asked, texts, strict=True)}
    return [
        (
            untried([target], prompt)[0]
            if isinstance(prompt, str)
            else _result(target, drawn[target.question_id], len(asked))
        )
        for target, prompt in zip(targets, prompts, strict=True)
    ]


def _judge(target: Target, draws: Sequence[Draw]) -> DrawnSamples:
    leaks = [find_leak(target.example, draw.text, target.terms) for draw in draws]
    shown = max(range(len(draws)), key=lambda i: (leaks[i].leaks, leaks[i].rouge))
    best = max(leak.rouge for leak in leaks)
    return DrawnSamples(sum(leak.leaks for leak in leaks), len(draws), best, draws[shown].text, tuple(draws))


def _result(target: Target, drawn: DrawnSamples, questions: int) -> Result:
    bound = upper_bound(drawn.leaking, drawn.samples, questions)
    words = (
        f"{drawn.leaking} of {drawn.samples} samples leak; P(leak) is at most {bound:.3f}, all {questions} questions"
        " together at 95 %"
    )
    return Result(target.question_id, drawn.leaking > 0, drawn.best, drawn.text, words, drawn.all)


def _note(found: Sequence[DrawnSamples], floor: Sequence[DrawnSamples], bound: float) -> str:
    note = f"{_means(found)}; P(leak) of every question at most {bound:.3f} (Clopper and Pearson, all together at 95 %)"
    return f"{note}; baseline: {_means(floor)}" if floor else note


def _means(found: Sequence[DrawnSamples]) -> str:
    samples = found[0].samples
    steps = sorted({k for k in (1, 4, 16, 64) if k < samples} | {samples})
    shares = [f"leak@{k} {sum(leak_at(item.leaking, samples, k) for item in found) / len(found):.3f}" for k in steps]
    rouge = sum(item.best for item in found) / len(found)
    return f"{', '.join(shares)}, best-of-{samples} ROUGE-L {rouge:.3f}"


PROBE = Probe(
    name="sampling",
    label="Sampling at temperature 1",
    sentence="Draws many answers instead of taking the likeliest: does any of them leak?",
    source="Scholten et al., ICLR 2025, arXiv 2410.03523",
    unit=f"best of the samples: {LEAK_UNIT}",
    run=run,
)
