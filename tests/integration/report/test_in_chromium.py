"""The reports in a real browser: nothing fetched, nothing complained of, nothing overflowing, readable by all."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from footfall.browser.find import start
from footfall.report.charts.bars import pair_bar
from footfall.report.compare import Side, compare_runs
from footfall.report.html import context, html
from footfall.report.templates import TemplateSource
from footfall.report.view import with_history
from tests.unit.report import courses, views

TEMPLATES = TemplateSource(None, Path(__file__).parents[3] / "reports")
BUILDS = {"healthy": views.healthy, "failed": views.failed, "undecided": views.undecided, "empty": views.empty}
ROLES = ("executive", "finance", "operations", "product", "trends", "weekly")
LONG = "a-name-without-any-place-to-break-it-" * 8


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser, Playwright's own or the machine's."""
    browser, _ = start(playwright.chromium, {}, os.environ)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All reports, each as a file in a folder of its own name."""
    folder = tmp_path_factory.mktemp("reports")
    picture = io.BytesIO()
    Image.effect_noise((640, 360), 60).save(picture, "PNG")
    made = {name: build() for name, build in BUILDS.items()}
    made["failed"] = replace(made["failed"], pictures=dict.fromkeys(views.PICTURES, picture.getvalue()))
    made["long"] = views.hostile(LONG)
    for name, view in made.items():
        (folder / f"{name}.html").write_bytes(html(view, TEMPLATES))
    for report in ROLES:
        (folder / f"{report}.html").write_bytes(html(with_history(made["undecided"], courses.course(60)), TEMPLATES, report))
    (folder / "many.html").write_bytes(html(with_history(made["failed"], courses.course(3000)), TEMPLATES, "trends"))
    (folder / "compared.html").write_text(_compared(), encoding="utf-8")
    return folder


def _compared() -> str:
    """Two runs side by side, as `footfall compare` draws them."""
    side = Side(views.RUN, outcome="finished", verdict="pass")
    two = compare_runs((side, views.healthy().observations), (side, views.failed().observations))
    return TEMPLATES.render("_compare.html", {**context(views.failed()), "two": two, "pair_bar": pair_bar})


def _open(chromium: Browser, file: Path, width: int, scheme: str = "light") -> tuple[Page, list[str]]:
    """Open a page; return it and everything that it fetched or complained of."""
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light")
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on(
        "request", lambda request: heard.append(f"request: {request.url[:80]}") if not request.url.startswith(("file:", "data:")) else None
    )
    page.goto(file.as_uri())
    return page, heard


@pytest.mark.parametrize("name", [*BUILDS, *ROLES, "long", "compared"])
@pytest.mark.parametrize("width", [320, 768, 1440])
def test_a_report_fits_any_screen_in_silence(chromium: Browser, pages: Path, name: str, width: int) -> None:
    """No scrolling sideways with everything unfolded, no request, no word on the console: its own strict policy holds."""
    page, heard = _open(chromium, pages / f"{name}.html", width)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert heard == []
    page.close()


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("failed", "dark", 375),
        ("failed", "light", 1440),
        ("undecided", "dark", 1440),
        ("empty", "light", 375),
        ("operations", "light", 375),
        ("executive", "dark", 1440),
        ("product", "light", 1440),
        ("finance", "light", 375),
        ("trends", "dark", 1440),
        ("trends", "light", 375),
        ("weekly", "light", 1440),
        ("compared", "dark", 375),
    ],
)
def test_axe_finds_nothing(chromium: Browser, pages: Path, name: str, scheme: str, width: int) -> None:
    """Contrast, names, landmarks, headings and tables hold in light and dark, on a phone and a desktop."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    page = context.new_page()
    page.goto((pages / f"{name}.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page).response["violations"]
    assert [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]] == []
    context.close()


def test_the_verdict_and_its_reason_are_on_the_first_screen(chromium: Browser, pages: Path) -> None:
    """Without scrolling one sees that it failed, where, and by how much; on a phone too."""
    for width in (375, 1440):
        page, _ = _open(chromium, pages / "failed.html", width)
        for words in ("Failed", "3.39 s > 2.5 s", "890 ms over the limit (+36 %)"):
            box = page.get_by_text(words, exact=True).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 800
        page.close()


def test_nothing_runs_under_a_policy_that_forbids_everything(chromium: Browser, pages: Path) -> None:
    """Served by a CI that allows not even styles, the page still says it all as text."""
    page = chromium.new_page()
    body = (pages / "failed.html").read_bytes()
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=body, headers={"content-type": "text/html", "content-security-policy": "sandbox; default-src 'none'"}
        ),
    )
    page.goto("http://report.test/")
    text = page.inner_text("main")
    assert text.index("Failed") < text.index("3.39 s > 2.5 s") < text.index("Journeys, step by step")
    page.close()


def test_folded_parts_are_printed(chromium: Browser, pages: Path) -> None:
    """Paper cannot be unfolded: what is folded on the screen is there in print."""
    page, _ = _open(chromium, pages / "healthy.html", 1440)
    row = page.locator(".held tbody tr").last
    assert not row.is_visible()
    page.emulate_media(media="print")
    box = row.bounding_box()
    assert box is not None
    assert box["height"] > 0
    page.close()


def test_trends_zoom_and_tell_their_figures(chromium: Browser, pages: Path) -> None:
    """A still picture becomes one that tells what is pointed at; a range is chosen by keyboard for all pictures; nothing is fetched."""
    page, heard = _open(chromium, pages / "trends.html", 1440)
    chart = page.locator("figure.chart").first
    chart.locator("canvas").wait_for()
    assert not chart.locator("svg.course").is_visible()
    chart.locator(".u-over").hover(position={"x": 40, "y": 40})
    expect(chart.locator(".told")).to_have_text(re.compile(r"\d+ \w{3}, \d\d:\d\d · \d.*"), use_inner_text=True, timeout=30_000)
    button = page.get_by_role("button", name="7 days")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true", timeout=30_000)
    assert heard == []
    page.close()


def test_trends_of_thousands_of_runs_show_their_range(chromium: Browser, pages: Path) -> None:
    """Gathered runs tell their median and their range."""
    page, heard = _open(chromium, pages / "many.html", 1440)
    chart = page.locator("figure.chart").first
    chart.locator(".u-over").hover(position={"x": 40, "y": 40})
    told = re.compile(r"\d+ \w{3}, \d\d:\d\d · .+ · .+ to .+")
    expect(chart.locator(".told")).to_have_text(told, use_inner_text=True, timeout=30_000)
    assert heard == []
    page.close()


def test_trends_without_scripts_are_still_pictures(chromium: Browser, pages: Path) -> None:
    """In a mail or behind a policy without scripts each line is drawn, and no button does nothing."""
    context_without = chromium.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 800})
    page = context_without.new_page()
    page.goto((pages / "trends.html").as_uri())
    assert page.locator("figure.chart svg.course").first.is_visible()
    assert not page.get_by_role("button", name="7 days").is_visible()
    context_without.close()


def test_the_keyboard_reaches_and_unfolds_everything(chromium: Browser, pages: Path) -> None:
    """Links and folds take the focus, and Enter opens a fold."""
    page, _ = _open(chromium, pages / "healthy.html", 1440)
    fold = page.locator("details:not([open]) summary").first
    fold.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    page.close()
