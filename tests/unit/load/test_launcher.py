"""How Locust is started and stopped."""

from __future__ import annotations

import pytest

from footfall.load.launcher import stop_timeout


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ([], 5),
        (["--stop-timeout", "5", "--stop-timeout", "30"], 30),
        (["--stop-timeout=2m"], 120),
        (["-s", "1.5"], 1.5),
        (["-s", "soon"], 5),
    ],
)  # fmt: skip
def test_whoever_stops_a_profile_waits_as_long_as_its_users_may_take(arguments: list[str], seconds: float) -> None:
    """The last word on the command line counts, in Locust's own forms."""
    assert stop_timeout(arguments) == seconds
