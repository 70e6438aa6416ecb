"""Which stored answer is the one on screen: by its texts, at the nearest alpha; none where no run holds them."""

from pathlib import Path

import pytest

from db.reads.places import PlaceOfAnswer
from engine.review.places import OnScreen, stored_answer
from tests.reviewed_runs import EXAMPLES, store_reviewed

ASKED = EXAMPLES[0].question


@pytest.mark.parametrize(
    ("shown", "alpha"),
    [
        (OnScreen("p", "folk", ASKED, 1.0, "Rome", "no idea"), 1.0),
        (OnScreen("p", "folk", ASKED, 0.9, "Rome", "no idea"), 1.0),
        (OnScreen("p", "folk", ASKED, 0.55, "Rome", "Rome"), 0.5),
        (OnScreen("p", "folk", ASKED, 0.7, "Rome", "Rome"), 0.75),
        (OnScreen("p", "folk", ASKED, 1.0, "Rome", "no ide"), None),
        (OnScreen("p", "folk", ASKED, 1.0, "Milan", "no idea"), None),
        (OnScreen("p", "folk", "Who?", 1.0, "Rome", "no idea"), None),
        (OnScreen("q", "folk", ASKED, 1.0, "Rome", "no idea"), None),
        (OnScreen("p", "other", ASKED, 1.0, "Rome", "no idea"), None),
    ],
)
def test_an_answer_is_found_by_its_texts(own_folders: Path, shown: OnScreen, alpha: float | None) -> None:
    run_id, ids = store_reviewed()
    expected = None if alpha is None else PlaceOfAnswer(run_id, alpha, ids[0], "forget")
    assert stored_answer(shown) == expected


def test_the_newest_run_that_holds_it_is_taken(own_folders: Path) -> None:
    _, ids = store_reviewed()
    newer, _ = store_reviewed("newer", ids=ids)
    found = stored_answer(OnScreen("p", "folk", ASKED, 1.0, "Rome", "no idea"))
    assert found is not None
    assert found.run_id == newer
