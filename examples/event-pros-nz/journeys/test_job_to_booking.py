"""A host plans an event: posts a job, waits for the vendors' quotes, books one and pays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey

JOB = {
    "What do you need?": "Marquee for a wedding",
    "Guests": "80",
    "Budget (€)": "4500",
    "Name": "Aroha Example",
    "Email": "aroha@example.org",
}


@pytest.mark.journey(owner="hosts")
def test_job_to_booking(journey: Journey, pay: Callable[[], None]) -> None:
    """A job gets its quotes, and a vendor can be booked and paid."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("post job"):
        page.goto("/events")
        for label, text in JOB.items():
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("button", name="Post job").click()
        expect(page.get_by_role("heading", name=JOB["What do you need?"])).to_be_visible()
    with journey.step("quotes"):
        expect(page.get_by_role("status")).to_have_text("3 quotes", timeout=15_000)
    offers = page.get_by_role("button", name="Book")
    journey.measure("quotes", offers.count(), unit="count")
    with journey.step("book"):
        offers.first.click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("payment"):
        pay()
        expect(page.get_by_role("heading", name="Vendor booked")).to_be_visible(timeout=15_000)
