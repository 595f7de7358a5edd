"""A customer buys bread: browse, cart, checkout, payment, tracking."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_checkout(journey: Journey, pay_by_card: Callable[[], None]) -> None:
    """Goods can be found, ordered and paid, and the order can be followed."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("browse"):
        page.goto("/shop")
        page.get_by_role("link", name="Sourdough Loaf").click()
        expect(page.get_by_role("heading", name="Sourdough Loaf")).to_be_visible()
    with journey.step("cart"):
        page.get_by_label("Quantity").fill("2")
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
        expect(page.get_by_label("Quantity of Sourdough Loaf")).to_have_value("2")
    with journey.step("checkout"):
        page.get_by_role("link", name="Checkout").click()
        page.get_by_label("Name").fill("Ada Example")
        page.get_by_label("Email").fill("ada@example.org")
        page.get_by_label("Street and number").fill("Mill Lane 7")
        page.get_by_label("Postcode").fill("1010")
        page.get_by_label("City").fill("Corner")
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("pay"):
        pay_by_card()
        expect(page.get_by_role("heading", name="Track your order")).to_be_visible(timeout=15_000)
    with journey.step("track"):
        expect(page.get_by_role("status")).to_have_text("Looking for a supplier")
    journey.check(page.get_by_text("Order reference").is_visible(), "the tracking page names no order reference")
