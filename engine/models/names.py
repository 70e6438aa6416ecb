"""How pairs and models are named to a reader: without the folders of this machine."""

from pathlib import Path

from engine.models.demo_base import BASE_LABEL


def shown_pair(pair: str) -> str:
    """A pair as a report names it; `base:FOLDER` without the path that leads to the folder."""
    kind, colon, source = pair.rpartition(":")
    return f"{kind}{colon}{_file_name(source)}"


def shown_model(source: str) -> str:
    """A base as a report names it: the demo's in full, a hub's by its name, one on this machine without its path."""
    return BASE_LABEL if source.rpartition(":")[2] == "demo" else _file_name(source)


def _file_name(source: str) -> str:
    """A path's last part. The name of a model on the hub has one '/', and neither begins nor ends with it."""
    is_path = source.startswith(("/", ".", "~")) or source.count("/") > 1
    return Path(source).name if is_path else source
