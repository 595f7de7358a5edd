"""A customer books a haircut: service, time, details, payment, confirmed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_booking(journey: Journey, pay_by_card: Callable[[], None]) -> None:
    """A haircut can be booked and paid."""
    page = journey.page
    journey.cleanup("remove_test_data", tag=journey.tag)
    with journey.step("home"):
        page.goto("/")
        expect(page.get_by_role("heading", name="Your neighbourhood, around the corner")).to_be_visible()
    with journey.step("service"):
        page.get_by_role("link", name="Book a service").click()
        page.get_by_role("link", name="Haircut").click()
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
    with journey.step("time"):
        page.get_by_role("radio", name="09:30").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    with journey.step("details"):
        page.get_by_label("Name").fill("Ada Example")
        page.get_by_label("Email").fill("ada@example.org")
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with journey.step("pay"):
        pay_by_card()
        expect(page.get_by_role("heading", name="Booking confirmed")).to_be_visible(timeout=15_000)
    journey.check(page.get_by_text("Booking reference").is_visible(), "the confirmation names no booking reference")
