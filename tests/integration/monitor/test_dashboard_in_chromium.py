"""The dashboard in a real browser: what happens is seen as it happens, and by whom it may be seen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect

from footfall.browser.find import start
from footfall.store import incidents
from footfall.store.writer import open_store
from tests.integration.monitor.conftest import House
from tests.integration.monitor.dashboards import ADA, WALL, Served, house, served

HEARD = """window.raised = [];
window.Notification = class {
  static permission = 'default';
  static async requestPermission() { return Notification.permission = 'granted'; }
  constructor(title, options) { window.raised.push([title, options.body, options.tag]); }
};"""
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A shop that works."""
    root = tmp_path_factory.mktemp("suite")
    store = open_store(root)
    found = house(store, root)
    for key in found.plan.subjects:
        found.see(ok=True, key=key)
    yield found
    store.close()


@pytest.fixture(scope="module")
def server(corner: House) -> Iterator[Served]:
    """Its dashboard, with tokens."""
    found = served(corner)
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser, Playwright's own or the machine's."""
    browser, _ = start(playwright.chromium, {}, os.environ)
    yield browser
    browser.close()


@pytest.fixture
def looking(chromium: Browser, server: Served) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody who has signed in."""
    opened = []

    def look(path: str = "/", token: str = ADA, **options: Any) -> Page:
        context = chromium.new_context(base_url=server.url, permissions=["notifications"], **options)
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        context.add_init_script(HEARD)
        answer = context.request.post("/login", form={"token": token}, headers={"Origin": server.url})
        assert answer.ok
        page = context.new_page()
        page.goto(path)
        return page

    yield look
    for context in opened:
        context.close()


def is_live(page: Page, mode: str = "live") -> None:
    """Wait until a page hears what happens in a certain way."""
    expect(page.locator("#live")).to_have_attribute("data-mode", mode, timeout=PATIENCE_MS)


@contextmanager
def broken(corner: House, key: str = "probe:shop") -> Iterator[incidents.Incident]:
    """Something breaks, and is well again in the end; long after it broke before, so that it does not flap."""
    corner.clock.turn(4000)
    corner.fail(key)
    yield next(each for each in reversed(corner.incidents()) if each.subject == key)
    if any(each.subject == key and each.resolved is None for each in corner.incidents()):
        corner.recover(key)


def now_of(corner: House, incident: incidents.Incident) -> incidents.Incident:
    """An incident as it is now."""
    return next(each for each in corner.incidents() if each.number == incident.number)


def test_an_incident_is_seen_and_told_as_it_opens(looking: Callable[..., Page], corner: House) -> None:
    """Without a reload: the verdict, the incident, a desktop notification for what is critical alone, and its end."""
    page = looking()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.reload()
    is_live(page)
    page.evaluate("window.here = true")
    page.get_by_role("button", name="Notify me of critical incidents").click()
    expect(page.get_by_role("button", name="Notifying of critical incidents")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("h1")).to_have_text("Everything is working")
    with broken(corner, "probe:search"), broken(corner) as shop:
        expect(page.locator("h1")).to_have_text("2 things are not well", timeout=PATIENCE_MS)
        expect(page.get_by_role("link", name=f"#{shop.number} shop is down")).to_be_visible()
        assert page.title().startswith("✗ 2 things are not well · ")
        assert page.evaluate("raised") == [["P0 shop is down", "status 500", f"footfall-{shop.number}"]]
    expect(page.locator("h1")).to_have_text("Everything is working", timeout=PATIENCE_MS)
    assert page.evaluate("window.here && raised.length") == 1
    assert heard == []  # its own strict policy holds


def test_a_page_comes_back_when_the_watch_restarts(looking: Callable[..., Page], server: Served, corner: House) -> None:
    """It says how old it is while nobody answers, then hears of what has happened meanwhile; its session still holds."""
    page = looking()
    is_live(page)
    page.evaluate("window.here = true")
    page.clock.install()
    server.stop()
    page.clock.fast_forward(40_000)
    try:
        expect(page.locator("#live")).to_have_text(re.compile(r"last heard .+ ago, trying again"), timeout=PATIENCE_MS)
    finally:
        server.start()
    with broken(corner):
        page.clock.fast_forward(60_000)
        expect(page.locator("h1")).to_have_text("1 thing is not well", timeout=PATIENCE_MS)
        is_live(page)
    expect(page.locator("h1")).to_have_text("Everything is working", timeout=PATIENCE_MS)
    assert page.evaluate("window.here")


def test_where_no_stream_comes_through_a_page_asks(looking: Callable[..., Page], corner: House) -> None:
    """A proxy that refuses event streams costs five seconds, not the news."""
    page = looking("/assets/icon.svg")
    page.route("**/events*", lambda route: route.abort())
    page.goto("/")
    is_live(page, "asking")
    with broken(corner):
        expect(page.locator("h1")).to_have_text("1 thing is not well", timeout=PATIENCE_MS)
    is_live(page, "asking")


def test_an_operator_acknowledges_by_keyboard(looking: Callable[..., Page], corner: House) -> None:
    """From the board: who looks after it stands on every page, in the store and in the audit log; typed words outlast an update."""
    with broken(corner) as shop:
        page, other = looking(), looking(f"/incidents/{shop.id}", WALL)
        is_live(other)
        words = page.get_by_label(f"Words for #{shop.number}")
        words.fill("I have a look")
        corner.see(ok=True, key="probe:database", latency_ms=4321.0)
        expect(page.get_by_text("4.32 s")).to_be_visible(timeout=PATIENCE_MS)
        expect(words).to_have_value("I have a look")
        page.get_by_role("button", name="Acknowledge").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".case").get_by_text("ada looks after it")).to_be_visible(timeout=PATIENCE_MS)
        expect(other.get_by_text("acknowledged · ada")).to_be_visible(timeout=PATIENCE_MS)
        expect(other.get_by_text("I have a look")).to_be_visible()
        assert other.get_by_role("button", name="Acknowledge").count() == 0
        assert now_of(corner, shop).acknowledged_by == "ada"
    with corner.store.reading() as connection:
        acts = [(each.actor, each.action, each.text) for each in incidents.recorded(connection, 1000) if each.subject == shop.id]
    assert acts == [("ada", "acknowledge", "I have a look")]


def test_another_site_can_lead_here_but_do_nothing(looking: Callable[..., Page], server: Served, corner: House) -> None:
    """A link from there arrives signed in; a form that it sends is refused."""
    elsewhere = f"http://localhost:{server.port}/elsewhere"
    with broken(corner) as shop:
        page = looking()
        address = f"{server.url}/incidents/{shop.id}"
        form = f'<form method="post" action="{address}"><button name="action" value="acknowledge">win</button></form>'
        body = f'<a href="{address}">look</a>{form}'
        page.route("**/elsewhere", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto(elsewhere)
        page.get_by_role("button", name="win").click()
        expect(page.get_by_text("this form did not come from here")).to_be_visible()
        page.goto(elsewhere)
        page.get_by_role("link", name="look").click()
        expect(page.locator("h1")).to_have_text("shop is down")
        assert now_of(corner, shop).acknowledged is None


def test_the_door(chromium: Browser, server: Served) -> None:
    """A wrong token is told; the right one leads to what was asked for; signing out leads back."""
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_label("Your token")).to_be_focused()
    page.keyboard.type("a-token-that-is-wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is not known.")
    page.get_by_label("Your token").fill(WALL)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Everything is working")
    page.get_by_role("button", name="Sign out wall").click()
    expect(page.get_by_label("Your token")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("width", "scheme", "paths"), [(375, "dark", ("/", "/login")), (1440, "light", ("/", "/incidents/latest"))])
def test_every_page_fits_and_axe_finds_nothing(
    looking: Callable[..., Page], corner: House, width: int, scheme: str, paths: tuple[str, ...]
) -> None:
    """On a phone and a desktop, dark and light: no scrolling sideways, nothing on the console, readable by all."""
    with broken(corner):
        page = looking("/", viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        for path in paths:
            if path == "/login":
                page.context.clear_cookies()
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found = Axe().run(page).response["violations"]
            assert [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]] == []
        assert heard == []
