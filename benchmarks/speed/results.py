"""The file of results: each part is written as soon as it is measured, so a later stop loses nothing."""

import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from engine.models.kernels import fastest_kind

Figures = dict[str, Any]
SAME = ("cores", "processor", "torch")  # shared by the figures of one file


def machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "processor": platform.machine(),
        "kernel": fastest_kind("cpu", torch.float32),
        "torch": torch.__version__,
    }


def read(path: Path) -> Figures:
    """The contents of the file; empty without one."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def keep(path: Path, measured: Figures) -> None:
    """Add these figures and the machine to the file; figures of the same name are replaced.

    The file appears whole or not at all. The machine is noted after measuring: loading a model may set the threads.
    """
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(read(path) | measured | {"machine": machine()}, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def check_machine(path: Path) -> None:
    """Raises `SystemExit` where the file's figures are from another machine: they must not share a table."""
    here, there = machine(), read(path).get("machine", {})
    if differing := [name for name in SAME if name in there and there[name] != here[name]]:
        words = ", ".join(f"{name} {there[name]} and not {here[name]}" for name in differing)
        raise SystemExit(f"{path} holds the figures of another machine: {words}; name another file")
