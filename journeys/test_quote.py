"""A host plans a party: posts a job, waits for the vendors' quotes, books the first."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey

JOB = {"What do you need?": "Soup for a party", "Guests": "40", "Budget (€)": "900", "Name": "Cy Example", "Email": "cy@example.org"}


def test_quote(journey: Journey, pay_by_card: Callable[[], None]) -> None:
    """A job gets three quotes, and one of them can be booked and paid."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("job"):
        page.goto("/events")
        for label, text in JOB.items():
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("button", name="Post job").click()
        expect(page.get_by_role("heading", name=JOB["What do you need?"])).to_be_visible()
    with journey.step("quotes"):
        expect(page.get_by_role("status")).to_have_text("3 quotes")
    quotes = page.get_by_role("button", name="Book")
    journey.measure("quotes", quotes.count(), unit="count")
    with journey.step("book"):
        quotes.first.click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("pay"):
        pay_by_card()
        expect(page.get_by_role("heading", name="Vendor booked")).to_be_visible(timeout=15_000)
