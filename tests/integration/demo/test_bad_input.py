"""What Corner answers to what it should not be sent."""

from __future__ import annotations

import io
import re
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from PIL import Image

from footfall.demo.faults import Faults
from footfall.demo.web.app import corner_app
from footfall.demo.web.site import open_site
from tests import loops

from .conftest import Corner, StartCorner

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


def test_who_is_not_signed_in_is_told_so(corner: Corner) -> None:
    """Pages redirect, the API says 401; a customer is told 403."""
    with corner.client() as client:
        client.cookies.set("corner_session", "a-session-nobody-knows-of")
        page = client.get("/supplier/mine")
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=/supplier/mine")
        assert client.get("/api/supplier/orders").status_code == 401
        assert client.get("/api/supplier/orders", headers={"Authorization": "Bearer no-such-key"}).status_code == 401
        assert client.get("/api/supplier/orders", headers={"Authorization": "Bearer corner-customer-key"}).status_code == 403


def counted(database: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 - the schema's names


def test_a_session_ends_and_nothing_bad_is_half_written(start_corner: StartCorner, tmp_path: Path) -> None:
    """After a salvo of wrong, oversized, unknown, forged, expired and broken-off requests every table holds what it held before."""
    corner = start_corner("--data", str(tmp_path))
    supplier = {"email": "supplier@corner.example", "password": "corner-supplier"}
    with corner.client() as client, closing(sqlite3.connect(tmp_path / "corner.db")) as database:
        client.post("/login", data={**form(client, "/login"), **supplier})
        token = {"Authorization": f"Bearer {client.post('/api/login', json=supplier).json()['token']}"}
        hidden = form(client, "/book/haircut/details?slot=1-0900")
        assert (client.get("/supplier").status_code, client.get("/api/supplier/orders", headers=token).status_code) == (200, 200)
        with database:
            database.execute("UPDATE sessions SET expires = 1")
        before = counted(database)
        page = client.get("/supplier")
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=/supplier")
        assert client.get("/api/supplier/orders", headers=token).status_code == 401
        assert client.post("/api/supplier/orders/O1/offers", json={"fee_cents": 1, "minutes": 1}, headers=token).status_code == 401
        assert client.post("/api/bookings", json=BOOKING, headers=token).status_code == 401
        assert client.post("/api/bookings", json=BOOKING | {"email": 5}).status_code == 422
        order = {**BOOKING, "street": "Way 1", "postcode": "1010", "city": "Town"}
        assert client.post("/api/orders", json=order | {"cart": "c_none"}).status_code == 404
        assert client.post("/api/orders", json=order | {"items": [{"product": 1, "quantity": 2}, {"product": 0}]}).status_code == 422
        card = {"number": "4242", "expiry": "1", "cvc": "1"}
        assert client.post("/api/payments", json={"intent": "pi_none", "card": card}).status_code == 404
        large = client.post("/cart", content=b"x" * 70_000, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert (large.status_code, 'role="alert"' in large.text) == (413, True)
        forged = client.post("/book/haircut/details", data={**hidden, "csrf": "0" * 32, "name": "Ada", "email": "ada@example.org"})
        assert (forged.status_code, 'role="alert"' in forged.text) == (403, True)
        broken_off(corner)
        assert client.post("/api/forms", data={"name": "Di", "email": "no"}, files={"file": ("a.pdf", b"%PDF-1.4")}).status_code == 422
        assert counted(database) == before
    assert not (tmp_path / "uploads").exists()


def broken_off(corner: Corner) -> None:
    """Send half a booking and hang up."""
    host, port = corner.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /api/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/bookings", {"service": "massage", "slot": "1-0900"}),
        ("/api/orders", {"items": [{"product": 1, "quantity": 1}], "street": "Way 1", "postcode": "1010", "city": "Town"}),
        ("/api/listings/3/purchases", {}),
        ("/api/jobs", {"title": "Soup", "guests": 4, "budget_cents": 9000}),
    ],
)
def test_one_wish_sent_eight_times_at_once_is_one_record(corner: Corner, path: str, more: dict[str, object]) -> None:
    """One 201, and the same reference for all."""
    body = {"name": "Ada", "email": "ada@example.org", **more}
    with corner.client(**{"Idempotency-Key": f"once-{path}-{time.time_ns()}"}) as client, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.post(path, json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["ref"] for answer in answers}) == 1


def test_a_sign_in_keeps_cart_and_chat(corner: Corner) -> None:
    """The session is a new one, what the visitor had is still there."""
    with corner.client() as client:
        hidden = form(client, "/shop/sourdough-loaf")
        client.post("/cart", data={**hidden, "quantity": "2"})
        client.post("/api/listings/9/messages", json={"text": "Is it heavy?"})
        before = client.cookies["corner_session"]
        client.post("/login", data={**form(client, "/login"), "email": "customer@corner.example", "password": "corner-customer"})
        assert client.cookies["corner_session"] != before
        assert "Quantity of Sourdough Loaf" in client.get("/cart").text
        assert "Is it heavy?" in client.get("/market/9/chat").text


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


def test_guessing_passwords_at_once_is_slowed_down_too(corner: Corner) -> None:
    """Of twenty-five guesses that come together ten are looked at, the others hear when to come back; who knows the password is let in."""
    with corner.client() as client, ThreadPoolExecutor(25) as threads:
        client.post("/api/register", json={"name": "Gus", "email": "gus@example.org", "password": "long enough", "role": "customer"})
        wrong = {"email": "gus@example.org", "password": "wrong"}
        right = {"email": "customer@corner.example", "password": "corner-customer"}
        answers = list(threads.map(lambda _: client.post("/api/login", json=wrong), range(25)))
        entered = list(threads.map(lambda _: client.post("/api/login", json=right), range(15)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 15
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in answers if answer.status_code == 429)
    assert {answer.status_code for answer in entered} == {200}


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


def test_faults_are_switched_from_this_machine_only(tmp_path: Path) -> None:
    """Even with the right token, somebody from elsewhere gets a 403."""
    site = open_site(tmp_path, Faults())

    async def switched_from(address: str) -> int:
        transport = httpx.ASGITransport(corner_app(site), client=(address, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://corner") as client:
            answer = await client.post("/_faults", json={"fault": "script-error"}, headers={"Authorization": f"Bearer {site.token}"})
        return answer.status_code

    addresses = ("192.0.2.7", "127.0.0.1", "::1", "unknown")
    assert [loops.run(switched_from(address)) for address in addresses] == [403, 200, 200, 403]
    site.database.close()


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


@pytest.mark.parametrize("path", ["/api/products", "/api/services", "/api/openapi.json"])
def test_answers_kept_ready_are_packed_for_those_who_can_unpack(corner: Corner, path: str) -> None:
    """The same JSON either way, and a cache between is told that there are two forms."""
    with corner.client() as client:
        packed, plain = (client.get(path, headers={"Accept-Encoding": coding}) for coding in ("gzip", "identity"))
    assert packed.json() == plain.json()
    assert [answer.headers.get("content-encoding") for answer in (packed, plain)] == ["gzip", None]
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) == len(plain.content)
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_pictures_have_the_size_of_real_ones(corner: Corner) -> None:
    """Each width is as wide as it says, and the large ones weigh what photographs weigh."""
    with corner.client() as client:
        for name, weight in (("loaf0-320", 3_000), ("loaf0-1280", 40_000), ("hero-1920", 120_000)):
            content = client.get(f"/pictures/{name}.jpg").content
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.width == int(name.rpartition("-")[2])
            assert len(content) > weight
