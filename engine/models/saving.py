"""Folders that appear whole or not at all: written under a hidden name beside their place, then renamed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import StorageError

HIDDEN = ".saving-"


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """A scratch folder to write into, which becomes `folder` where the block ends well; a killed save lists nothing.

    Raises `StorageError` that names `what` where the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=HIDDEN))
    try:
        yield scratch
        scratch.rename(folder)
    except OSError as reason:
        raise StorageError(f"{what} could not be saved: {reason.strerror or reason}") from reason
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def remove_unfinished(root: Path) -> None:
    """Delete what killed saves left in `root`; call it only while no run is alive."""
    for scratch in root.glob(f"{HIDDEN}*"):
        shutil.rmtree(scratch, ignore_errors=True)
