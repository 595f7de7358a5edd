"""What several of Corner's journeys do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

GOOD_CARD = "4242 4242 4242 4242"


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
def open_order(page: Page) -> str:
    """Place and pay an order, so that a supplier has one to fulfil; return its reference."""
    customer = {"name": "Ada Example", "email": "ada@example.org", "street": "Mill Lane 7", "postcode": "1010", "city": "Corner"}
    placed = page.request.post("/api/orders", data={**customer, "items": [{"product": 1, "quantity": 2}]}).json()
    card = {"number": GOOD_CARD, "expiry": "12/34", "cvc": "123"}
    paid = page.request.post("/api/payments", data={"intent": placed["payment"]["intent"], "card": card})
    assert paid.ok, paid.text()
    return str(placed["ref"])
