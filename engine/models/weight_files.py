"""Which files of a model folder are weights: safetensors, and nothing that could run code when it is read."""

from pathlib import Path

from engine.errors import ModelError
from engine.small_files import read_json

PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")


def check_weight_files(folder: Path) -> None:
    """Raise `ModelError` unless the folder has weights as safetensors and its index, if any, names no other file.

    Nothing in it may be a pipe or a device: the libraries that read it would wait, or read without end.
    """
    for path in sorted(folder.iterdir()):
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ModelError(f"{path.name} of the folder {folder.name} is not an ordinary file")
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
        if pickles:
            raise ModelError(
                f"the folder {folder.name} holds weights only as pickles ({', '.join(pickles[:3])}), "
                "which can run code when loaded: only safetensors are read"
            )
        raise ModelError(f"the folder {folder.name} holds no *.safetensors file, so there are no weights to load")
    for index in folder.glob("*.index.json"):
        _check_index(index)


def _check_index(index: Path) -> None:
    """An index maps weights to files; transformers reads whatever file it names."""
    where = f"{index.name} of {index.parent.name}"
    try:
        named = {str(name) for name in read_json(index)["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        raise ModelError(f"{where} is no index of weight files: {reason!r}") from reason
    for name in sorted(named):
        if not name.endswith(".safetensors") or Path(name).name != name:
            raise ModelError(f"{where} names {name!r}: only *.safetensors files of the same folder are read")
