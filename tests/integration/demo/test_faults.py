"""Every fault has its known effect, in the browser or on the wire. Lower bounds only: a busy machine may be slower, never quicker."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Corner, StartCorner
from .test_api import BOOKING, GOOD, card, paid_order

# Sums the layout shifts that a person would feel, as CLS does for one burst.
SHIFTS = """async () => {
  let score = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) score += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  for (let before = -1; before !== score; ) {  // until half a second brings nothing new
    before = score;
    await new Promise((done) => setTimeout(done, 500));
  }
  return score;
}"""
LARGEST = """async () => {
  let last = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) last = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  await new Promise((done) => setTimeout(done, 600));
  return last;
}"""
WATCH_CLICKS = """() => {
  window.slowest = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.slowest = Math.max(window.slowest, entry.duration); })
    .observe({ type: "event", durationThreshold: 16, buffered: true });
}"""

SLOWEST_CLICK = """async () => {
  while (!window.slowest) await new Promise((done) => setTimeout(done, 50));
  return window.slowest;
}"""


@pytest.mark.parametrize(
    ("score", "width", "height", "path"),
    [(0.1, 1280, 720, "/"), (0.3, 375, 800, "/shop"), (0.8, 1440, 900, "/login"), (0.25, 1280, 720, "/book")],
)
def test_a_layout_shift_has_the_score_that_was_asked_for(
    corner: Corner, chromium: Browser, score: float, width: int, height: int, path: str
) -> None:
    """Whatever the page and the window: CLS is the fault's value, to the pixel's rounding."""
    corner.faults(f"layout-shift={score}")
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(corner.url + path)
    assert page.evaluate(SHIFTS) == pytest.approx(score, abs=0.006)
    context.close()


def test_a_well_page_does_not_shift(corner: Corner, tab: Page) -> None:
    """Without the fault nothing moves."""
    scores = {}
    for path in ("/", "/book", "/book/haircut", "/shop", "/shop/sourdough-loaf", "/market/3"):
        tab.goto(corner.url + path)
        scores[path] = tab.evaluate(SHIFTS)
    assert {path: score for path, score in scores.items() if score > 0.01} == {}


def test_a_blocked_click_takes_as_long_as_it_was_told(corner: Corner, tab: Page) -> None:
    """The event's duration, which INP reports, is at least the block."""
    corner.faults("block-click=300ms")
    tab.goto(f"{corner.url}/login")
    tab.evaluate(WATCH_CLICKS)
    tab.get_by_label("Email").click()
    assert tab.evaluate(SLOWEST_CLICK) >= 296  # event durations are rounded to 8 ms


def test_a_late_hero_is_the_largest_paint(corner: Corner, tab: Page) -> None:
    """LCP is at least the delay."""
    corner.faults("late-hero=900ms")
    tab.goto(corner.url)
    assert tab.evaluate(LARGEST) >= 900


def test_a_heavy_hero_weighs_what_was_asked_for(corner: Corner, tab: Page) -> None:
    """The picture has that many bytes, and the browser still shows it."""
    corner.faults("heavy-hero=2MB")
    with tab.expect_response("**/hero-*.jpg") as response:
        tab.goto(corner.url)
    assert len(response.value.body()) == 2_000_000
    assert tab.locator("img.hero").evaluate("image => image.naturalWidth") > 0


def test_a_script_error_is_thrown_on_every_page(corner: Corner, tab: Page) -> None:
    """One uncaught error a page."""
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    corner.faults("script-error")
    tab.goto(f"{corner.url}/book")
    tab.goto(f"{corner.url}/shop")
    tab.wait_for_timeout(100)
    assert errors == ["This script error was asked for"] * 2


def test_a_broken_button_leads_nowhere(corner: Corner, tab: Page) -> None:
    """The click is taken and nothing happens."""
    corner.faults("broken-button")
    tab.goto(f"{corner.url}/book/haircut")
    tab.get_by_role("radio", name="09:00").check()
    tab.get_by_role("button", name="Continue").click()
    tab.wait_for_timeout(200)
    expect(tab.get_by_role("heading", name="Choose a time")).to_be_visible()


def _seconds(client: httpx.Client, method: str, path: str, **more: object) -> float:
    started = time.perf_counter()
    client.request(method, path, **more)  # type: ignore[arg-type]
    return time.perf_counter() - started


def test_payments_are_slow_declined_or_down(corner: Corner) -> None:
    """Each of the three payment faults, through the shop's API."""
    with corner.client() as client:
        intent = client.post("/api/bookings", json=BOOKING).json()["payment"]["intent"]
        body = {"intent": intent, "card": card(GOOD)}
        corner.faults("payment-down")
        assert client.post("/api/payments", json=body).status_code == 503
        corner.faults("payment-declined")
        assert client.post("/api/payments", json=body).status_code == 402
        corner.faults("slow-payment=400ms")
        assert _seconds(client, "POST", "/api/payments", json=body) >= 0.4
        assert client.post("/api/payments", json=body).json()["status"] == "succeeded"


def test_responses_are_slow_under_their_path_only(corner: Corner) -> None:
    """A fixed delay, a stall, and a lock that only writers feel."""
    with corner.client() as client:
        corner.faults("slow=/api/services:300ms")
        assert _seconds(client, "GET", "/api/services/haircut/slots") >= 0.3
        corner.faults("slow=/api:stall:500ms:501ms")
        assert max(_seconds(client, "GET", "/api/products") for _ in range(2)) >= 0.25
        corner.faults("database-lock=300ms")
        assert _seconds(client, "POST", "/api/carts", json={}) >= 0.3


def test_errors_come_at_their_rate(corner: Corner) -> None:
    """All of them at 1, about half of them at 0.5, none elsewhere."""
    with corner.client() as client:
        corner.faults("errors=/api/products:1")
        assert client.get("/api/products/1").status_code == 500
        assert client.get("/api/services").status_code == 200
        corner.faults("errors=/api/products:0.5")
        failed = sum(client.get("/api/products/1").status_code == 500 for _ in range(200))
        assert 60 < failed < 140


def test_a_stale_cache_repeats_its_first_answer(corner: Corner) -> None:
    """The order moves on; its answer does not, until the fault is gone."""
    with corner.client(Authorization="Bearer corner-supplier-key") as client:
        ref = paid_order(client)
        corner.faults("stale-cache")
        assert client.get(f"/api/orders/{ref}").json()["status"] == "open"
        client.post(f"/api/supplier/orders/{ref}/offers", json={"fee_cents": 500, "minutes": 45})
        assert client.get(f"/api/orders/{ref}").json()["status"] == "open"
        corner.faults()
        assert client.get(f"/api/orders/{ref}").json()["status"] == "accepted"


def test_memory_grows_with_every_request(start_corner: StartCorner) -> None:
    """A hundred requests keep a hundred times the size."""
    corner = start_corner("--fault", "memory-growth=200KB")
    with corner.client() as client:
        before = client.get("/api/metrics").json()["resident_bytes"]
        for _ in range(100):
            client.get("/api/services")
        assert client.get("/api/metrics").json()["resident_bytes"] - before > 15_000_000


def test_a_slow_start_answers_only_after_its_time(start_corner: StartCorner) -> None:
    """It announces itself that much later."""
    started = time.perf_counter()
    start_corner("--fault", "slow-start=1s")
    assert time.perf_counter() - started >= 1


def test_faults_can_be_combined_and_taken_off_one_by_one(corner: Corner) -> None:
    """The control says what is on, as it was written."""
    corner.faults("slow-payment=3s", "layout-shift=0.3", "errors=/api/orders:0.5")
    with corner.client(Authorization=f"Bearer {corner.token}") as client:
        assert client.get("/_faults").json()["faults"] == ["slow-payment=3s", "layout-shift=0.3", "errors=/api/orders:0.5"]
        assert client.delete("/_faults/layout-shift").json()["faults"] == ["slow-payment=3s", "errors=/api/orders:0.5"]
        assert client.delete("/_faults").json()["faults"] == []
