"""Corner works with a screen reader, with the keyboard, in the dark and on a phone: every page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import Corner
from .test_api import ADDRESS, BOOKING, DECLINED, GOOD, card, paid_order
from .test_pages import sign_in

AXE = Axe().axe_script
WEIGHTY = """async (only) => {
  const found = await axe.run({ resultTypes: ["violations"], ...(only ? { runOnly: only } : {}) });
  const weighty = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  return weighty.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`);
}"""
PUBLIC = ["/", "/book", "/book/haircut", "/book/haircut/details?slot=1-0900", "/shop", "/shop/sourdough-loaf"]
PUBLIC += ["/login", "/register", "/market", "/market/3", "/market/3/chat", "/market/3/buy", "/events", "/forms", "/nothing"]
# Pages that between them show every colour; in the dark these will do.
COLOURFUL = ("/", "/book/haircut", "/market/3/chat", "/register, refused", "/cart", "/supplier", "/admin")
OWN = {
    "customer": ("/cart", "/checkout", "/account"),
    "supplier": ("/supplier", "/supplier/mine"),
    "admin": ("/admin", "/admin/users", "/admin/orders", "/admin/commissions"),
}


class Visits(NamedTuple):
    """Every page of Corner, by who may see it."""

    public: tuple[str, ...]
    supplier: tuple[str, ...]


@pytest.fixture(scope="module")
def visits(shared_corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Visits:
    """Records in each of their states, made over the API."""
    pdf = tmp_path_factory.mktemp("pdf") / "plan.pdf"
    pdf.write_bytes(b"%PDF-1.4\n2 0 obj<</Type /Page>>\n%%EOF\n")
    who = {"name": "Ada", "email": "ada@example.org"}
    with shared_corner.client() as client, shared_corner.client(Authorization="Bearer corner-supplier-key") as supplier:
        unpaid, paid = (client.post("/api/bookings", json=BOOKING).json() for _ in range(2))
        client.post("/api/payments", json={"intent": paid["payment"]["intent"], "card": card(GOOD)})
        open_order, offered, accepted = (paid_order(client) for _ in range(3))
        supplier.post(f"/api/supplier/orders/{offered}/offers", json={"fee_cents": 5000, "minutes": 45})
        supplier.post(f"/api/supplier/orders/{accepted}/offers", json={"fee_cents": 500, "minutes": 45})
        purchase = client.post("/api/listings/3/purchases", json=who).json()["ref"]
        job = client.post("/api/jobs", json={"title": "Soup", "guests": 4, "budget_cents": 9000, **who}).json()["ref"]
        form = client.post("/api/forms", data=who, files={"file": ("plan.pdf", pdf.read_bytes())}).json()["ref"]
        order = client.post("/api/orders", json={"items": [{"product": 1, "quantity": 2}], **ADDRESS}).json()["ref"]
    records = [f"/bookings/{unpaid['ref']}", f"/bookings/{unpaid['ref']}/payment", f"/bookings/{paid['ref']}", f"/forms/{form}"]
    records += [f"/orders/{order}/payment", f"/orders/{open_order}", f"/orders/{offered}", f"/orders/{accepted}"]
    records += [f"/purchases/{purchase}", f"/events/{job}", f"{shared_corner.payment_url}/frame?intent={unpaid['payment']['intent']}"]
    return Visits((*PUBLIC, *records), (f"/supplier/orders/{open_order}", f"/supplier/orders/{accepted}"))


def pages(tab: Page, corner: Corner, visits: Visits) -> Iterator[str]:
    """Open one page after the other, as everybody who may, and give its path."""
    for path in visits.public:
        tab.goto(path if path.startswith("http") else corner.url + path)
        yield path
    yield from refused_forms(tab, corner)
    for role, paths in OWN.items():
        tab.context.clear_cookies()
        sign_in(tab, corner, role)
        if role == "customer":
            fill_cart(tab, corner)
        for path in paths + (visits.supplier if role == "supplier" else ()):
            tab.goto(corner.url + path)
            expect(tab.get_by_role("heading", level=1)).to_be_visible()
            yield path


def refused_forms(tab: Page, corner: Corner) -> Iterator[str]:
    """Forms that come back with what is wrong."""
    tab.goto(f"{corner.url}/register")
    for label, text in {"Name": "Ada", "Email": "admin@corner.example", "Password": "long enough"}.items():
        tab.get_by_label(label).fill(text)
    tab.get_by_role("button", name="Create account").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    yield "/register, refused"
    tab.goto(f"{corner.url}/book/haircut/details?slot=1-0900")
    tab.locator("form").last.evaluate("form => { form.noValidate = true; }")
    tab.get_by_role("button", name="Continue to payment").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    yield "/book/haircut/details, refused"


def fill_cart(tab: Page, corner: Corner) -> None:
    """Two products in the cart."""
    for product in ("sourdough-loaf", "cherry-jam"):
        tab.goto(f"{corner.url}/shop/{product}")
        tab.get_by_role("button", name="Add to cart").click()


def serious(tab: Page, scheme: str) -> list[str]:
    """What axe finds of weight, as `rule: element`; in the dark only the colours differ."""
    tab.evaluate(AXE)
    found: list[str] = tab.evaluate(WEIGHTY, ["color-contrast"] if scheme == "dark" else None)
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 375)])
def test_every_page_is_fit_for_everybody(corner: Corner, chromium: Browser, visits: Visits, scheme: str, width: int) -> None:
    """Axe finds nothing serious, no page is wider than its window, and no page has an error in its console."""
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 800})
    tab, faults = context.new_page(), _console(context)
    for path in pages(tab, corner, visits):
        if scheme == "light" or path in COLOURFUL:
            faults += [f"{path}: {fault}" for fault in serious(tab, scheme)]
        if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"{path}: {wide} pixels wide")
    context.close()
    # The three answers that say no are told by the browser as failed loads.
    assert [fault for fault in faults if not re.search(r"status of (404|409|422)", fault)] == []


def _console(context: BrowserContext) -> list[str]:
    told: list[str] = []
    context.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: told.append(str(error.error)))
    return told


def test_a_booking_needs_no_mouse(corner: Corner, tab: Page) -> None:
    """Tab, arrows, space and enter lead from the slots to the payment, and through the card frame to the end."""
    tab.goto(f"{corner.url}/book/haircut")
    tab.get_by_role("radio", name="09:00").focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Your details")).to_be_visible()
    expect(tab.get_by_role("main")).to_contain_text("09:30")
    tab.get_by_label("Name").focus()
    tab.keyboard.type("Ada")
    tab.keyboard.press("Tab")
    tab.keyboard.type("ada@example.org")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Payment")).to_be_visible()
    tab.frame_locator("iframe").get_by_label("Card number").focus()
    for text in ("4000002760003184", "12/34", "123"):
        tab.keyboard.type(text)
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.frame_locator("iframe").get_by_role("button", name="Confirm payment")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Booking confirmed")).to_be_visible()


def test_the_dashboard_keeps_the_focus(corner: Corner, tab: Page) -> None:
    """After each step it is on the button of the next, at the end on the heading; the status is one element that changes."""
    with corner.client() as client:
        ref = paid_order(client)
    sign_in(tab, corner, "supplier")
    expect(tab.get_by_role("heading", name="Open orders")).to_be_visible()
    tab.goto(f"{corner.url}/supplier/orders/{ref}")
    status = tab.get_by_role("status").element_handle()
    tab.get_by_role("button", name="Make offer").focus()
    for name in ("Start preparing", "Send out", "Mark as delivered"):
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("button", name=name)).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name=f"Order {ref}")).to_be_focused()
    assert (status.text_content(), status.evaluate("status => status.isConnected")) == ("Delivered", True)


def test_the_card_form_keeps_the_focus_and_marks_its_fields(corner: Corner, tab: Page) -> None:
    """A field that is wrong is marked and has the focus; after a declined card it stays on the button, and nothing is marked any more."""
    with corner.client() as client:
        intent = client.post("/api/bookings", json=BOOKING).json()["payment"]["intent"]
    tab.goto(f"{corner.payment_url}/frame?intent={intent}")
    number, button = tab.get_by_label("Card number"), tab.get_by_role("button", name="Pay")
    number.fill(DECLINED)
    tab.get_by_label("Expiry date").fill("12")
    tab.get_by_label("Security code").fill("123")
    tab.keyboard.press("Enter")
    expect(tab.get_by_label("Expiry date")).to_be_focused()
    expect(tab.get_by_label("Expiry date")).to_have_attribute("aria-invalid", "true")
    expect(tab.get_by_label("Expiry date")).to_have_accessible_description(re.compile("expiry must look like 12/34"))
    expect(number).not_to_have_attribute("aria-invalid", "true")
    tab.get_by_label("Expiry date").fill("12/34")
    button.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_have_text("Your card was declined. Try another card.")
    expect(button).to_be_focused()
    expect(tab.get_by_label("Expiry date")).not_to_have_attribute("aria-invalid", "true")


def test_the_first_tab_skips_to_the_content(corner: Corner, tab: Page) -> None:
    """A keyboard need not walk through the navigation on every page."""
    tab.goto(f"{corner.url}/shop")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#content")
