"""Gradient difference: gradient ascent, with the likelihood of the retain answers held."""

from engine.unlearning.objective import Objective
from engine.unlearning.objectives.gradient_ascent import loss

OBJECTIVE = Objective(
    name="gradient_difference",
    place=2,
    label="Gradient difference",
    formula="−NLL_e(forget) + NLL_e(retain)",
    source="Liu et al. 2022; arXiv 2401.06121",
    loss=loss,
    retain_term="nll",
)
