"""The demo that comes with the program: is it there, and get it. Imports no torch."""

from engine.errors import ModelError
from engine.models import demo_base, demo_weights


def demo_ready() -> bool:
    """True when the converted base is in the cache and every file of `demo/` has its recorded hash."""
    return demo_base.base_ready() and demo_problem() == ""


def demo_problem() -> str:
    """What is wrong with the files in `demo/`, as a sentence; empty when nothing is."""
    try:
        demo_weights.check_files()
    except ModelError as reason:
        return str(reason)
    return ""


def fetch_demo(progress: demo_base.ShareProgress | None = None) -> None:
    """Check `demo/` against its manifest, then download and convert the base where it is missing.

    Raises `ModelError` when a file of the demo has been changed or the download fails, `StorageError` when the disk
    refuses.
    """
    demo_weights.check_files()
    demo_base.fetch_base(progress)
