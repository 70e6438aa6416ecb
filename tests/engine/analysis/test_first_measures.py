"""The measures that Trade-off begins with are two that one run has."""

from engine.analysis.first_measures import first_measures, utility_beside
from engine.analysis.trade_off import Measure, forget_measures, utility_measures
from engine.store import history
from tests.stored_runs import EXAMPLES, store_run, store_set

FORGET, WORLD = slice(0, 4), slice(4, 6)


def test_two_sets_that_no_run_shares_are_not_paired() -> None:
    """`clinic`, by name before `folk`, holds forget questions alone: it has nothing to stand beside."""
    own, folk = store_set("clinic", EXAMPLES[FORGET]), store_set("folk")
    store_run("old", {"rouge": dict.fromkeys(folk, 0.5)})
    store_run("new", {"rouge": dict.fromkeys(own, 0.5)})
    means = history.trade_off()
    forgets, utilities = forget_measures(means), utility_measures(means)
    assert forgets[0].set == "clinic", "the first option alone would be the wrong one"
    forget, utility = first_measures(means, forgets, utilities)
    assert (forget, utility) == (Measure("rouge", "folk", "forget", ""), Measure("rouge", "folk", "world", "eval"))
    both = {(row.run, row.set) for row in means.itertuples() if row.set == forget.set}
    assert both == {("old", "folk")}


def test_of_two_sets_the_one_with_more_forget_questions_comes_first() -> None:
    few = store_set("clinic", EXAMPLES[1:])
    store_run("new", {"rouge": dict.fromkeys(few, 0.5)})
    store_run("old", {"rouge": dict.fromkeys(store_set("folk"), 0.5)})
    means = history.trade_off()
    forget, utility = first_measures(means, forget_measures(means), utility_measures(means))
    assert (forget.set, utility.set) == ("folk", "folk")
    own = Measure("rouge", "clinic", "forget", "")
    assert utility_beside(means, own, utility_measures(means)).set == "clinic"


def test_measures_of_two_alphas_are_not_of_one_run() -> None:
    ids = store_set()
    store_run("a", {"rouge": dict.fromkeys(ids[FORGET], 0.5)}, alpha=1.0)
    store_run("b", {"rouge": dict.fromkeys(ids[WORLD], 0.5)}, alpha=0.0)
    means = history.trade_off()
    forgets, utilities = forget_measures(means), utility_measures(means)
    assert first_measures(means, forgets, utilities) == (forgets[0], utilities[0]), "none has both: the first of each"
