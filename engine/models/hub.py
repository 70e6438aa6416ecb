"""A model by its name on the hub: its files in the hub's cache on this machine, fetched where they are not there
yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from engine.errors import ModelError

READ = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
# Folders below the first, and Mistral's second copy of the same weights, are not read.
UNREAD = ["*/*", "consolidated*.safetensors"]
NOTHING = "neither `demo`, a taught model, a folder nor a GGUF file here"


def hub_folder(name: str) -> Path:
    """The folder of the hub's model `name`, from the cache where the hub is out of reach; no request goes to any
    other host.

    Raises `ModelError` where the hub has no such model, or it is not in the cache and cannot be fetched.
    """
    with _in_words(name):
        return Path(snapshot_download(name, allow_patterns=READ, ignore_patterns=UNREAD))


def cached_folder(name: str) -> Path | None:
    """The same without a network request; None where the hub's cache on this machine does not hold it."""
    try:
        return Path(snapshot_download(name, allow_patterns=READ, ignore_patterns=UNREAD, local_files_only=True))
    except Exception:  # no such name, nothing cached, or an unreadable cache: the caller need not know which
        return None


def check_on_hub(name: str) -> None:
    """Raise `ModelError` unless the hub, or its cache on this machine, has the model `name`; fetches its config
    alone.
    """
    with _in_words(name):
        snapshot_download(name, allow_patterns=["config.json"])


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except HFValidationError as reason:
        raise ModelError(f"there is no model {name!r}: it is {NOTHING}, nor a possible name on the hub") from reason
    except GatedRepoError as reason:
        raise ModelError(f"the hub gives the model {name!r} only to accounts with access") from reason
    except RepositoryNotFoundError as reason:
        raise ModelError(f"there is no model {name!r}: it is {NOTHING}, nor a model on the hub") from reason
    except LocalEntryNotFoundError as reason:
        raise ModelError(
            f"there is no model {name!r} on this machine: it is {NOTHING}, it is not in the hub's cache, and the hub "
            "cannot be reached"
        ) from reason
    except Exception as reason:  # a full disk, an answer of a proxy: whatever the hub's client raises
        raise ModelError(f"the model {name!r} cannot be fetched from the hub: {type(reason).__name__}") from reason
