"""An administrator looks after the shop: figures, users, orders, commissions."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_admin(journey: Journey, sign_in: Callable[[str], None], open_order: str) -> None:
    """Each view opens, a new order is among the orders, and nobody gets in without signing in."""
    page = journey.page
    with journey.step("sign in"):
        sign_in("admin")
        expect(page.get_by_role("heading", name="Analytics")).to_be_visible()
    for view in ("Users", "Orders", "Commissions"):
        with journey.step(view.lower()):
            page.get_by_role("navigation", name="Admin").get_by_role("link", name=view).click()
            expect(page.get_by_role("heading", name=view)).to_be_visible()
        if view == "Orders":
            journey.check(page.get_by_text(open_order).is_visible(), "the new order is not among the orders")
    with journey.step("sign out"):
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        page.goto("/admin")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
