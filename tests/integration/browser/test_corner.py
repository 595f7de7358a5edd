"""Corner's own pages: a dashboard whose routes are drawn by a script, and a card form in a frame of another origin under a strict CSP."""

from __future__ import annotations

import pytest

from footfall.samples import Sample
from tests.integration.browser.walks import Walk, Walked

MODULES = {
    "../footfall.toml": '[suite]\nname = "Corner"\n[targets.corner]\ndemo = true\n',
    "test_supply.py": """
        from playwright.sync_api import expect

        expect.set_options(timeout=30_000)

        def test_supply(journey):
            page = journey.page
            card = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
            person = {"name": "Ada", "email": "a@example.org", "street": "Mill Lane 7", "postcode": "1010", "city": "Corner"}
            for _ in range(3):
                order = page.request.post("/api/orders", data={**person, "items": [{"product": 1, "quantity": 1}]}).json()
                page.request.post("/api/payments", data={"intent": order["payment"]["intent"], "card": card})
            with journey.step("sign in"):
                page.goto("/login")
                page.get_by_label("Email").fill("supplier@corner.example")
                page.get_by_label("Password").fill("corner-supplier")
                page.get_by_role("button", name="Sign in").click()
                expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
            with journey.step("order"):
                page.get_by_role("link", name=f"Order {order['ref']}").click()
                expect(page.get_by_role("heading", name=f"Order {order['ref']}")).to_be_visible()
            with journey.step("mine"):
                page.get_by_role("link", name="My orders").click()
                expect(page.get_by_role("heading", name="My orders")).to_be_visible()
    """,
    "test_pays.py": """
        from playwright.sync_api import expect

        expect.set_options(timeout=30_000)

        def test_pays(journey):
            page = journey.page
            violations = []
            page.on("console", lambda message: "Content Security Policy" in message.text and violations.append(message.text))
            with journey.step("payment"):
                page.goto("/book/haircut/details?slot=1-0930")
                page.get_by_label("Name").fill("Ada Example")
                page.get_by_label("Email").fill("ada@example.org")
                answer = page.expect_navigation()
                with answer as going:
                    page.get_by_role("button", name="Continue to payment").click()
                journey.note("policy: " + going.value.headers["content-security-policy"])
                expect(page.get_by_role("heading", name="Payment")).to_be_visible()
            with journey.step("pay"):
                frame = page.frame_locator("iframe[title='Card payment']")
                frame.get_by_label("Card number").fill("4242 4242 4242 4242")
                frame.get_by_label("Expiry date").fill("12/34")
                frame.get_by_label("Security code").fill("123")
                frame.get_by_role("button", name="Pay").click()
                expect(page.get_by_role("heading", name="Booking confirmed")).to_be_visible(timeout=30_000)
            journey.check(not violations, f"the page's policy was broken: {violations}")
    """,
}


@pytest.fixture(scope="module")
def corner(walk: Walk) -> Walked:
    """Walk through both, once each, on a phone."""
    walked = walk(MODULES, "--base-url", "", "--device", "iPhone 15", "--iterations", "1", "--warm-up", "0", "--journey-timeout", "200")
    assert walked.code == 0, walked.output
    return walked


def of(walked: Walked, part: str, metric: str) -> Sample:
    """Return the one sample of a step's metric."""
    (found,) = [sample for sample in walked.samples if (sample.part, sample.metric) == (part, metric)]
    return found


def test_a_route_of_a_single_page_app_is_a_page(corner: Walked) -> None:
    """A click that draws another route gives that route's paints and shifts, with its address, and no first byte and no load of its own."""
    for step, route in (("order", "/supplier/orders/"), ("mine", "/supplier/mine")):
        assert of(corner, step, "lcp").value > 0
        assert route in of(corner, step, "lcp").detail["url"]
        assert route in of(corner, step, "fcp").detail["url"]
        assert of(corner, step, "inp").value > 0
        assert [corner.values(step, metric) for metric in ("ttfb", "page_load", "ux_score")] == [[], [], []]
        assert of(corner, step, "requests").value >= 1  # what it asks the API for


def test_a_card_form_of_another_origin_under_a_strict_policy(corner: Walked) -> None:
    """The page around the frame has all its vitals, though its policy allows no foreign script, and so has the page after the payment."""
    (policy,) = [event.text for event in corner.events if event.kind == "note" and event.text.startswith("policy: ")]
    assert "script-src" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    for step in ("payment", "pay"):
        assert all(of(corner, step, metric).value >= 0 for metric in ("lcp", "cls", "fcp", "ttfb", "page_load", "tbt", "ux_score"))
    assert "/payment" not in of(corner, "pay", "lcp").detail["url"]
