"""Deadlines for what stands around a journey: its fixtures, which may hang as the journey itself may."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from footfall.browser.deadline import deadline
from footfall.errors import JourneyError

SHARED_S = 60.0
"""What a fixture that several journeys share has at least: it may have to start a browser, or a shop."""
AFTERWARDS_S = 15.0
"""What each fixture has at least for what it does behind the journey."""


def in_time(
    fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest, patience_s: float, more_s: Callable[[], float]
) -> Generator[None, object, object]:
    """Let pytest set up a fixture within `patience_s`, and undo it within as much and what `more_s` then says.

    What takes longer ends in JourneyError: an Exception, for with any other pytest would forget the fixtures that are still to be undone.
    """
    told = f"the fixture {fixture.argname!r} took longer than {{:g}} s {{}} and was ended"
    timer = ExitStack()

    def start() -> None:
        seconds = max(patience_s, AFTERWARDS_S) + more_s()
        timer.enter_context(deadline(seconds, told.format(seconds, "after the journey"), JourneyError))

    # A fixture's finalizers run in reverse: `start` before whatever the fixture itself adds in between, `close` behind it.
    fixture.addfinalizer(timer.close)
    seconds = patience_s if request.scope == "function" else max(patience_s, SHARED_S)
    try:
        with deadline(seconds, told.format(seconds, "before the journey"), JourneyError):
            return (yield)
    finally:
        fixture.addfinalizer(start)
