"""Work on models beside a page: reading one takes seconds or minutes, and the libraries are imported by one thread."""

import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import TypeVar

import streamlit as st

from pages.parts.shared.loading import TICK_SECONDS, loader
from pages.parts.shared.wording import plain

T = TypeVar("T")


def by_loader(words: str, work: Callable[[], T]) -> T:
    """What `work` returns or raises, done by the thread that loads; says how long it has taken. Goes on where the
    visitor leaves.
    """
    future = loader().submit(work)
    place, began = st.empty(), time.monotonic()
    while not wait([future], timeout=TICK_SECONDS).done:
        place.info(plain(f"{words}, {time.monotonic() - began:.0f} s …"), icon=":material/hourglass_top:")
    place.empty()
    return future.result()
