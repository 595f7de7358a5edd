"""A client books a treatment: service, time, details, payment, confirmed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from footfall.browser.journey import Journey


@pytest.mark.journey(owner="booking")
def test_booking(journey: Journey, pay: Callable[[], None]) -> None:
    """A massage can be booked and paid."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("home"):
        page.goto("/")
        expect(page.get_by_role("link", name="Book a service")).to_be_visible()
    with journey.step("service"):
        page.get_by_role("link", name="Book a service").click()
        page.get_by_role("link", name="Massage").click()
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
    with journey.step("time"):
        page.get_by_role("radio", name="10:30").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    with journey.step("details"):
        page.get_by_label("Name").fill("Maria Example")
        page.get_by_label("Email").fill("maria@example.org")
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("payment"):
        pay()
        expect(page.get_by_role("heading", name="Booking confirmed")).to_be_visible(timeout=15_000)
    with journey.step("confirmed"):
        expect(page.get_by_text("Booking reference")).to_be_visible()
