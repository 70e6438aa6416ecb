"""The splits stand once: whatever names or describes them knows all of them and no other."""

from typing import get_args

from engine.data.examples import JUDGED, KEPT, SECRETS, SPLITS, Split, is_to_be_forgotten
from engine.data.files import CHOICES
from engine.training_settings import RETAIN_CHOICES
from engine.unlearning.losses import RETAIN_LOSSES
from engine.wording import SPLIT_WORDS
from pages.parts.runs.own_questions import SPLITS as CHOSEN
from pages.parts.shared.wording import SPLIT_MEANINGS


def test_whatever_describes_the_splits_knows_all_of_them() -> None:
    assert SPLITS == get_args(Split) == CHOICES["split"]
    assert tuple(CHOSEN) == (*SPLITS, "")
    assert set(SPLIT_WORDS) - {"", "bystander"} == set(SPLIT_MEANINGS) - {"bystander"} == set(SPLITS)


def test_parts_of_the_splits() -> None:
    assert [split for split in SPLITS if is_to_be_forgotten(split)] == ["forget"]
    assert set(JUDGED) == {"forget", *KEPT}
    assert set(SECRETS) == set(SPLITS) - set(KEPT)


def test_every_retain_term_that_can_be_chosen_has_its_loss() -> None:
    assert set(RETAIN_CHOICES) == {"default", "none", *RETAIN_LOSSES}
