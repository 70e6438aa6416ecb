"""Which files of a model folder are weights: safetensors, one complete set, and nothing that could run code
when it is read.
"""

from pathlib import Path
from typing import Any, NoReturn

from safetensors import safe_open

from engine.errors import ModelError
from engine.small_files import read_json

PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
ADAPTER_CONFIG = "adapter_config.json"
SMALL = ("*.json", "*.jinja", "*.model", "*.txt")
MOST = 200_000_000  # bytes of a small file: the largest tokenizers take 40 MB


def check_weight_files(folder: Path) -> list[Path]:
    """The weight files to read in a model folder. `ModelError` unless they are one complete set and the only one.

    transformers would silently load an adapter beside them, and ignore a second set.
    """
    _check_kinds(folder)
    if (folder / ADAPTER_CONFIG).exists():
        whole = any(file.name != "adapter_model.safetensors" for file in folder.glob("*.safetensors"))
        raise ModelError(
            f"the folder {folder.name} holds an adapter ({ADAPTER_CONFIG}) beside whole weights, and only one of the"
            " two can be meant: move the adapter's files to a separate folder"
            if whole
            else (
                f"the folder {folder.name} holds an adapter ({ADAPTER_CONFIG}), not whole weights: a base, a reference"
                " or a start model is a whole model, so merge the adapter into its own base and name that folder"
            )
        )
    found = sorted(folder.glob("*.safetensors"))
    if not found:
        refuse_without(folder)
    for index in sorted(folder.glob("*.index.json")):
        _check_index(index)
    read = _set_of(folder)
    if others := [file.name for file in found if file not in read]:
        raise ModelError(
            f"the folder {folder.name} holds more than one set of weights: {', '.join(file.name for file in read[:2])}"
            f" would be read, and {len(others)} more would not, for example {others[0]}; keep one set"
        )
    _check_config(folder, read)
    return read


def check_only(folder: Path, name: str) -> None:
    """For a folder whose weights are the one file `name`: `ModelError` where others are beside it, which would not be
    read.
    """
    _check_kinds(folder)
    if others := sorted(file.name for file in folder.glob("*.safetensors") if file.name != name):
        raise ModelError(
            f"the folder {folder.name} holds {others[0]} beside {name}, and only {name} would be read: keep one set of"
            " weights"
        )


def check_gguf_folder(file: Path) -> None:
    """transformers would load an adapter beside a GGUF file too."""
    if (file.parent / ADAPTER_CONFIG).exists():
        raise ModelError(
            f"beside {file.name} is an adapter ({ADAPTER_CONFIG}), and only one of the two can be meant: move the"
            " GGUF file to a separate folder"
        )


def stored_weights(files: list[Path]) -> list[str]:
    """The names of all tensors in these files, in their headers' order; `ModelError` where one is in two of
    them.
    """
    names: list[str] = []
    for file in files:
        with safe_open(file, framework="pt") as stored:
            names += stored.keys()
    if len(names) != len(set(names)):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"the folder {files[0].parent.name} holds the weight {twice} in two of its files: keep one")
    return names


def _check_kinds(folder: Path) -> None:
    """Pipes and devices would never end, and a link may be broken."""
    for pattern in ("*.safetensors", *SMALL):
        for file in sorted(folder.glob(pattern)):
            if not file.is_file():
                raise ModelError(f"{file.name} of {folder.name} is not a readable file")
            if pattern in SMALL and file.stat().st_size > MOST:
                raise ModelError(
                    f"{file.name} of {folder.name} is larger than {MOST // 1_000_000} MB: it is not part of a model"
                )


def refuse_without(folder: Path) -> NoReturn:
    """For a folder without safetensors: raises `ModelError` that names pickles where these are its weights."""
    pickles = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
    if pickles:
        raise ModelError(
            f"the folder {folder.name} holds weights only as pickles ({', '.join(pickles[:3])}), "
            "which can run code when loaded: only safetensors are read"
        )
    raise ModelError(f"the folder {folder.name} holds no *.safetensors file, so there are no weights to load")


def _set_of(folder: Path) -> list[Path]:
    """The set that transformers reads: one whole file, else what the index names."""
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    if not (folder / INDEX).is_file():
        names = ", ".join(sorted(file.name for file in folder.glob("*.safetensors"))[:3])
        raise ModelError(
            f"the folder {folder.name} holds {names}, and neither {WHOLE} nor {INDEX}: one of these two says what to"
            " read"
        )
    named = sorted(set(_weight_map(folder / INDEX).values()))
    if absent := [name for name in named if not (folder / name).is_file()]:
        raise ModelError(
            f"{INDEX} of {folder.name} names {len(absent)} files that are not there, for example {absent[0]}"
        )
    return [folder / name for name in named]


def _check_index(index: Path) -> None:
    """An index maps weights to files; transformers reads any file it names."""
    for name in sorted(set(_weight_map(index).values())):
        if not name.endswith(".safetensors") or Path(name).name != name:
            raise ModelError(
                f"{index.name} of {index.parent.name} names {name!r}: only *.safetensors files of the same folder are"
                " read"
            )


def _weight_map(index: Path) -> dict[str, str]:
    where = f"{index.name} of {index.parent.name}"
    try:
        found = read_json(index)["weight_map"]
        return {str(weight): str(file) for weight, file in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        raise ModelError(f"{where} is not an index of weight files: {reason!r}") from reason


def _check_config(folder: Path, read: list[Path]) -> None:
    """Refuse a config that names another weight file, or more layers than there are weights."""
    path = folder / "config.json"
    try:
        config: dict[str, Any] = read_json(path, finite=False)
        named, layers = config.get("transformers_weights"), _most_layers(config)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as reason:
        said = "it is not there" if not path.exists() else f"{type(reason).__name__}"
        raise ModelError(f"config.json of {folder.name} cannot be read: {said}") from reason
    if named is not None:
        raise ModelError(
            f"config.json of {folder.name} names its weights itself (transformers_weights, {str(named)[:60]!r}): only"
            f" {WHOLE} or what {INDEX} names is read"
        )
    try:
        stored = len(stored_weights(read))
    except ModelError:
        raise
    except Exception as reason:  # the weights themselves are damaged
        raise ModelError(f"the model {folder.name!r} cannot be loaded: {reason}") from reason
    if layers > stored:
        raise ModelError(f"config.json of {folder.name} says {layers} layers, but there are only {stored} weights")


def _most_layers(config: dict[str, Any]) -> int:
    """The most layers that a config, or one inside it, asks for, under any of the names that families use."""
    inner = [part for part in config.values() if isinstance(part, dict)]
    named = [
        value for key, value in config.items() if key in ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
    ]
    counts = [value for value in named if isinstance(value, int)]
    return max([*counts, *map(_most_layers, inner)], default=0)
