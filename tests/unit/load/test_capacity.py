"""The search for how much a site holds: few levels, and a sentence that says what was found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.gate.verdict import Outcome, Verdict
from footfall.load.capacity import BROKE, HELD, UNSURE, Level, Search, sentence, weigh

LATENCY = Verdict(
    Outcome.PASS, "load.ci.latency", "p95 <= 500ms", "fail", "p95 is 100 ms", "load", "ci", "", "latency", "p95", "<=", "ms",
    figure=100, limit=500,
)  # fmt: skip
ERRORS = replace(LATENCY, key="load.ci.errors", metric="errors", figure=0.0, limit=0.01, reason="0 %")

FAILED = replace(LATENCY, outcome=Outcome.FAIL, figure=600.0)


def level(at: int, truth: int) -> Level:
    """What a site that holds `truth` does with `at`."""
    held = at <= truth
    return Level(at, HELD if held else BROKE, "" if held else "load.ci.latency", "" if held else "p95 is 2 s", throughput=at, p95_ms=20)


def searched(truth: int, start: int = 50, most: int = 5000) -> tuple[Search, list[Level]]:
    """Search to the end."""
    search, levels = Search(start, most), list[Level]()
    while (at := search.next()) is not None:
        levels.append(level(at, truth))
        search.tell(levels[-1])
    return search, levels


@given(st.integers(1, 6000), st.integers(1, 500))
def test_the_place_is_found(truth: int, start: int) -> None:
    """Within a tenth, or as high as was allowed, in a dozen levels or so."""
    search, levels = searched(truth, start)
    assert len(levels) <= 24
    if truth >= 5000:
        assert search.held == 5000
    else:
        assert search.broke is not None
        assert search.held <= truth < search.broke
        assert search.broke - search.held <= max(1, 0.1 * search.broke)


def test_the_sentence() -> None:
    """What capacity planning needs."""
    _, levels = searched(430)
    assert sentence("ci", "users", levels) == (
        "ci holds 425 users within its budgets (425 requests/s, p95 20 ms); the first to break is load.ci.latency, at 450 users: p95 is 2 s"
    )
    assert sentence("ci", "users", searched(6000)[1]).endswith("that is the most that was tried, and no budget broke")
    assert sentence("ci", "users", searched(0)[1]).startswith("ci does not hold the least that was tried; the first to break is")


def test_a_generator_at_its_end_is_not_the_sites_end() -> None:
    """The sentence says so, and a machine too busy for the first level is not asked for less."""
    search = Search(100, 1000)
    search.tell(level(100, 1000))
    search.tell(Level(200, UNSURE, reason="the generator was saturated"))
    assert search.next() == 150
    said = sentence("ci", "users", [level(100, 1000), Level(200, UNSURE, reason="the generator was saturated")])
    assert said.endswith("what it does with 200 cannot be told: the generator was saturated")
    lost = Search(100, 1000)
    lost.tell(Level(100, UNSURE))
    assert lost.next() is None


@pytest.mark.parametrize(
    ("verdicts", "spoilt", "again", "state", "first"),
    [
        ([LATENCY, ERRORS], "", False, HELD, ""),
        ([replace(LATENCY, outcome=Outcome.WARN)], "", False, HELD, ""),
        ([FAILED, replace(ERRORS, outcome=Outcome.FAIL, figure=0.5)], "", False, BROKE, ERRORS.key),
        ([replace(LATENCY, outcome=Outcome.INCONCLUSIVE, figure=400.0)], "", False, BROKE, LATENCY.key),
        ([replace(LATENCY, outcome=Outcome.INCONCLUSIVE, figure=400.0)], "", True, HELD, ""),
        ([replace(LATENCY, outcome=Outcome.INCONCLUSIVE, figure=600.0)], "", True, BROKE, LATENCY.key),
        ([replace(LATENCY, outcome=Outcome.MISSING, figure=None)], "", True, BROKE, LATENCY.key),
        ([LATENCY], "starved", False, UNSURE, ""),
    ],
)  # fmt: skip
def test_what_the_verdicts_mean(verdicts: list[Verdict], spoilt: str, again: bool, state: str, first: str) -> None:
    """What breaks furthest beyond its limit is named; too close to call is broken at first, and its figure decides the second time."""
    found = weigh(100, verdicts, spoilt, again=again)
    assert (found.state, found.first) == (state, first)
