"""Opening files from elsewhere: what the libraries say about them becomes one sentence, or is dropped."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import huggingface_hub.utils.logging as hub_logging
from huggingface_hub.utils.tqdm import disable_progress_bars
from tqdm import tqdm
from transformers import logging, modeling_gguf_pytorch_utils

from engine.errors import ModelError, UnlearningError

LONGEST = 300  # characters kept of a library's own message

# Load reports, retries and progress bars would mix with what our commands print.
logging.set_verbosity_error()
logging.disable_progress_bar()
hub_logging.set_verbosity_error()
disable_progress_bars()
modeling_gguf_pytorch_utils.tqdm = partial(tqdm, disable=True)  # a progress bar that cannot be switched off otherwise


@contextmanager
def opening(failure: str) -> Iterator[None]:
    """Inside, any error of a library becomes `ModelError`: `failure`, a colon and the reason in one line. Warnings
    are dropped.

    Libraries may raise any error on a bad configuration, tokenizer or weights.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnlearningError:
        raise
    except Exception as reason:
        raise ModelError(f"{failure}: {_words(reason)}") from reason
    except BaseException as reason:
        if type(reason).__name__ != "PanicException":  # a parser written in Rust that gave up
            raise
        raise ModelError(f"{failure}: {_words(reason)}") from reason


def _words(reason: BaseException) -> str:
    """The first line of a library's message, with the line it introduces; and the error's name where that alone says
    little.
    """
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    first = " ".join(lines[:2]) if lines and lines[0].endswith(":") else next(iter(lines), "")
    if "above report" in first:  # transformers means a table, which is not shown
        first = "its weights are not those that its config describes"
    known = first and (isinstance(reason, (OSError, ValueError, RuntimeError)) or type(reason) is Exception)
    text = first if known else f"{type(reason).__name__} {first}".strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
