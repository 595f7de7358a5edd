"""A buyer on a phone: search, view, contact the seller, purchase."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from footfall.browser.journey import Journey


@pytest.mark.journey(owner="market")
def test_purchase(journey: Journey, touch: Callable[[Locator], None], pay: Callable[[], None]) -> None:
    """A listing can be found, looked at, talked about in the live chat, and bought."""
    page = journey.page
    found = page.get_by_role("main").get_by_role("listitem").first.get_by_role("link")
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("search"):
        page.goto("/market")
        page.get_by_label("Search the market").fill("guitar")
        with journey.step("results"):
            touch(page.get_by_role("button", name="Search"))
            expect(found).to_contain_text("uitar")
    with journey.step("view"):
        touch(found)
        expect(page.get_by_role("link", name="Contact the seller")).to_be_visible()
    with journey.step("contact"):
        touch(page.get_by_role("link", name="Contact the seller"))
        expect(page.get_by_role("status")).to_have_text("Connected")
        with journey.step("answer"):
            page.get_by_label("Message").fill("Is it still available?")
            touch(page.get_by_role("button", name="Send"))
            expect(page.get_by_role("log")).to_contain_text("Yes, it is still here.")
    with journey.step("purchase"):
        touch(page.get_by_role("link", name="Buy now"))
        page.get_by_label("Name").fill("Dana Example")
        page.get_by_label("Email").fill("dana@example.org")
        touch(page.get_by_role("button", name="Continue to payment"))
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("payment"):
        pay()
        expect(page.get_by_role("heading", name="Purchase confirmed")).to_be_visible(timeout=15_000)
