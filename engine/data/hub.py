"""A data set of the Hugging Face hub, fetched when a person asks for it and never otherwise, as a Parquet file."""

import io
import logging
import re
from typing import Any, NamedTuple

from engine.data.parquet_rows import UNFOLDED_AT_MOST
from engine.errors import DataError

PREFIX = "hub:"
NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


class HubFile(NamedTuple):
    data: bytes
    filename: str


def fetch_hub(name: str, config: str = "", split: str = "") -> HubFile:
    """The rows of one split of a data set such as `cais/wmdp`, as a file to be read like any other.

    `config` and `split` may be left out where the data set has one of each. `DataError` for what the hub does not have,
    for a hub that cannot be reached, and for a data set of more than `UNFOLDED_AT_MOST`.
    """
    if not NAME.fullmatch(name):
        raise DataError(f"a data set of the hub is named OWNER/NAME, such as cais/wmdp, got {name[:60]!r}")
    import datasets  # takes seconds to import, and most people do not need it

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it logs every retry; the error says it once
    try:
        rows = _split_of(datasets, name, config, split)
        if rows.data.nbytes > UNFOLDED_AT_MOST:
            raise DataError(f"{name} unpacks to more than {UNFOLDED_AT_MOST // 1024**2} MB")
        buffer = io.BytesIO()
        rows.to_parquet(buffer)
    except DataError:
        raise
    except Exception as error:  # the hub's clients raise errors from many libraries
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"the data set {name} could not be read from the hub: {reason}") from error
    return HubFile(buffer.getvalue(), "-".join(filter(None, [name.replace("/", "-"), config, split])) + ".parquet")


def _split_of(datasets: Any, name: str, config: str, split: str) -> Any:
    there = datasets.get_dataset_split_names(name, config or None)
    if not split and len(there) != 1:
        raise DataError(f"{name} has the splits {', '.join(there)}; name one of them")
    if split and split not in there:
        raise DataError(f"{name} has no split {split[:60]!r}; it has {', '.join(there)}")
    return datasets.load_dataset(name, config or None, split=split or there[0])
