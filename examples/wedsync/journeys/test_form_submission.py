"""A couple fills in a supplier's form and sends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey

FORM = {
    "What do you need?": "Flowers for a wedding",
    "Guests": "60",
    "Budget (€)": "1200",
    "Name": "Di Example",
    "Email": "di@example.org",
}


@pytest.mark.journey(owner="forms")
def test_form_submission(journey: Journey) -> None:
    """The form opens, can be filled in, and is taken."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("form"):
        page.goto("/events")
        expect(page.get_by_role("button", name="Post job")).to_be_visible()
    with journey.step("submit"):
        for label, text in FORM.items():
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("button", name="Post job").click()
        expect(page.get_by_role("heading", name=FORM["What do you need?"])).to_be_visible()
