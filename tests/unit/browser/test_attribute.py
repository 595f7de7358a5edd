"""Figures go to the step that they belong to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.browser.attribute import SORTED_OUT, Figure, Window, failed_in, figures, part_at
from footfall.browser.pages import Failed, Fetch, LongTask, PageReport, Vital
from footfall.browser.score import DESKTOP

STEPS = (Window("home", 100, 200), Window("pay/confirm", 350, 380), Window("pay", 300, 400))


def page(
    began: float,
    *vitals: Vital,
    until: float = 0,
    loaded: float = 0,
    fetches: tuple[Fetch, ...] = (),
    tasks: tuple[LongTask, ...] = (),
    failed: tuple[Failed, ...] = (),
) -> PageReport:
    """Return a page that began to load at `began`, and lived for a moment unless told otherwise."""
    return PageReport(f"page-{began}", f"http://shop/{began:g}", began, until or began, loaded, vitals, fetches, tasks, failed)


def seen(*pages: PageReport, told: Mapping[tuple[str, str], int] | None = None) -> dict[tuple[str, str], float]:
    """Return the values of the figures of some pages by part and metric."""
    return {(figure.part, figure.metric): figure.value for figure in figures(pages, STEPS, told or {}, DESKTOP)}


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
    found = figures([page(110, vital("lcp", 300, 110)), page(150, vital("lcp", 200, 150))], STEPS, {}, DESKTOP)
    (lcp,) = [figure for figure in found if figure.metric == "lcp"]
    assert (lcp.part, lcp.value, lcp.detail["url"]) == ("home", 300, "http://shop/110")
    assert [one["value"] for one in lcp.detail["pages"]] == [300, 200]


def test_an_interaction_is_counted_where_it_happened() -> None:
    """A page loaded in one step and clicked in another gives its load to the first and its interaction to the other."""
    found = seen(page(110, vital("cls", 0, 110), vital("inp", 48, 360), loaded=60))
    assert {(*place, value) for place, value in found.items() if place[1] in {"cls", "inp", "page_load"}} == {
        ("home", "cls", 0),
        ("pay/confirm", "inp", 48),
        ("home", "page_load", 60),
    }


def test_what_was_not_observed_is_absent() -> None:
    """A page whose load has not ended has no page_load, and without a first paint no blocking time and no score."""
    found = seen(page(110))
    assert not {"page_load", "tbt", "ux_score", "lcp", "image_time", "cache_hits"} & {metric for _, metric in found}
    assert all(value == 0 for value in found.values())


def test_usage_adds_up() -> None:
    """Requests and bytes of all pages in a step add up, by kind and by party; what the browser told of failures is added."""
    one = (Fetch(110, 5, 400, "document"), Fetch(112, 20, 300, "script"), Fetch(114, 80, 500, "image", third_party=True))
    two = (Fetch(120, 9, 150, "style", failed=True), Fetch(121, 9, 50, "font"), Fetch(350, 30, 70, "data"))
    found = seen(page(110, fetches=one), page(120, fetches=two, until=400), told={("home", "failed_requests"): 2, ("pay", "js_errors"): 1})
    home = {metric: value for (part, metric), value in found.items() if part == "home"}
    assert home == {
        "requests": 5,
        "failed_requests": 3,
        "transfer_bytes": 1400,
        "document_bytes": 400,
        "document_requests": 1,
        "script_bytes": 300,
        "script_requests": 1,
        "style_bytes": 150,
        "style_requests": 1,
        "image_bytes": 500,
        "image_requests": 1,
        "font_bytes": 50,
        "font_requests": 1,
        **{f"{kind}_{what}": 0 for kind in ("data", "media", "other") for what in ("bytes", "requests")},
        "third_party_bytes": 500,
        "third_party_requests": 1,
        "image_time": 80,
        "console_errors": 0,
        "js_errors": 0,
    }
    assert (found["pay/confirm", "data_bytes"], found["pay", "requests"], found["pay", "js_errors"]) == (70, 0, 1)
    assert home["requests"] == sum(home[f"{kind}_requests"] for kind in SORTED_OUT)


def test_sizes_that_a_site_hides_are_no_zeros() -> None:
    """Where no size may be known there is none; where some may not, the sum says how many are missing."""
    fetches = (Fetch(110, 5, 400, "document"), Fetch(112, 20, None, "image", third_party=True))
    found = {figure.metric: figure for figure in figures([page(110, fetches=fetches)], STEPS, {}, DESKTOP)}
    assert not {"image_bytes", "third_party_bytes"} & set(found)
    assert (found["transfer_bytes"].value, found["transfer_bytes"].detail) == (400, {"hidden": 1})
    assert (found["image_requests"].value, found["font_bytes"].value) == (1, 0)


@pytest.mark.parametrize(
    ("task", "tbt"),
    [
        (LongTask(120, 60), 10),  # in the step, after the paint
        (LongTask(105, 70), 15),  # begun before the first paint at 110: 65 ms are left
        (LongTask(105, 50), 0),  # 45 ms are left
        (LongTask(100, 9), 0),  # before the paint
        (LongTask(140, 500), 10),  # goes on after the step's end at 200
        (LongTask(210, 80), 0),  # between two steps
    ],
)
def test_blocking_time_is_cut_off(task: LongTask, tbt: float) -> None:
    """Only what is over 50 ms between the first paint and the step's end counts."""
    assert seen(page(100, vital("fcp", 10, 100), until=250, tasks=(task,)))["home", "tbt"] == tbt


def test_a_task_that_reaches_into_a_step_holds_it_up() -> None:
    """A task that began between two steps counts from the later one's beginning; to a step that it does not reach it adds nothing."""
    found = seen(page(100, vital("fcp", 10, 100), until=999, tasks=(LongTask(280, 100),)))
    assert {part: value for (part, metric), value in found.items() if metric == "tbt"} == {"home": 0, "pay": 30, "pay/confirm": 0}


def test_a_step_that_ended_before_the_first_paint_was_not_blocked() -> None:
    """A page that painted later has a blocking time of 0 in it, not none."""
    assert seen(page(100, vital("fcp", 150, 100), until=260, tasks=(LongTask(110, 80),)))["home", "tbt"] == 0


def test_a_score_needs_all_its_parts() -> None:
    """Each step has its worst page's score, the journey their mean; a page that lacks a part, or is but a route, has none."""
    slow = [vital("fcp", 1600, 110), vital("lcp", 2400, 110), vital("cls", 0.25, 110)]
    fast = [vital("fcp", 1, 310), vital("lcp", 1, 310), vital("cls", 0, 310)]
    pages = [page(110, *slow, until=2000), page(310, *fast, until=2000), page(320, *fast[:2], until=2000)]
    found = {figure.part: figure for figure in figures(pages, STEPS, {}, DESKTOP) if figure.metric == "ux_score"}
    assert {part: figure.value for part, figure in found.items()} == {
        "home": pytest.approx(100 * (0.6 * 50 + 30) / 90),
        "pay": pytest.approx(100),
        "": pytest.approx((100 * 60 / 90 + 100) / 2),
    }


def test_a_failure_belongs_to_where_its_page_says() -> None:
    """Heard of a step later, it is its own step's; one that no page tells of is where it was heard of, and none is told twice."""
    shop = page(110, until=400, failed=(Failed(360, "x is null"), Failed(190, "x is null")))
    heard = [("pay", "x is null"), ("pay", "of a frame"), ("", "x is null"), ("pay", "x is null")]
    assert failed_in(heard, [shop], STEPS) == ["home", "pay", "pay/confirm", "pay"]
    mute = page(110, until=400, failed=(Failed(190, ""),))
    assert failed_in([("pay", "Object"), ("pay", "of a frame")], [mute], STEPS) == ["home", "pay"]


def test_hits_are_told_of_the_answers_that_tell() -> None:
    """A rate of none is none; the number of answers goes with it."""
    found = figures([], STEPS, {("home", "cache_answers"): 4, ("home", "cache_hits"): 3}, DESKTOP)
    assert Figure("home", "cache_hits", 3.0, {"of": 4}) in found
    assert [figure.part for figure in found if figure.metric == "cache_hits"] == ["home"]
