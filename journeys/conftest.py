"""What several of Corner's journeys do."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page

from footfall.browser.cleanup import cleanup
from footfall.browser.journey import Journey

GOOD_CARD = "4242 4242 4242 4242"


@cleanup
def remove_test_data(site: httpx.Client, tag: str) -> None:
    """Remove all that was made by visits with this tag; Corner writes it down from the cookie `footfall_run`."""
    site.delete(f"/api/test-data/{tag}")


@pytest.fixture
def pay_by_card(page: Page) -> Callable[[], None]:
    """Fill in the card, which is in a frame of the payment provider's, and pay."""

    def pay() -> None:
        frame = page.frame_locator("iframe[title='Card payment']")
        frame.get_by_label("Card number").fill(GOOD_CARD)
        frame.get_by_label("Expiry date").fill("12/34")
        frame.get_by_label("Security code").fill("123")
        frame.get_by_role("button", name="Pay").click()

    return pay


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], None]:
    """Sign in as `customer`, `supplier` or `admin`."""

    def enter(role: str) -> None:
        page.goto("/login")
        page.get_by_label("Email").fill(f"{role}@corner.example")
        page.get_by_label("Password").fill(f"corner-{role}")
        page.get_by_role("button", name="Sign in").click()

    return enter


@pytest.fixture
def open_order(journey: Journey) -> str:
    """Place and pay an order, so that a supplier has one to fulfil; return its reference."""
    journey.cleanup("remove_test_data", tag=journey.tag)
    site = journey.page.request
    customer = {"name": "Ada Example", "email": "ada@example.org", "street": "Mill Lane 7", "postcode": "1010", "city": "Corner"}
    placed = site.post("/api/orders", data={**customer, "items": [{"product": 1, "quantity": 2}]}).json()
    card = {"number": GOOD_CARD, "expiry": "12/34", "cvc": "123"}
    paid = site.post("/api/payments", data={"intent": placed["payment"]["intent"], "card": card})
    assert paid.ok, paid.text()
    return str(placed["ref"])
