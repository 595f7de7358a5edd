"""Corner works with a screen reader, with the keyboard, in the dark and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .conftest import Corner
from .test_api import BOOKING, paid_order
from .test_pages import sign_in

PUBLIC = (
    "/",
    "/book",
    "/book/haircut",
    "/book/haircut/details?slot=1-0900",
    "/shop",
    "/shop/sourdough-loaf",
    "/cart",
    "/login",
    "/register",
)
MORE = ("/market", "/market/3", "/market/3/chat", "/market/3/buy", "/events", "/forms", "/nothing")


def serious(tab: Page, scheme: str) -> list[str]:
    """What axe finds of weight, as `rule: element`; in the dark only the colours differ."""
    found = Axe().run(tab, options={"runOnly": ["color-contrast"]} if scheme == "dark" else None).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(corner: Corner, chromium: Browser, scheme: str) -> None:
    """Public pages, records, the card frame's page, the dashboard and the admin, in both schemes."""
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    tab, found = context.new_page(), {}
    with corner.client() as client:
        booking = client.post("/api/bookings", json=BOOKING).json()
        records = (f"/bookings/{booking['ref']}", f"/bookings/{booking['ref']}/payment", f"/orders/{paid_order(client)}")
        frame = f"{corner.payment_url}/frame?intent={booking['payment']['intent']}"
    for address in (*(corner.url + path for path in (*PUBLIC, *MORE, *records)), frame):
        tab.goto(address)
        found[address] = serious(tab, scheme)
    sign_in(tab, corner, "supplier")
    expect(tab.get_by_role("heading", name="Open orders")).to_be_visible()
    found["/supplier"] = serious(tab, scheme)
    tab.get_by_role("link", name="Order O").first.click()
    expect(tab.get_by_role("button", name="Make offer")).to_be_visible()
    found["/supplier/orders"] = serious(tab, scheme)
    context.close()
    assert {address: faults for address, faults in found.items() if faults} == {}


def test_a_booking_needs_no_mouse(corner: Corner, tab: Page) -> None:
    """Tab, arrows, space and enter lead from the slots to the payment."""
    tab.goto(f"{corner.url}/book/haircut")
    tab.get_by_role("radio", name="09:00").focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Your details")).to_be_visible()
    expect(tab.get_by_role("main")).to_contain_text("09:30")
    tab.get_by_label("Name").focus()
    tab.keyboard.type("Ada")
    tab.get_by_label("Email").fill("ada@example.org")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Payment")).to_be_visible()


def test_nothing_sticks_out_on_a_phone(corner: Corner, chromium: Browser) -> None:
    """No page is wider than a window of 375 pixels."""
    context = chromium.new_context(viewport={"width": 375, "height": 800})
    tab, widths = context.new_page(), {}
    for path in (*PUBLIC, *MORE):
        tab.goto(corner.url + path)
        widths[path] = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert {path: width for path, width in widths.items() if width > 375} == {}
