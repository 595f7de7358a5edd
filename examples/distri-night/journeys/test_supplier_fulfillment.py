"""A supplier fulfils an order: open orders, offer, accepted, status updates, delivered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey

STATES = (("Start preparing", "Being prepared"), ("Send out", "On the way"), ("Mark as delivered", "Delivered"))


@pytest.mark.journey(owner="supply")
def test_supplier_fulfillment(journey: Journey, sign_in: Callable[[str], None], paid_order: str) -> None:
    """An open order can be taken and brought to its client."""
    page = journey.page
    orders = page.get_by_role("navigation", name="Dashboard")
    with journey.step("sign in"):
        sign_in("supplier")
    with journey.step("dashboard"):
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
    with journey.step("my orders"):
        orders.get_by_role("link", name="My orders").click()
        expect(page.get_by_role("heading", name="My orders")).to_be_visible()
    with journey.step("open orders"):
        orders.get_by_role("link", name="Open orders").click()
        expect(page.get_by_role("link", name=f"Order {paid_order}")).to_be_visible()
    with journey.step("offer"):
        page.get_by_role("link", name=f"Order {paid_order}").click()
        page.get_by_label("Delivery fee").fill("5.00")
        page.get_by_label("Minutes to delivery").fill("45")
        page.get_by_role("button", name="Make offer").click()
        expect(page.get_by_role("status")).to_have_text("Accepted")
    with journey.step("deliver"):
        for action, state in STATES:
            page.get_by_role("button", name=action).click()
            expect(page.get_by_role("status")).to_have_text(state)
