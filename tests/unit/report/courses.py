"""Courses for tests: a steady line, one that rises, one that falls, over some days."""

from __future__ import annotations

import math
import random
from datetime import timedelta

from footfall.metrics import Kind
from footfall.report.course import Course, CourseRun, Line, Mark, course_of
from tests.unit.report import views

RISING = views.series("journey", "checkout", "pay", "duration", views.DESKTOP)
STEADY = views.series("journey", "checkout", "", "success", views.DESKTOP)
FALLING = views.series("probe", "api", "", "latency")


def runs(count: int, days: float) -> list[CourseRun]:
    """Runs at equal distances, the last at the example run's start."""
    step = timedelta(days=days) / max(1, count - 1)
    return [CourseRun(f"RUN{n:05}", views.STARTED - step * (count - 1 - n), f"{n:040x}", "pass") for n in range(count)]


def course(count: int = 60, days: float = 60.0, limit: float = 900.0) -> Course:
    """Payment rises by 0.5 % a day from 500 ms, a probe falls by 1 % a day; both with 3 % noise."""
    chance = random.Random(5)
    told = runs(count, days)
    ages = [(run.started - told[0].started) / timedelta(days=1) for run in told]
    figures = {
        RISING: [500 * math.exp(0.005 * age) * chance.lognormvariate(0, 0.03) for age in ages],
        STEADY: [1.0] * count,
        FALLING: [80 * math.exp(-0.01 * age) * chance.lognormvariate(0, 0.03) for age in ages],
    }
    lines = [Line(RISING, Kind.TREND, "ms", "p75", limit), Line(STEADY, Kind.RATE, "ratio", "rate", 0.99, upper=False),
             Line(FALLING, Kind.TREND, "ms", "p75", 500.0)]  # fmt: skip
    marks = [
        Mark(told[0].started + timedelta(days=days / 2), "deployment", "deployed v42"),
        Mark(told[-1].started - timedelta(days=1), "change", "duration +12 %: 600 ms → 672 ms", RISING, worse=True),
    ]
    return course_of({series: list(zip(told, values, strict=True)) for series, values in figures.items()}, lines, marks)
