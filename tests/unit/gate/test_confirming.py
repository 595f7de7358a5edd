"""A limit beside a baseline fails only when it is broken again; a window's budget is judged by all that fell into it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome, Verdict
from footfall.samples import Series
from footfall.stats import Figures, Histogram
from tests.unit.gate.making import judged, loaded, on_journey, on_load, one, seen

BUDGET = "p50 <= baseline + 10%"


def figures(*medians: float) -> tuple[Figures, ...]:
    """Return one run's figures per median."""
    return tuple(Figures.of_values([median]) for median in medians)


def steady(seed: int = 1, spread: float = 0.02) -> tuple[Figures, ...]:
    """Return twenty runs around 600 ms."""
    rng = random.Random(seed)
    return figures(*(600 * rng.lognormvariate(0, spread) for _ in range(20)))


def held(now: float, *again: float) -> Verdict:
    """Hold one run, and the rounds in which it was measured again, against a budget beside a baseline."""
    found = seen([now] * 5, part="pay")
    return one(on_journey(BUDGET, part="pay"), found, history={found.series: steady()}, again={found.series: figures(*again)})


def test_what_is_broken_once_is_a_suspicion() -> None:
    """However far beyond: the run may have been a bad one. Measuring again is asked for."""
    verdict = held(1200.0)
    assert (verdict.outcome, verdict.suspected, verdict.needed) == (Outcome.INCONCLUSIVE, True, None)
    assert "not yet confirmed by measuring again" in verdict.reason


def test_what_is_broken_again_fails_with_the_new_figures() -> None:
    """The rounds alone decide, and the verdict shows what they saw."""
    verdict = held(1200.0, 900.0, 910.0, 890.0)
    assert (verdict.outcome, verdict.suspected) == (Outcome.FAIL, False)
    assert verdict.figure == pytest.approx(900, rel=0.01)
    assert "measured again 3 times, usually 60" in verdict.reason
    assert verdict.reason.endswith("too far beyond the limit for chance, and confirmed")


def test_what_is_not_broken_again_passes() -> None:
    """One bad run does not fail a gate."""
    verdict = held(1200.0, 605.0, 610.0, 600.0)
    assert verdict.outcome is Outcome.PASS
    assert verdict.figure is not None
    assert verdict.limit is not None
    assert verdict.figure < verdict.limit


def test_what_is_broken_again_by_little_stays_open() -> None:
    """Runs differ by as much."""
    assert held(1200.0, 664.0, 663.0, 665.0).outcome is Outcome.INCONCLUSIVE


def test_two_rounds_confirm_nothing() -> None:
    """A confirmation that was cut short leaves the suspicion."""
    assert held(1200.0, 900.0, 900.0).suspected


def test_what_was_kept_at_first_is_not_measured_again() -> None:
    """A pass stays one."""
    assert held(600.0, 900.0, 900.0, 900.0).outcome is Outcome.PASS


def test_forty_budgets_share_one_chance() -> None:
    """One that is barely beyond fails alone, and not among forty."""
    budgets = [budget for number in range(40) for budget in on_journey(BUDGET, part=f"s{number}")]
    found = [seen([700.0] * 5, part=f"s{number}") for number in range(40)]
    history = {each.series: steady() for each in found}
    again = {each.series: figures(*[690.0] * 3) for each in found}
    (alone,) = judged(budgets[:1], found[0], history=history, again=again)
    assert alone.outcome is Outcome.FAIL
    assert {verdict.outcome for verdict in judged(budgets, *found, history=history, again=again)} == {Outcome.INCONCLUSIVE}


def windowed(found: Observation, wider: Observation, window_ms: float) -> dict[tuple[Series, float], Observation]:
    """Return a window's evidence."""
    return {(found.series, window_ms): replace(wider, series=found.series)}


def test_a_window_is_judged_by_all_that_fell_into_it() -> None:
    """5 of 5 in this run, but 950 of 1,000 in thirty days: broken. Another window sees other things."""
    now, month = seen([1.0] * 5, "success"), seen([1.0] * 950 + [0.0] * 50, "success")
    over = windowed(now, month, 30 * 86.4e6)
    verdict = one(on_journey("rate >= 99% over 30d", "success"), now, over=over)
    assert (verdict.outcome, verdict.count, verdict.figure) == (Outcome.FAIL, 1000, 0.95)
    assert "950 of 1,000 in the 30 d up to the end of this run" in verdict.reason
    assert one(on_journey("rate >= 99% over 1d", "success"), now, over=over).outcome is Outcome.PASS
    assert one(on_journey("rate >= 99%", "success"), now, over=over).outcome is Outcome.PASS


def test_min_samples_counts_the_window_s() -> None:
    """A hundred samples may come from many runs."""
    now, day = seen([900.0] * 5, part="pay"), seen([900.0] * 120, part="pay")
    budget = on_journey({"fail": "p75 <= 1s over 1d", "min_samples": 100}, part="pay")
    assert one(budget, now).outcome is Outcome.INCONCLUSIVE
    assert one(budget, now, over=windowed(now, day, 86.4e6)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("medians", "outcome"),
    [
        ([110.0, 109.0, 111.0], Outcome.FAIL),
        ([50.0, 51.0, 52.0], Outcome.PASS),
        ([80.0, 79.0, 82.0], Outcome.INCONCLUSIVE),
        ([60.0, 60.0, 180.0], Outcome.INCONCLUSIVE),
    ],
)
def test_a_load_s_window_is_judged_by_how_its_runs_differ(medians: list[float], outcome: Outcome) -> None:
    """Three runs of a load decide far from the limit, and nothing where they contradict each other; what is said counts runs."""
    runs = tuple(Histogram.merged(window.histogram for window in loaded(median, 75).windows) for median in medians)
    week = replace(loaded(60.0), figures=Figures.of_histogram(Histogram.merged(runs)), windows=(), runs=runs)
    verdict = one(on_load("p95 <= 130ms over 7d"), loaded(60.0), over=windowed(week, week, 7 * 86.4e6))
    assert verdict.outcome is outcome
    assert "9,000 requests in 3 runs in the 7 d up to the end of this run" in verdict.reason
    assert ("such runs would settle it" in verdict.reason) == (verdict.needed is not None)


def test_a_window_that_holds_this_run_alone_is_judged_by_its_seconds() -> None:
    """A percentile that no summary holds is had from the runs' histograms too."""
    run = loaded(60.0, 75)
    assert one(on_load("p95 <= 130ms over 7d"), run).outcome is Outcome.PASS
    runs = (Histogram.merged(window.histogram for window in run.windows),) * 4
    over = windowed(run, replace(run, windows=(), runs=runs), 7 * 86.4e6)
    assert one(on_load("p99.9 <= 2s over 7d"), run, over=over).outcome is Outcome.PASS
