"""Somebody new makes an account."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from footfall.browser.journey import Journey


@pytest.mark.journey(owner="growth")
def test_registration(journey: Journey, touch: Callable[[Locator], None]) -> None:
    """An account opens at once."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("form"):
        page.goto("/register")
        page.get_by_label("Name").fill("Dana Example")
        page.get_by_label("Email").fill(f"dana-{uuid4().hex[:12]}@example.org")
        page.get_by_label("Password").fill("long enough for anybody")
    with journey.step("account"):
        touch(page.get_by_role("button", name="Create account"))
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
