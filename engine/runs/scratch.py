"""Where a run may leave what it needs only while it runs."""

from pathlib import Path

from engine.settings import data_folder


def scratch_folder(run_id: int) -> Path:
    """What a run may fill while it runs; removed when it ends, however it ends."""
    return data_folder() / "scratch" / f"run-{run_id}"
