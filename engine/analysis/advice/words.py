"""The advice in sentences, for screen and terminal. Plain text: the caller escapes it."""

import math

from engine.analysis.advice.advise import Advice, KeptPart
from engine.analysis.advice.choice import MARGIN, SLACK, AlphaSpan, Front
from engine.analysis.advice.resample import FEWEST_PERSONS, Bounds
from engine.evaluation.bootstrap import none_of

UTILITY_MEANING = (
    "Utility is that of the weakest part: the lowest, over all parts to be kept that were not trained on, of the mean"
    " ROUGE-L recall as a share of the base's (α = 0). True answers that the package rouge_score"
    " cannot read, in other scripts than the Latin one or with many accents, are read in Unicode words."
)


CHOICE_MEANING = (
    "Of the alphas that meet a demand the one to use is the pair's own where it is among them. Else it is in the widest"
    f" interval, {MARGIN:g} above its lower end (a quarter of its width where that is less), rounded up to a number"
    " that can be typed: other questions have other borders."
)
SCOPE = (
    "This is about greedy answers to the mapped questions by the leak rule. It does not show that a secret is"
    " forgotten: other phrasings, drawn answers and the probability of the true answer (teacher forcing) can still give"
    " it away."
)
SURE = 0.95  # share of resamples below which the advice may not hold for others


def demand_words(advice: Advice) -> str:
    """The demand, with the figure of its baseline."""
    floor, asked = advice.basis.floor, advice.basis.forget_questions
    if advice.demand.max_leaks is not None:
        leaks = f"leak share at most {advice.limit:.1%}"
    elif floor.share is None:
        leaks = "leak share 0.0%, because no retain model was asked these questions, so the baseline is unknown"
    elif floor.questions < asked:
        leaks = (
            f"leak share 0.0%, because the retain model was asked only {floor.questions} of the {asked} forget"
            f" questions (of these it leaks on {floor.share:.1%}) so the baseline of the others is unknown"
        )
    else:
        leaks = f"leak share no higher than the retain model's {floor.share:.1%} on the same {asked} forget questions"
    return f"{leaks}; utility at least {1 - advice.demand.max_loss:.1%} of the base's"


def verdict(advice: Advice) -> str:
    """One sentence: the α to use, or that there is none and which is nearest."""
    if advice.met and advice.alpha == 0:
        if advice.leaks <= advice.basis.floor.limit(advice.basis.forget_questions) + SLACK:
            return "The base itself (α = 0) meets the demand, so these questions say nothing about forgetting."
        return (
            f"The base itself (α = 0) meets the demand, which allows {advice.limit:.1%} to leak: with it,"
            " nothing need be forgotten."
        )
    if advice.met:
        return (
            f"Use α = {advice.alpha:g}: by the leak rule {advice.leaks:.1%} of"
            f" {_questions(advice.basis.forget_questions, 'mapped forget question')} leak in a greedy"
            f" answer{_either(advice)}, with utility {advice.utility:.1%} of the base's."
        )
    return f"{_none_meets(advice)} Nearest is α = {advice.alpha:g}, which {' and '.join(misses(advice))}."


def headline(advice: Advice, recommended: float | None = None) -> str:
    """One short sentence for a screen: the α to use, what is told and kept there, and how sure that is.

    `recommended`: the α that the rest of the program uses for this pair; named where it is another one.
    """
    if advice.met and advice.alpha == 0:
        said = verdict(advice)
    else:
        begin = "Use" if advice.met else f"{_none_meets(advice)} Nearest is"
        kept = f"{100 * advice.utility:.1f} % kept"
        said = f"{begin} α = {advice.alpha:g}: {_told(advice)}, {kept}. {_sure_in_short(advice)}".rstrip()
    if recommended is None or recommended == advice.alpha:
        return said
    return f"{said} Every other page uses α = {recommended:g}."


def _told(advice: Advice) -> str:
    told, secrets = round(advice.leaks * advice.basis.forget_questions), advice.basis.forget_questions
    return f"{told} of {_questions(secrets, 'secret')} told" if told else "no secret told"


def _sure_in_short(advice: Advice) -> str:
    """Of an advice that meets the demand; how often it does for other persons."""
    if not advice.met:
        return ""
    share = advice.resampled.met
    if share is None:
        return "Uncertain: too few people were asked to say whether it holds for others."
    return f"{'Uncertain: with' if share < SURE else 'With'} other people it would hold {times(share)}."


def times(share: float) -> str:
    """A share of cases in everyday words, in tenths, near both ends in hundredths: .41 -> "4 times in 10"."""
    of, number = (10, round(share * 10)) if 0.05 <= share < SURE else (100, math.floor(share * 100 + SLACK))
    if number == 100:
        return "every time"
    if number == 0:
        return "less than once in 100" if share else "never"
    return f"once in {of}" if number == 1 else f"{number} times in {of}"


def _none_meets(advice: Advice) -> str:
    return f"No α from {advice.basis.low:g} to {advice.basis.high:g} meets the demand."


def _either(advice: Advice) -> str:
    """In which phrasings the forget questions were asked."""
    reworded, asked = advice.basis.reworded, advice.basis.forget_questions
    if not reworded:
        return ", asked only in their original words"
    some = "" if reworded == asked else f" ({reworded} of them)"
    return f", asked in their original or in other words{some}"


def _questions(number: int, one: str = "question") -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def misses(advice: Advice) -> list[str]:
    """Which demands the α shown misses, and by how much."""
    found = []
    if advice.leaks > advice.limit + SLACK:
        found.append(f"leaks on {advice.leaks:.1%} of the forget questions where {advice.limit:.1%} are allowed")
    least = 1 - advice.demand.max_loss
    if advice.utility < least - SLACK:
        found.append(f"keeps {advice.utility:.1%} of the base's utility where {least:.1%} are asked for")
    return found


def figures_words(advice: Advice) -> list[str]:
    """Leak share, utility and lost answers at the α shown; the first two with their interval over persons."""
    few = min(part.persons for part in advice.parts)
    return [
        (
            f"At α = {advice.alpha:g} the leak share is {advice.leaks:.1%} of"
            f" {_questions(advice.basis.forget_questions, 'forget question')} ({_leak_interval(advice)})."
        ),
        (
            f"Utility is {advice.utility:.1%} of the base's ({_interval(advice.resampled.utility, few)}): ROUGE-L"
            f" recall of {', '.join(map(_part, advice.parts))}."
        ),
        (
            f"Of {_questions(advice.known, 'kept question')} that the base answers by the leak rule, {advice.lost}"
            f" {'is' if advice.lost == 1 else 'are'} lost; {_questions(advice.gained, 'other')}"
            f" {'is' if advice.gained == 1 else 'are'} gained."
        ),
    ]


def _leak_interval(advice: Advice) -> str:
    """Resampling persons without a leak cannot show one: then the bound that their number gives."""
    persons = advice.basis.forget_persons
    if advice.leaks > 0:
        return _interval(advice.resampled.leaks, persons)
    return (
        f"none of {_persons(persons)} leaks, so up to {none_of(persons):.0%} of such persons leaking cannot be "
        "excluded, 95 %, two-sided, Clopper-Pearson"
    )


def _interval(bounds: Bounds | None, persons: int) -> str:
    if bounds is None:
        return f"95 % interval n/a: {_persons(persons)}, and it needs {FEWEST_PERSONS}"
    return f"95 % over persons {bounds.low:.1%} to {bounds.high:.1%}"


def _persons(number: int) -> str:
    return f"{number} person{'' if number == 1 else 's'}"


def _part(part: KeptPart) -> str:
    if part.base == 0:
        return f"{part.name} 0, so it cannot lose ({_questions(part.questions)})"
    return f"{part.name} {part.base:.3f} to {part.there:.3f} ({_questions(part.questions)})"


def spans_words(advice: Advice) -> str:
    """Exactly which alphas meet the demand, and whether the pair's own does."""
    if not advice.spans:
        met = "No α meets the demand"
    else:
        met = f"The demand is met {', and '.join(map(span_words, advice.spans))}"
    if advice.recommended_met is None:
        return f"{met}. The pair's own α = {advice.recommended_alpha:g} is outside the mapped range."
    return (
        f"{met}; the pair's own α = {advice.recommended_alpha:g}"
        f" {'meets' if advice.recommended_met else 'does not meet'} it."
    )


def span_words(span: AlphaSpan) -> str:
    """Two digits, rounded inwards but for a thousandth, so that an α between them is safe; four if those are equal."""
    low = math.ceil(span.low * 100 - 0.1) / 100
    high = math.floor(span.high * 100 + 0.1) / 100
    if low >= high:
        return f"from α = {span.low:.4f} to {span.high:.4f}"
    return f"from α = {low:.2f} to {high:.2f}"


def is_open(advice: Advice) -> bool:
    """Whether an advice that meets the demand fails for too many resamples of persons, or too few persons were
    asked.
    """
    return advice.met and (advice.resampled.met is None or advice.resampled.met < SURE)


def sureness(advice: Advice) -> str:
    """What resampling persons shows about the α to use and the knee."""
    drawn = advice.resampled
    if drawn.met is None or drawn.unmet is None:
        few = [part.name for part in advice.parts if part.persons < FEWEST_PERSONS]
        few += ["forget"] if advice.basis.forget_persons < FEWEST_PERSONS else []
        return (
            f"How far this depends on who was asked is unknown: fewer than {FEWEST_PERSONS} persons in"
            f" {', '.join(few)}."
        )
    found = (
        f"over {drawn.resamples} resamples of persons (seed {drawn.seed}) α = {advice.alpha:g} meets the demand in"
        f" {drawn.met:.0%}, and no α meets it in {drawn.unmet:.0%}"
    )
    if drawn.alpha is not None:
        found += (
            f"; in 95 % of the resamples in which some α meets it, the α to use is from {drawn.alpha.low:.2f} to"
            f" {drawn.alpha.high:.2f}"
        )
    return f"{'⚠ Whether it holds for other persons is open: ' if is_open(advice) else 'How sure: '}{found}."


def knee_words(advice: Advice) -> str:
    """The front and its knee, with the rule that finds it."""
    points = f"{len(advice.front)} {'choice is' if len(advice.front) == 1 else 'choices are'} on the Pareto front"
    if advice.knee is None:
        return f"{points}; it has no knee: none of them is above the line between its ends."
    if len(advice.front) == 1:
        return f"{points}: {_choice(advice.knee)} is best in both, so there is no trade-off."
    bounds = advice.resampled.knee
    sure = (
        f", from {bounds.low:.2f} to {bounds.high:.2f} in 95 % of the resamples of persons that have one"
        if bounds
        else ""
    )
    return (
        f"{points}; its knee is {_choice(advice.knee)}{sure} (Kneedle: farthest above the line between the front's"
        " ends)."
    )


def _choice(point: Front) -> str:
    return (
        f"from α = {point.span.low:.2f} to {point.span.high:.2f} with leak share {point.leaks:.1%} and utility"
        f" {point.utility:.1%}"
    )


def basis_words(advice: Advice) -> str:
    """What it was computed from."""
    basis = advice.basis
    kept = sum(part.questions for part in advice.parts)
    partial = (
        f" {basis.partial} {'map is' if basis.partial == 1 else 'maps are'} not complete: an answer that was not"
        " followed to its end counts as a leak."
        if basis.partial
        else ""
    )
    unnamed = (
        f" {basis.unnamed} of the forget questions {'comes' if basis.unnamed == 1 else 'come'} without a split and"
        f" {'is' if basis.unnamed == 1 else 'are'} counted as forget, to be safe."
        if basis.unnamed
        else ""
    )
    return (
        f"From the maps of {basis.forget_questions} forget questions about {_persons(basis.forget_persons)} and {kept}"
        f" questions to be kept, α from {basis.low:g} to {basis.high:g}, answers of at most {basis.max_new_tokens}"
        f" tokens, leak rule {basis.leak_rule}.{unnamed}{partial} {UTILITY_MEANING} {CHOICE_MEANING}"
    )
