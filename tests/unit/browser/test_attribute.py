"""Figures go to the step that they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.browser.attribute import Figure, Window, figures, part_at
from footfall.browser.pages import PageReport, Usage, Vital

STEPS = (Window("home", 100, 200), Window("pay/confirm", 350, 380), Window("pay", 300, 400))


def page(began: float, *vitals: Vital, loaded: float = 0, usages: tuple[Usage, ...] = ()) -> PageReport:
    """Return a page that began to load at `began`."""
    return PageReport(f"page-{began}", f"http://shop/{began:g}", began, loaded, vitals, usages)


def vital(name: str, value: float, at: float) -> Vital:
    """Return a vital with the detail that the collector adds."""
    return Vital(name, value, at, {"url": f"http://shop/{at:g}"})


@pytest.mark.parametrize(
    ("moment", "part"),
    [
        (50, ""),  # before any step: the journey's own
        (100, "home"),  # both ends belong to the step
        (200, "home"),
        (250, "home"),  # between two steps: the one before caused it
        (300, "pay"),
        (360, "pay/confirm"),  # the innermost
        (390, "pay"),
        (999, "pay"),  # after the last, however nested
    ],
)
def test_moments_have_a_step(moment: float, part: str) -> None:
    """A moment belongs to the innermost step around it, else to the one before."""
    assert part_at(moment, STEPS) == part


@given(st.floats(0, 1000), st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000))))
def test_every_moment_has_one(moment: float, spans: list[tuple[float, float]]) -> None:
    """There is an answer for any moment and any steps, and it is a step or the journey."""
    windows = [Window(str(index), min(span), max(span)) for index, span in enumerate(spans)]
    assert part_at(moment, windows) in {"", *(window.part for window in windows)}


def test_the_worst_page_of_a_step_counts() -> None:
    """Two pages in one step give one figure, the worst page's, and name both."""
    seen = figures([page(110, vital("lcp", 300, 110)), page(150, vital("lcp", 200, 150))], STEPS, {})
    (lcp,) = [figure for figure in seen if figure.metric == "lcp"]
    assert (lcp.part, lcp.value, lcp.detail["url"]) == ("home", 300, "http://shop/110")
    assert [one["value"] for one in lcp.detail["pages"]] == [300, 200]


def test_an_interaction_is_counted_where_it_happened() -> None:
    """A page loaded in one step and clicked in another gives its load to the first and its interaction to the other."""
    seen = figures([page(110, vital("cls", 0, 110), vital("inp", 48, 360), loaded=60)], STEPS, {})
    assert {(figure.part, figure.metric, figure.value) for figure in seen if figure.metric in {"cls", "inp", "page_load"}} == {
        ("home", "cls", 0),
        ("pay/confirm", "inp", 48),
        ("home", "page_load", 60),
    }


def test_what_was_not_observed_is_absent() -> None:
    """A page whose load has not ended has no page_load; a step without pages has no vitals, but errors were looked for."""
    seen = figures([page(110)], STEPS, {})
    assert {figure.metric for figure in seen} == {"console_errors", "js_errors"}
    assert all(figure.value == 0 for figure in seen)


def test_usage_adds_up() -> None:
    """Requests and bytes of all pages in a step add up; what the browser told of failures is added; image time is the slowest."""
    usages = (Usage(110, 3, 1, 1000, 400, 500, 80.0, 12.0), Usage(120, 2, 0, 200, 0, 0, 0.0, 0.0))
    seen = figures([page(110, usages=usages)], STEPS, {("home", "failed_requests"): 2, ("pay", "js_errors"): 1})
    home = {figure.metric: figure.value for figure in seen if figure.part == "home"}
    assert home == {
        "requests": 5,
        "failed_requests": 3,
        "transfer_bytes": 1200,
        "script_bytes": 400,
        "image_bytes": 500,
        "image_time": 80,
        "tbt": 12,
        "console_errors": 0,
        "js_errors": 0,
    }
    assert Figure("pay", "js_errors", 1.0) in seen
