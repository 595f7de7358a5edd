"""What the dashboard knows and whom it lets in, piece by piece."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from footfall.monitor.dashboard.access import ANYBODY, Access, Attempts, Role
from footfall.monitor.dashboard.guard import loopback
from footfall.monitor.dashboard.now import Check, Row, share, verdict_of
from footfall.monitor.dashboard.spark import spark
from footfall.monitor.dashboard.vitals import vitals_of
from footfall.store.incidents import Incident
from footfall.store.recent import WalkFigure
from tests.integration.monitor.conftest import T0, FakeClock

ADA, WALL = "ada-has-a-long-token", "the-wall-has-one-too"
ACCESS = Access({"ada": ADA}, {"wall": WALL}, FakeClock(), 60.0)


def test_a_token_says_who_one_is_and_what_one_may_do() -> None:
    """Operators act, viewers look, nobody else comes in; where there are no tokens anybody looks."""
    signed_in = [ACCESS.sign_in(token) for token in (ADA, f" {WALL}\n", "", "wrong")]
    assert [found and (found[0].name, found[0].role, found[0].acts) for found in signed_in] == [
        ("ada", Role.OPERATOR, True),
        ("wall", Role.VIEWER, False),
        None,
        None,
    ]
    assert Access({}, {}, FakeClock()).person("") == ANYBODY
    assert not ANYBODY.acts


@settings(max_examples=50, deadline=None)
@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{4,40}\.[A-Za-z0-9_-]{20,43}", fullmatch=True))
def test_nobody_makes_a_session_up(cookie: str) -> None:
    """Whatever a cookie says, only what was signed here is a session."""
    assert ACCESS.person(cookie) is None


def test_a_session_changed_by_a_letter_is_none() -> None:
    """Neither its contents nor its signature may differ; another set of tokens does not know it either."""
    found = ACCESS.sign_in(WALL)
    assert found is not None
    cookie = found[1]
    assert ACCESS.person(cookie) is not None
    changed = [f"{cookie[:n]}{'A' if cookie[n] != 'A' else 'B'}{cookie[n + 1 :]}" for n in range(len(cookie) - 1)]
    assert [ACCESS.person(each) for each in changed] == [None] * len(changed)
    assert Access({"ada": f"{ADA}2"}, {"wall": WALL}, FakeClock()).person(cookie) is None


def test_each_session_seals_its_own_forms() -> None:
    """No other session's seal will do, and somebody without a session has none."""
    first, second = (ACCESS.sign_in(ADA), ACCESS.sign_in(ADA))
    assert first is not None
    assert second is not None
    assert ACCESS.sealed(first[0], ACCESS.seal(first[0]))
    assert not ACCESS.sealed(first[0], ACCESS.seal(second[0]))
    assert not ACCESS.sealed(ANYBODY, ACCESS.seal(ANYBODY))


def test_a_session_runs_out() -> None:
    """At its time, not later."""
    clock = FakeClock()
    access = Access({"ada": ADA}, {}, clock, 60.0)
    found = access.sign_in(ADA)
    assert found is not None
    clock.turn(59)
    assert access.person(found[1]) is not None
    clock.turn(1)
    assert access.person(found[1]) is None
    assert not access.holds(found[0])


def test_wrong_tokens_are_counted_by_address_and_in_all() -> None:
    """Five from one address; a hundred from anywhere, after which everybody waits."""
    clock = FakeClock()
    attempts = Attempts(clock)
    for _ in range(5):
        assert attempts.wait_s("a") == 0
        attempts.failed("a")
        clock.turn(1)
    assert attempts.wait_s("a") == 295
    assert attempts.wait_s("b") == 0
    for number in range(100):
        attempts.failed(f"c{number}")
    assert attempts.wait_s("b") == 300
    clock.turn(300)
    assert attempts.wait_s("a") == attempts.wait_s("b") == 0


OWN = ("127.0.0.1", "127.8.8.8", "::1", "LocalHost")
OTHERS = ("0.0.0.0", "::", "192.0.2.1", "localhost.example.com", "")  # noqa: S104


@pytest.mark.parametrize(("host", "is_so"), [*((host, True) for host in OWN), *((host, False) for host in OTHERS)])
def test_what_this_machine_alone_is_called(host: str, is_so: bool) -> None:
    """Loopback addresses and localhost; not what merely begins like it, and not every address at once."""
    assert loopback(host) is is_so


def _incident(severity: str = "P1", by: str = "") -> Incident:
    return Incident("I", "probe:shop", severity, "", "probe", "shop is down", "", T0, T0, T0 if by else None, by)


def _row(state: str = "up") -> Row:
    check = Check("ams", datetime(2026, 11, 21, tzinfo=UTC), ok=True, latency="", problem="", uptime="", spark=Markup(""))
    return Row("probe:shop", "shop", "probe", "P1", state, (check,))


@pytest.mark.parametrize(
    ("opened", "row", "tone", "headline"),
    [
        ([], _row(), "pass", "Everything is working"),
        ([], replace(_row(), checks=()), "learning", "Nothing was measured yet"),
        ([], _row("suspect"), "warn", "Everything works, but something is being looked at again"),
        ([], _row("down"), "fail", "1 thing is not well"),
        ([_incident()], _row("down"), "fail", "1 thing is not well"),
        ([_incident("P3")], _row(), "warn", "1 thing is not well"),
        ([_incident(by="ada")], _row("down"), "fail", "1 thing is not well, and somebody looks after it"),
        ([_incident(), _incident(by="ada")], _row("down"), "fail", "2 things are not well, 1 of them with nobody to look after it"),
    ],
)
def test_the_verdict_comes_first(opened: list[Incident], row: Row, tone: str, headline: str) -> None:
    """What is broken, and whether anybody looks after it."""
    assert verdict_of(opened, [row], unwatched=False) == (tone, headline)


def test_what_nobody_watches_is_not_called_well() -> None:
    """Old figures are no verdict; a known incident still is."""
    assert verdict_of([], [_row()], unwatched=True) == ("learning", "Nobody is watching")
    assert verdict_of([_incident()], [_row("down")], unwatched=True)[0] == "fail"


def test_a_hundred_per_cent_is_all_of_them() -> None:
    """A share is cut, never rounded up."""
    assert [share(*counts) for counts in ((99_999, 100_000), (1, 1), (0, 3), (0, 0))] == ["99.99 %", "100.00 %", "0.00 %", ""]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=50), st.text())
def test_a_sparkline_stays_in_its_frame(values: list[float | None], label: str) -> None:
    """Whatever is drawn and however it is called: every point lies within the picture, and nothing breaks out of the markup."""
    drawn = str(spark(values, [value is None for value in values], label))
    assert drawn.count("<") == drawn.count(">")
    path = re.search(r' d="([^"]*)"', drawn)
    points = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path[1]) if path else []
    assert len(points) == (sum(value is not None for value in values) if len(values) > 1 else 0)
    assert all(0 <= float(x) <= 120 and 0 <= float(y) <= 24 for x, y in points)


def test_a_vital_is_told_where_it_is_worst() -> None:
    """Of the newest walk the step with the largest figure, its band, and how that step went before."""
    figures = [
        *(WalkFigure("A", part, "lcp", "ms", value) for part, value in (("home", 900.0), ("pay", 1000.0))),
        *(WalkFigure("B", part, "lcp", "ms", value) for part, value in (("home", 800.0), ("pay", 3100.0))),
        WalkFigure("B", "pay", "cls", "score", 0.3),
    ]
    lcp, cls = vitals_of(figures)
    assert (lcp.name, lcp.value, lcp.band, lcp.part) == ("LCP", "3.1 s", "fair", "pay")
    assert "the last 2 walks" in lcp.spark
    assert (cls.value, cls.band) == ("0.300", "poor")
    assert vitals_of([]) == ()
