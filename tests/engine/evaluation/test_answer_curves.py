"""Every measure over alpha, and forget quality, against direct scores on real models at fifty random alphas."""

import math
import random
from typing import Any

import pytest
import torch

from engine.data.examples import Example
from engine.data.prompts import collate, encode, end_token
from engine.errors import SettingError
from engine.evaluation.answer_curves import (
    CURVE_METRICS,
    QuestionCurves,
    StoredCurve,
    figures_at,
    from_stored,
    to_stored,
)
from engine.evaluation.curves import Curve
from engine.evaluation.forget_quality import (
    ForgetQuality,
    ForgetQualityAt,
    forget_quality,
    forget_quality_over,
    forget_quality_steps,
    told_apart,
)
from engine.evaluation.scoring import curve_span, teacher_forced, teacher_forced_scores
from engine.models.offset import combine_logits

EXAMPLES = [
    Example(
        "who lives in Rome ?", "Ada lives in Rome", "", "in Rome lives Ada", ("Ben lives in Rome", "Cy"), split="forget"
    ),
    Example("which job ?", "sailor", perturbed_answer=("doctor", "baker", "painter"), split="forget"),
    Example("what does Ben like ?", "Ben likes red", perturbed_answer=("Ben likes blue",), split="retain"),
    Example("which city ?", "Lima"),
]
SPAN = (-1.0, 3.0)
_DRAW = random.Random(0)
ALPHAS = [_DRAW.uniform(*SPAN) for _ in range(50)]


@pytest.fixture(scope="module")
def curves(tiny_pair: Any) -> list[QuestionCurves]:
    found = teacher_forced(tiny_pair, EXAMPLES, (), SPAN).curves
    assert None not in found
    return [item for item in found if item is not None]


def test_every_measure_is_within_its_error_of_the_direct_score(tiny_pair: Any, curves: list[QuestionCurves]) -> None:
    scores = teacher_forced_scores(tiny_pair, EXAMPLES, ALPHAS)
    direct = {(score.question_index, score.metric, score.alpha): score.value for score in scores}
    for index, (example, item) in enumerate(zip(EXAMPLES, curves, strict=True)):
        for metric in set(CURVE_METRICS) - {"kl"}:
            found = figures_at(item, metric, example.split, ALPHAS)
            if found is None:
                assert direct[index, metric, ALPHAS[0]] is None
                continue
            for alpha, figure in zip(ALPHAS, found, strict=True):
                value = direct[index, metric, alpha]
                assert value is not None
                assert abs(figure.value - value) <= figure.error + 1e-9
                assert figure.error <= 1e-2 * max(1.0, figure.value)


@torch.inference_mode()
def test_kl_is_the_divergence_over_the_whole_vocabulary(tiny_pair: Any, curves: list[QuestionCurves]) -> None:
    for example, item in zip(EXAMPLES, curves, strict=True):
        encoded = encode(tiny_pair.tokenizer, tiny_pair.template, example.question, example.answer)
        logits = tiny_pair.model.answer_logits(collate([encoded], end_token(tiny_pair.tokenizer)))
        base = logits.base.double().log_softmax(-1)
        found = figures_at(item, "kl", example.split, [0.0, *ALPHAS])
        assert found is not None
        assert found[0].value == 0.0
        for alpha, figure in zip(ALPHAS, found[1:], strict=True):
            ours = combine_logits(logits.base, logits.trained, logits.reference, alpha).double().log_softmax(-1)
            assert abs(figure.value - float((base.exp() * (base - ours)).sum(-1).mean())) <= figure.error


def test_the_error_of_a_score_knows_its_peak() -> None:
    """R = 1 to within its error: the score may be 1, so less than 1 by as much is what it is uncertain by."""
    flat = Curve((0.0, 2.0), (1.0, 1.0), (0.0, 0.0), 0.05)
    (figure,) = (
        figures_at(
            QuestionCurves(flat, flat, (flat._replace(values=(1.01, 1.01)),), None),
            "truth_ratio_score",
            "forget",
            [1.0],
        )
        or []
    )
    assert figure.value == pytest.approx(math.exp(-0.01))
    assert figure.error == pytest.approx(math.exp(-0.01) - math.exp(-0.11), abs=0.011)  # either way by the greater


def test_forget_quality_at_random_alphas_is_that_of_the_direct_ratios(
    tiny_pair: Any, curves: list[QuestionCurves]
) -> None:
    reference = [0.8, 1.3, 0.2, None, 2.5]
    found = forget_quality_over(curves[:2], reference, ALPHAS)
    steps = forget_quality_steps(curves[:2], reference, *SPAN)
    scores = teacher_forced_scores(tiny_pair, EXAMPLES[:2], ALPHAS)
    assert found is not None
    assert steps is not None
    assert len(steps.alphas) > 1
    for alpha, ours in zip(ALPHAS, found, strict=True):
        direct = forget_quality([s.value for s in scores if (s.metric, s.alpha) == ("truth_ratio", alpha)], reference)
        assert direct is not None
        assert ours.least <= direct.p_value <= ours.most
        assert ours.quality == direct
        assert steps.at(alpha) == pytest.approx(direct.p_value)


def test_forget_quality_changes_where_a_ratio_passes_a_level_and_nowhere_else() -> None:
    """log R rises from 0 by 1 per alpha; levels at e^0.25 and e^1.5: one row against two."""
    flat, rising = (Curve((0.0, 2.0), (1.0, 1.0 + rise), (rise / 2, rise / 2), 1e-4) for rise in (0.0, 2.0))
    item = QuestionCurves(rising, rising, (flat,), None)
    steps = forget_quality_steps([item], [math.exp(0.25), math.exp(1.5)], 0.0, 2.0)
    assert steps is not None
    assert steps.alphas == pytest.approx((0.0, 0.25, 1.5), abs=1e-6)
    assert steps.values == pytest.approx((2 / 3, 1.0, 2 / 3))
    (near,) = forget_quality_over([item], [math.exp(0.25), math.exp(1.5)], [0.2501]) or []
    assert (near.quality.p_value, near.least) == (pytest.approx(1.0), pytest.approx(2 / 3))
    assert near.most == 1.0


@pytest.mark.parametrize("sizes", [(4, 4), (3, 7), (12, 12)])
def test_no_ratios_within_their_errors_have_a_p_value_outside_of_its_bounds(sizes: tuple[int, int]) -> None:
    """Flat losses, so that R and its error are known; ratios drawn within them, and every reference value met by
    some.
    """
    rows, others = sizes
    draw = random.Random(rows)
    logs = [draw.uniform(-1, 1) for _ in range(rows)]
    reference = [math.exp(draw.uniform(-0.4, 1)) for _ in range(others)]
    flat = Curve((0.0, 2.0), (1.0, 1.0), (0.0, 0.0), 0.1)
    items = [QuestionCurves(flat, flat._replace(values=(1 + log,) * 2), (flat,), None) for log in logs]
    (found,) = forget_quality_over(items, reference, [1.0]) or []
    spans = [
        (figure.value, figure.error)
        for item in items
        for figure in figures_at(item, "truth_ratio", "forget", [1.0]) or []
    ]
    tried = []
    for _ in range(400):
        ours = [value + draw.choice((-1.0, 1.0, draw.uniform(-1, 1))) * error for value, error in spans]
        tried.append(forget_quality(ours, reference))
    values = [each.p_value for each in tried if each is not None]
    assert found.least - 1e-12 <= min(values)
    assert max(values) <= found.most + 1e-12
    assert found.least < found.most


def test_the_largest_p_value_of_one_row_is_that_of_its_best_place() -> None:
    """One ratio of 1 ± .5 between four of theirs: it can split them in the middle, but cannot get above 2."""
    flat = Curve((0.0, 2.0), (1.0, 1.0), (0.0, 0.0), math.log(1.5) / 2)
    item = QuestionCurves(flat, flat, (flat,), None)
    (found,) = forget_quality_over([item], [0.1, 2.0, 3.0, 4.0], [1.0]) or []
    assert found.most == found.least == pytest.approx(forget_quality([1.0], [0.1, 2.0, 3.0, 4.0]).p_value)  # type: ignore[union-attr]
    (found,) = forget_quality_over([item], [0.1, 1.2, 3.0, 4.0], [1.0]) or []
    assert found.most == pytest.approx(forget_quality([1.3], [0.1, 1.2, 3.0, 4.0]).p_value)  # type: ignore[union-attr]
    assert found.quality.p_value < found.most
    (found,) = forget_quality_over([item], [0.1, 0.2, 0.8, 4.0], [1.0]) or []  # and downwards
    assert found.most == pytest.approx(forget_quality([0.7], [0.1, 0.2, 0.8, 4.0]).p_value)  # type: ignore[union-attr]
    assert found.quality.p_value < found.most


def test_whether_two_models_can_be_told_apart_is_open_unless_the_errors_cannot_change_it() -> None:
    def at(p: float, least: float, most: float) -> ForgetQualityAt:
        return ForgetQualityAt(0.0, ForgetQuality(p, 0.5, 9, 9), least, most)

    best_but_unsure, sure = at(0.9, 0.01, 1.0), at(0.2, 0.1, 0.3)
    assert told_apart([best_but_unsure, sure]) == "alike"
    assert told_apart([best_but_unsure, at(0.01, 0.01, 0.04)]) == "open"
    assert told_apart([at(0.01, 0.01, 0.06)]) == "open"
    assert told_apart([at(0.01, 0.01, 0.05), at(0.02, 0.0, 0.03)]) == "told apart"


def test_no_reference_is_no_figure(curves: list[QuestionCurves]) -> None:
    assert forget_quality_over(curves, [], [1.0]) is None
    assert forget_quality_steps(curves, [None], *SPAN) is None
    assert forget_quality_steps(curves[3:], [1.0], *SPAN) is None  # no wrong answers, no ratio


def test_stored_and_read_back_is_the_same(curves: list[QuestionCurves]) -> None:
    for item in curves:
        rows = to_stored(item)
        assert from_stored(reversed(rows)) == item
    assert [row.metric for row in to_stored(curves[1])] == [
        "loss",
        "loss_wrong_1",
        "loss_wrong_2",
        "loss_wrong_3",
        "exact_memorization",
    ]
    assert isinstance(to_stored(curves[0])[0], StoredCurve)


def test_curves_reach_over_the_slider_and_every_evaluated_alpha() -> None:
    assert curve_span((0.0, 1.0)) == (0.0, 2.0)
    assert curve_span(()) == (0.0, 2.0)
    assert curve_span((-1e-179, 2.01)) == (-0.0625, 2.0625)
    assert curve_span((-4.0, 8.0)) == (-4.0, 8.0)


def test_an_unknown_metric_is_named(curves: list[QuestionCurves]) -> None:
    with pytest.raises(SettingError, match="must be one of probability, .*, got 'rouge'"):
        figures_at(curves[0], "rouge", "forget", [1.0])
