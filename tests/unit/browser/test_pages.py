"""What a page that is left writes into cookies is read back, and nothing else is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.browser.pages import COOKIE, Fetch, LongTask, PageReport, read_report, report_of, reports_in, reports_of
from footfall.browser.watch import PageWatch


def raw(page: str, **more: Any) -> dict[str, Any]:
    """Return what the collector sends of a page."""
    lists: dict[str, Any] = {"names": [], "notes": [], "unpainted": [], "tasks": [], "failed": []}
    said = {"navigation": None, "hidden": None, "types": "paint,largest-contentful-paint,event,soft-navigation", "interactions": 0}
    return {"id": page, "url": "http://shop/", "origin": 1000.0, "until": 900, "load": 50, "fetched": "", **said, **lists, **more}


def cookies(plain: dict[str, Any], size: int = 3500) -> list[dict[str, Any]]:
    """Write a page as the collector does: base64 in parts of `size`, each behind the number of parts."""
    coded = base64.b64encode(json.dumps(plain).encode()).decode()
    parts = [coded[start : start + size] for start in range(0, len(coded), size)]
    return [{"name": f"{COOKIE}{plain['id']}-{index}", "value": f"{len(parts)}.{part}"} for index, part in enumerate(parts)]


@given(st.lists(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1), unique=True), st.integers(1, 200), st.randoms())
def test_pages_come_back(names: list[str], size: int, random: Any) -> None:
    """However many pages there are, in however many parts, in whatever order: all come back."""
    jar = [cookie for name in names for cookie in cookies(raw(name), size)]
    random.shuffle(jar)
    assert {page: [report.id for report in reports] for page, reports in reports_in(jar).items()} == {name: [name] for name in names}


@given(st.lists(st.text(), min_size=1))
def test_a_page_tells_of_those_before_it(texts: list[str]) -> None:
    """A line each, whatever their texts hold."""
    lines = "\n".join(json.dumps(raw(str(number), url=text), ensure_ascii=False) for number, text in enumerate(texts))
    assert [report.url for report in reports_of(lines)] == texts


@given(st.integers(0, 5), st.text())
def test_torn_pages_are_left_out(lost: int, noise: str) -> None:
    """A part that is missing or not base64 loses that page and no other."""
    torn = cookies(raw("torn", url="x" * 600), 100)
    del torn[lost]
    jar = [*torn, *cookies(raw("whole")), {"name": f"{COOKIE}bad-0", "value": f"1.{noise}"}, {"name": "session", "value": noise}]
    assert [report.id for report in reports_in(jar)["whole"]] == ["whole"]
    assert list(reports_in(jar)) == ["whole"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"text"',
        '{"id": 1}',
        *(json.dumps({**raw("a"), **wrong}) for wrong in ({"tasks": [1]}, {"notes": "[]"})),
    ],
)
def test_what_a_page_made_of_it_is_no_report(text: str) -> None:
    """Scripts of a page may have their own ideas of JSON: then it has told nothing, and the walk goes on."""
    assert read_report(text) is None


def test_times_are_on_one_clock() -> None:
    """Times within a page become times of the day; the route of a soft navigation wins over the page's address."""
    notes = [[1, "p", 120], [2, "n", 500, 0, 0, 5, 7, 580, 0, None]]
    rows = "0,90,1200,d;20.5,30,,it;22,4,512,sf;23,5,0,z"
    report = report_of(raw("a", names=["http://shop/route"], notes=notes, tasks=[[40.5, 60]], fetched=rows))
    assert [(vital.name, vital.value, vital.at, vital.detail["url"], vital.soft) for vital in report.vitals if vital.name == "fcp"] == [
        ("fcp", 120, 1000, "http://shop/", False),
        ("fcp", 80, 1500, "http://shop/route", True),
    ]
    fetches = (
        Fetch(1000, 90, 1200, "document"),
        Fetch(1020.5, 30, None, "image", third_party=True),
        Fetch(1022, 4, 512, "script", failed=True),
        Fetch(1023, 5, 0, "other"),
    )
    assert report == PageReport("a", "http://shop/", 1000, 1900, 50, report.vitals, fetches, (LongTask(1040.5, 60),))


@given(st.permutations([100, 200, 300]))
def test_what_a_page_said_last_counts(moments: list[int]) -> None:
    """A page that was left, came back and was read again has spoken more than once: the latest stands, in whatever order they are read."""
    watch = PageWatch(lambda _kind, _text, _at: None, lambda _ask: None)
    for moment in moments:
        watch.keep(report_of(raw("a", until=moment)))
    assert [report.until for report in watch.reports()] == [1300]
