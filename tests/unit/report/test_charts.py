"""Charts: where things are drawn, and what they say to whoever cannot see them."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from footfall.gate.verdict import Outcome
from footfall.report.charts.bars import step_bar, tally_bar, used
from footfall.report.charts.load import clock, panels, phases, time_axis
from footfall.report.charts.scale import around, from_zero, steady
from footfall.report.charts.strip import strip
from footfall.report.charts.svg import line, percent, tag
from footfall.report.charts.trend import Trend, describe, spark, trend_chart
from footfall.report.html import context
from footfall.report.trends import past, trend_of
from tests.unit.report import views

NUMBERS = st.lists(st.floats(min_value=-1e12, max_value=1e12) | st.just(0.0), min_size=1, max_size=30)


def _picture(markup: Markup) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314  # our own output


@given(NUMBERS)
@example([5e-324])
@example([1e-05])
def test_every_scale_holds_all_its_values(values: list[float]) -> None:
    """No value lies outside its scale, ticks lie within it, and there is always some width."""
    for scale in (around(values), steady(values)):
        assert scale.low <= min(values)
        assert max(values) <= scale.high
        assert scale.high > scale.low
        assert all(0 <= scale.share(tick) <= 1 for tick in scale.ticks())
    assert from_zero(values).high >= max(values)


def test_values_that_cannot_be_drawn_do_not_reach_a_scale() -> None:
    """NaN, infinities and None are passed over."""
    scale = around([math.nan, math.inf, None, 3.0, 5.0])
    assert (scale.low > 2, scale.high < 6) == (True, True)


def test_small_noise_looks_small() -> None:
    """Two per cent up and down take a small part of a trend's height; a doubling takes most of it."""
    calm, jump = steady([100, 102, 98, 101]), steady([100, 102, 98, 200])
    assert calm.share(102) - calm.share(98) < 0.15
    assert jump.share(200) - jump.share(98) > 0.8


def test_markup_in_words_stays_text() -> None:
    """A chart's words come from a site as much as any other."""
    assert str(tag("text", "<script>", aria_label='"><x')) == '<text aria-label="&#34;&gt;&lt;x">&lt;script&gt;</text>'


def test_a_line_is_broken_where_nothing_was_seen() -> None:
    """A gap in the figures is a gap in the line; a lone point is still seen."""
    drawn = _picture(line([(0, 1), (10, 2), None, (30, 3), None], "main")).get("d")
    assert drawn == "M0 1L10 2M30 3h4"


def test_a_distribution_shows_each_sample_the_limit_and_earlier_runs() -> None:
    """Five samples are five dots, nineteen runs nineteen rings; figure and limit are named."""
    view = views.failed()
    verdict = view.verdicts[0]
    seen = view.observation(verdict.series)
    assert seen is not None
    picture = _picture(strip(verdict, seen, past(view, verdict)))
    classes = [element.get("class") for element in picture.iter("circle")]
    assert (classes.count("dot"), classes.count("past")) == (5, 19)
    words = [element.text for element in picture.iter("text")]
    assert "limit 2.5 s" in words
    assert "p75 3.39 s" in words
    (label,) = (element.get("aria-label") for element in picture.iter("svg") if element.get("role") == "img")
    assert label is not None
    assert "p75 is 3.39 s, the limit is 2.5 s; in 19 earlier runs it was" in label


def test_thousands_of_latencies_become_a_silhouette() -> None:
    """Where only histograms were kept, the distribution is drawn from them."""
    view = views.healthy()
    verdict = next(v for v in view.verdicts if (v.source, v.metric) == ("load", "latency"))
    seen = view.observation(verdict.series)
    assert seen is not None
    picture = _picture(strip(verdict, seen, []))
    assert [element.get("class") for element in picture.iter("path")] == ["shape"]


def test_a_trend_tells_date_commit_and_figure_of_each_run() -> None:
    """Each dot names its run; the picture's words name the range and the limit."""
    view = views.failed()
    verdict = view.verdicts[0]
    assert verdict.series is not None
    trend = trend_of(view, verdict.series, verdict)
    assert trend is not None
    titles = [element.text for element in _picture(trend_chart(trend)).iter("title")]
    assert len(titles) == 20
    assert titles[-1] == "21 Nov 2026, 05:00 UTC · 3f2a91c0 · 3.39 s"
    assert describe(trend).startswith("duration p75: 3.39 s in this run, ")
    assert describe(trend).endswith("in the 19 runs before; limit 2.5 s")
    assert trend.change == "+167 %"


def test_deployments_stand_between_the_runs_that_they_lie_between() -> None:
    """In the small picture as a line, in the large one with what was deployed; those beyond either end are left out."""
    moments = tuple(views.STARTED + timedelta(days=n) for n in range(5))
    deployed = tuple((views.STARTED + timedelta(days=n), f"deployed v{n}") for n in (-1, 1.5, 9))
    trend = Trend("latency p75", "ms", (5.0, 5.2, 4.9, 5.1, 5.0), moments, ("",) * 5, deployments=deployed)
    [event] = [element for element in _picture(trend_chart(trend)).iter("line") if element.get("class") == "event deployment"]
    assert event.get("x1") == "37.5%"
    assert [title.text for title in event] == ["deployed v1.5"]
    assert sum(element.get("class") == "event deployment" for element in _picture(spark(trend)).iter("path")) == 1
    assert describe(trend).endswith("; 1 deployment")


def test_a_limit_far_away_does_not_press_a_trend_flat() -> None:
    """A budget of 500 ms on a probe of 5 ms is named in words, not drawn."""
    moments = (views.STARTED,) * 4
    trend = Trend("latency p75", "ms", (5.0, 5.2, 4.9, 5.1), moments, ("",) * 4, limit=500.0)
    assert [element.get("class") for element in _picture(spark(trend)).iter("path")] == ["trace"]
    assert "limit 500 ms" in describe(trend)


def test_the_loads_panels_share_one_axis_and_draw_their_budgets() -> None:
    """Each panel has a title with its unit, a limit where a budget names one, and a figure for each second."""
    view = views.healthy()
    found = {panel.title: panel for panel in panels(view.timelines[0], view.verdicts)}
    latency = found["Latency per second: percentiles of all requests"]
    assert [name for name, _ in latency.legend] == ["p50", "p95", "p99"]
    picture = _picture(latency.picture)
    assert "p95 limit 200 ms" in [element.text for element in picture.iter("text")]
    assert len(list(picture.iter("title"))) == views.SECONDS
    assert "p95" in (picture.get("aria-label") or "")
    assert {"Users running", "Requests finished per second", "Failed requests, share"} < set(found)
    assert "0:30" in time_axis(view.timelines[0])


def test_the_ramp_is_shaded_and_named() -> None:
    """Readers see which seconds no budget judges."""
    (timeline,) = views.healthy().timelines
    assert [(name, start, round(end, 2)) for name, start, end in phases(timeline)] == [("ramp", 0.0, 0.2)]
    assert "ramp" in time_axis(timeline)
    assert all('class="phase"' in panel.picture for panel in panels(timeline))


def test_steps_are_laid_end_to_end() -> None:
    """A step's bar begins where the one before it ended."""
    bars = [_picture(row.picture).findall("rect")[1] for row in context(views.healthy())["journeys"][1].rows]
    shares = [(float((bar.get("x") or "")[:-1]), float((bar.get("width") or "")[:-1])) for bar in bars]
    assert shares[0][0] == 0
    assert all(abs(start + width - following) < 0.05 for (start, width), (following, _) in itertools.pairwise(shares))
    assert step_bar(0, 0, 0, "nothing").count("rect") > 0


@pytest.mark.parametrize(("figure", "share"), [(0.0, "0%"), (1250.0, "35%"), (2500.0, "70%"), (99_999.0, "100%")])
def test_how_much_of_a_limit_is_used(figure: float, share: str) -> None:
    """The limit stands at 70 % of the bar, so that figures beyond it show."""
    verdict = replace(views.failed().verdicts[0], figure=figure)
    assert _picture(used(verdict)).findall("rect")[1].get("width") == share


def test_a_floor_has_no_share() -> None:
    """A share of a limit says nothing of a budget that wants more, not less."""
    assert used(replace(views.failed().verdicts[0], comparator=">=")) == ""
    assert used(replace(views.failed().verdicts[0], limit=0.0)) == ""


def test_the_tally_is_one_bar() -> None:
    """The parts of the bar add up to all of it."""
    widths = re.findall(r' width="([0-9.]+)%" height="8" class="bar', tally_bar({Outcome.FAIL: 1, Outcome.PASS: 2}))
    assert sum(map(float, widths)) == pytest.approx(100, abs=0.1)
    assert tally_bar({Outcome.PASS: 0}) == ""


@pytest.mark.parametrize(("seconds", "written"), [(0, "0:00"), (65, "1:05"), (3725, "1:02:05")])
def test_times_on_the_axis(seconds: float, written: str) -> None:
    """Minutes and seconds, hours where there are some."""
    assert clock(seconds) == written


def test_shares_are_written_as_percentages() -> None:
    """Coordinates are short."""
    assert [percent(share) for share in (0, 0.5, 1 / 3, 1)] == ["0%", "50%", "33.33%", "100%"]
