"""Changes of level are found, dated and measured; single bad runs and cycles are none."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.gate.trends import FEWEST, change_points, may_have_changed

START = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday
Points = list[tuple[datetime, float]]


def series(seed: int, count: int, *, step: float = 1.0, at: int = 0, daily: float = 0.0, weekend: float = 0.0) -> Points:
    """Draw hourly points around 500 ms that scatter by 5 %; from `at` on they are `step` times as high."""
    rng = random.Random(seed)
    points = []
    for hour in range(count):
        moment = START + timedelta(hours=hour)
        cycle = (1 + daily * math.sin(2 * math.pi * moment.hour / 24)) * (1 + weekend * (moment.weekday() >= 5))
        points.append((moment, 500 * rng.lognormvariate(0, 0.05) * cycle * (step if hour >= at else 1)))
    return points


def draw(seed: int, count: int, minutes: int, cycle: Callable[[datetime], float], *, step: float = 1.0, last: int = 0) -> Points:
    """Draw points around 500 ms that scatter by 5 %, so many minutes apart; the `last` ones are `step` times as high."""
    rng = random.Random(seed)
    moments = [START + timedelta(minutes=minutes * number) for number in range(count)]
    return [
        (at, 500 * rng.lognormvariate(0, 0.05) * cycle(at) * (step if number >= count - last else 1)) for number, at in enumerate(moments)
    ]


def mondays(at: datetime) -> float:
    """A fifth slower on Mondays."""
    return 1.2 if at.weekday() == 0 else 1.0


def days_off(*weekdays: int, ahead_h: int = 0) -> Callable[[datetime], float]:
    """A fifth faster on some days, by a clock that is so far ahead of UTC."""
    return lambda at: 0.8 if (at + timedelta(hours=ahead_h)).weekday() in weekdays else 1.0


def by_day(at: datetime) -> float:
    """A tenth up and down in a day."""
    return 1 + 0.1 * math.sin(2 * math.pi * (at.hour + at.minute / 60) / 24)


def office_hours(at: datetime) -> float:
    """A fifth slower while people work."""
    return 1.2 if at.weekday() < 5 and 9 <= at.hour < 17 else 1.0


def spike(at: datetime) -> float:
    """Much slower from nine to eleven."""
    return 1.3 if 9 <= at.hour < 11 else 1.0


CYCLES = {
    "slow Mondays, hourly": (1008, 60, mondays),
    "slow Mondays, each four hours": (250, 240, mondays),
    "slow Mondays, daily": (250, 1440, mondays),
    "off on Friday and Saturday, hourly": (1008, 60, days_off(4, 5)),
    "weekend of Sydney, hourly": (1008, 60, days_off(5, 6, ahead_h=10)),
    "a sine by the day, each ten minutes, a week": (1000, 10, by_day),
    "a sine by the day, each ten minutes, six weeks": (6000, 10, by_day),
    "office hours, hourly": (1008, 60, office_hours),
    "a spike each morning, hourly": (1008, 60, spike),
}


def values(points: Points) -> list[float]:
    """Return the values of points."""
    return [value for _, value in points]


@pytest.mark.parametrize(("step", "points"), [(1.1, 16), (1.2, 9), (0.8, 9)])
def test_a_lasting_change_is_found_with_when_how_much_and_how_sure(step: float, points: int) -> None:
    """A tenth more is seen within some fifteen points; the quick look sees it too."""
    drawn = series(1, 200, step=step, at=200 - points)
    (change,) = change_points(drawn)
    assert abs(change.index - (200 - points)) <= 2
    assert change.after / change.before == pytest.approx(step, rel=0.05)
    assert (change.chance < 1e-4, change.points) == (True, 200 - change.index)
    assert may_have_changed(values(drawn))


def test_two_changes_are_two() -> None:
    """Up and down again, both dated."""
    drawn = series(2, 300, step=1.2, at=100)
    back = [(at, value / (1.2 if index >= 200 else 1)) for index, (at, value) in enumerate(drawn)]
    assert [round(change.index, -1) for change in change_points(back)] == [100, 200]


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_few_bad_runs_are_no_change(bad: int) -> None:
    """One run, or even three, four times as slow: no alarm, at the end and in the middle."""
    for place in (60, 120 - bad):
        drawn = series(3, 120)
        drawn[place : place + bad] = [(at, value * 4) for at, value in drawn[place : place + bad]]
        assert change_points(drawn) == ()


@pytest.mark.parametrize("count", [30, 60, 150, 400, 1000])
def test_days_and_weeks_raise_no_alarm(count: int) -> None:
    """Slower by day, faster at weekends, from the first days on."""
    for seed in (4, 5):
        assert change_points(series(seed, count, daily=0.1, weekend=-0.2)) == ()


def test_a_change_beneath_a_cycle_is_found() -> None:
    """Once the cycle is known, it hides nothing."""
    found = change_points(series(6, 700, step=1.2, at=650, daily=0.1, weekend=-0.2))
    assert [abs(change.index - 650) <= 6 for change in found] == [True]


@pytest.mark.parametrize("name", CYCLES)
def test_what_comes_back_each_day_or_week_raises_no_alarm(name: str) -> None:
    """Whichever days are slow or off, by whatever clock, and however often it is measured."""
    count, minutes, cycle = CYCLES[name]
    assert [change_points(draw(seed, count, minutes, cycle)) for seed in range(3)] == [()] * 3


@pytest.mark.parametrize("days", [2, 3, 5, 8, 15, 26])
@pytest.mark.parametrize("minutes", [20, 60, 240])
@pytest.mark.parametrize("cycle", [mondays, days_off(4, 5), days_off(5, 6, ahead_h=-8), by_day, office_hours, spike])
def test_a_cycle_raises_no_alarm_before_it_is_known(cycle: Callable[[datetime], float], minutes: int, days: int) -> None:
    """From the first days on: what may be a part of the week is compared with the same part of another."""
    assert change_points(draw(1, days * 1440 // minutes, minutes, cycle)) == ()


@pytest.mark.parametrize(("days", "found"), [(2, False), (6, True), (10, True)])
def test_a_change_in_the_first_week_is_told_when_its_week_came_round(days: int, found: bool) -> None:
    """On a Thursday nobody knows yet how Thursdays are; on the next Monday it is told, with the day on which it was."""
    changes = change_points(draw(1, (3 + days) * 24, 60, lambda _: 1.0, step=1.2, last=days * 24))
    assert [abs(change.index - 72) <= 3 for change in changes] == [True] * found


@pytest.mark.parametrize("step", [0.75, 1.25])
@pytest.mark.parametrize("name", [name for name in CYCLES if not name.endswith(", a week")])
def test_a_step_beneath_a_cycle_is_found_with_its_place(name: str, step: float) -> None:
    """A quarter more or less, for five hours of points that are minutes apart and for 16 points of others, and nothing else."""
    count, minutes, cycle = CYCLES[name]
    last = max(16, 300 // minutes)
    (change,) = change_points(draw(1, count, minutes, cycle, step=step, last=last))
    assert abs(change.index - (count - last)) <= max(3, 60 // minutes)
    assert change.points == count - change.index


def test_of_more_points_than_are_looked_at_hours_are() -> None:
    """A change is told at the first point of its hour, and by what points are since."""
    found = change_points(draw(3, 1200, 20, lambda _: 1.0, step=1.3, last=60))
    assert [(change.index, change.points) for change in found] == [(1140, 60)]


def shaped(seed: int, count: int, shape: Callable[[float], float], weekend: float = 0.0) -> Points:
    """Draw nightly points around 500 ms that scatter by 5 %; `shape` says how high one is at 0 (the first) to 1 (the last)."""
    rng = random.Random(seed)
    nights = [START + timedelta(days=night) for night in range(count)]
    return [
        (at, 500 * rng.lognormvariate(0, 0.05) * shape(night / count) * (1 + weekend * (at.weekday() >= 5)))
        for night, at in enumerate(nights)
    ]


@pytest.mark.parametrize("weekend", [0.0, -0.2])
@pytest.mark.parametrize("times", [0.6, 1.6])
def test_a_steady_drift_is_one_change_with_its_two_ends(times: float, weekend: float) -> None:
    """Between two flat levels: from when until when and from what to what, not a staircase; weekends hide nothing of it."""
    (change,) = change_points(shaped(1, 200, lambda x: times ** min(max(2 * x - 0.5, 0), 1), weekend))
    assert (abs(change.index - 50) <= 12, abs((change.last or 0) - 150) <= 12, change.points) == (True, True, 200 - change.index)
    assert change.chance < 1e-9
    assert change.after / change.before == pytest.approx(times, rel=0.08)


def test_a_drift_that_goes_on_is_told_up_to_the_newest_runs() -> None:
    """All its length it rises; its first point may be the series' second one, its last one the newest."""
    (change,) = change_points(shaped(2, 120, lambda x: 1 + 0.6 * x))
    assert (1 <= change.index <= 12, change.last is not None and change.last >= 108) == (True, True)


@pytest.mark.parametrize("times", [1.1, 1.2, 1.5])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_steps_stay_steps(steps: int, times: float) -> None:
    """Several in one direction too, with flat stretches between."""
    for seed in range(5):
        found = change_points(shaped(seed, 240, lambda x: times ** int(x * (steps + 1))))
        assert [change.last for change in found] == [None] * steps
        assert all(abs(change.index - 240 * step / (steps + 1)) <= 15 for step, change in enumerate(found, 1))


def test_a_step_beside_a_drift_is_told_beside_it() -> None:
    """Down at once after it had risen for long."""
    drift, step = change_points(shaped(3, 300, lambda x: 1 + 0.6 * min(2 * x, 1) if x < 0.75 else 1.0))
    assert (drift.last is not None, step.last, abs(step.index - 225) <= 2) == (True, None, True)


def test_noise_alone_raises_no_alarm() -> None:
    """A steady series, also the quick look on it."""
    for seed in range(7, 12):
        assert change_points(series(seed, 300)) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1e6), max_size=60))
def test_no_series_is_too_odd(drawn: list[float]) -> None:
    """Zeros, ties and jumps of any size are answered, not raised."""
    points = [(START + timedelta(hours=hour), value) for hour, value in enumerate(drawn)]
    found = change_points(points)
    assert all(0 < change.index < len(points) for change in found)
    if len(points) < FEWEST:
        assert (found, may_have_changed(drawn)) == ((), False)
    may_have_changed(drawn)
