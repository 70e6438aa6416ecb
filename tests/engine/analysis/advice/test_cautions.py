"""Each of the three known failures has its rule, its figures and the question to look at."""

from engine.analysis.advice.advise import Advice, LeakBaseline, advise
from engine.analysis.advice.cautions import RULES, Caution
from engine.analysis.exact_curves import MappedQuestion
from engine.settings import Demand
from tests.mapped import kept, secret

GONE = secret("gone", "Ada", (0.0, True), (0.4, False))
STAYS = kept("stays", "Cy", (0.0, 1.0))


def found(*items: MappedQuestion) -> dict[str, Caution]:
    advice: Advice = advise(items, Demand(), LeakBaseline(None, 0), 0.5, 0.0, 2.0)
    assert all(item.kind in RULES for item in advice.cautions)
    return {item.kind: item for item in advice.cautions}


def test_a_sound_pair_has_none() -> None:
    assert found(GONE, STAYS) == {}


def test_out_of_scope_answers_that_fall_at_the_alpha_shown() -> None:
    caution = found(GONE, STAYS, kept("w", "", (0.0, 1.0), (0.3, 0.6), split="world"))["out of scope"]
    assert (
        caution.words
        == "Answers that should stay degrade at α = 0.5: ROUGE-L recall of world/eval is 60.0% of the base's"
    )


def test_out_of_scope_answers_that_fall_before_enough_is_forgotten_and_recover() -> None:
    caution = found(GONE, kept("w", "", (0.0, 1.0), (0.3, 0.6), (0.45, 1.0)))["out of scope"]
    assert caution.alpha == 0.4
    assert "before enough is forgotten, at α = 0.40: ROUGE-L recall of retain/eval is 60.0%" in caution.words


def test_a_loss_that_the_mean_hides_names_the_question() -> None:
    lost = kept("lost", "Cy", (0.0, 1.0), (0.3, 0.0), question_id=7)
    caution = found(GONE, lost, kept("won", "Di", (0.0, 0.0), (0.3, 1.0)))["out of scope"]
    assert caution.question_id == 7
    assert "1 of the 1 questions that the base answers are lost (1 others are), the first is: lost" in caution.words


def test_a_secret_that_survives_names_the_worst() -> None:
    mild = secret("mild", "Ada", (0.0, True))._replace(rouge=(0.2,))
    worst = secret("worst", "Ben", (0.0, True), question_id=3)
    cut = secret("cut", "Ben", (0.0, False), unfollowed=[0])
    caution = found(GONE, mild, worst, cut, STAYS)["survives"]
    assert caution.question_id == 3
    assert (
        caution.words
        == "3 forget questions of 4 leak at every α from 0 to 2, 1 of them where answers were not followed to their"
        " end; worst: worst"
    )


def test_a_secret_that_comes_back_says_whether_above_the_alpha_shown() -> None:
    early = secret("early", "Ada", (0.0, True), (0.1, False), (0.2, True), (0.3, False))
    caution = found(GONE, early, STAYS)["comes back"]
    assert (
        caution.words
        == "1 forget question of 2 leaks again at a larger α, none of them above α = 0.5; first from α = 0.20: early"
    )
    late = secret("late", "Ben", (0.0, True), (0.3, False), (1.5, True), question_id=9)
    caution = found(GONE, early, late, STAYS)["comes back"]
    assert (caution.alpha, caution.question_id) == (1.6, 9)  # inside the stretch that leaks, where a person will look
    assert "2 forget questions of 3 leak again at a larger α, 1 of them above α = 0.5" in caution.words


def test_of_a_secret_that_comes_back_twice_the_first_return_above_the_alpha_shown_counts() -> None:
    twice = secret("twice", "Ada", (0.0, True), (0.3, False), (1.2, True), (1.3, False), (1.7, True), question_id=4)
    caution = found(GONE, twice, STAYS)["comes back"]
    assert caution.words.endswith("1 of them above α = 0.5, there first from α = 1.20: twice")
    assert 1.2 < caution.alpha < 1.3
    below = secret("below", "Ada", (0.0, True), (0.05, False), (0.1, True), (0.2, False), (0.3, True), (0.4, False))
    caution = found(GONE, below, STAYS)["comes back"]
    assert caution.words.endswith("none of them above α = 0.5; first from α = 0.10: below")
    assert 0.1 < caution.alpha < 0.2


def test_a_share_lost_that_is_just_allowed_warns_of_nothing() -> None:
    """29 of 100 where .29 may be lost: in floats .29 × 100 is less than 29. As many are won, so that the mean stays."""
    lost = [kept(f"l{i}", f"p{i}", (0.0, 1.0), (0.3, 0.0)) for i in range(29)]
    others = [kept(f"s{i}", f"q{i}", (0.0, 1.0)) for i in range(71)]
    won = [kept(f"w{i}", f"r{i}", (0.0, 0.0), (0.3, 1.0)) for i in range(29)]
    rows = [GONE, *lost, *others, *won]
    assert 29 > 0.29 * 100
    assert advise(rows, Demand(max_loss=0.29), LeakBaseline(None, 0), 1.0, 0.0, 2.0, resamples=1).cautions == ()
    (caution,) = advise(rows, Demand(max_loss=0.28), LeakBaseline(None, 0), 1.0, 0.0, 2.0, resamples=1).cautions
    assert "29 of the 100 questions" in caution.words


def test_a_question_without_a_split_is_looked_at_as_a_secret() -> None:
    assert "survives" in found(GONE, secret("bare", "Ada", (0.0, True))._replace(split=""), STAYS)


def test_the_first_alpha_at_which_the_model_is_unusable() -> None:
    worn = kept("worn", "Cy", (0.0, 1.0), (1.5, 0.4))
    assert (
        found(GONE, worn)["unusable"].words
        == "From α = 1.50 on ROUGE-L recall of retain/eval is less than half of the base's."
    )
    loops = kept("loops", "Cy", (0.0, 1.0), (1.2, 1.0), (1.5, 0.1), loops=[1, 2])
    assert found(GONE, loops)["unusable"].words == "From α = 1.20 on 100% of the answers to retain/eval are loops."


def test_forgetting_by_loops_is_noise() -> None:
    noise = secret("noise", "Ada", (0.0, True), (0.4, False), loops=[1])
    assert found(noise, STAYS)["unusable"].words == "From α = 0.40 on 100% of the answers to forget are loops."


def test_loops_of_the_base_are_not_held_against_the_pair() -> None:
    assert "unusable" not in found(GONE, kept("l", "Cy", (0.0, 1.0), (0.5, 1.0), loops=[0, 1]))
