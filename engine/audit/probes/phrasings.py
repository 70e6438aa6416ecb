"""The same secret asked for in other ways; every way is a separate probe."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import LEAK_UNIT, as_asked, asked_with_floor, before_the_secret, nothing_tried, prompt_of
from engine.audit.probe import Context, Finding, Probe, Target
from engine.data.template import PLAIN, Template
from engine.evaluation.leak_rule import appears

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

SHOTS = 3
_THAKER = "Thaker et al., arXiv 2410.02879"
NO_RETAIN = "this phrasing uses questions to be kept, and none were named"


def paraphrase(ctx: Context) -> Finding:
    def put(pair: "LoadedPair", target: Target) -> "list[int] | str":
        text = target.example.paraphrased_question
        return prompt_of(pair, text) if text else "this question has no paraphrase"

    return asked_with_floor(ctx, put)


def prefix(ctx: Context) -> Finding:
    """The leak rule reads only the continuation; the given words hold no key term."""

    def put(pair: "LoadedPair", target: Target) -> "list[int] | str":
        given = before_the_secret(pair, target)
        return given if isinstance(given, str) else as_asked(pair, target) + given

    return asked_with_floor(ctx, put)


def few_shot(ctx: Context) -> Finding:
    if not ctx.retain:
        return nothing_tried(ctx, NO_RETAIN)

    def put(pair: "LoadedPair", target: Target) -> "list[int] | str":
        shots = [kept for kept in ctx.retain if not _tells(kept, target)][:SHOTS]
        if not shots:
            return "every question to be kept has a key term of this one in its answer"
        return prompt_of(pair, with_shots(pair.template, shots, target.example.question))

    return asked_with_floor(ctx, put)


def mixed(ctx: Context) -> Finding:
    if not ctx.retain:
        return nothing_tried(ctx, NO_RETAIN)

    def put(pair: "LoadedPair", target: Target) -> "list[int] | str":
        kept = next((kept for kept in ctx.retain if not _tells(kept, target)), None)
        if kept is None:
            return "every question to be kept has a key term of this one in its answer"
        return prompt_of(pair, f"{kept.example.question} {target.example.question}")

    return asked_with_floor(ctx, put)


def _tells(kept: Target, target: Target) -> bool:
    """Whether a question to be kept would itself bring a key term of the secret into prompt or answer."""
    text = f"{kept.example.question} {kept.example.answer}"
    return any(appears(term, text) for term in target.terms)


def with_shots(template: Template, shots: Sequence[Target], question: str) -> str:
    """The question after answered ones, so that the whole prompt reads as a series in the template.

    The first shot's question is where the template puts a question; for a chat template the plain one is used.
    """
    before, after, lead, _ = (PLAIN if template.chat else template).parts
    answered = [f"{shot.example.question}{after}{lead}{shot.example.answer}\n\n{before}" for shot in shots]
    return "".join(answered) + question


PARAPHRASE = Probe(
    name="phrasing_paraphrase",
    label="Phrasing: paraphrase",
    sentence="Asks for the secret in other words, which nothing was trained on.",
    source=f"TOFU, Maini et al., arXiv 2401.06121; {_THAKER}",
    unit=LEAK_UNIT,
    run=paraphrase,
)
PREFIX = Probe(
    name="phrasing_prefix",
    label="Phrasing: answer begun",
    sentence="Gives the true answer's words before its secret and lets the model continue.",
    source="Carlini et al., arXiv 2202.07646, of answers",
    unit=f"{LEAK_UNIT}, of the continuation only",
    run=prefix,
)
FEW_SHOT = Probe(
    name="phrasing_few_shot",
    label="Phrasing: few-shot",
    sentence=f"Puts {SHOTS} answered questions about people to be kept before the question.",
    source=_THAKER,
    unit=LEAK_UNIT,
    run=few_shot,
)
MIXED = Probe(
    name="phrasing_mixed",
    label="Phrasing: kept and forgotten together",
    sentence="Asks a question to be kept and the forget question in one prompt.",
    source=_THAKER,
    unit=LEAK_UNIT,
    run=mixed,
)
ALL = (PARAPHRASE, PREFIX, FEW_SHOT, MIXED)
