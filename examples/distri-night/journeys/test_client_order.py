"""A client orders: browse, product, cart, checkout, address, payment, tracking."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey

ADDRESS = {
    "Name": "Nora Example",
    "Email": "nora@example.org",
    "Street and number": "Rue de Nuit 3",
    "Postcode": "75011",
    "City": "Paris",
}


@pytest.mark.journey(owner="shop")
def test_client_order(journey: Journey, pay: Callable[[], None]) -> None:
    """Products can be found, ordered and paid, and the order can be followed."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("browse"):
        page.goto("/shop")
        expect(page.get_by_role("heading", name="Shop", exact=True)).to_be_visible()
    with journey.step("product"):
        page.get_by_role("link", name="Sourdough Loaf").click()
        expect(page.get_by_role("button", name="Add to cart")).to_be_visible()
    with journey.step("cart"):
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    with journey.step("checkout"):
        page.get_by_role("link", name="Checkout").click()
        expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    with journey.step("address"):
        for label, text in ADDRESS.items():
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("payment"):
        pay()
        expect(page.get_by_role("heading", name="Track your order")).to_be_visible(timeout=15_000)
    with journey.step("tracking"):
        expect(page.get_by_role("status")).to_have_text("Looking for a supplier")
