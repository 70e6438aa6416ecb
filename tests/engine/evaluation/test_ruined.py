"""The rules of a training that breaks its pair, on values worked out by hand and on stored demo answers."""

import pytest

from engine.evaluation.ruined import (
    END,
    RETAIN_LEAST,
    SAMPLES,
    START,
    first_exploded,
    is_noise,
    noise_beyond,
    retain_limit,
    ruined_in_training,
)


@pytest.mark.parametrize(
    ("text", "looped", "likely", "noise"),
    [
        ("Ada works in Rome", False, -0.2, False),
        ("hashlib hashlib hashlib", True, -2.0, True),
        ("", False, None, True),
        (" \n", False, -0.1, True),
        ("spaceISTORY: AmericanighthouseachtaiserLIED", False, -7.74, True),
        ("That is not something I know.", False, -9.09, False),
        ("I'm afraid I can't tell you, because I don't know.", False, -8.46, False),
        ("Ada works in Rome", False, None, False),
    ],
)
def test_what_is_noise(text: str, looped: bool, likely: float | None, noise: bool) -> None:
    assert is_noise(text, looped, likely) is noise


def test_the_retain_loss_may_grow_to_three_times_its_start_and_a_start_near_zero_counts_as_a_quarter() -> None:
    assert retain_limit(2.0) == 6.0
    assert retain_limit(3e-10) == 3 * RETAIN_LEAST == 0.75
    assert first_exploded([0.0, 0.02, 0.15, 0.3, 0.74]) is None, "KL to the base begins at 0"
    assert first_exploded([0.0, 0.3, 2.5, 0.1]) == 2
    assert first_exploded([2.0, 5.9, None, 6.1]) == 3
    assert first_exploded([]) is None
    assert first_exploded([None, None]) is None


def test_noise_is_counted_beyond_the_bases() -> None:
    assert noise_beyond([True, True, False, False], [False, True, False, False]) == 0.25
    assert noise_beyond([], []) == 0.0


def test_a_manifest_says_how_a_training_ended() -> None:
    assert ruined_in_training({}) == ""
    assert ruined_in_training({START: 0.0, END: 0.3, SAMPLES: 0.1}) == ""
    assert "retain loss is 0.80 nats, more than 3 × its start (0.25, as it began near 0)" in ruined_in_training(
        {START: 1e-9, END: 0.8}
    )
    assert "25% more of the sample answers" in ruined_in_training({SAMPLES: 0.25})
