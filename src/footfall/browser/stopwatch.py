"""Time as a journey spends it: what measuring itself takes is left out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Tells milliseconds of the journey's own time."""

    def __init__(self) -> None:
        self._left_out = 0.0
        self._paused = False

    def read(self) -> float:
        """Return milliseconds since some moment; only differences mean something."""
        return (time.perf_counter() - self._left_out) * 1e3

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens in the block; blocks may nest."""
        if self._paused:
            yield
            return
        self._paused, began = True, time.perf_counter()
        try:
            yield
        finally:
            self._left_out += time.perf_counter() - began
            self._paused = False
