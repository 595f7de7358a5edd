"""What Mariia Hub's journeys share."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page

from footfall.browser.cleanup import cleanup

CARD = {"Card number": "4242 4242 4242 4242", "Expiry date": "12/34", "Security code": "123"}
CHARGE = re.compile(r"/v1/payments$")


@cleanup
def remove_test_data(site: httpx.Client, tag: str) -> None:
    """Remove what walks with this tag have left on the site."""
    site.delete(f"/api/test-data/{tag}")


@pytest.fixture
def pay(page: Page) -> Callable[[], None]:
    """Pay with the provider's test card, in its frame; a refused card fails the walk at once."""

    def pay() -> None:
        frame = page.frame_locator("iframe[title='Card payment']")
        for label, text in CARD.items():
            frame.get_by_label(label).fill(text)
        with page.expect_response(CHARGE) as charge:
            frame.get_by_role("button", name="Pay").click()
        assert charge.value.ok, f"the payment was refused ({charge.value.status})"

    return pay
