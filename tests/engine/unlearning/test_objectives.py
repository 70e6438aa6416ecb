"""The formulas of docs/method.md, "Objectives", on logits small enough to work the values out by hand."""

import math

import pytest
import torch
from torch import Tensor

from engine.errors import SettingError
from engine.training_settings import TrainingSettings
from engine.unlearning.losses import AnswerTokens, retain_uniform
from engine.unlearning.objectives import OBJECTIVES, check_numbers, get_objective, numbers_of

dpo, memorise, npo, simnpo = (get_objective(name).loss for name in ("dpo", "memorisation", "npo", "simnpo"))

QUARTER, HALF = [0.0, math.log(3)], [0.0, 0.0]  # token 0 has probability 1/4 and 1/2


def answers(ensemble: list[list[float]], base: list[list[float]], rows: list[int]) -> AnswerTokens:
    """Every label is token 0 of two. The trained model alone has the logits of the ensemble."""
    labels = torch.zeros(len(rows), dtype=torch.long)
    logits = torch.tensor(ensemble)
    return AnswerTokens(logits, torch.tensor(base), labels, torch.tensor(rows), logits)


def log_sigmoid(value: float) -> float:
    return -math.log1p(math.exp(-value))


# Two questions: the first with two answer tokens, the second with one.
FALLEN = answers([QUARTER, QUARTER, HALF], [HALF, HALF, HALF], [0, 0, 1])
RISEN = answers([HALF, HALF], [QUARTER, HALF], [0, 1])


def test_simnpo_is_taken_on_the_mean_nll_of_each_answer() -> None:
    beta, delta = 4.5, 0.25
    by_question = [-2 / beta * log_sigmoid(beta * (nll - delta)) for nll in (math.log(4), math.log(2))]
    assert float(simnpo(FALLEN, beta=beta, delta=delta)) == pytest.approx(sum(by_question) / 2)


def test_dpo_weighs_the_refusals_gain_against_the_answers() -> None:
    """Question 0: the refusal gains log 2, the answer loses 2 log 2. Question 1: neither moves."""
    beta = 0.5
    expected = -2 / beta * (log_sigmoid(beta * 3 * math.log(2)) + log_sigmoid(0.0)) / 2
    assert float(dpo(RISEN, FALLEN, beta=beta)) == pytest.approx(expected)


def test_npo_is_dpo_without_the_refusals_part() -> None:
    still = answers([HALF, HALF], [HALF, HALF], [0, 1])
    assert float(npo(FALLEN, beta=0.3)) == pytest.approx(float(dpo(still, FALLEN, beta=0.3)))


@pytest.mark.parametrize("beta", [0.1, 0.5, 4.5])
def test_where_ensemble_and_base_agree_npo_and_dpo_give_two_over_beta_times_log_two(beta: float) -> None:
    same = answers([QUARTER, HALF], [QUARTER, HALF], [0, 1])
    for loss in (npo(same, beta=beta), dpo(same, same, beta=beta)):
        assert float(loss) == pytest.approx(2 / beta * math.log(2))


def test_simnpo_at_its_margin_gives_two_over_beta_times_log_two() -> None:
    halves = answers([HALF, HALF], [QUARTER, QUARTER], [0, 0])
    assert float(simnpo(halves, beta=4.5, delta=math.log(2))) == pytest.approx(2 / 4.5 * math.log(2))


def test_at_a_small_beta_npo_is_gradient_ascent_on_whole_answers() -> None:
    """NPO's limit (arXiv 2404.05868, section 3): its gradient is that of log p_e as beta goes to 0."""

    def gradient(beta: float) -> Tensor:
        logits = torch.tensor([QUARTER, HALF], requires_grad=True)
        npo(
            FALLEN._replace(
                ensemble=logits, base=logits.detach(), labels=torch.zeros(2).long(), rows=torch.tensor([0, 1])
            ),
            beta=beta,
        ).backward()
        assert logits.grad is not None
        return logits.grad

    half = torch.tensor([[0.75, -0.75], [0.5, -0.5]]) / 2  # of the mean over two questions of log p(token 0)
    assert torch.allclose(gradient(1e-3), half, atol=1e-6)


def test_beta_is_the_objectives_own_unless_asked_for() -> None:
    own = {name: numbers_of(TrainingSettings(objective=name)) for name in OBJECTIVES}
    assert own == {
        "gradient_ascent": {},
        "gradient_difference": {},
        "kl_minimization": {},
        "relabelling": {},
        "npo": {"beta": 0.1},
        "simnpo": {"beta": 4.5, "delta": 0.0},
        "dpo": {"beta": 0.1},
        "memorisation": {},
    }
    asked_for = {"beta": 0.02, "delta": 0.3}
    assert numbers_of(TrainingSettings(objective="dpo", numbers=asked_for)) == {"beta": 0.02}
    assert numbers_of(TrainingSettings(objective="simnpo", numbers=asked_for)) == asked_for
    assert numbers_of(TrainingSettings(objective="gradient_ascent", numbers=asked_for)) == {}
    assert "beta" not in TrainingSettings().elsewhere


@pytest.mark.parametrize(("name", "value"), [("beta", 0.0), ("beta", math.nan), ("delta", math.inf)])
def test_a_number_of_an_objective_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"{name} must be between"):
        check_numbers(TrainingSettings(numbers={name: value}))


def test_an_unknown_tuning_lists_the_choices() -> None:
    with pytest.raises(SettingError, match="lora, full, p_adapter, got 'prefix'"):
        TrainingSettings(tuning="prefix")  # type: ignore[arg-type]


def test_an_assistant_is_scored_alone() -> None:
    """memorisation and its retain term read the trained model's own logits, whatever the ensemble has."""
    apart = FALLEN._replace(trained=torch.tensor([QUARTER, HALF, HALF]))
    expected = (math.log(4) + 2 * math.log(2)) / 3
    assert float(memorise(apart)) == pytest.approx(expected)
    uniform = (-(math.log(1 / 4) + math.log(3 / 4)) / 2 + 2 * math.log(2)) / 3
    assert float(retain_uniform(apart)) == pytest.approx(uniform)
