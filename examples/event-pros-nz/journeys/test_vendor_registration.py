"""A vendor registers, leaves, comes back and is known: registration and verification."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey

PASSWORD = "long enough for anybody"  # noqa: S105  # of an account that lives for three seconds


@pytest.mark.journey(owner="vendors")
def test_vendor_registration(journey: Journey) -> None:
    """A new vendor's account opens at once, and it is a vendor's."""
    page, email = journey.page, f"vendor-{uuid4().hex[:12]}@example.org"
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("register"):
        page.goto("/register")
        page.get_by_label("Name").fill("Tama Example")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("I am a").select_option("supplier")
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    with journey.step("sign out"):
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    with journey.step("verified"):
        page.goto("/login")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
