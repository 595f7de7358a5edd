"""A couple pays a supplier's invoice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey


@pytest.mark.journey(owner="payments")
def test_payment(journey: Journey, pay: Callable[[], None]) -> None:
    """An invoice that stands open, made through the API, can be paid by card."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    made = page.request.post("/api/listings/3/purchases", data={"name": "Di Example", "email": "di@example.org"})
    assert made.ok, f"no invoice could be made ({made.status})"
    with journey.step("invoice"):
        page.goto(f"/purchases/{made.json()['ref']}/payment")
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("payment"):
        pay()
        expect(page.get_by_role("heading", name="Purchase confirmed")).to_be_visible(timeout=15_000)
