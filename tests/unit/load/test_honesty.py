"""When a generator's own figures cannot be trusted, and when they can although the machine was busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from footfall.gate.evidence import Observation, Window
from footfall.gate.verdict import Outcome, Verdict
from footfall.load.honesty import distrust, late_warning
from footfall.metrics import LOAD_METRICS
from footfall.samples import Series
from footfall.stats import Figures, Histogram
from footfall.store.summary import rate_figures

AT = datetime(2026, 11, 21, 5, tzinfo=UTC)


def seen(metric: str, values: Sequence[float], **labels: str) -> Observation:
    """One value a second of a metric of the profile ci."""
    series = Series("corner", "load", "ci", "", metric, tuple(sorted(labels.items())))
    kind, unit = LOAD_METRICS[metric].kind, LOAD_METRICS[metric].unit
    return Observation(series, kind, unit, Figures.of_values(values), tuple(values))


def late(*lags: tuple[float, int], **labels: str) -> Observation:
    """How late the generator's event loop was: (ms, how many times)."""
    histogram = Histogram()
    for ms, times in lags:
        histogram.record(ms, times)
    series = Series("corner", "load", "ci", "", "generator_lag", tuple(sorted(labels.items())))
    return Observation(
        series, LOAD_METRICS["generator_lag"].kind, "ms", Figures.of_histogram(histogram), windows=(Window(AT, 1, histogram),)
    )


def broken(figure: float, limit: float = 200.0, outcome: Outcome = Outcome.FAIL) -> Verdict:
    """A verdict on the profile's p95."""
    return Verdict(
        outcome, "load.ci.latency", "p95 <= 200ms", "fail", "", "load", "ci", "", "latency", "p95", "<=", "ms", None, figure, limit
    )


FIFTY_USERS = (
    *(seen("users", [50.0] * 40), seen("users_aim", [50.0] * 40), seen("throughput", [35.0] * 40)),
    *(seen("dropped", [0.0] * 40), seen("generator_cpu", [0.05] * 40)),
)
"""What the ci profile does: each user asks for something every 1.4 seconds."""
QUIET = late((0.7, 3960), (3.0, 40))
BUSY = late((1.0, 3600), (50.0, 300), (120.0, 100))
"""As measured on two cores with a load average of eleven: p95 50 ms, p99 120 ms."""


def test_a_quiet_generator_is_trusted() -> None:
    """The usual case, whatever the verdicts."""
    assert distrust([*FIFTY_USERS, QUIET], [broken(900)]) is None
    assert distrust([]) is None


def test_a_busy_machine_does_not_spoil_a_pass() -> None:
    """Lateness makes figures look worse, never better: what passes with it, passes."""
    assert distrust([*FIFTY_USERS, BUSY]) is None
    assert distrust([*FIFTY_USERS, BUSY], [broken(60, outcome=Outcome.PASS)]) is None


def test_lateness_spoils_a_failure_that_it_may_have_made() -> None:
    """A p95 that is over its limit by less than the generator's lateness may be the generator's own."""
    reason = distrust([*FIFTY_USERS, BUSY], [broken(260)])
    assert reason is not None
    assert "260 ms over 200 ms" in reason
    assert "quieter machine" in reason


def test_lateness_takes_no_verdict_away_for_a_warning() -> None:
    """A warning fails nothing; that it may be the generator's own is said beside it. Where warnings fail, it is as with failures."""
    warned = [broken(260, outcome=Outcome.WARN)]
    assert distrust([*FIFTY_USERS, BUSY], warned) is None
    assert "260 ms over 200 ms" in (late_warning([*FIFTY_USERS, BUSY], warned) or "")
    assert "260 ms over 200 ms" in (distrust([*FIFTY_USERS, BUSY], warned, strict=True) or "")
    assert late_warning([*FIFTY_USERS, QUIET], warned) is None
    assert late_warning([*FIFTY_USERS, BUSY], [broken(260)]) is None


def test_lateness_excuses_no_failure_that_it_cannot_explain() -> None:
    """Three seconds are not a late event loop."""
    assert distrust([*FIFTY_USERS, BUSY], [broken(3000)]) is None


def test_timers_own_jitter_is_no_excuse() -> None:
    """A millisecond or three of lateness is how timers are: a failure just over its limit stays one."""
    assert distrust([*FIFTY_USERS, QUIET], [broken(201)]) is None


def test_a_starved_generator_never_passes() -> None:
    """Users who come late send less: then even a pass means little."""
    reason = distrust([*FIFTY_USERS, late((40.0, 3000), (300.0, 300))])
    assert reason is not None
    assert "about 9% less than they would have" in reason


def test_users_without_think_time_are_starved_sooner() -> None:
    """What matters is the lateness against what a user takes for one request."""
    eager = (seen("users", [50.0] * 40), seen("throughput", [2000.0] * 40))
    assert distrust([*eager, late((0.7, 4000))]) is not None
    assert distrust([*eager, late((0.1, 4000))]) is None


def test_an_open_profile_is_not_starved() -> None:
    """Its arrivals do not wait for a late loop: they are counted from when they were meant to begin, or dropped."""
    waiting = (seen("users", [50.0] * 40), seen("throughput", [2000.0] * 40), late((40.0, 4000)))
    assert distrust([*waiting, seen("response", [50.0])]) is None
    assert distrust(waiting) is not None


@pytest.mark.parametrize(("seconds", "trusted"), [(1, True), (2, True), (3, False), (40, False)])
def test_a_saturated_core(seconds: int, trusted: bool) -> None:
    """Over 85 % of its core in more than one second in twenty."""
    shares = [0.95] * seconds + [0.5] * (40 - seconds)
    reason = distrust([seen("generator_cpu", shares)])
    assert (reason is None) == trusted
    assert trusted or "saturated" in str(reason)


def test_one_saturated_worker_is_enough() -> None:
    """Idle workers do not make up for it."""
    assert distrust([seen("generator_cpu", [0.2] * 40, worker="0"), seen("generator_cpu", [0.9] * 40, worker="1")]) is not None


def test_anything_dropped_spoils_the_run() -> None:
    """What could not be sent is not in the figures."""
    reason = distrust([seen("dropped", [0.0] * 39 + [3.0])])
    assert reason is not None
    assert "3 requests could not be started" in reason


def test_what_was_dropped_excuses_no_broken_latency() -> None:
    """Without it the figures look better than they are: what breaks all the same is broken."""
    assert distrust([seen("dropped", [3.0])], [broken(900)]) is None
    assert distrust([seen("dropped", [3.0])], [broken(900, outcome=Outcome.WARN)]) is not None


def counted(metric: str, failed: int, of: int) -> Observation:
    """A rate over a run."""
    series = Series("corner", "load", "ci", "", metric)
    return Observation(series, LOAD_METRICS[metric].kind, "ratio", rate_figures([failed], [of]), (failed / of,))


def test_a_site_that_turns_people_away_is_not_judged() -> None:
    """A 429 is quick and no failure: with many of them neither latency nor errors mean anything."""
    reason = distrust([counted("errors", 0, 1000), counted("limited", 200, 1000)])
    assert reason is not None
    assert "turned away 20.0% of the requests (429)" in reason
    assert distrust([counted("errors", 0, 1000), counted("limited", 5, 1000)]) is None


def test_a_crowd_beside_journeys_is_judged_only_where_asked() -> None:
    """Browsers on the same machine make its generator late; that spoils only budgets on its own figures."""
    crowd = [seen("generator_cpu", [0.99] * 40, under_load="ci"), *FIFTY_USERS, QUIET]
    asked = replace(broken(100, outcome=Outcome.PASS), series=crowd[0].series)
    assert distrust(crowd, [broken(100, outcome=Outcome.PASS)]) is None
    assert "saturated" in str(distrust(crowd, [asked]))


@pytest.mark.parametrize(("there", "trusted"), [(100, True), (99, True), (98, False), (40, False)])
def test_users_who_died_are_not_a_plateau(there: int, trusted: bool) -> None:
    """Locust replaces nobody whose on_start raised: a site that holds 40 users says nothing of a hundred."""
    reason = distrust([seen("users", [there] * 40), seen("users_aim", [100.0] * 40)])
    assert (reason is None) == trusted
    assert trusted or f"{there} of 100 users were there" in str(reason)


def test_users_who_died_excuse_no_broken_budget() -> None:
    """What breaks under fewer users than were meant is broken; that fewer asked for less is no fault of the site's."""
    died = [seen("users", [40.0] * 40), seen("users_aim", [100.0] * 40)]
    assert distrust(died, [broken(900)]) is None
    assert distrust(died, [replace(broken(0.5, 0.01), metric="errors")]) is None
    assert distrust(died, [replace(broken(30, 50), metric="throughput")]) is not None


def test_the_last_second_may_see_users_go() -> None:
    """A worker looks at its users a moment after a second's end, when the first may have left; a short hold is no less true for it."""
    assert distrust([seen("users", [10.0, 0.0]), seen("users_aim", [10.0, 10.0])]) is None
    assert distrust([seen("users", [0.0]), seen("users_aim", [10.0])]) is not None


def test_the_ramp_does_not_count() -> None:
    """Budgets judge the steady part, and so does this."""
    assert distrust([seen("generator_cpu", [0.99] * 8, phase="ramp"), seen("dropped", [9.0], phase="ramp")]) is None
