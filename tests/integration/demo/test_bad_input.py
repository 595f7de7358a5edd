"""What Corner answers to what it should not be sent."""

from __future__ import annotations

import io
import json
import re
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import websockets.exceptions
from PIL import Image
from websockets.sync.client import connect
from websockets.typing import Origin

from footfall.demo.faults import Faults
from footfall.demo.web.app import corner_app
from footfall.demo.web.site import open_site
from tests import loops

from .conftest import Corner, StartCorner

CHATTER = {"Cookie": "corner_session=abcdefghijklmnopqrstuvwx"}
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
        *(
            "/static/none.css",
            "/static/..%2Foptions.py",
            f"/static/{'a' * 300}.css",
            f"/market/{'9' * 5000}",
            f"/api/products/{'9' * 5000}",
            "/pictures/none-640.jpg",
            "/pictures/loaf0-641.jpg",
            "/purchases/none",
        ),
    ],
)
def test_what_does_not_exist_is_a_404(corner: Corner, path: str) -> None:
    """As JSON for programs and as a page for people."""
    with corner.client() as client:
        answer = client.get(path)
    assert answer.status_code == 404
    machine = path.startswith(("/api/", "/static/", "/pictures/"))
    assert answer.headers["content-type"].startswith("application/json" if machine else "text/html")


HALF = "\ud800"  # half of a character, which JSON can name and no file can hold


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(("/api/bookings", BOOKING | {field: f"{HALF}@b.org"}) for field in ("service", "slot", "name", "email", "notes")),
        ("/api/login", {"email": f"{HALF}@b.org", "password": "x"}),
        ("/api/login", {"email": "customer@corner.example", "password": HALF}),
        ("/api/register", {"email": "q@b.org", "name": "x", "role": "customer", "password": HALF * 12}),
        ("/api/payments", {"intent": HALF, "card": {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}}),
        ("/api/listings/3/messages", {"text": HALF}),
        ("/_faults", {"fault": HALF}),
    ],
)
def test_half_a_character_is_refused(corner: Corner, path: str, body: dict[str, object]) -> None:
    """As any other wrong value: a 422."""
    with corner.client(Authorization=f"Bearer {corner.token if path == '/_faults' else 'corner-customer-key'}") as client:
        answer = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(("charset", "text"), [("undefined", b"x"), ("utf-7", b"+2AA-")])
def test_a_form_in_no_known_writing_is_refused(corner: Corner, charset: str, text: bytes) -> None:
    """A 400, whatever the form says that its letters are."""
    body = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + text + b"\r\n--x--\r\n"
    with corner.client(**{"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}) as client:
        assert {client.post(path, content=body).status_code for path in ("/login", "/api/forms")} == {400}


def test_a_slot_of_five_thousand_digits_is_none(corner: Corner) -> None:
    """The page goes back to the slots that there are."""
    with corner.client() as client:
        assert client.get(f"/book/haircut/details?slot={'1' * 5000}-0900").headers["location"] == "/book/haircut"


def test_an_origin_that_is_none_is_a_stranger(corner: Corner) -> None:
    """The chat is refused with a 403, as it is to any other site's page."""
    address = corner.url.replace("http", "ws") + "/ws/market/5"
    with (
        pytest.raises(websockets.exceptions.InvalidStatus, match="403"),
        connect(address, additional_headers=CHATTER, open_timeout=60, origin=Origin("http://[")),
    ):
        pass


def test_a_chat_says_what_it_does_not_understand(corner: Corner) -> None:
    """Bytes, half a character, brackets without end, a list: an error each, and the chat goes on."""
    with connect(corner.url.replace("http", "ws") + "/ws/market/5", additional_headers=CHATTER, open_timeout=60) as chat:
        for message in (b'{"text":"hi"}', '{"text":"\\ud800"}', "[" * 10_000, "[]", '{"text":7}'):
            chat.send(message)
            assert "error" in json.loads(chat.recv(60))
        chat.send('{"text":"hello"}')
        assert json.loads(chat.recv(60)) == {"from": "you", "text": "hello"}


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


def test_a_key_stands_for_one_wish_of_one_user(corner: Corner) -> None:
    """Long keys are told apart to their last letter, another user's are their own, and another wish under the same key is refused."""
    stem = f"{'k' * 100}{time.time_ns()}"
    with corner.client() as client:

        def booked(key: str, **more: str) -> httpx.Response:
            user = {"Authorization": "Bearer corner-customer-key"} if more.pop("user", "") else {}
            return client.post("/api/bookings", json=BOOKING | more, headers={"Idempotency-Key": stem + key, **user})

        answers = [booked("1"), booked("2"), booked("1", user="customer"), booked("1"), booked("1", name="Bob")]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 200, 422]
    assert answers[4].json()["error"]["code"] == "key_reused"
    assert len({answer.json()["ref"] for answer in answers[:4]}) == 3


def test_a_run_that_is_no_name_is_refused(corner: Corner) -> None:
    """Rather than to write what no clean-up would find."""
    with corner.client(**{"X-Footfall-Run": "my run"}) as client:
        answer = client.post("/api/bookings", json=BOOKING)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_run")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", "GET, HEAD, OPTIONS"), ("/book/haircut/details", "GET, HEAD, OPTIONS, POST"), ("/api/carts/c_1/items/1", "OPTIONS, PUT")],
)
def test_what_a_path_can_do_is_said(corner: Corner, path: str, allowed: str) -> None:
    """OPTIONS answers with the methods, and a 405 carries them too."""
    with corner.client() as client:
        asked, refused = client.options(path), client.patch(path)
    assert [answer.status_code for answer in (asked, refused)] == [204, 405]
    assert [answer.headers["allow"] for answer in (asked, refused)] == [allowed] * 2


def test_what_the_browser_has_is_not_sent_again(corner: Corner) -> None:
    """One tag, a weak one, one of several, any; but not another one."""
    with corner.client() as client:
        for path in ("/static/corner.css", "/pictures/loaf0-320.jpg"):
            tag = client.get(path).headers["etag"]
            asked = (tag, f"W/{tag}", f'"a", {tag}', "*", '"a"')
            assert [client.get(path, headers={"If-None-Match": has}).status_code for has in asked] == [304] * 4 + [200]


def test_who_refuses_gzip_gets_none(corner: Corner) -> None:
    """The weight nought is a no; any other is a yes."""
    with corner.client() as client:
        for path in ("/", "/api/products", "/static/corner.css"):
            answers = [client.get(path, headers={"Accept-Encoding": asked}) for asked in ("gzip;q=0, br", "br, gzip;q=0.5")]
            assert [answer.headers.get("content-encoding") for answer in answers] == [None, "gzip"]


def test_a_head_is_no_write(corner: Corner) -> None:
    """It needs no CSRF token where a GET needs none."""
    with corner.client() as client:
        client.post("/login", data={**form(client, "/login"), "email": "supplier@corner.example", "password": "corner-supplier"})
        assert client.head("/api/supplier/orders").status_code == 200


def test_a_chat_shows_its_end(corner: Corner) -> None:
    """Of more messages than a page holds the latest are there, in their order."""
    with corner.client(**CHATTER) as client, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: client.post("/api/listings/11/messages", json={"text": "again"}), range(101)))
        client.post("/api/listings/11/messages", json={"text": "the last one"})
        shown = re.findall(r"</b> ([^<]*)</li>", client.get("/market/11/chat").text)
    assert (len(shown), shown[198]) == (200, "the last one")


def test_an_error_of_our_own_is_counted(tmp_path: Path) -> None:
    """A 500 that nobody foresaw is in the figures, as any other."""
    site = open_site(tmp_path, Faults())
    site.database.close()

    async def ask() -> int:
        transport = httpx.ASGITransport(corner_app(site), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://corner") as client:
            return (await client.get("/api/orders/O1")).status_code

    assert loops.run(ask()) == 500
    assert site.figures.statuses == {500: 1}


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
    """Of fourteen guesses that come together ten are looked at, the others hear when to come back; who knows the password is let in."""
    with corner.client() as client, ThreadPoolExecutor(14) as threads:
        client.post("/api/register", json={"name": "Gus", "email": "gus@example.org", "password": "long enough", "role": "customer"})
        wrong = {"email": "gus@example.org", "password": "wrong"}
        right = {"email": "customer@corner.example", "password": "corner-customer"}
        answers = list(threads.map(lambda _: client.post("/api/login", json=wrong), range(14)))
        entered = list(threads.map(lambda _: client.post("/api/login", json=right), range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 4
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
