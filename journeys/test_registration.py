"""A newcomer makes an account, leaves, and comes back."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_registration(journey: Journey) -> None:
    """A new account opens at once, and can be entered again."""
    page, email = journey.page, f"eve-{uuid4().hex[:12]}@example.org"
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("register"):
        page.goto("/register")
        page.get_by_label("Name").fill("Eve Example")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill("long enough")
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    with journey.step("sign out"):
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    with journey.step("sign in"):
        page.get_by_role("link", name="Sign in").click()
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill("long enough")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Eve Example")).to_be_visible()
