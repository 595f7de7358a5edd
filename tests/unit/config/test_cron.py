"""Cron expressions mean what they mean in every crontab."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from footfall.config.cron import cron_trigger


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("0", {"Sun"}),
        ("7", {"Sun"}),
        ("1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("5-7", {"Fri", "Sat", "Sun"}),
        ("0-2,6", {"Sun", "Mon", "Tue", "Sat"}),
        ("1-5/2", {"Mon", "Wed", "Fri"}),
        ("mon-wed", {"Mon", "Tue", "Wed"}),
        ("*", {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}),
    ],
)
def test_days_count_from_sunday(days: str, expected: set[str]) -> None:
    """0 and 7 are Sunday, by number or by name, in lists, ranges and steps."""
    trigger, now = cron_trigger(f"0 3 * * {days}", "UTC"), datetime(2026, 11, 21, tzinfo=UTC)
    seen = set()
    for _ in range(14):
        comes = trigger.get_next_fire_time(None, now)
        assert comes is not None
        seen.add(f"{comes:%a}")
        now = comes + timedelta(minutes=1)
    assert seen == expected


@pytest.mark.parametrize("cron", ["0 3 * * 8", "0 3 * * 5-2", "0 3 * *", "nonsense"])
def test_what_is_no_expression_is_refused(cron: str) -> None:
    """A day that does not exist, a range that runs backwards, too few fields."""
    with pytest.raises(ValueError, match=r"\S"):
        cron_trigger(cron, "UTC")
