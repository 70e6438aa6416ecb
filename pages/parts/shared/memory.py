"""What all sessions remember in common, up to a limit: the least recently used is dropped."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class Memory:
    """A small cache that drops what was used longest ago. Shared by all sessions, so every step is locked.

    `limit` is of the sum of the items' weights; each weighs 1 unless told otherwise. The newest stays whatever it
    weighs.
    """

    def __init__(self, limit: int, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._limit, self._weigh, self._lock = limit, weigh, threading.Lock()
        self._items: OrderedDict[Any, Any] = OrderedDict()
        self._weight = 0

    def get(self, key: object) -> Any | None:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: object, value: object) -> None:
        with self._lock:
            if key in self._items:
                self._weight -= self._weigh(self._items.pop(key))
            self._items[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._limit and len(self._items) > 1:
                self._weight -= self._weigh(self._items.popitem(last=False)[1])

    def drop(self, key: object) -> None:
        with self._lock:
            if key in self._items:
                self._weight -= self._weigh(self._items.pop(key))
