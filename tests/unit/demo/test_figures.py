"""What Corner counts."""

from __future__ import annotations

import time

import pytest

from footfall.demo import figures
from footfall.demo.figures import Lately


def test_the_last_minute_forgets_what_is_older(monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst is seen while it lasts, and a minute later it is over; a sum since the start would stay."""
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    lately = Lately()
    for second in range(200):
        now = 1000.0 + second
        lately.count("requests")
        assert lately.total("requests") == min(second + 1, figures.LATELY_S)
    now += 30
    assert lately.total("requests") == 30
    now += 30
    assert lately.total("requests") == 0
    assert lately.total("failed_logins") == 0
