"""Trends over many runs: tables, what they foretell, and the page that shows them."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes

from footfall.gate.verdict import Outcome
from footfall.metrics import Kind
from footfall.report import frames
from footfall.report.course import Budgeted, field_of
from footfall.report.forecast import crossing, drift
from footfall.report.html import html, pages
from footfall.report.templates import TemplateSource
from footfall.report.trendpage import TrendPage
from footfall.report.view import with_history
from tests.unit.report import courses, views

TEMPLATES = TemplateSource(None, Path(__file__).parents[3] / "reports")
DAYS = [float(n) for n in range(60)]


def _noisy(rate: float, noise: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [500 * math.exp(rate * at) * chance.lognormvariate(0, noise) for at in DAYS]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.floats(1.0, 1e6)), min_size=8, max_size=25, unique_by=lambda pair: pair[0]))
def test_a_drift_is_theil_and_sens_slope(points: list[tuple[int, float]]) -> None:
    """The slope and its interval are those of scipy, which takes a second to import."""
    days, values = (list(column) for column in zip(*sorted(points), strict=True))
    found = drift([float(day) for day in days], values)
    logs = np.log(values)
    known = theilslopes(logs, days, alpha=0.99)
    assert found is not None
    assert found.per_day == pytest.approx(known.slope, abs=1e-9)
    if len(set(logs)) == len(logs):  # scipy corrects its interval for ties
        assert [found.low, found.high] == pytest.approx([known.low_slope, known.high_slope], abs=1e-9)


def test_a_step_is_no_drift() -> None:
    """A level that changed once does not go on changing; a drift beside a step is found, from the level that it has now."""
    step = [value * (1.25 if at >= 40 else 1.0) for at, value in zip(DAYS, _noisy(0.0, 0.03), strict=True)]
    assert crossing(DAYS, step, 800.0) is not None  # as long as nobody says that it was a step
    assert crossing(DAYS, step, 800.0, breaks=[40.0]) is None
    still = drift(DAYS, step, [40.0])
    assert still is not None
    assert not still.clear
    both = [value * (1.25 if at >= 40 else 1.0) for at, value in zip(DAYS, _noisy(0.005, 0.02), strict=True)]
    found = crossing(DAYS, both, 1000.0, breaks=[40.0])
    assert found is not None
    assert found.per_day == pytest.approx(0.005, rel=0.2)
    assert found.likely == pytest.approx(math.log(1000 / 625) / 0.005 - DAYS[-1], rel=0.25)
    assert drift(DAYS, step, [at + 0.5 for at in DAYS]) is None  # nothing is left to compare


def test_a_change_that_is_a_drift_breaks_no_forecast() -> None:
    """A steady drift crosses its budget whether or not it is told as a change; cut where steps were seen, nobody could say when."""
    known = courses.course(60, 60, limit=1000.0)
    mark = replace(known.marks[1], kind="drift", at=known.runs[0].started, until=known.runs[-1].started)
    plain, told = (TrendPage(replace(known, marks=marks)) for marks in ((), (mark,)))
    assert [outlook.when for outlook in told.outlooks if outlook.when] == [outlook.when for outlook in plain.outlooks if outlook.when] != []
    assert (told.changes, told.week.changes) == ((mark,), (mark,))  # it ends this week


def test_a_drift_that_is_over_goes_on_no_more() -> None:
    """Eight days at its new level say more of the days to come than the weeks in which a line rose."""
    known = courses.course(60, 60, limit=1000.0)
    mark = replace(known.marks[1], kind="drift", at=known.runs[0].started, until=known.runs[45].started)
    rises = TrendPage(replace(known, marks=(mark,)))
    line = next(number for number, each in enumerate(known.lines) if each.series == mark.series)
    assert [len(rises._lately[line][0]), len(rises._daily[line][0])] == [14, 60]
    late = replace(mark, until=known.runs[55].started)  # four days ago: it may still go on
    assert len(TrendPage(replace(known, marks=(late,)))._lately[line][0]) == 60


def test_the_commits_between_are_told_beside_a_change() -> None:
    """Folded away, with how many are not listed; a drift stands in its picture at both ends; what somebody wrote is only ever text."""
    known = courses.course(60, 60)
    commits = (("3f2a91c", "fix <script>alert(1)</script> \x1b[31mred\u202e"), ("77aa01b", "x" * 5000))
    mark = replace(known.marks[1], kind="drift", at=known.runs[30].started, until=known.runs[50].started, commits=commits, more=5)
    for name in ("trends", "weekly", "operations"):
        shown = replace(mark, until=known.runs[-1].started) if name == "weekly" else mark
        page = html(with_history(views.failed(), replace(known, marks=(shown,))), TEMPLATES, name).decode()
        assert "<summary>7 commits between</summary>" in page
        assert "<code>3f2a91c</code> fix &lt;script&gt;alert(1)&lt;/script&gt; red</li>" in page
        assert "and 5 more" in page
        assert "x" * 2001 not in page
        assert page.count('class="event drift"') == (2 if name == "trends" else 0)


def test_a_crossing_is_told_with_its_uncertainty() -> None:
    """A line that rises by 1 % a day from 500 ms meets 1 s after ln 2 / 1 % = 69 days; the interval holds that day."""
    found = crossing(DAYS, _noisy(0.01, 0.03), 1000.0)
    assert found is not None
    assert found.latest is not None
    assert found.earliest < found.likely < found.latest
    assert found.earliest < 69.3 - DAYS[-1] < found.latest


def test_a_floor_is_crossed_from_above() -> None:
    """A share that falls meets its lower limit."""
    found = crossing(DAYS, _noisy(-0.01, 0.03), 250.0, upper=False)
    assert found is not None
    assert found.likely == pytest.approx(69.3 - DAYS[-1], abs=5)


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        (_noisy(0.0, 0.05), 900.0),  # no trend
        (_noisy(-0.01, 0.03), 900.0),  # away from the limit
        (_noisy(0.01, 0.03), 400.0),  # crossed already
        (_noisy(0.0005, 0.001), 90_000.0),  # years away
        (_noisy(0.01, 0.03)[:5], 900.0),  # too few points
        ([0.0, *_noisy(0.01, 0.03)[1:]], 900.0),  # no logarithm
        (_noisy(0.01, 0.03), 0.0),
    ],
)
def test_nothing_is_foretold_where_nothing_can_be(values: list[float], limit: float) -> None:
    """No trend, the wrong way, passed already, far away, too little known."""
    assert crossing(DAYS[: len(values)], values, limit) is None


def test_noise_is_hardly_ever_called_a_drift() -> None:
    """Of two hundred lines that go nowhere at most four seem to (1 % each way is allowed for)."""
    found = [drift(DAYS, _noisy(0.0, 0.10, seed)) for seed in range(200)]
    assert sum(each is not None and each.clear for each in found) <= 4


def test_few_runs_stand_for_themselves_and_many_are_gathered() -> None:
    """A picture has some hundred points however many runs there are; no figure leaves its stretch's range."""
    few, many = (frames.curves(frames.wide(courses.course(count))) for count in (60, 2000))
    assert (few.gathered, len(few.middle)) == (False, 60)
    assert (many.gathered, len(many.middle)) == (True, frames.BUCKETS)
    assert ((many.low <= many.middle) & (many.middle <= many.high)).all(axis=None)
    assert many.smooth[0].iloc[-1] > many.smooth[0].dropna().iloc[0]


def test_figures_that_were_not_seen_or_are_no_numbers_are_gaps() -> None:
    """A run without a series, NaN and infinities leave holes; two figures of one run count once."""
    known = courses.course(10)
    cells = np.vstack([known.cells[1:], [[0, 3, math.inf], [1, 4, math.nan], [2, 9, 77.0]]])
    table = frames.wide(replace(known, cells=cells))
    assert math.isnan(table[0].iloc[0])
    assert math.isnan(table[0].iloc[3])
    assert table[2].iloc[9] == 77.0


def test_figures_that_are_no_numbers_at_all_foretell_nothing() -> None:
    """A history of nothing but NaN is drawn as empty pictures: no drift, no week, nothing that breaks the page."""
    known = courses.course(10)
    page = TrendPage(replace(known, cells=np.column_stack([known.cells[:, :2], np.full(len(known.cells), math.nan)])))
    assert (page.outlooks, page.weeks, len(page.charts)) == ((), (), 3)
    assert all(set(chart["y"]) == {None} for chart in json.loads(page.payload)["charts"].values())


def test_this_week_stands_beside_the_week_before() -> None:
    """Medians of both, the change, and what got worse first; a probe that got faster is better."""
    rows = TrendPage(courses.course(120, 30)).weeks
    assert (rows[0].place, rows[0].worse) == ("checkout › pay", True)
    told = {row.place: row for row in rows}
    assert told["checkout › pay"].share == pytest.approx(math.expm1(0.035), abs=0.02)
    assert told["api"].share == pytest.approx(math.expm1(-0.07), abs=0.02)
    assert (told["checkout"].change, told["checkout"].notable) == ("", False)


def test_what_drifts_is_told_and_what_will_break_first() -> None:
    """Payment rises towards its limit and comes first, with a date; the probe that falls is better."""
    first, second = TrendPage(courses.course(120, 60)).outlooks
    assert (first.place, first.worse) == ("checkout › pay", True)
    assert re.match(r"will cross 900 ms about \d+ \w{3} 20\d\d \(\d+ \w{3} 20\d\d to ", first.when)
    assert (second.place, second.worse, second.when) == ("api", False, "")


def test_no_day_is_told_on_which_a_limit_that_moves_will_be_met() -> None:
    """A limit beside a baseline goes where the figures go: the line still drifts, and today's limit is drawn."""
    known = courses.course(120, 60)
    base = replace(views.failed().verdicts[0], series=courses.RISING, limit=900.0)
    (absolute, relative) = (Budgeted([replace(base, text=text)]) for text in ("p75 <= 900ms", "p75 <= baseline + 10%"))
    told = []
    for budgeted in (absolute, relative):
        lines = (budgeted.line(courses.RISING, Kind.TREND, "ms"), *known.lines[1:])
        told.append(TrendPage(replace(known, lines=lines)).outlooks[0])
    assert [(outlook.place, outlook.limit, bool(outlook.when)) for outlook in told] == [
        ("checkout › pay", "900 ms", True),
        ("checkout › pay", "900 ms", False),
    ]


def test_a_budgets_statistic_is_the_one_that_is_followed() -> None:
    """A trend shows what the budget judges, with the limit of the fail level; what no budget names has its usual figure."""
    base = views.failed().verdicts[0]
    assert base.series is not None
    budgeted = Budgeted([replace(base, statistic="p95", limit=4000.0), replace(base, level="warn", outcome=Outcome.WARN, limit=1.0)])
    line = budgeted.line(base.series, Kind.TREND, "ms")
    assert (line.statistic, line.limit, line.upper) == ("p95", 4000.0, True)
    assert budgeted.line(courses.FALLING, Kind.TREND, "ms").statistic == "p75"
    assert [field_of(name) for name in ("p75", "median", "rate", "p97", "count", "nonsense")] == ["p75", "p50", "mean", "", "", ""]


def test_the_page_carries_its_data_and_says_what_it_allows() -> None:
    """All lines as JSON in base units, gaps as null; the policy allows exactly the page's own script and style."""
    page = html(with_history(views.failed(), courses.course(60)), TEMPLATES, "trends").decode()
    (text,) = re.findall(r'<script type="application/json" id="course">(.*?)</script>', page, re.DOTALL)
    told = json.loads(text)
    assert (len(told["x"]), len(told["runs"]), told["deployments"][0][1]) == (60, 60, "deployed v42")
    rising = next(chart for chart in told["charts"].values() if chart["limit"] == 900.0)
    assert (len(rising["y"]), rising["unit"], rising["changes"][0][1]) == (60, "ms", "duration +12 %: 600 ms → 672 ms")
    assert re.search(r"script-src 'sha256-[^']+'; img-src", page)
    assert "'unsafe" not in page
    assert page.count('<figure class="chart"') == page.count('class="plot course"') == 3
    assert "What will cross its budget" in page


def test_hostile_names_stay_text_in_the_pages_data() -> None:
    """A commit, a deployment and a series that end the script element do not."""
    evil = "</script><script>alert(1)</script>\u2028"
    known = courses.course(5)
    lines = tuple(replace(line, series=replace(line.series, subject=evil, part=evil, metric="duration")) for line in known.lines)
    marks = tuple(replace(mark, text=evil, series=None) for mark in known.marks)
    hurt = replace(known, runs=tuple(replace(run, commit=evil) for run in known.runs), lines=lines, marks=marks)
    page = html(with_history(views.failed(), hurt), TEMPLATES, "trends").decode()
    assert page.count("<script") == 2
    assert "alert(1)</script>" not in page


def test_without_a_longer_history_a_page_tells_of_the_last_runs() -> None:
    """A view that was given nothing more still has its thirty runs; one without any says so."""
    page = pages(views.failed())
    assert page is not None
    assert (page.runs, page.gathered) == (20, False)
    assert pages(views.empty()) is None
    assert b"Fewer than two runs are on record here" in html(views.empty(), TEMPLATES, "trends")


def test_a_week_is_counted() -> None:
    """Runs, judged gates and failures of seven days; deployments and changes of that week alone."""
    known = courses.course(60, 60)
    runs = tuple(replace(run, verdict="fail") if n == 58 else run for n, run in enumerate(known.runs))
    week = TrendPage(replace(known, runs=runs)).week
    assert (week.runs, week.judged, week.failed, len(week.deployments), len(week.changes)) == (7, 7, 1, 0, 1)
    assert TrendPage(known).days in {60, 61}
