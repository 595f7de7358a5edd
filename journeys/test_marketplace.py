"""A neighbour buys from another: search, view, live chat with the seller, purchase."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_marketplace(journey: Journey, pay_by_card: Callable[[], None]) -> None:
    """A listing can be found, talked about and bought."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("search"):
        page.goto("/market")
        page.get_by_label("Search the market").fill("guitar")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
        expect(page.get_by_role("link", name="Contact the seller")).to_be_visible()
    with journey.step("chat"):
        page.get_by_role("link", name="Contact the seller").click()
        expect(page.get_by_role("status")).to_have_text("Connected")
        with journey.step("answer"):
            page.get_by_label("Message").fill("Is it still available?")
            page.get_by_role("button", name="Send").click()
            expect(page.get_by_role("log")).to_contain_text("Yes, it is still here.")
    with journey.step("buy"):
        page.get_by_role("link", name="Buy now").click()
        page.get_by_label("Name").fill("Bo Example")
        page.get_by_label("Email").fill("bo@example.org")
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("pay"):
        pay_by_card()
        expect(page.get_by_role("heading", name="Purchase confirmed")).to_be_visible(timeout=15_000)
