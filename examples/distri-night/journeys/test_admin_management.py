"""An administrator looks after the platform: analytics, users, commissions, orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey


@pytest.mark.journey(owner="backoffice")
def test_admin_management(journey: Journey, sign_in: Callable[[str], None], paid_order: str) -> None:
    """Each view opens, and a new order is among the orders."""
    page = journey.page
    views = page.get_by_role("navigation", name="Admin")
    with journey.step("sign in"):
        sign_in("admin")
    with journey.step("dashboard"):
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Analytics")).to_be_visible()
    with journey.step("users"):
        views.get_by_role("link", name="Users").click()
        expect(page.get_by_role("heading", name="Users")).to_be_visible()
    with journey.step("commissions"):
        views.get_by_role("link", name="Commissions").click()
        expect(page.get_by_role("heading", name="Commissions")).to_be_visible()
    with journey.step("orders"):
        views.get_by_role("link", name="Orders").click()
        expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    journey.check(page.get_by_text(paid_order).is_visible(), "the new order is not among the orders")
