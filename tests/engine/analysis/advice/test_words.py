"""What is said of an advice: figures with their interval, or why there is none; never more than is known."""

from dataclasses import replace

from engine.analysis.advice import words
from engine.analysis.advice.advise import Advice, LeakBaseline, advise
from engine.analysis.advice.choice import AlphaSpan
from engine.analysis.exact_curves import MappedQuestion
from engine.settings import Demand
from tests.mapped import kept, secret

NO_FLOOR, DEMAND = LeakBaseline(None, 0), Demand()
PERSONS = [secret(name, name, (0.0, True), (0.4, False)) for name in "abcdef"]
KEPT = [kept(f"k{name}", name, (0.0, 1.0), (1.5, 0.2)) for name in "uvwxyz"]


def advice(
    *items: MappedQuestion, floor: LeakBaseline = NO_FLOOR, demand: Demand = DEMAND, high: float = 2.0
) -> Advice:
    return advise(items, demand, floor, 1.0, 0.0, high)


def test_the_demand_is_said_with_what_its_limit_comes_from() -> None:
    known = LeakBaseline(0.25, 6)
    assert "no higher than the retain model's 25.0% on the same 6 forget questions" in words.demand_words(
        advice(*PERSONS, *KEPT, floor=known)
    )
    assert "because no retain model was asked" in words.demand_words(advice(*PERSONS, *KEPT))
    partly = words.demand_words(advice(*PERSONS, *KEPT, floor=LeakBaseline(0.25, 4)))
    assert "leak share 0.0%, because the retain model was asked only 4 of the 6 forget questions" in partly
    own = advice(*PERSONS, *KEPT, floor=known, demand=Demand(0.1, 0.05))
    assert words.demand_words(own) == "leak share at most 5.0%; utility at least 90.0% of the base's"


def test_none_leaking_of_a_few_is_not_said_to_be_none_at_all() -> None:
    """1 - 0.025 ** (1 / 6) = 0.459: the upper end of a two-sided 95 % interval for none of six."""
    leaks, utility, lost = words.figures_words(advice(*PERSONS, *KEPT))
    assert "none of 6 persons leaks, so up to 46% of such persons leaking cannot be excluded, 95 %, two-sided" in leaks
    assert "0.0% to 0.0%" not in leaks
    assert "95 % over persons 100.0% to 100.0%" in utility
    assert lost == "Of 6 kept questions that the base answers by the leak rule, 0 are lost; 0 others are gained."


def test_too_few_persons_are_said_instead_of_an_interval() -> None:
    found = advice(PERSONS[0], *KEPT, secret("g", "a", (0.0, True)))
    assert "95 % interval n/a: 1 person, and it needs 3" in words.figures_words(found)[0]
    assert words.sureness(found).endswith("fewer than 3 persons in forget.")


def test_an_advice_that_hangs_on_one_person_is_said_to_be_open() -> None:
    """One of seven leaks to the last, and a share of .15 may: it fails wherever that one is drawn twice."""
    found = advice(*PERSONS, secret("late", "late", (0.0, True)), *KEPT, floor=LeakBaseline(0.15, 7))
    assert words.sureness(found).startswith("⚠ Whether it holds for other persons is open: over 1000 resamples")
    assert words.sureness(advice(*PERSONS, *KEPT)).startswith("How sure: ")


def test_the_alpha_of_resamples_is_that_of_those_which_have_one() -> None:
    """Where "late" is drawn more often than the floor allows no α meets the demand, and such a resample has none to
    give.
    """
    found = advice(*PERSONS, secret("late", "late", (0.0, True)), *KEPT, floor=LeakBaseline(0.15, 7))
    assert found.resampled.unmet
    assert "in 95 % of the resamples in which some α meets it, the α to use is from 1.00 to 1.00" in words.sureness(
        found
    )


def test_no_sentence_says_that_a_secret_is_forgotten() -> None:
    said = words.verdict(advice(*PERSONS, *KEPT))
    assert said.startswith("Use α = 1: by the leak rule 0.0% of 6 mapped forget questions leak in a greedy answer")
    assert "does not show that a secret is forgotten" in words.SCOPE


def test_questions_without_a_split_are_said_to_count_as_to_be_forgotten() -> None:
    found = advice(PERSONS[0]._replace(split=""), *PERSONS[1:], *KEPT)
    assert "1 of the forget questions comes without a split and is counted as forget, to be safe." in words.basis_words(
        found
    )
    assert "no split" not in words.basis_words(advice(*PERSONS, *KEPT))


def test_a_miss_within_rounding_is_none() -> None:
    """.98 of the base's utility is asked for and kept, but for the last digit of a float."""
    missed = advice(*PERSONS, secret("g", "g", (0.0, True)), *KEPT)
    close = replace(missed, utility=0.98 - 1e-12)
    assert len(words.misses(close)) == 1


def test_what_is_missed_and_by_how_much() -> None:
    found = advice(*PERSONS, secret("g", "g", (0.0, True)), kept("k", "k", (0.0, 1.0), (0.2, 0.9)))
    assert (
        words.verdict(found)
        == "No α from 0 to 2 meets the demand. Nearest is α = 0.5, which leaks on 14.3% of the forget questions where"
        " 0.0% are allowed and keeps 90.0% of the base's utility where 98.0% are asked for."
    )
    assert words.spans_words(found) == "No α meets the demand; the pair's own α = 1 does not meet it."


def test_intervals_and_the_recommended_alpha() -> None:
    assert (
        words.spans_words(advice(*PERSONS, *KEPT))
        == "The demand is met from α = 0.40 to 1.50; the pair's own α = 1 meets it."
    )
    short = [item._replace(map=item.map._replace(high=0.8)) for item in (*PERSONS, *KEPT)]
    assert words.spans_words(advice(*short, high=0.8)).endswith("The pair's own α = 1 is outside the mapped range.")


def test_spans_are_rounded_inwards_and_narrow_ones_keep_their_digits() -> None:
    demo, narrow = AlphaSpan(0.9945, 1.0678, 0.0001, 0.0003), AlphaSpan(0.9945, 0.9967, 0.0001, 0.0001)
    found = replace(advice(*PERSONS, *KEPT), spans=(demo, narrow))
    assert "from α = 1.00 to 1.06, and from α = 0.9945 to 0.9967;" in words.spans_words(found)


def test_the_knee_or_why_there_is_none() -> None:
    assert "is best in both, so there is no trade-off" in words.knee_words(advice(*PERSONS, *KEPT))
    fall = kept("k", "k", (0.0, 1.0), (0.2, 0.9))
    assert words.knee_words(advice(*PERSONS, fall)).endswith("none of them is above the line between its ends.")
    two = secret("g", "g", (0.0, True), (0.8, False))
    bent = kept("k", "k", (0.0, 1.0), (0.4, 0.95), (0.8, 0.5))
    assert "its knee is from α = 0.40 to 0.80 with leak share 14.3% and utility 95.0%" in words.knee_words(
        advice(*PERSONS, two, bent)
    )


def test_maps_that_are_not_complete_are_said() -> None:
    cut = secret("cut", "g", (0.0, True), (0.4, False), unfollowed=[1])
    assert "1 map is not complete" in words.basis_words(advice(*PERSONS, cut, *KEPT))
    assert "complete" not in words.basis_words(advice(*PERSONS, *KEPT))


def test_in_which_wordings_the_secrets_were_asked_is_said() -> None:
    both = [person._replace(reworded=True) for person in PERSONS]
    assert "asked only in their original words" in words.verdict(advice(*PERSONS, *KEPT))
    assert "asked in their original or in other words, with" in words.verdict(advice(*both, *KEPT))
    assert "or in other words (1 of them), with" in words.verdict(advice(both[0], *PERSONS[1:], *KEPT))


def test_a_demand_that_the_base_meets_is_no_success_and_the_reason_is_the_true_one() -> None:
    silent = [secret(f"q{n}", f"p{n}", (0.0, False)) for n in range(3)]
    assert words.verdict(advice(*silent, *KEPT)).endswith("so these questions say nothing about forgetting.")
    lax = words.verdict(advice(*PERSONS, *KEPT, demand=Demand(0.02, 1.0)))
    assert lax.endswith("which allows 100.0% to leak: with it, nothing need be forgotten.")


def test_one_is_not_many() -> None:
    said = words.figures_words(advice(PERSONS[0], kept("k", "", (0.0, 1.0))))
    assert "of 1 forget question (" in said[0]
    assert "(1 question)" in said[1]
    assert said[2].startswith("Of 1 kept question that")


def test_a_headline_says_alpha_told_kept_and_how_sure() -> None:
    sure = advice(*PERSONS, *KEPT)
    assert (
        words.headline(sure) == "Use α = 1: no secret told, 100.0 % kept. With other people it would hold every time."
    )
    late = advice(*PERSONS, secret("late", "late", (0.0, True)), *KEPT, floor=LeakBaseline(0.15, 7))
    assert words.is_open(late)
    said = words.headline(late)
    assert said.startswith("Use α = 1: 1 of 7 secrets told, 100.0 % kept. Uncertain: with other people it would hold ")
    assert said.endswith(f"{words.times(late.resampled.met or 0)}.")
    few = words.headline(advice(PERSONS[0], *KEPT))
    assert few.endswith("Uncertain: too few people were asked to say whether it holds for others.")


def test_a_headline_names_the_nearest_and_the_alpha_of_the_other_pages() -> None:
    missed = advice(*PERSONS, secret("late", "late", (0.0, True)), *KEPT)
    assert words.headline(missed).startswith(
        f"No α from 0 to 2 meets the demand. Nearest is α = {missed.alpha:g}: 1 of 7 secrets told, "
    )
    assert words.headline(missed, missed.alpha) == words.headline(missed)
    assert words.headline(missed, 1.0).endswith("kept. Every other page uses α = 1.")
    own = advice(*PERSONS, *KEPT, demand=Demand(0.02, 1.0))
    assert words.headline(own) == words.verdict(own)


def test_shares_of_cases_in_everyday_words_never_say_more_than_is_known() -> None:
    said = {0.0: "never", 0.004: "less than once in 100", 0.01: "once in 100", 0.1: "once in 10", 0.41: "4 times in 10"}
    said |= {0.949: "9 times in 10", 0.979: "97 times in 100", 0.999: "99 times in 100", 1.0: "every time"}
    assert {share: words.times(share) for share in said} == said
