"""Times are UTC-aware and written one way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from footfall.clock import SystemClock, from_text, to_text


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    """Whatever the zone, the text is UTC."""
    moment = datetime(2026, 11, 21, 18, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=13)))
    assert to_text(moment) == "2026-11-21T05:00:00.123Z"
    assert from_text("2026-11-21T05:00:00.123Z") == moment


def test_the_two_hours_of_a_clock_put_back_are_told_apart() -> None:
    """They compare as equal, yet neither is written as the other."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert [to_text(first), to_text(first.replace(fold=1))] == ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive time cannot be compared with others."""
    with pytest.raises(ValueError, match="time zone"):
        to_text(datetime(2026, 11, 21))  # noqa: DTZ001  # the subject
    with pytest.raises(ValueError, match="time zone"):
        from_text("2026-11-21T05:00:00")


def test_the_system_clock_is_aware() -> None:
    """What it tells can be written."""
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().monotonic() > 0
