"""A supplier fulfils an order: open orders, offer, accepted, status updates, delivered."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_fulfillment(journey: Journey, sign_in: Callable[[str], None], open_order: str) -> None:
    """An open order can be taken and brought to its customer."""
    page = journey.page
    with journey.step("sign in"):
        sign_in("supplier")
        expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
    with journey.step("open"):
        page.get_by_role("link", name=f"Order {open_order}").click()
        expect(page.get_by_role("heading", name=f"Order {open_order}")).to_be_visible()
    with journey.step("offer"):
        page.get_by_label("Delivery fee").fill("5.00")
        page.get_by_label("Minutes to delivery").fill("45")
        page.get_by_role("button", name="Make offer").click()
        expect(page.get_by_role("status")).to_have_text("Accepted")
    with journey.step("deliver"):
        for action, status in (("Start preparing", "Being prepared"), ("Send out", "On the way"), ("Mark as delivered", "Delivered")):
            page.get_by_role("button", name=action).click()
            expect(page.get_by_role("status")).to_have_text(status)
