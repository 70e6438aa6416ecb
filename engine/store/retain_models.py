"""The retain model that stands beside a pair, where there is one: the model that never knew."""

from engine.data.examples import Example
from engine.errors import DataError
from engine.models.manifest import PairManifest
from engine.models.taught import taught_folder
from engine.names import DEMO, retain_only
from engine.settings import demo_folder
from engine.store.questions import check_gold

FORGET = "forget"


def retain_model_for(base: str, example: Example) -> PairManifest | None:
    """The retain model of `base`, as a model alone to be read; None where there is none on this machine, where the
    question is not a forget question, or where that model was taught it.
    """
    name = retain_only(base)
    here = (demo_folder() / "retain-only").is_dir() if base == DEMO else taught_folder(name) is not None
    if example.split != FORGET or not here:
        return None
    try:
        check_gold(name, [example])
    except DataError:
        return None
    return PairManifest(name, base=name, reference="", objective="none")
