"""Where a crowd must not be led: another target's ceiling holds for those who come by a redirect, too."""

from __future__ import annotations

import pytest

from footfall.config.suite import Target
from footfall.load.ceiling import closed_places

URL = "https://shop.example.org"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("live", URL, production=True, allow_load=1000), "which is production"),
        (Target("test", f"{URL}:443/en", allow_load=40), "50 users are more than target 'test' allows (40)"),
        (Target("test", "http://Shop.Example.Org"), "target 'test' does not allow load"),
        (Target("test", "env:SHOP"), "target 'test' does not allow load"),
    ],
)
def test_another_target_is_closed(target: Target, said: str) -> None:
    """Production always, another one unless its ceiling takes them all; by http and https alike."""
    closed = closed_places([target], 50, {"SHOP": URL})
    assert said in closed["shop.example.org", 443]


@pytest.mark.parametrize("target", [Target("test", URL, allow_load=50), Target("corner", demo=True), Target("test", "env:UNSET")])
def test_another_target_is_open(target: Target) -> None:
    """One that takes as many, the embedded shop, and one that this machine knows no address of."""
    assert closed_places([target], 50, {}) == {}
