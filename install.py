"""Installs what requirements files name beside the Python that runs this, and says every few seconds how far it is.

Used by the Makefile: `python install.py requirements.txt`. Needs pip and nothing else. On Linux without an NVIDIA
device PyTorch comes from its own index of CPU builds where that answers.
"""

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE = 5.0  # seconds for the index to answer
EVERY = 4.0  # seconds between two lines
CUDA_SIZE = "about 2.7 GB to download, with CUDA"  # torch 2.13.0 of PyPI for Linux and all it asks for


def main(files: Sequence[str]) -> int:
    """Install every file; returns pip's exit code, 130 where Ctrl-C stopped it."""
    try:
        torch = next((found for name in files if (found := torch_line(Path(name).read_text(encoding="utf-8")))), None)
        if torch and platform.system() == "Linux" and not torch_installed():
            take_torch(torch)
        return pip([part for name in files for part in ("-r", name)])
    except KeyboardInterrupt:
        return 130


def torch_line(text: str) -> str | None:
    """The requirement of torch in a requirements file, such as `torch==2.13.0`."""
    found = re.search(r"^torch==[\w.]+", text, re.MULTILINE)
    return found[0] if found else None


def torch_installed() -> bool:
    return any(importlib.metadata.distributions(name="torch"))


def take_torch(requirement: str) -> None:
    """A CPU build where no NVIDIA device is; else says what is to come. Whatever fails here is left to the next
    step.
    """
    if has_nvidia():
        print(f"An NVIDIA device is here: PyTorch comes from PyPI ({CUDA_SIZE}).", flush=True)
    elif not answers(CPU_INDEX + "/torch/"):
        print(f"PyTorch's index of CPU builds does not answer: PyPI's build is taken ({CUDA_SIZE}),", end=" ")
        print("unless pip finds a smaller one on this machine.", flush=True)
    else:
        print("No NVIDIA device is here: PyTorch comes as a CPU build (about 190 MB to download).", flush=True)
        if pip(["--no-deps", "--index-url", CPU_INDEX, requirement]):
            print(f"No CPU build could be installed: PyPI's is taken ({CUDA_SIZE}).", flush=True)


def has_nvidia() -> bool:
    return shutil.which("nvidia-smi") is not None or Path("/dev/nvidia0").exists()


def answers(address: str) -> bool:
    """Whether a page is served there within `PATIENCE` seconds, the look-up of its name included."""
    found: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE):
                found.append(True)
        except OSError:
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return bool(found)


def pip(arguments: Sequence[str]) -> int:
    """`pip install` with its output kept back: a line every few seconds, and its last lines where it fails."""
    options = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    command = [sys.executable, "-m", "pip", "install", *options, *arguments]
    began, before, lines = time.monotonic(), packages_here(), list[str]()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as running:
        output = running.stdout
        assert output is not None
        reader = threading.Thread(target=lambda: lines.extend(line.strip() for line in output), daemon=True)
        reader.start()
        while running.poll() is None:
            reader.join(EVERY)
            if running.poll() is None:
                print(f"  {time.monotonic() - began:3.0f} s: {doing(lines, packages_here() - before)}", flush=True)
        reader.join()
    if running.returncode:
        print("\n".join(lines[-15:]), "\npip could not install this; its last lines stand above.", sep="", flush=True)
    else:
        print(f"  installed {packages_here() - before} packages in {time.monotonic() - began:.0f} s", flush=True)
    return running.returncode


def packages_here() -> int:
    return sum(1 for _ in importlib.metadata.distributions())


def doing(lines: Sequence[str], installed: int) -> str:
    """What pip is at, by its own lines, in plain words."""
    for line in reversed(lines):
        if line.startswith("Installing collected packages:"):
            return f"unpacking: {installed} of {line.count(',') + 1} packages are in place"
        if found := re.match(r"Downloading (\S+?)-(\d[^-\s]*)\S* (\(.+\))", line):
            return f"downloading {found[1].rpartition('/')[2]} {found[2]} {found[3]}"
        if found := re.match(r"(?:Collecting|Building wheels? for collected packages:) ?([\w.-]+)", line):
            return f"fetching {found[1]}"
    return "asking the package index"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
