"""What Corner does when disk, provider or process fail under it: what was acknowledged stays, the rest is refused and mended later."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from .conftest import Corner, start, stop
from .test_api import ADDRESS, BOOKING, GOOD, becomes, card


def pay_at_the_provider(corner: Corner, client: httpx.Client) -> str:
    """Order something and pay at the provider's own address; returns the order's reference."""
    order: dict[str, Any] = client.post("/api/orders", json={"items": [{"product": 1, "quantity": 1}], **ADDRESS}).json()
    payment = {"intent": order["payment"]["intent"], "card": card(GOOD)}
    assert client.post(f"{corner.payment_url}/v1/payments", json=payment).json()["status"] == "succeeded"
    return str(order["ref"])


def is_open(said: dict[str, Any]) -> bool:
    """An order that is paid waits for its supplier."""
    return bool(said["status"] == "open")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop of this file keeps its data."""
    return tmp_path_factory.mktemp("corner")


@pytest.fixture(scope="module")
def paid_before_the_kill(folder: Path) -> str:
    """An order whose payment was accepted while no webhook got through, just before `kill -9`; and a file of half an upload."""
    corner = start("--data", str(folder), "--fault", "errors=/api/webhooks:1")
    with corner.client() as client:
        ref = pay_at_the_provider(corner, client)
        assert client.get(f"/api/orders/{ref}").json()["status"] == "awaiting_payment"
    os.kill(corner.process.pid, signal.SIGKILL)
    stop(corner)
    (folder / "uploads").mkdir()
    (folder / "uploads" / "FHALF.pdf").write_bytes(b"%PDF-")
    return ref


@pytest.fixture(scope="module")
def shop(folder: Path, paid_before_the_kill: str) -> Iterator[Corner]:
    """The shop that took over after the kill."""
    assert paid_before_the_kill
    corner = start("--data", str(folder))
    yield corner
    stop(corner)


def test_an_accepted_payment_survives_a_kill(shop: Corner, paid_before_the_kill: str) -> None:
    """The provider kept its event: after the new start the order is paid."""
    with shop.client() as client:
        assert becomes(client, f"/api/orders/{paid_before_the_kill}", is_open)


def test_a_webhook_that_fails_is_sent_again(shop: Corner, folder: Path) -> None:
    """For as long as it takes; and an event that was delivered is kept no longer."""
    shop.faults("errors=/api/webhooks:1")
    with shop.client() as client:
        ref = pay_at_the_provider(shop, client)
        assert becomes(client, "/api/metrics", lambda said: said["webhooks_failed"] >= 2)
        assert client.get(f"/api/orders/{ref}").json()["status"] == "awaiting_payment"
        shop.faults()
        assert becomes(client, f"/api/orders/{ref}", is_open)
        with closing(sqlite3.connect(folder / "corner.db")) as database:
            assert becomes(client, "/api/health", lambda _: database.execute("SELECT count(*) FROM events").fetchone() == (0,))


def test_a_file_that_was_never_noted_down_is_removed(shop: Corner, folder: Path) -> None:
    """The process died between an upload's file and its record."""
    assert shop.process.poll() is None
    assert list((folder / "uploads").iterdir()) == []


def test_pages_that_wait_get_over_an_error(shop: Corner, folder: Path, tab: Page, tiny_pdf: Path) -> None:
    """Quotes and plans: an answer that fails is asked for again, and nothing is shown that is not so."""
    who, plan = {"name": "Di", "email": "di@example.org"}, {"file": ("plan.pdf", tiny_pdf.read_bytes())}
    with shop.client() as client, closing(sqlite3.connect(folder / "corner.db", isolation_level=None)) as database:
        job = client.post("/api/jobs", json={"title": "Soup", "guests": 4, "budget_cents": 9000, **who}).json()["ref"]
        form = client.post("/api/forms", data=who, files=plan).json()["ref"]
        assert becomes(client, f"/api/forms/{form}", lambda said: said["status"] == "done")
        database.execute("UPDATE forms SET status = 'received', pages = NULL WHERE ref = ?", (form,))  # as if it took long
        for page, path, waits in (("events", f"/api/jobs/{job}", "Waiting for quotes"), ("forms", f"/api/forms/{form}", "Processing")):
            shop.faults(f"errors={path}:1")
            with tab.expect_response(f"**{path}"):
                tab.goto(f"{shop.url}/{page}/{path.rpartition('/')[2]}")
            expect(tab.get_by_role("status")).to_have_text(waits)
            shop.faults()
            if page == "forms":
                database.execute("UPDATE forms SET status = 'done', pages = 2 WHERE ref = ?", (form,))
            expect(tab.get_by_role("status")).to_have_text("Done: 2 pages" if page == "forms" else "3 quotes")


def test_a_full_disk_is_a_503_and_health_says_so(shop: Corner, tiny_pdf: Path) -> None:
    """While no file may grow nothing is taken and the health endpoints are down; with room again they are well by themselves."""
    pid, (soft, hard) = shop.process.pid, resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE)
    form: dict[str, Any] = {"data": {"name": "Di", "email": "di@example.org"}, "files": {"file": ("plan.pdf", tiny_pdf.read_bytes())}}
    with shop.client() as client:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
        try:
            refused = [client.post("/api/bookings", json=BOOKING), client.post("/api/forms", **form)]
            assert [(said.status_code, said.json()["error"]["code"]) for said in refused] == [(503, "database_failed")] * 2
            assert refused[0].headers["retry-after"] == "1"
            assert [client.get(f"/api/health{part}").status_code for part in ("", "/database", "/storage")] == [503] * 3
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
        assert becomes(client, "/api/health", lambda said: said["checks"]["database"] == "ok")
        assert client.post("/api/bookings", json=BOOKING).status_code == 201
        assert client.get("/api/health/database").json()["query_success_ratio"] < 1
