"""How verdicts are put into words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from footfall.gate.verdict import Outcome, Verdict
from footfall.report import words
from tests.unit.report import views


def _verdict(figure: float | None, comparator: str = "<=", limit: float | None = 2500.0, unit: str = "ms") -> Verdict:
    example = views.failed().verdicts[0]
    return replace(example, figure=figure, comparator=comparator, limit=limit, unit=unit)


@pytest.mark.parametrize(
    ("figure", "comparator", "said"),
    [
        (3420.0, "<=", "3.42 s > 2.5 s"),
        (812.0, "<=", "812 ms ≤ 2.5 s"),
        (2500.4, "<=", "2.5004 s > 2.5 s"),  # as many digits as make the verdict visible
        (2500.0, "<", "2.5 s ≥ 2.5 s"),
        (2400.0, ">=", "2.4 s < 2.5 s"),
        (2600.0, ">", "2.6 s > 2.5 s"),
        (None, "<=", "nothing observed"),
    ],
)
def test_a_comparison_is_always_true(figure: float | None, comparator: str, said: str) -> None:
    """The sign between figure and limit tells how they lie, not how they were meant to lie."""
    assert words.comparison(_verdict(figure, comparator)) == said


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (_verdict(3420.0), "920 ms over the limit (+37 %)"),
        (_verdict(2400.0, ">="), "100 ms under the limit (−4 %)"),
        (_verdict(0.6, ">=", 0.99, "ratio"), "39 percentage points under the limit"),
        (_verdict(5.0, "<=", 0.0, "count"), "5 over the limit"),
        (_verdict(2400.0), ""),
        (_verdict(None), ""),
        (replace(_verdict(3420.0), outcome=Outcome.PASS), ""),
    ],
)
def test_by_how_much_a_limit_is_missed(verdict: Verdict, said: str) -> None:
    """The gap is told in the metric's unit, and in per cent where that means something."""
    assert words.excess(verdict) == said


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (views.failed, "1 of 28 budgets is broken."),
        (views.healthy, "No budget is broken; 1 of 28 budgets is past the warning level."),
        (views.undecided, "2 of 30 budgets are broken and 1 journey failed."),
        (views.empty, "Nothing was measured."),
    ],
)
def test_the_headline_says_how_the_run_fared(build: views.Build, said: str) -> None:
    """One sentence, in the singular where it is one."""
    assert words.headline(build()) == said


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (59, "59 s"), (112, "1 min 52 s"), (7260, "2 h 1 min")])
def test_durations_for_people(seconds: float, said: str) -> None:
    """Two units at most."""
    assert words.duration(timedelta(seconds=seconds)) == said


def test_moments_since_the_start_survive_a_clock_that_jumps() -> None:
    """A moment before the start is told by its date."""
    assert words.elapsed(views.STARTED + timedelta(seconds=65), views.STARTED) == "+1:05"
    assert words.elapsed(views.STARTED - timedelta(days=1), views.STARTED) == "20 Nov 2026, 05:00 UTC"
