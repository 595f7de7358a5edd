"""A supplier uploads a PDF, which is read in the background."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from footfall.browser.journey import Journey

PDF: FilePayload = {
    "name": "contract.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n1 0 obj<</Type/Pages /Count 2>>\n2 0 obj<</Type/Page>>\n3 0 obj<</Type/Page>>\n%%EOF\n",
}


@pytest.mark.journey(owner="forms")
def test_pdf_upload(journey: Journey) -> None:
    """A PDF is taken, processed, and its pages are counted."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("form"):
        page.goto("/forms")
        page.get_by_label("Name").fill("Sam Example")
        page.get_by_label("Email").fill("sam@example.org")
        page.get_by_label("PDF file").set_input_files(PDF)
    with journey.step("upload"):
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Your plan")).to_be_visible()
    with journey.step("processed"):
        expect(page.get_by_role("status")).to_have_text("Done: 2 pages", timeout=10_000)
