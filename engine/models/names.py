"""How pairs and models are named to a reader: without the folders of this machine."""

from engine.models.demo_base import BASE_LABEL
from engine.names import DEMO, ModelRef


def shown_pair(pair: str) -> str:
    """A pair as a report names it; `base:FOLDER` without the path that leads to the folder."""
    return ModelRef.parse(pair).shown


def shown_model(source: str) -> str:
    """A base as a report names it: the demo's in full, a hub's by its name, one on this machine without its path."""
    ref = ModelRef.parse(source)
    return BASE_LABEL if ref.bare == DEMO else ref.shown
