"""The JSON API, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import websockets.exceptions
from websockets.sync.client import connect
from websockets.typing import Origin

from footfall.demo.web import admin, api, events, health, market, members, openapi, papers, supply

from .conftest import Corner, StartCorner, stop

ADDRESS = {"name": "Ada", "email": "ada@example.org", "street": "Way 1", "postcode": "1010", "city": "Town"}
BOOKING = {"service": "haircut", "slot": "1-0900", "name": "Ada", "email": "ada@example.org"}
GOOD, DECLINED, BANK = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"


def card(number: str) -> dict[str, str]:
    """A card of that number."""
    return {"number": number, "expiry": "12/34", "cvc": "123"}


def paid_order(client: httpx.Client) -> str:
    """Order something and pay; returns the reference."""
    order = client.post("/api/orders", json={"items": [{"product": 1, "quantity": 2}], **ADDRESS}).raise_for_status().json()
    client.post("/api/payments", json={"intent": order["payment"]["intent"], "card": card(GOOD)}).raise_for_status()
    return str(order["ref"])


def test_a_booking_is_confirmed_when_it_is_paid(corner: Corner) -> None:
    """Slot, booking, payment, confirmation."""
    with corner.client() as client:
        slots = client.get("/api/services/haircut/slots?day=3").json()["slots"]
        assert slots[0] == {"id": "3-0900", "time": "09:00", "available": True}
        booking = client.post("/api/bookings", json=BOOKING).json()
        assert booking["status"] == "awaiting_payment"
        answer = client.post("/api/payments", json={"intent": booking["payment"]["intent"], "card": card(GOOD)})
        assert answer.json()["status"] == "succeeded"
        assert client.get(f"/api/bookings/{booking['ref']}").json()["status"] == "confirmed"


def test_a_cart_becomes_an_order(corner: Corner) -> None:
    """A cart holds what was put in, and is empty after the order."""
    with corner.client() as client:
        cart = client.post("/api/carts", json={}).json()["id"]
        client.put(f"/api/carts/{cart}/items/1", json={"quantity": 2})
        filled = client.put(f"/api/carts/{cart}/items/7", json={"quantity": 1}).json()
        order = client.post("/api/orders", json={"cart": cart, **ADDRESS}).json()
        assert order["amount_cents"] == filled["total_cents"] > 0
        assert client.get(f"/api/carts/{cart}").json()["items"] == []
        assert client.post("/api/orders", json={"cart": cart, **ADDRESS}).json()["error"]["code"] == "cart_empty"


@pytest.mark.parametrize("url", ["url", "payment_url"])
def test_cards_answer_as_documented(corner: Corner, url: str) -> None:
    """Declined, confirmed by the bank, accepted; at the shop and at the provider itself."""
    base = "/api/payments" if url == "url" else f"{corner.payment_url}/v1/payments"
    with corner.client() as client:
        booking = client.post("/api/bookings", json=BOOKING).json()
        intent = booking["payment"]["intent"]
        declined = client.post(base, json={"intent": intent, "card": card(DECLINED)})
        assert (declined.status_code, declined.json()["error"]["code"]) == (402, "card_declined")
        assert client.post(base, json={"intent": intent, "card": card(BANK)}).json()["status"] == "requires_confirmation"
        assert client.post(f"{base}/{intent}/confirm", json={}).json()["status"] == "succeeded"
        assert client.post(base, json={"intent": intent, "card": card(GOOD)}).json()["status"] == "succeeded"
        assert becomes(client, f"/api/bookings/{booking['ref']}", lambda said: said["status"] == "confirmed")


def becomes(client: httpx.Client, path: str, right: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether an answer becomes right in time (a webhook or a letter is on its way)."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if right(client.get(path).json()):
            return True
        time.sleep(0.02)
    return False


def test_a_forged_webhook_is_refused(corner: Corner) -> None:
    """Only the provider's signature counts."""
    with corner.client() as client:
        booking = client.post("/api/bookings", json=BOOKING).json()
        event = {"events": [{"type": "payment.succeeded", "intent": booking["payment"]["intent"]}]}
        for header in ("", "t=1,v1=00", f"t={time.time():.0f},v1={'0' * 64}"):
            assert client.post("/api/webhooks/payments", json=event, headers={"Corner-Signature": header}).status_code == 400
        assert client.get(f"/api/bookings/{booking['ref']}").json()["status"] == "awaiting_payment"


def test_a_supplier_fulfils_an_order(corner: Corner) -> None:
    """Offer, accepted at once, then each state in its turn and in no other."""
    with corner.client(Authorization="Bearer corner-supplier-key") as client:
        ref = paid_order(client)
        assert ref in [order["ref"] for order in client.get("/api/supplier/orders?status=open").json()["orders"]]
        offer = client.post(f"/api/supplier/orders/{ref}/offers", json={"fee_cents": 500, "minutes": 45})
        assert (offer.status_code, offer.json()["status"]) == (201, "accepted")
        assert client.post(f"/api/supplier/orders/{ref}/offers", json={"fee_cents": 500, "minutes": 45}).status_code == 409
        assert client.post(f"/api/supplier/orders/{ref}/status", json={"status": "delivered"}).status_code == 409
        for status in ("preparing", "on_the_way", "delivered"):
            assert client.post(f"/api/supplier/orders/{ref}/status", json={"status": status}).json()["status"] == status


def test_the_same_submission_twice_is_one_record(corner: Corner) -> None:
    """A double submit holds one seat and answers with the first record."""
    with corner.client(**{"Idempotency-Key": f"once-{time.time_ns()}"}) as client:
        first, second = client.post("/api/bookings", json=BOOKING), client.post("/api/bookings", json=BOOKING)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["ref"] == second.json()["ref"]


def test_test_data_is_removed_by_its_run(corner: Corner, tiny_pdf: Path) -> None:
    """Whatever carries a run's id goes, and nothing else."""
    with corner.client() as plain, corner.client(**{"X-Footfall-Run": "RUN-1"}) as client:
        kept = paid_order(plain)
        gone = paid_order(client)
        booking = client.post("/api/bookings", json=BOOKING).json()["ref"]
        client.post("/api/carts", json={})
        client.post("/api/listings/3/messages", json={"text": "hello"})
        client.post("/api/listings/3/purchases", json={"name": "Bo", "email": "bo@example.org"})
        client.post("/api/jobs", json={"title": "Soup", "guests": 4, "budget_cents": 9000, "name": "Cy", "email": "cy@example.org"})
        client.post("/api/register", json={"name": "Eve", "email": "run1@example.org", "password": "long enough", "role": "customer"})
        client.post("/api/forms", data={"name": "Di", "email": "di@example.org"}, files={"file": ("plan.pdf", tiny_pdf.read_bytes())})
        client.post("/api/login", json={"email": "supplier@corner.example", "password": "corner-supplier"}).raise_for_status()
        removed = plain.delete("/api/test-data/RUN-1").json()["removed"]
        tables = ("orders", "bookings", "carts", "purchases", "jobs", "users", "forms", "sessions")
        assert {name: removed[name] for name in tables} == dict.fromkeys(tables, 1)
        assert removed["messages"] == 2
        assert [plain.get(f"/api/orders/{ref}").status_code for ref in (kept, gone)] == [200, 404]
        assert plain.get(f"/api/bookings/{booking}").status_code == 404
        assert plain.delete("/api/test-data/RUN-1").json()["total"] == 0


FIGURES = {
    "database": "query_mean_ms query_p95_ms query_success_ratio slow_queries pool_used pool_size pool_use"
    " cache_hit_ratio dead_ratio size_bytes",
    "storage": "disk_free_bytes disk_use memory_use resident_bytes cpu_percent",
    "payments": "success_ratio webhooks_delivered webhooks_failed",
    "email": "sent failed queued oldest_s",
    "maps": "places lookups missed",
}


@pytest.mark.parametrize(("name", "part"), [*((part, part) for part in FIGURES), *health.ALIASES.items()])
def test_health_speaks_for_each_part(corner: Corner, name: str, part: str) -> None:
    """Status, latency and exactly the documented figures, under the seeds' names too; shares lie between 0 and 1."""
    with corner.client() as client:
        client.get("/api/products")
        said = client.get(f"/api/health/{name}").json()
    assert said.keys() == {"status", "latency_ms", *FIGURES[part].split()}
    assert said["status"] == "ok"
    assert all(value >= 0 for key, value in said.items() if key != "status")
    assert all(value <= 1 for key, value in said.items() if key.endswith(("_ratio", "_use")))


def test_health_in_short_and_of_a_part_that_does_not_exist(corner: Corner) -> None:
    """The short answer says that the shop is open; an unknown part is a 404 that names the known ones."""
    with corner.client() as client:
        assert client.get("/api/health").json()["status"] == "ok"
        unknown = client.get("/api/health/nothing")
    assert (unknown.status_code, "database" in unknown.json()["error"]["message"]) == (404, True)


def not_at_midnight() -> None:
    """Wait until the day (Corner's is UTC's) will last for as long as the test."""
    left_s = 86_400 - time.time() % 86_400
    if left_s < 180:
        time.sleep(left_s)


def test_metrics_count_business(start_corner: StartCorner) -> None:
    """Bookings, revenue, funnel and payment success, as JSON and for Prometheus."""
    not_at_midnight()
    with start_corner().client() as client:
        paid_order(client)
        booking = client.post("/api/bookings", json=BOOKING).json()
        client.post("/api/payments", json={"intent": booking["payment"]["intent"], "card": card(DECLINED)})
        client.post("/api/login", json={"email": "admin@corner.example", "password": "wrong"})
        said = client.get("/api/metrics").json()
        assert (said["orders"], said["bookings"], said["payment_success"], said["failed_logins"]) == (1, 1, 0.5, 1)
        assert said["revenue_cents"] == said["revenue_today_cents"] > 0
        assert said["funnels"]["booking"]["payment"]["count"] == 1
        assert becomes(client, "/api/metrics", lambda said: said["webhooks_delivered"] == 1)
        text = client.get("/metrics").text
        assert re.search(r"^corner_orders 1$", text, re.MULTILINE)
        kinds = dict(re.findall(r"^# TYPE corner_(\w+) (gauge|counter)$", text, re.MULTILINE))
        assert kinds.keys() == said.keys() - {"funnels"} | {"http_responses", "funnel", "funnel_conversion"}
        assert (kinds["orders"], kinds["payment_success"], kinds["funnel_conversion"]) == ("counter", "gauge", "gauge")
        assert (kinds["failed_logins"], kinds["failed_logins_1m"]) == ("counter", "gauge")
        assert 'corner_funnel_conversion{funnel="shop",step="payment"} 1\n' in text


def test_todays_revenue_is_the_days_not_the_processs(start_corner: StartCorner, tmp_path: Path) -> None:
    """It outlives a restart, leaves out other days, stands against its target, and loses what a removed run had paid."""
    not_at_midnight()
    first = start_corner("--data", str(tmp_path))
    with first.client() as client, first.client(**{"X-Footfall-Run": "RUN-3"}) as tagged:
        paid_order(client)
        kept = client.get("/api/metrics").json()["revenue_today_cents"]
        paid_order(tagged)
        assert client.get("/api/metrics").json()["revenue_today_cents"] == 2 * kept
        client.delete("/api/test-data/RUN-3")
    assert stop(first) == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "corner.db")) as database, database:
        database.execute("INSERT INTO takings (day, run, amount) VALUES ('2020-02-29', '', 99)")
    with start_corner("--data", str(tmp_path)).client() as client:
        said = client.get("/api/metrics").json()
    assert (said["revenue_cents"], said["revenue_today_cents"]) == (0, kept)
    assert said["revenue_target_ratio"] == pytest.approx(kept / said["revenue_target_cents"], abs=1e-4)


def test_a_confirmation_is_mailed(start_corner: StartCorner, tmp_path: Path) -> None:
    """It waits in the outbox while the mailbox cannot be written (health says so), and leaves when it can."""
    blocked = tmp_path / "mail"
    blocked.write_text("a file where the folder should be")
    with start_corner("--data", str(tmp_path)).client() as client:
        ref = paid_order(client)
        assert becomes(client, "/api/health/email", lambda said: said["status"] == "down")
        waiting = client.get("/api/health/email")
        assert (waiting.status_code, waiting.json()["queued"], waiting.json()["sent"]) == (503, 1, 0)
        blocked.unlink()
        assert becomes(client, "/api/health/email", lambda said: said["sent"] == 1)
        assert client.get("/api/health/email").json()["queued"] == 0
    assert f"Subject: We have your order: {ref}" in (blocked / "outgoing.mbox").read_text("utf-8")


def test_places_are_looked_up(corner: Corner) -> None:
    """By the beginning of a name; health counts what was asked and what was missed."""
    with corner.client() as client:
        before = client.get("/api/health/maps").json()
        assert client.get("/api/places?q=wars").json() == {"places": [{"name": "Warsaw", "lat": 52.23, "lon": 21.01}]}
        assert client.get("/api/places?q=nowhere").json() == {"places": []}
        after = client.get("/api/health/maps").json()
    assert (after["lookups"] - before["lookups"], after["missed"] - before["missed"]) == (2, 1)


def test_every_route_of_the_api_is_described(corner: Corner) -> None:
    """The OpenAPI document and the routes name the same operations."""
    rooms = (admin, api, events, health, market, members, papers, supply)
    routes = [route for room in rooms for route in room.ROUTES if route.path.startswith("/api/")]
    real = {(method.lower(), re.sub(r":\w+", "", route.path)) for route in routes for method in route.methods or () if method != "HEAD"}
    with corner.client() as client:
        paths = client.get("/api/openapi.json").json()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == real
    assert openapi.document()["openapi"].startswith("3.")


def test_answers_have_the_members_that_the_document_names(corner: Corner) -> None:
    """No more and no less; and the document names queries and headers."""
    who = {"name": "Ada", "email": "ada@example.org"}
    with corner.client() as client:
        paths = client.get("/api/openapi.json").json()["paths"]
        said = {
            "/api/bookings": client.post("/api/bookings", json=BOOKING),
            "/api/orders": client.post("/api/orders", json={"items": [{"product": 1, "quantity": 1}], **ADDRESS}),
            "/api/carts": client.post("/api/carts", json={}),
            "/api/listings/{listing}/purchases": client.post("/api/listings/3/purchases", json=who),
            "/api/listings/{listing}/messages": client.post("/api/listings/3/messages", json={"text": "hello"}),
            "/api/jobs": client.post("/api/jobs", json={"title": "Soup", "guests": 4, "budget_cents": 9000, **who}),
            "/api/forms": client.post("/api/forms", data=who, files={"file": ("plan.pdf", b"%PDF-")}),
            "/api/login": client.post("/api/login", json={"email": "admin@corner.example", "password": "corner-admin"}),
            "/api/services": client.get("/api/services"),
            "/api/services/{service}/slots": client.get("/api/services/haircut/slots"),
            "/api/products": client.get("/api/products"),
            "/api/products/{product}": client.get("/api/products/1"),
            "/api/listings": client.get("/api/listings"),
            "/api/listings/{listing}": client.get("/api/listings/3"),
            "/api/supplier/orders": client.get("/api/supplier/orders", headers={"Authorization": "Bearer corner-supplier-key"}),
            "/api/test-data/{run}": client.delete("/api/test-data/RUN-4"),
        }
    for path, answer in said.items():
        operation = paths[path][answer.request.method.lower()]
        schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        assert (path, answer.json().keys()) == (path, schema["properties"].keys())
    names = {path: [parameter["name"] for parameter in paths[path]["get"]["parameters"]] for path in ("/api/products", "/api/places")}
    assert names == {"/api/products": ["q", "category", "page"], "/api/places": ["q"]}
    assert [parameter["name"] for parameter in paths["/api/bookings"]["post"]["parameters"]] == ["X-Footfall-Run", "Idempotency-Key"]


def test_a_chat_answers_and_can_be_cut(corner: Corner) -> None:
    """The seller answers over the WebSocket; the fault cuts after as many messages as it says; a stranger's page gets nowhere."""
    address = corner.url.replace("http", "ws") + "/ws/market/5"
    cookie = {"Cookie": "corner_session=abcdefghijklmnopqrstuvwx"}
    with connect(address, additional_headers=cookie, open_timeout=60) as chat:
        chat.send("not json")
        assert "error" in json.loads(chat.recv())
        chat.send(json.dumps({"text": "what is the price?"}))
        assert [json.loads(chat.recv())["from"] for _ in range(2)] == ["you", "seller"]
    with (
        pytest.raises(websockets.exceptions.InvalidStatus),
        connect(address, additional_headers=cookie, open_timeout=60, origin=Origin("http://elsewhere.example")),
    ):
        pass
    corner.faults("drop-websocket=2")
    with connect(address, additional_headers=cookie, open_timeout=60) as chat:
        for _ in range(2):
            chat.send(json.dumps({"text": "hello?"}))
        assert [json.loads(chat.recv())["from"] for _ in range(3)] == ["you", "seller", "you"]
        with pytest.raises(websockets.exceptions.ConnectionClosedError):
            chat.recv()


def test_no_acknowledged_order_is_lost_by_a_kill(start_corner: StartCorner, tmp_path: Path) -> None:
    """Orders pour in until `kill -9`; every one that was acknowledged is there after a new start."""
    first = start_corner("--data", str(tmp_path))
    refs: list[str] = []
    kill = threading.Timer(0.7, os.kill, (first.process.pid, signal.SIGKILL))
    with first.client() as client, contextlib.suppress(httpx.TransportError):
        while True:
            if len(refs) == 1:
                kill.start()
            refs.append(client.post("/api/orders", json={"items": [{"product": 1, "quantity": 1}], **ADDRESS}).json()["ref"])
    assert first.process.wait(60) == -signal.SIGKILL
    with start_corner("--data", str(tmp_path)).client() as client:
        assert {client.get(f"/api/orders/{ref}").status_code for ref in refs} == {200}


def test_pages_tag_what_they_write_by_the_cookie(corner: Corner) -> None:
    """A browser carries its run in `footfall_run`; a booking made by form goes with that run."""
    with corner.client(Cookie="footfall_run=RUN-2; corner_session=abcdefghijklmnopqrstuvwx") as client:
        page = client.get("/book/facial/details?slot=3-1000").text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        sent = client.post("/book/facial/details", data={**hidden, "name": "Ada", "email": "ada@example.org"})
        assert sent.headers["location"].startswith("/bookings/B")
        assert client.delete("/api/test-data/RUN-2").json()["removed"]["bookings"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_peace(start_corner: StartCorner, number: signal.Signals) -> None:
    """A signal ends it with exit code 0, even with a connection open."""
    corner = start_corner()
    with corner.client() as client:
        client.get("/api/health")
        corner.process.send_signal(number)
        assert corner.process.wait(60) == 0


def test_it_ends_with_its_parent(start_corner: StartCorner) -> None:
    """The end of stdin is the end of Corner."""
    process = start_corner().process
    assert process.stdin
    process.stdin.close()
    assert process.wait(60) == 0


def test_it_says_where_it_is_open_and_to_whom() -> None:
    """To this machine only, unless told otherwise."""
    for options, address, reach in (([], "127.0.0.1", "this machine only"), (["--host", "0.0.0.0"], "0.0.0.0", "bound to 0.0.0.0")):  # noqa: S104
        command = [sys.executable, "-m", "footfall.demo", "--port", "0", "--die-with-parent", *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            line = process.stdout.readline()
            listening = {
                connection.laddr.ip for connection in psutil.Process(process.pid).net_connections() if connection.status == "LISTEN"
            }
            assert process.stdin
            process.stdin.close()
            more = process.stdout.read()
        assert (listening, reach in line) == ({address}, True)
        assert "payments at http://127.0.0.1:8301" not in line  # which may be another Corner's
        assert ("can be admin" in line) == (address == "0.0.0.0")  # noqa: S104
        assert re.search(r"/_faults with the token [\w-]{20,}$", more)
        assert re.match(r"Corner is open at http://127\.0\.0\.1:\d+ \(", line)


def test_a_port_in_use_is_said_in_one_line() -> None:
    """Exit code 2 and no traceback, and the way out is named; the same for a fault that does not exist."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments, said in (
            (["--port", port], f"127.0.0.1:{port}: Address already in use; choose another --port, or 0 for a free one"),
            (["--port", "0", "--payment-port", port], "choose another --payment-port, or 0 for a free one"),
            (["--port", "0", "--payment-port", "0", "--fault", "slow-paiment"], "slow-payment"),
        ):
            command = [sys.executable, "-m", "footfall.demo", *arguments]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert ended.returncode == 2
            assert said in ended.stderr
            assert ended.stderr.count("\n") == 1
