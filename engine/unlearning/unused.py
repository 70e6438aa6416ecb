"""Which settings of a training have no effect, given the others; setting one of them would be a
misunderstanding.
"""

from engine.models.tunings import TUNINGS
from engine.training_settings import GENERAL, TrainingSettings
from engine.unlearning.objectives import declared_numbers, get_objective, retain_term_of


def unused_settings(settings: TrainingSettings) -> dict[str, str]:
    """Settings and numbers by name, and "reference", that this training does not read, each with the reason."""
    if settings.method == "guardrail":
        names = [name for name in (*GENERAL, *declared_numbers()) if name != "method"]
        return dict.fromkeys(["reference", *names], "a guardrail is a text before the question, and nothing is trained")
    found = {}
    if settings.method == "direct":
        found["reference"] = "the method direct trains the base itself"
    found |= _numbers_of_others(settings.objective)
    if not TUNINGS[settings.tuning].size:
        found["rank"] = f"the tuning {settings.tuning} has no rank"
    if retain_term_of(settings) == "none":
        found |= dict.fromkeys(("retain_weight", "retain_batches"), "this training has no retain term")
    elif not settings.retain_batches:
        found |= dict.fromkeys(("retain_weight", "retain_term"), "without retain batches the retain term is unused")
    return found


def _numbers_of_others(objective: str) -> dict[str, str]:
    own = {number.name for number in get_objective(objective).numbers}
    return {
        name: f"the objective {objective} has no {name}"
        if len(number.read_by) > 1
        else f"{name} belongs to the objective {number.read_by[0]}, got {objective}"
        for name, number in declared_numbers().items()
        if name not in own
    }
