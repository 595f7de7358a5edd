"""Which seconds of a profile are its steady part.

Budgets judge the steady part alone. All other seconds are recorded too, with the label `phase`: `ramp` while the number of
users is on its way and for a moment after it, `stop` while they leave. The steady part has no such label.
"""

from __future__ import annotations

from collections.abc import Mapping

SETTLE_S = 2
"""What follows a change in the number of users is still its effect: connections are opened, caches fill."""

RAMP: Mapping[str, str] = {"phase": "ramp"}
STOP: Mapping[str, str] = {"phase": "stop"}
STEADY: Mapping[str, str] = {}


class Phases:
    """Remembers, second by second, whether the number of users was meant to stand still and did, and how many were meant."""

    def __init__(self) -> None:
        self._settled_from: int | None = None
        self._labels: dict[int, Mapping[str, str]] = {}
        self._aims: dict[int, int] = {}

    def note(self, second: int, *, changing: bool, stopping: bool = False, aim: int | None = None) -> None:
        """Say how `second` was, and how many users a closed profile asked for. Only the last ten minutes are remembered."""
        if stopping or changing:
            label, self._settled_from = (STOP if stopping else RAMP), None
        else:
            self._settled_from = self._settled_from or second + SETTLE_S
            label = STEADY if second >= self._settled_from else RAMP
        self._labels[second] = label
        self._labels.pop(second - 600, None)
        self._aims.pop(second - 600, None)
        self._aims.pop(second, None)
        if aim is not None and label is STEADY:
            self._aims[second] = aim

    def aim(self, second: int) -> int | None:
        """Return how many users were asked for in a steady second; None where nobody spoke of it, and in an open profile."""
        return self._aims.get(second)

    def labels(self, second: int) -> Mapping[str, str]:
        """Return the labels of what was seen in `second`; one that nobody spoke of is like the last one before it."""
        known = self._labels.get(second)
        if known is not None:
            return known
        earlier = [at for at in self._labels if at < second]
        return self._labels[max(earlier)] if earlier else RAMP
