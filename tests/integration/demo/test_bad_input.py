"""What Corner answers to what it should not be sent."""

from __future__ import annotations

import re

import httpx
import pytest

from .conftest import Corner

BOOKING = {"service": "haircut", "slot": "1-0900", "name": "Ada", "email": "ada@example.org"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": "surgery"}, "service"),
        ({"slot": "99-0900"}, "slot"),
        ({"slot": "1-0907"}, "slot"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 500}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
    ],
)
def test_a_wrong_value_is_named(corner: Corner, change: dict[str, object], field: str) -> None:
    """A 422 that names the field, and no booking."""
    with corner.client() as client:
        answer = client.post("/api/bookings", json=BOOKING | change)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"x" * 70_000, "application/json", 413),
    ],
)
def test_a_wrong_body_is_refused(corner: Corner, content: bytes, kind: str, status: int) -> None:
    """Not JSON, not an object, too large, another type: each has its status, and the connection lives on."""
    with corner.client() as client:
        for path in ("/api/bookings", "/api/orders", "/api/payments"):
            assert client.post(path, content=content, headers={"Content-Type": kind}).status_code == status
        assert client.get("/api/health").status_code == 200


def test_a_body_without_length_has_the_same_limit(corner: Corner) -> None:
    """A chunked body is cut off too."""
    with corner.client() as client:
        answer = client.post("/api/bookings", content=iter([b"x" * 50_000] * 3), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api/bookings/BNONE",
            "/api/orders/ONONE",
            "/api/carts/c_none",
            "/api/products/9999",
            "/api/services/none/slots",
            "/api/nothing",
        ),
        *(
            "/book/none",
            "/shop/none",
            "/bookings/BNONE",
            "/orders/ONONE/payment",
            "/market/9999",
            "/events/none",
            "/forms/none",
            "/nothing",
        ),
        *("/static/none.css", "/static/..%2Foptions.py", "/pictures/none-640.jpg", "/pictures/loaf0-641.jpg", "/purchases/none"),
    ],
)
def test_what_does_not_exist_is_a_404(corner: Corner, path: str) -> None:
    """As JSON for programs and as a page for people."""
    with corner.client() as client:
        answer = client.get(path)
    assert answer.status_code == 404
    machine = path.startswith(("/api/", "/static/", "/pictures/"))
    assert answer.headers["content-type"].startswith("application/json" if machine else "text/html")


def form(client: httpx.Client, page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    text = client.get(page).text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


def test_a_forged_form_is_refused(corner: Corner) -> None:
    """Without the visitor's own token, or with another visitor's, nothing happens."""
    with corner.client() as one, corner.client() as other:
        mine, theirs = form(one, "/shop/sourdough-loaf"), form(other, "/shop/sourdough-loaf")
        for token in ("", "0" * 32, theirs["csrf"], "é"):
            answer = one.post("/cart", data={"product": "1", "quantity": "1", "action": "add", "csrf": token})
            assert answer.status_code == 403
        assert "Your cart is empty" in one.get("/cart").text
        assert one.post("/cart", data={**mine, "quantity": "1"}).status_code == 303


def test_a_form_sent_twice_makes_one_booking(corner: Corner) -> None:
    """Both posts lead to the same payment page."""
    with corner.client() as client:
        hidden = form(client, "/book/massage/details?slot=2-1000")
        sent = [client.post("/book/massage/details", data={**hidden, "name": "Ada", "email": "ada@example.org"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]


def test_a_form_with_faults_comes_back_filled(corner: Corner) -> None:
    """A 422 page says what is wrong, keeps what was typed, and shows it as text, never as markup."""
    with corner.client() as client:
        hidden = form(client, "/book/massage/details?slot=2-1000")
        answer = client.post("/book/massage/details", data={**hidden, "name": "<b>Ada", "email": "nobody"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="&lt;b&gt;Ada"' in answer.text


def test_a_session_that_has_ended_leads_to_the_sign_in(corner: Corner) -> None:
    """Pages redirect, the API says 401; a customer is told 403."""
    with corner.client() as client:
        client.cookies.set("corner_session", "a-session-nobody-knows-of")
        page = client.get("/supplier/mine")
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=/supplier/mine")
        assert client.get("/api/supplier/orders").status_code == 401
        assert client.get("/api/supplier/orders", headers={"Authorization": "Bearer no-such-key"}).status_code == 401
        assert client.get("/api/supplier/orders", headers={"Authorization": "Bearer corner-customer-key"}).status_code == 403


def test_a_sign_in_leads_nowhere_else(corner: Corner) -> None:
    """`next` may only name a page of Corner's own."""
    with corner.client() as client:
        for address in ("//evil.example", "https://evil.example/", "/\\evil.example"):
            hidden = form(client, "/login") | {"next": address}
            answer = client.post("/login", data={**hidden, "email": "customer@corner.example", "password": "corner-customer"})
            assert answer.headers["location"] == "/account"


def test_guessing_passwords_is_slowed_down(corner: Corner) -> None:
    """After ten wrong passwords for one address the answer is 429, and it is counted."""
    with corner.client() as client:
        wrong = {"email": "guess@example.org", "password": "wrong"}
        statuses = [client.post("/api/login", json=wrong).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert client.get("/api/metrics").json()["rate_limit_hits"] >= 1


def test_only_a_pdf_is_taken(corner: Corner) -> None:
    """Another file, no file, a file too large, no form at all."""
    with corner.client() as client:
        texts = {"name": "Di", "email": "di@example.org"}
        assert client.post("/api/forms", data=texts, files={"file": ("a.pdf", b"GIF89a")}).status_code == 422
        assert client.post("/api/forms", data=texts, files={"other": ("a.pdf", b"%PDF-1.4")}).status_code == 422
        assert client.post("/api/forms", data=texts, files={"file": ("a.pdf", b"%PDF-" + bytes(6_000_000))}).status_code == 413
        assert client.post("/api/forms", data=texts).status_code == 415


def test_faults_need_the_token(corner: Corner) -> None:
    """Without it 403; with it a wrong fault is a 422 that names the nearest right one."""
    with corner.client() as client:
        assert client.post("/_faults", json={"fault": "slow-payment"}).status_code == 403
    with corner.client(Authorization=f"Bearer {corner.token}") as client:
        answer = client.post("/_faults", json={"fault": "slow-paymnt"})
        assert (answer.status_code, "slow-payment" in answer.json()["error"]["message"]) == (422, True)
        assert client.delete("/_faults/none").status_code == 404


def test_pages_carry_their_security_headers(corner: Corner) -> None:
    """A strict policy without inline code, no framing, packed text, pictures and files that may be kept."""
    with corner.client() as client:
        page = client.get("/book")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["content-encoding"] == "gzip"
        assert "HttpOnly" in page.headers["set-cookie"]
        picture = client.get("/pictures/loaf0-320.jpg")
        assert picture.headers["cache-control"].startswith("public")
        assert client.get("/pictures/loaf0-320.jpg", headers={"If-None-Match": picture.headers["etag"]}).status_code == 304
