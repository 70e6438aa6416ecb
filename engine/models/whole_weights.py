"""A whole model from its files: every weight of the model is in the files, and every weight of the files in the
model.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from engine.errors import ModelError
from engine.models.gguf_weights import check_gguf, read_rest
from engine.models.hub import hub_folder
from engine.models.weight_files import check_gguf_folder, check_weight_files
from engine.names import is_gguf, is_path
from engine.settings import local_path


def find_model_files(source: str) -> Path:
    """The folder or GGUF file of a model: a local one, or the hub's in its cache. Raises `ModelError`."""
    path = local_path(source)
    if path.is_file():
        if not is_gguf(path):
            raise ModelError(f"{path.name} is a file: a model is a folder with safetensors, a GGUF file or a hub name")
        return path.absolute()
    if path.is_dir():
        return path.absolute()  # a relative path might also be a name on the hub
    if path.exists() or is_path(source):
        raise ModelError(f"there is no model folder or GGUF file at {source}")
    return hub_folder(source)


def place_of(files: Path) -> tuple[str, dict[str, Any]]:
    """Arguments for transformers' `from_pretrained`: no code from elsewhere, and no network request."""
    closed: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    return (str(files), closed) if files.is_dir() else (str(files.parent), {**closed, "gguf_file": files.name})


def open_weights(files: Path, source: str) -> Any:
    """The model in `files`, in fp32. `ModelError` naming `source` where a weight is missing, does not fit its config,
    or is left unread.
    """
    gguf = files.is_file()
    if gguf:
        check_gguf_folder(files)
        check_gguf(files)
    else:
        check_weight_files(files)
    name, arguments = place_of(files)
    model, found = AutoModelForCausalLM.from_pretrained(
        name,
        dtype=torch.float32,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # said below, in our words
        **arguments,
        **({} if gguf else {"use_safetensors": True}),
    )
    _check_report(found, f"the model {source!r}")
    if gguf:
        read_rest(model, files)
    return model


def _check_report(found: dict[str, Any], model: str) -> None:
    """What transformers only warns of: it draws missing weights at random, and drops those without a place."""
    if odd := sorted(found["mismatched_keys"]):
        weight, stored, wanted = odd[0]
        raise ModelError(
            f"{model} cannot be loaded: {len(odd)} of its weights have a different shape from its config, for example"
            f" {weight}, {list(stored)} and not {list(wanted)}"
        )
    if missing := sorted(found["missing_keys"]):
        raise ModelError(f"{model} lacks {len(missing)} of its weights, for example {missing[0]}")
    if unread := sorted(found["unexpected_keys"]):
        raise ModelError(
            f"{model} holds {len(unread)} weights that its config has no place for, for example {unread[0]}: it would"
            " answer as a different model from its files"
        )
