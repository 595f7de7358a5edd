"""Faults are read as the documentation writes them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.demo.faults import NAMES, Delay, FaultError, Faults, parse_delay, seconds, size


@pytest.mark.parametrize(("text", "value"), [("300ms", 0.3), ("3s", 3.0), ("3", 3.0), ("0.5", 0.5), ("1500ms", 1.5)])
def test_times_are_read(text: str, value: float) -> None:
    """Milliseconds, seconds, bare seconds."""
    assert seconds(text) == value


@pytest.mark.parametrize(("text", "value"), [("100KB", 100_000), ("3MB", 3_000_000), ("7b", 7), ("1.5kb", 1500)])
def test_sizes_are_read(text: str, value: float) -> None:
    """Bytes in decimal units."""
    assert size(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "nothing", "slow-paymnt", "slow", "slow=/api", "slow=/api:", "slow=/api:later", "slow=/api:stall:2s:1s"),
        *("slow=/api:lognormal:0s:1", "slow-payment=soon", "slow-payment=-1s", "errors=/api:2", "errors=nan", "layout-shift=x"),
        *("script-error=1", "heavy-hero=3", "heavy-hero=51MB", "memory-growth=9999999MB", "slow-payment=3601s", "drop-websocket=-1"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str) -> None:
    """Every refusal is a `FaultError` with a sentence for the user."""
    with pytest.raises(FaultError, match=r"\w+ \w+"):
        Faults((text,))


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_is_too_strange(name: str, value: str) -> None:
    """Whatever is written, it is either a fault or a `FaultError`."""
    for text in (f"{name}={value}", *(f"{known}={value}" for known in NAMES)):
        try:
            assert Faults((text,)).active() == [text]
        except FaultError:
            continue


def test_a_near_miss_is_named() -> None:
    """A typo is told the name that was meant."""
    with pytest.raises(FaultError, match="did you mean 'slow-payment'"):
        Faults(("slow-paiment",))


def test_each_switch_has_a_default() -> None:
    """Every fault but `slow`, which needs a path, works without a value."""
    for name in NAMES:
        if name != "slow":
            assert Faults((name,)).active() == [name]


def test_a_repeated_fault_replaces_the_earlier() -> None:
    """The last word counts."""
    faults = Faults(("slow-payment=3s", "slow-payment=1s"))
    assert (faults.value("slow-payment"), faults.active()) == (1.0, ["slow-payment=1s"])


def test_paths_match_themselves_and_what_is_below() -> None:
    """Not their neighbours that begin alike."""
    faults = Faults(("errors=/api/orders:1", "slow=/book:2s"))
    assert faults.fails("/api/orders")
    assert faults.fails("/api/orders/O1")
    assert not faults.fails("/api/orders-of-old")
    assert (faults.delay("/book/haircut"), faults.delay("/bookings")) == (2.0, 0.0)


def test_a_rate_without_a_path_is_for_all() -> None:
    """`errors=1` fails everything."""
    assert Faults(("errors=1",)).fails("/anything")


def test_delays_of_several_paths_live_side_by_side_and_clear_together() -> None:
    """`clear("slow")` takes all of its paths."""
    faults = Faults(("slow=/a:1s", "slow=/a/b:2s", "script-error"))
    assert faults.delay("/a/b") == 3.0
    faults.clear("slow")
    assert (faults.delay("/a/b"), faults.active()) == (0.0, ["script-error"])
    faults.clear()
    assert not faults.any


def test_a_stall_lasts_until_its_end() -> None:
    """Who comes early in the stall waits longest; between stalls nobody waits."""
    stall = parse_delay("stall:1s:20s")
    assert [stall.draw(random.Random(), now) for now in (0.0, 0.4, 1.0, 19.9, 20.25)] == [1.0, 0.6, 0.0, 0.0, 0.75]


def test_a_lognormal_delay_has_its_median() -> None:
    """Half are under it."""
    delay, dice = Delay(0.02, sigma=0.5), random.Random(3)
    drawn = sorted(delay.draw(dice, 0.0) for _ in range(2001))
    assert drawn[1000] == pytest.approx(0.02, rel=0.1)


def test_the_browser_gets_milliseconds() -> None:
    """What the page's script carries out is told in its own units."""
    assert Faults(("block-click=0.3s", "layout-shift", "payment-down")).in_page() == {"block-click": 300.0, "layout-shift": 0.25}
