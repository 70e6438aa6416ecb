"""KL minimization: gradient ascent, with closeness to the base held on the retain questions."""

from engine.unlearning.objective import Objective
from engine.unlearning.objectives.gradient_ascent import loss

OBJECTIVE = Objective(
    name="kl_minimization",
    place=3,
    label="KL minimisation",
    formula="−NLL_e(forget) + KL(p_b ‖ p_e) on retain",
    source="arXiv 2401.06121",
    loss=loss,
    retain_term="kl",
)
