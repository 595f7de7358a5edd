"""What customers and suppliers do in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from .conftest import Corner
from .test_api import becomes, paid_order


def fill(tab: Page, texts: dict[str, str]) -> None:
    """Fill in fields by their labels."""
    for label, text in texts.items():
        tab.get_by_label(label, exact=True).fill(text)


def pay(tab: Page, number: str) -> None:
    """Fill in the card frame and pay."""
    frame = tab.frame_locator("iframe[title='Card payment']")
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiry date").fill("12/34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_role("button", name="Pay").click()


def sign_in(tab: Page, corner: Corner, role: str) -> None:
    """Sign in with one of the demo accounts."""
    tab.goto(f"{corner.url}/login")
    tab.get_by_label("Email").fill(f"{role}@corner.example")
    tab.get_by_label("Password").fill(f"corner-{role}")
    tab.get_by_role("button", name="Sign in").click()


def order_a_loaf(tab: Page, corner: Corner) -> str:
    """Browse, fill the cart, check out and pay; returns the order's reference."""
    tab.goto(f"{corner.url}/shop")
    tab.get_by_role("link", name="Sourdough Loaf").click()
    tab.get_by_label("Quantity").fill("2")
    tab.get_by_role("button", name="Add to cart").click()
    tab.get_by_role("link", name="Checkout").click()
    for label, text in {
        "Name": "Ada",
        "Email": "ada@example.org",
        "Street and number": "Way 1",
        "Postcode": "1010",
        "City": "Town",
    }.items():
        tab.get_by_label(label, exact=True).fill(text)
    tab.get_by_role("button", name="Continue to payment").click()
    pay(tab, "4242 4242 4242 4242")
    expect(tab.get_by_role("heading", name="Track your order")).to_be_visible()
    return tab.locator("code").inner_text()


def test_a_customer_books(corner: Corner, tab: Page) -> None:
    """From the front door to a confirmed booking, past a declined card and a bank that wants a confirmation; then the webhook comes."""
    with corner.client() as client:
        delivered = client.get("/api/metrics").json()["webhooks_delivered"]
    tab.goto(corner.url)
    tab.get_by_role("link", name="Book a service").click()
    tab.get_by_role("link", name="Haircut").click()
    tab.get_by_role("radio", name="09:30").check()
    tab.get_by_role("button", name="Continue").click()
    tab.get_by_label("Name").fill("Ada")
    tab.get_by_label("Email").fill("ada@example.org")
    tab.get_by_role("button", name="Continue to payment").click()
    pay(tab, "4000 0000 0000 0002")
    expect(tab.frame_locator("iframe").get_by_role("alert")).to_have_text("Your card was declined. Try another card.")
    pay(tab, "4000 0027 6000 3184")
    tab.frame_locator("iframe").get_by_role("button", name="Confirm payment").click()
    expect(tab.get_by_role("heading", name="Booking confirmed")).to_be_visible()
    expect(tab.get_by_text("Booking reference")).to_be_visible()
    with corner.client() as client:
        assert becomes(client, "/api/metrics", lambda said: said["webhooks_delivered"] > delivered)


def test_a_payment_settles_by_its_webhook_alone(corner: Corner, tab: Page) -> None:
    """Somebody pays in the provider's frame and never comes back to the shop: the signed webhook confirms the booking."""
    booking = {"service": "haircut", "slot": "1-0900", "name": "Ada", "email": "ada@example.org"}
    with corner.client() as client:
        said = client.post("/api/bookings", json=booking).json()
        tab.goto(f"{corner.payment_url}/frame?intent={said['payment']['intent']}")
        tab.get_by_label("Card number").fill("4242 4242 4242 4242")
        tab.get_by_label("Expiry date").fill("12/34")
        tab.get_by_label("Security code").fill("123")
        tab.get_by_role("button", name="Pay").click()
        expect(tab.get_by_role("status")).to_have_text("Payment accepted")
        assert becomes(client, f"/api/bookings/{said['ref']}", lambda said: said["status"] == "confirmed")


def test_the_dashboard_moves_without_loading_a_page(corner: Corner, tab: Page) -> None:
    """Its links are soft navigations, which the browser itself counts as such; going back works, and so does a reload on any route."""
    with corner.client() as client:
        ref = paid_order(client)
    sign_in(tab, corner, "supplier")
    expect(tab.get_by_role("heading", name="Open orders")).to_be_visible()
    tab.evaluate("""() => {
      window.soft = [];
      const watch = (list) => window.soft.push(...list.getEntries().map((entry) => new URL(entry.name).pathname));
      new PerformanceObserver(watch).observe({ type: "soft-navigation" });
    }""")
    tab.get_by_role("link", name=f"Order {ref}").click()
    expect(tab.get_by_role("heading", name=f"Order {ref}")).to_be_focused()
    tab.wait_for_function("() => window.soft.length === 1")
    tab.get_by_role("link", name="My orders").click()
    expect(tab.get_by_role("heading", name="My orders")).to_be_visible()
    tab.wait_for_function("() => window.soft.length === 2")
    assert tab.evaluate("window.soft") == [f"/supplier/orders/{ref}", "/supplier/mine"]
    tab.go_back()
    expect(tab.get_by_role("heading", name=f"Order {ref}")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("button", name="Make offer")).to_be_visible()


def test_the_dashboard_shows_what_was_asked_for_last(corner: Corner, tab: Page) -> None:
    """An answer that comes late does not draw over the route that was chosen meanwhile."""
    held: list[Route] = []
    sign_in(tab, corner, "supplier")
    expect(tab.get_by_role("heading", name="Open orders")).to_be_visible()
    tab.route("**/api/supplier/orders?status=mine", lambda route: held.append(route))  # noqa: PLW0108 - Playwright leaves its mark on it
    tab.get_by_role("link", name="My orders").click()
    tab.wait_for_url("**/supplier/mine")
    with tab.expect_response("**/api/supplier/orders?status=open"):
        tab.get_by_role("link", name="Open orders").click()
    with tab.expect_response("**/api/supplier/orders?status=mine"):
        held[0].continue_()
    tab.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Open orders")


def test_an_order_is_placed_and_delivered(corner: Corner, tab: Page, chromium: Browser) -> None:
    """The customer's tracking page follows by itself what the supplier does in the dashboard."""
    ref = order_a_loaf(tab, corner)
    expect(tab.get_by_role("status")).to_have_text("Looking for a supplier")
    supplier = chromium.new_context().new_page()
    sign_in(supplier, corner, "supplier")
    supplier.get_by_role("link", name=f"Order {ref}").click()
    supplier.get_by_role("button", name="Make offer").click()
    for step in ("Start preparing", "Send out", "Mark as delivered"):
        supplier.get_by_role("button", name=step).click()
    expect(supplier.get_by_role("status")).to_have_text("Delivered")
    expect(tab.get_by_role("status")).to_have_text("Delivered")
    supplier.context.close()


def test_a_costly_offer_waits_for_the_customer(corner: Corner, tab: Page, chromium: Browser) -> None:
    """Past the limits the customer decides, with a button on the tracking page."""
    ref = order_a_loaf(tab, corner)
    supplier = chromium.new_context().new_page()
    sign_in(supplier, corner, "supplier")
    supplier.goto(f"{corner.url}/supplier/orders/{ref}")
    supplier.get_by_label("Delivery fee (€)").fill("25")
    supplier.get_by_role("button", name="Make offer").click()
    expect(supplier.get_by_role("status")).to_have_text("Offer received")
    tab.get_by_role("button", name="Accept offer").click()
    expect(tab.get_by_role("status")).to_have_text("Accepted")
    supplier.context.close()


def test_a_neighbour_chats_and_buys(corner: Corner, tab: Page) -> None:
    """Search, look, ask the seller over the WebSocket, buy."""
    tab.goto(f"{corner.url}/market")
    tab.get_by_label("Search the market").fill("guitar")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
    tab.get_by_role("link", name="Contact the seller").click()
    tab.get_by_label("Message").fill("Is it still available?")
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("log")).to_contain_text("Yes, it is still here.")
    tab.reload()
    expect(tab.get_by_role("log")).to_contain_text("Is it still available?")
    tab.get_by_role("link", name="Buy now").click()
    tab.get_by_label("Name").fill("Bo")
    tab.get_by_label("Email").fill("bo@example.org")
    tab.get_by_role("button", name="Continue to payment").click()
    pay(tab, "4242 4242 4242 4242")
    expect(tab.get_by_role("heading", name="Purchase confirmed")).to_be_visible()


def test_a_host_books_a_vendor(corner: Corner, tab: Page) -> None:
    """Post a job, see the quotes come, book one."""
    tab.goto(f"{corner.url}/events")
    for label, text in {
        "What do you need?": "Soup for a party",
        "Guests": "40",
        "Budget (€)": "900",
        "Name": "Cy",
        "Email": "cy@example.org",
    }.items():
        tab.get_by_label(label, exact=True).fill(text)
    tab.get_by_role("button", name="Post job").click()
    expect(tab.get_by_role("status")).to_have_text("3 quotes")
    tab.get_by_role("button", name="Book").first.click()
    pay(tab, "4242 4242 4242 4242")
    expect(tab.get_by_role("heading", name="Vendor booked")).to_be_visible()


def test_a_plan_is_read(corner: Corner, tab: Page, tiny_pdf: Path) -> None:
    """An uploaded PDF is processed in the background, then shown as done."""
    tab.goto(f"{corner.url}/forms")
    tab.get_by_label("Name").fill("Di")
    tab.get_by_label("Email").fill("di@example.org")
    tab.get_by_label("PDF file").set_input_files(tiny_pdf)
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("status")).to_have_text("Done: 2 pages")


def test_a_newcomer_registers(corner: Corner, tab: Page) -> None:
    """An account is made, left and entered again."""
    email = f"new-{corner.process.pid}@example.org"
    tab.goto(f"{corner.url}/register")
    tab.get_by_label("Name").fill("Eve Newcomer")
    tab.get_by_label("Email").fill(email)
    tab.get_by_label("Password").fill("long enough")
    tab.get_by_role("button", name="Create account").click()
    expect(tab.get_by_role("heading", name="Your account")).to_be_visible()
    tab.get_by_role("button", name="Sign out").click()
    tab.goto(f"{corner.url}/login")
    tab.get_by_label("Email").fill(email)
    tab.get_by_label("Password").fill("long enough")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_text("Eve Newcomer")).to_be_visible()


def test_an_admin_oversees(corner: Corner, tab: Page) -> None:
    """Each view of the admin opens; nobody else gets in."""
    sign_in(tab, corner, "admin")
    for view in ("Analytics", "Users", "Orders", "Commissions"):
        tab.get_by_role("link", name=view).click()
        expect(tab.get_by_role("heading", name=view)).to_be_visible()
    tab.get_by_role("link", name="Analytics").click()
    expect(tab.locator("tbody tr").first).to_contain_text("–")  # a first step has no step before it
    tab.get_by_role("button", name="Sign out").click()
    sign_in(tab, corner, "customer")
    tab.goto(f"{corner.url}/admin")
    expect(tab.get_by_role("alert")).to_have_text("Only an admin may see this.")
