"""Every fault has its known effect, in the browser or on the wire. Lower bounds only: a busy machine may be slower, never quicker."""

from __future__ import annotations

import re
import select
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ports import quiet_port

from .conftest import Corner, StartCorner
from .test_api import BOOKING, GOOD, card, paid_order
from .test_pages import pay

# Sums the layout shifts that a person would feel, as CLS does for one burst; the least that is expected is waited for, half a minute long.
SHIFTS = """async (least) => {
  let score = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) score += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  for (let before = -1, looks = 0; before !== score || (score < least && looks < 60); looks++) {  // until half a second brings nothing new
    before = score;
    await new Promise((done) => setTimeout(done, 500));
  }
  return score;
}"""
# The picture is waited for, half a minute long: words are drawn before it.
LARGEST = """async () => {
  let last = { startTime: 0, url: "" };
  new PerformanceObserver((list) => { last = list.getEntries().at(-1); }).observe({ type: "largest-contentful-paint", buffered: true });
  for (let looks = 0; !looks || (!last.url && looks < 50); looks++) await new Promise((done) => setTimeout(done, 600));
  return last.startTime;
}"""
# With one interaction on a page, INP is the longest of its events.
WATCH_CLICKS = """() => {
  window.slowest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) window.slowest = Math.max(window.slowest, entry.duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
}"""

# The press is told before the click: what is expected is waited for, half a minute long.
SLOWEST_CLICK = """async (least) => {
  for (let looks = 0; window.slowest < least && looks < 600; looks++) await new Promise((done) => setTimeout(done, 50));
  return window.slowest;
}"""

# What the status says and whether one can send, as often as it changes: it may be for a second only.
WATCH_STATUS = """() => {
  window.said = [];
  const status = document.querySelector("[role=status]"), button = document.querySelector("#say button");
  new MutationObserver(() => window.said.push([status.textContent, button.disabled])).observe(status, { childList: true });
}"""


@pytest.mark.parametrize(
    ("score", "width", "height", "path"),
    [(0.1, 1280, 720, "/"), (0.3, 375, 800, "/shop"), (0.8, 1440, 900, "/login"), (None, 1280, 720, "/book")],
)
def test_a_layout_shift_has_the_score_that_was_asked_for(
    corner: Corner, chromium: Browser, score: float | None, width: int, height: int, path: str
) -> None:
    """Whatever the page and the window: CLS is the fault's value (0.25 if it has none), to the pixel's rounding."""
    corner.faults(f"layout-shift={score}" if score else "layout-shift")
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(corner.url + path)
    assert page.evaluate(SHIFTS, (score or 0.25) - 0.006) == pytest.approx(score or 0.25, abs=0.006)
    context.close()


def test_a_well_page_does_not_shift(corner: Corner, tab: Page) -> None:
    """Without the fault nothing moves."""
    scores = {}
    for path in ("/", "/book", "/book/haircut", "/shop", "/shop/sourdough-loaf", "/market/3"):
        tab.goto(corner.url + path)
        scores[path] = tab.evaluate(SHIFTS, 0)
    assert {path: score for path, score in scores.items() if score > 0.01} == {}


def test_a_blocked_click_takes_as_long_as_it_was_told(corner: Corner, tab: Page) -> None:
    """The event's duration, which INP reports, is at least the block."""
    corner.faults("block-click=300ms")
    tab.goto(f"{corner.url}/login")
    tab.evaluate(WATCH_CLICKS)
    tab.get_by_label("Email").click()
    assert tab.evaluate(SLOWEST_CLICK, 300) >= 300


def test_a_late_hero_is_the_largest_paint(corner: Corner, tab: Page) -> None:
    """LCP is at least the delay, where the picture is in sight (on `/book` it stands below the services)."""
    corner.faults("late-hero=700ms")
    for path in ("/", "/shop"):
        tab.goto(corner.url + path)
        assert tab.evaluate(LARGEST) >= 700


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
    until = time.monotonic() + 30
    while len(errors) < 2 and time.monotonic() < until:
        tab.wait_for_timeout(100)
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


def test_the_card_frame_feels_its_faults(corner: Corner, tab: Page) -> None:
    """In the frame: the provider is down, declines, is slow, and takes the card in the end."""
    with corner.client() as client:
        ref = client.post("/api/bookings", json=BOOKING).json()["ref"]
    tab.goto(f"{corner.url}/bookings/{ref}/payment")
    alert = tab.frame_locator("iframe").get_by_role("alert")
    corner.faults("payment-down")
    pay(tab, GOOD)
    expect(alert).to_have_text("Payments are not available just now. Please try again in a moment.")
    corner.faults("payment-declined")
    pay(tab, GOOD)
    expect(alert).to_have_text("Your card was declined. Try another card.")
    corner.faults("slow-payment=500ms")
    started = time.perf_counter()
    pay(tab, GOOD)
    expect(tab.get_by_role("heading", name="Booking confirmed")).to_be_visible()
    assert time.perf_counter() - started >= 0.5


def test_responses_are_slow_under_their_path_only(corner: Corner) -> None:
    """A fixed delay, and a stall."""
    with corner.client() as client:
        corner.faults("slow=/api/services:300ms")
        assert _seconds(client, "GET", "/api/services/haircut/slots") >= 0.3
        corner.faults("slow=/api:stall:500ms:501ms")
        assert max(_seconds(client, "GET", "/api/products") for _ in range(2)) >= 0.25


def test_lognormal_delays_scatter_about_their_median(corner: Corner) -> None:
    """Of 41 answers the middle one is late by about the median (its error is a fifth of sigma), the last one far later."""
    corner.faults("slow=/api/services:lognormal:60ms:0.5")
    with corner.client() as client, ThreadPoolExecutor(8) as threads:
        late = sorted(threads.map(lambda _: _seconds(client, "GET", "/api/services"), range(41)))
    assert late[20] >= 0.04
    assert late[-1] - late[0] >= 0.04


def test_a_locked_database_holds_up_those_who_write(start_corner: StartCorner, tmp_path: Path) -> None:
    """A write waits for as long as the lock is held; meanwhile the file is locked for others too, people can read, and health tells it."""
    corner = start_corner("--data", str(tmp_path), "--fault", "database-lock=3s")
    with corner.client() as client, ThreadPoolExecutor(1) as thread, closing(sqlite3.connect(tmp_path / "corner.db", timeout=0)) as other:
        write = thread.submit(_seconds, client, "POST", "/api/carts", json={})
        time.sleep(0.1)
        while not _locked(other):
            assert not write.done()
            time.sleep(0.05)  # asking takes the lock for a moment
        assert client.get("/api/products").status_code == 200
        assert write.result() >= 3
        assert client.get("/api/health/database").json()["latency_ms"] >= 3000
        assert client.get("/api/health/database").json()["slow_queries"] >= 2


def _locked(database: sqlite3.Connection) -> bool:
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    database.rollback()
    return False


def test_a_lock_without_end_is_a_503_and_nothing_is_written(start_corner: StartCorner, tmp_path: Path) -> None:
    """After its patience the shop says so: on the API, on the page, and in its health."""
    corner = start_corner("--data", str(tmp_path), "--fault", "database-lock=60s")
    with corner.client() as client, ThreadPoolExecutor(3) as threads:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', client.get("/shop/sourdough-loaf").text))
        page = threads.submit(client.post, "/cart", data={**hidden, "quantity": "1"})
        health = threads.submit(client.get, "/api/health/database")
        refused = client.post("/api/bookings", json=BOOKING)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database_locked")
        assert (page.result().status_code, 'role="alert"' in page.result().text) == (503, True)
        assert (health.result().status_code, health.result().json()["status"]) == (503, "down")
    with closing(sqlite3.connect(tmp_path / "corner.db")) as database:
        tables = ("bookings", "payments", "seats", "carts")
        rows = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # noqa: S608 - names from above
        assert rows == [0] * 4


def test_health_tells_the_truth_until_it_is_told_to_lie(corner: Corner) -> None:
    """A provider that is down is said to be down, and only it; the lie says ok of everything."""
    with corner.client() as client:
        corner.faults("payment-down")
        assert [client.get(f"/api/health{part}").status_code for part in ("", "/payments", "/stripe", "/email")] == [503, 503, 503, 200]
        corner.faults("payment-down", "health-lies")
        assert [client.get(f"/api/health{part}").json()["status"] for part in ("", "/payments", "/stripe")] == ["ok"] * 3


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


def test_a_stale_cache_keeps_the_tracking_page_behind(corner: Corner, tab: Page) -> None:
    """The page's live status repeats the old state while the supplier works on, and catches up when the fault is gone."""
    with corner.client(Authorization="Bearer corner-supplier-key") as client:
        ref = paid_order(client)
        corner.faults("stale-cache")
        client.get(f"/api/orders/{ref}")  # the answer that is repeated
        tab.goto(f"{corner.url}/orders/{ref}")
        client.post(f"/api/supplier/orders/{ref}/offers", json={"fee_cents": 500, "minutes": 45})
        with tab.expect_response(f"**/api/orders/{ref}") as answer:
            pass
        assert answer.value.json()["status"] == "open"
        expect(tab.get_by_role("status")).to_have_text("Looking for a supplier")
        corner.faults()
        expect(tab.get_by_role("status")).to_have_text("Accepted")


def test_a_dropped_chat_comes_back(corner: Corner, tab: Page) -> None:
    """The page says that the connection is lost, and connects again by itself."""
    corner.faults("drop-websocket=1")
    tab.goto(f"{corner.url}/market/7/chat")
    expect(tab.get_by_role("status")).to_have_text("Connected")
    tab.get_by_label("Message").fill("hello?")
    tab.evaluate(WATCH_STATUS)
    tab.get_by_role("button", name="Send").click()
    tab.wait_for_function("() => window.said.length === 2")
    assert tab.evaluate("window.said") == [["Connection lost, trying again", True], ["Connected", False]]


def test_memory_grows_with_every_request(start_corner: StartCorner) -> None:
    """A hundred requests keep a hundred times the size."""
    corner = start_corner("--fault", "memory-growth=200KB")
    with corner.client() as client:
        before = client.get("/api/metrics").json()["resident_bytes"]
        for _ in range(100):
            client.get("/api/services")
        assert client.get("/api/metrics").json()["resident_bytes"] - before > 15_000_000


def test_a_slow_start_binds_at_once_and_answers_only_after_its_time() -> None:
    """A client connects long before Corner announces itself, and its request is answered then."""
    port = quiet_port()
    started = time.perf_counter()
    command = [sys.executable, "-m", "footfall.demo", "--port", str(port), "--payment-port", "0", "--announce", "--die-with-parent"]
    with subprocess.Popen([*command, "--fault", "slow-start=6s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        client = _connected(port, process)
        assert process.stdout
        assert select.select([process.stdout], [], [], 0)[0] == []
        client.sendall(b"GET /api/health HTTP/1.1\r\nHost: corner\r\nConnection: close\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert time.perf_counter() - started >= 6
        client.close()
        process.communicate()


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    while True:
        assert process.poll() is None, "it did not start"
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.01)


def test_faults_can_be_combined_and_taken_off_one_by_one(corner: Corner) -> None:
    """The control says what is on, as it was written."""
    corner.faults("slow-payment=3s", "layout-shift=0.3", "errors=/api/orders:0.5")
    with corner.client(Authorization=f"Bearer {corner.token}") as client:
        assert client.get("/_faults").json()["faults"] == ["slow-payment=3s", "layout-shift=0.3", "errors=/api/orders:0.5"]
        assert client.delete("/_faults/layout-shift").json()["faults"] == ["slow-payment=3s", "errors=/api/orders:0.5"]
        assert client.delete("/_faults").json()["faults"] == []
