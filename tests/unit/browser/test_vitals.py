"""What the browser told a page becomes what web-vitals says of it."""

from __future__ import annotations

from typing import Any

import pytest

from footfall.browser.vitals import vitals_of

NAVIGATION = [100.0, 0, 0, 2, 10, 12, 20]
"""responseStart, activationStart, workerStart, fetchStart, domainLookupStart, connectStart, connectEnd (ms)."""
ALL = "paint,largest-contentful-paint,layout-shift,event,first-input,long-animation-frame,soft-navigation,interaction-contentful-paint"


def page(*notes: list[Any], **more: Any) -> dict[str, Any]:
    """Return what the collector noted of a page of 10 s, in a browser that tells everything unless said otherwise."""
    rest = {"navigation": NAVIGATION, "hidden": None, "types": ALL, "interactions": 0, "unpainted": []}
    names: list[str] = []
    coded = [[*note[:2], *(_coded(value, names) for value in note[2:])] for note in notes]
    return {"url": "http://shop/", "until": 10_000, **rest, "names": names, "notes": coded, **more}


def _coded(value: Any, names: list[str]) -> Any:
    """Put the place in `names` for each text."""
    if isinstance(value, list):
        return [_coded(one, names) for one in value]
    if not isinstance(value, str):
        return value
    if value not in names:
        names.append(value)
    return names.index(value)


def found(*notes: list[Any], **more: Any) -> dict[str, list[tuple[float, dict[str, Any]]]]:
    """Return each vital's values and details."""
    vitals: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for vital in vitals_of(page(*notes, **more)):
        vitals.setdefault(vital["name"], []).append((vital["value"], vital["detail"]))
    return vitals


FIRST = [1, "p", 150]


def event(batch: int, name: str, at: float, took: float, interaction: int, place: str = "#pay") -> list[Any]:
    """Note an event whose handlers ran from 10 ms behind its beginning until 20 ms before it was painted."""
    return [batch, "e", name, at, took, at + 10, at + took - 20, interaction, place]


def test_a_load_has_its_times() -> None:
    """TTFB and FCP with their parts; a page that was not seen to move has a CLS of 0; LCP and INP were not observed."""
    vitals = found(FIRST)
    assert vitals == {
        "ttfb": [(100, {"waiting": 2, "cache": 8, "dns": 2, "connection": 8, "request": 80})],
        "fcp": [(150, {"ttfb": 100, "render": 50})],
        "cls": [(0, {})],
    }


def test_a_page_that_nothing_is_known_of_has_no_vitals() -> None:
    """Left before its answer began, before it showed anything."""
    assert found(navigation=None) == {}
    assert found(navigation=[0.0] * 7) == {}


def test_what_a_browser_does_not_tell_is_not_observed() -> None:
    """One without layout shifts, long frames and routes has no CLS of 0."""
    vitals = found(
        FIRST, [1, "l", 150, 150, "", "h1"], event(2, "click", 300, 40, 7), types="paint,largest-contentful-paint,event,first-input"
    )
    assert sorted(vitals) == ["fcp", "inp", "lcp", "ttfb"]


def test_the_largest_paint_is_the_last_and_has_its_picture() -> None:
    """LCP is the last that the browser told, with its element, and of a picture when it was asked for and had come."""
    vitals = found(FIRST, [1, "l", 150, 150, "", "main>h1"], [2, "l", 400, 400, "http://shop/hero.jpg", "#hero", 160, 380])
    parts = {"ttfb": 100, "load_delay": 60, "load_time": 220, "render_delay": 20}
    assert vitals["lcp"] == [(400, {"element": "#hero", "resource": "http://shop/hero.jpg", **parts})]


def test_the_largest_of_paints_in_one_frame_is_told() -> None:
    """They have one time, and so one value."""
    vitals = found(FIRST, [1, "l", 150, 150, "", "#title"], [1, "l", 150, 150, "http://shop/hero.jpg", "#hero", 110, 140])
    ((value, detail),) = vitals["lcp"]
    assert (value, detail["element"], detail["load_time"]) == (150, "#hero", 30)


def test_paints_of_a_tab_that_nobody_sees_do_not_count() -> None:
    """What was painted after the tab was hidden says nothing of what a customer waits for."""
    assert sorted(found(FIRST, [1, "l", 150, 150, "", "h1"], hidden=0)) == ["ttfb"]
    vitals = found(FIRST, [1, "l", 150, 150, "", "h1"], [2, "l", 400, 400, "", "p"], hidden=300)
    assert [value for value, _ in vitals["lcp"]] == [150]


@pytest.mark.parametrize("before", [True, False])
def test_shifts_are_summed_by_window(before: bool) -> None:
    """The worst window of shifts less than a second apart counts, also those before the first paint."""
    at, early = (100, 0) if before else (200, 2)
    shifts = [[early, "s", at, 0.1, "#banner"], [3, "s", 900, 0.2, "main>p"], [5, "s", 3000, 0.25, "p"]]
    assert found(FIRST, *shifts)["cls"] == [(0.3, {"element": "main>p", "largest": 0.2, "at": 900})]


def test_each_interaction_has_its_value() -> None:
    """The slowest event of each counts, with its phases; of the slowest one web-vitals tells which script it waited for."""
    frame = [4, "f", 1990, 400, [[2005, 350, "http://shop/slow.js"], [1991, 5, "http://shop/quick.js"]]]
    notes = (event(2, "pointerdown", 1000, 24, 7), event(2, "click", 1050, 48, 7), event(3, "keydown", 2000, 380, 8, "input"), frame)
    vitals = found(FIRST, *notes, interactions=2)
    phases = {"input_delay": 10, "presentation": 20}
    assert vitals["inp"] == [
        (48, {"element": "#pay", "kind": "pointer", "processing": 18, **phases}),
        (380, {"element": "input", "kind": "keyboard", "processing": 350, **phases, "script": "http://shop/slow.js"}),
    ]


def test_what_a_frame_waited_for_besides_is_part_of_its_interaction() -> None:
    """An event that belongs to no interaction was handled before the click, in the same frame: the click's handlers were not all."""
    notes = ([2, "e", "pointermove", 990, 74, 1001, 1030, 0], [2, "e", "click", 1000, 64, 1040, 1050, 7, "a"])
    assert found(FIRST, *notes)["inp"] == [
        (64, {"element": "a", "kind": "pointer", "input_delay": 1, "processing": 49, "presentation": 14}),
    ]


def test_an_interaction_that_left_the_page_was_there() -> None:
    """It has how long it took until the page was gone, and that it was never painted."""
    assert found(FIRST, unpainted=[[700, 120, "pointer"]])["inp"] == [(120, {"kind": "pointer", "painted": False})]


def test_routes_have_vitals_of_their_own() -> None:
    """A soft navigation has its own FCP, LCP, CLS and INP, which begin with it; a TTFB it has not."""
    picture = [1020, 1300, "http://shop/b.jpg", "#b", 1030, 1250]
    notes = (
        [1, "l", 150, 150, "", "h1"],
        event(2, "click", 1000, 40, 7),
        [3, "n", 1010, 0, "http://shop/route", 5, 7, 1100, 1, [1010, 0, 7, [1100, 1100, "", "h2"]]],
        [4, "i", 1010, 0, 7, picture],
        [5, "s", 1500, 0.1, "p"],
        event(6, "click", 2000, 80, 9),
    )
    vitals = vitals_of(page(FIRST, *notes, interactions=2))
    route = {vital["name"]: vital["value"] for vital in vitals if vital["soft"]}
    assert route == {"fcp": 90, "lcp": 290, "cls": 0.1, "inp": 80}
    assert {vital["at"] for vital in vitals if vital["soft"]} == {1010, 2000}
    assert {vital["name"]: vital["value"] for vital in vitals if not vital["soft"]} == {
        "ttfb": 100,
        "fcp": 150,
        "lcp": 150,
        "cls": 0,
        "inp": 40,
    }
    assert next(vital for vital in vitals if vital["soft"] and vital["name"] == "lcp")["detail"]["element"] == "#b"


def test_a_page_that_comes_back_from_the_cache_has_new_vitals() -> None:
    """FCP and LCP of the time until it was painted again, TTFB 0; nobody touched it since."""
    touched = [event(2, "click", 1000, 16, 7), [4, "b", 5000, 1, 5030]]
    vitals = found(FIRST, [1, "l", 150, 150, "", "h1"], *touched, interactions=1)
    assert [value for value, _ in vitals["inp"]] == [16]
    assert [value for value, _ in vitals["fcp"]] == [150, 30]
    assert [value for value, _ in vitals["lcp"]] == [150, 30]
    assert [value for value, _ in vitals["ttfb"]] == [100, 0]


def test_pages_know_nothing_of_each_other() -> None:
    """web-vitals remembers; each page has a library of its own."""
    moved = page(FIRST, [2, "s", 300, 0.4, "p"], hidden=9000)
    first = vitals_of(moved)
    assert found(FIRST)["cls"] == [(0, {})]
    assert vitals_of(moved) == first


def test_a_shift_of_what_is_gone_has_its_size() -> None:
    """The element that moved was taken away before anybody asked; that it moved stays true."""
    gone, unknown = [2, "s", 300, 0.2, ""], [2, "s", 300, 0.2, None]
    assert found(FIRST, gone)["cls"] == [(0.2, {"largest": 0.2, "at": 300})]
    assert found(FIRST, unknown)["cls"] == [(0.2, {})]


def test_shifts_that_were_noted_as_one_name_the_largest_of_them() -> None:
    """A page that never stands still: the sum counts, and the largest of its shifts is told."""
    assert found(FIRST, [2, "s", 300, 0.01, "p"], [3, "s", 900, 0.5, "#ad", 0.04, 700])["cls"] == [
        (0.51, {"element": "#ad", "largest": 0.04, "at": 700})
    ]


@pytest.mark.parametrize("wrong", [{"notes": "[]"}, {"notes": [1]}, {"types": None}, {"unpainted": {}}])
def test_what_the_collector_did_not_write_is_refused(wrong: dict[str, Any]) -> None:
    """As ValueError, which readers of pages expect; nothing is left of it in the engine."""
    with pytest.raises(ValueError, match="no notes of a page"):
        vitals_of({**page(FIRST), **wrong})
    assert sorted(found(FIRST)) == ["cls", "fcp", "ttfb"]


def test_a_page_without_its_notes_is_refused() -> None:
    """A cookie that a script of the page wrote."""
    with pytest.raises(ValueError, match="no notes of a page"):
        vitals_of({"id": "a"})
