"""What DISTRI-NIGHT's journeys share: its three kinds of users, and the payment."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page

from footfall.browser.cleanup import cleanup
from footfall.browser.journey import Journey

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
FIELDS = {"Card number": CARD["number"], "Expiry date": CARD["expiry"], "Security code": CARD["cvc"]}
CHARGE = re.compile(r"/v1/payments$")
CLIENT = {"name": "Nora Example", "email": "nora@example.org", "street": "Rue de Nuit 3", "postcode": "75011", "city": "Paris"}


@cleanup
def remove_test_data(site: httpx.Client, tag: str) -> None:
    """Remove what walks with this tag have left on the site."""
    site.delete(f"/api/test-data/{tag}")


@pytest.fixture
def pay(page: Page) -> Callable[[], None]:
    """Pay with the provider's test card, in its frame; a refused card fails the walk at once."""

    def pay() -> None:
        frame = page.frame_locator("iframe[title='Card payment']")
        for label, text in FIELDS.items():
            frame.get_by_label(label).fill(text)
        with page.expect_response(CHARGE) as charge:
            frame.get_by_role("button", name="Pay").click()
        assert charge.value.ok, f"the payment was refused ({charge.value.status})"

    return pay


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], None]:
    """Open the sign-in page and fill it in for `supplier` or `admin`; the caller presses the button, so that a step can begin there."""

    def fill_in(role: str) -> None:
        page.goto("/login")
        page.get_by_label("Email").fill(f"{role}@corner.example")  # on your site: journey.secret("SUPPLIER_PASSWORD") and the like
        page.get_by_label("Password").fill(f"corner-{role}")

    return fill_in


@pytest.fixture
def paid_order(journey: Journey) -> str:
    """Place and pay an order through the API, so that there is one to fulfil; return its reference."""
    journey.cleanup("remove_test_data", tag=journey.tag)
    site = journey.page.request
    placed = site.post("/api/orders", data={**CLIENT, "items": [{"product": 1, "quantity": 2}]})
    assert placed.ok, f"no order could be placed ({placed.status})"
    order = placed.json()
    paid = site.post("/api/payments", data={"intent": order["payment"]["intent"], "card": CARD})
    assert paid.ok, f"the order could not be paid ({paid.status})"
    return str(order["ref"])
