"""Which settings of a training have no effect, given the others: whoever sets one of them means something that will not happen."""

from dataclasses import fields

from engine.models.tunings import TUNINGS
from engine.settings import TrainingSettings
from engine.unlearning.objectives import get_objective, retain_term_of

DELTA = "simnpo"  # the objective whose margin it is


def unused_settings(settings: TrainingSettings) -> dict[str, str]:
    """Fields of `TrainingSettings`, and "reference", that this training does not read, each with the reason."""
    if settings.method == "guardrail":
        names = [field.name for field in fields(settings) if field.name != "method"]
        return dict.fromkeys(["reference", *names], "a guardrail is a text before the question, and nothing is trained")
    found = {}
    if settings.method == "direct":
        found["reference"] = "the method direct trains the base itself"
    if get_objective(settings.objective).beta is None:
        found["beta"] = f"the objective {settings.objective} has no beta"
    if settings.objective != DELTA:
        found["delta"] = f"delta belongs to the objective {DELTA}, got {settings.objective}"
    if not TUNINGS[settings.tuning].size:
        found["rank"] = f"the tuning {settings.tuning} has no rank"
    if retain_term_of(settings) == "none":
        found |= dict.fromkeys(("retain_weight", "retain_batches"), "this training has no retain term")
    elif not settings.retain_batches:
        found |= dict.fromkeys(("retain_weight", "retain_term"), "without retain batches there is no retain term")
    return found
