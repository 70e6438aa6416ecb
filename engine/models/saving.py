"""A pair's or a model's folder appears whole or not at all; where the disk refuses, the error names which."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import StorageError
from engine.whole_files import part_of

EARLIER = ".saving-"  # where versions before whole_files wrote


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """A scratch folder to write into, which becomes `folder` if the block ends well; a killed save leaves nothing that
    is listed.

    Raises `StorageError` that names `what` where the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part_of(folder) as scratch:
            scratch.mkdir(0o700)
            yield scratch
    except OSError as reason:
        raise StorageError(f"{what} could not be saved: {reason.strerror or reason}") from reason


def remove_unfinished(root: Path) -> None:
    """Delete what killed saves of earlier versions left in `root`; no version writes there any more."""
    for scratch in root.glob(f"{EARLIER}*"):
        shutil.rmtree(scratch, ignore_errors=True)
