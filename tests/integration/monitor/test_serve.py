"""What others ask of a watch, or tell it, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from footfall.config.watch import Watched
from footfall.errors import UsageError
from footfall.monitor.channels.webhook import SIGNATURE, sign
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.serve import Desk, Inbound, serving
from footfall.monitor.state import AT_ONCE
from footfall.store.writer import Store
from tests import loops
from tests.integration.monitor.conftest import House, plan, subject
from tests.ports import quiet_port


@contextmanager
def served(desk: Desk) -> Iterator[httpx.Client]:
    """The server on a free port, in a thread of its own."""
    port, ended = quiet_port(), threading.Event()

    async def until_ended() -> None:
        await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serving(desk, "127.0.0.1", port, until_ended)))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=8), timeout=60) as client:
            yield client
    finally:
        ended.set()
        thread.join()


def inbound() -> Plan:
    """A heartbeat every 60 s with 30 s of grace, and a webhook."""
    called = [Subject(f"probe:{name}", name, "probe", Watched(), AT_ONCE, f"{name} is late") for name in ("backup", "paid")]
    return replace(plan([], [], [subject("shop"), *called]), inbound={"probe:backup": 90.0, "probe:paid": 90.0})


def house(store: Store, root: Path) -> tuple[House, Desk]:
    """A watch and its server."""
    corner = House(store, root, inbound())
    known = {"backup": Inbound("heartbeat", "s3cret"), "paid": Inbound("webhook", "s3cret", SIGNATURE)}
    return corner, Desk(store, corner.plan, corner.clock, known, token="t0ken")


def subjects(corner: House) -> list[str]:
    """What is broken."""
    return [each.subject for each in corner.incidents() if each.resolved is None]


def test_a_heartbeat_that_does_not_come_is_an_incident(store: Store, tmp_path: Path) -> None:
    """The dead man's switch: from the first look on; a late one ends it, a reported failure opens it at once; strangers cannot beat."""
    corner, desk = house(store, tmp_path)
    corner.later(60)
    assert subjects(corner) == []
    with served(desk) as client:
        assert client.get("/heartbeat/backup").status_code == 401
        assert client.get("/heartbeat/backup", headers={"Authorization": "Bearer guess"}).status_code == 401
        assert client.get("/heartbeat/nothing").status_code == 404
        corner.later(120)
        assert "probe:backup" in subjects(corner)
        assert client.post("/heartbeat/backup", headers={"Authorization": "Bearer s3cret"}).text == "noted\n"
        corner.later(70)
        assert "probe:backup" not in subjects(corner)
        client.get("/heartbeat/backup?ok=false&problem=disk+full&token=s3cret")
        corner.later(70)
        (found,) = [each for each in corner.incidents() if each.subject == "probe:backup" and each.resolved is None]
        assert found.problem == "disk full"


def test_a_webhook_must_come_signed_and_in_time(store: Store, tmp_path: Path) -> None:
    """A signed delivery is noted, a huge one refused. What strangers send opens nothing, and does not count as what is due."""
    corner, desk = house(store, tmp_path)
    with served(desk) as client:
        good = {SIGNATURE: sign(b"{}", "s3cret", time.time())}
        assert client.post("/hooks/paid", content=b"{}", headers=good).status_code == 200
        corner.later(70)
        old = {SIGNATURE: sign(b"{}", "s3cret", time.time() - 1000)}
        for headers in (old, {}, old):
            assert client.post("/hooks/paid", content=b"{}", headers=headers).status_code == 401
        assert client.post("/hooks/paid", content=bytes(1_000_001), headers=good).status_code == 413
        corner.later(10)
        assert subjects(corner) == []
        corner.later(80)
        assert subjects(corner) == ["probe:backup", "probe:paid"]
        (paid,) = [each for each in corner.incidents() if each.subject == "probe:paid"]
        assert "deliveries since whose signature does not hold" in paid.problem
        assert client.post("/hooks/paid", content=b"{}", headers={SIGNATURE: sign(b"{}", "s3cret", time.time())}).status_code == 200
        corner.later(70)
        assert "probe:paid" not in subjects(corner)


def test_what_anybody_may_call_can_only_say_that_it_lives(store: Store, tmp_path: Path) -> None:
    """A heartbeat without a secret: a stranger's report of a failure would wake people."""
    corner, desk = house(store, tmp_path)
    with served(replace(desk, inbound={"backup": Inbound("heartbeat")})) as client:
        assert client.get("/heartbeat/backup").status_code == 200
        assert client.get("/heartbeat/backup?ok=false&problem=wake+up").status_code == 401
    corner.later(70)
    assert subjects(corner) == []


def test_prometheus_reads_what_the_watch_knows(store: Store, tmp_path: Path) -> None:
    """Under the names of the blackbox exporter where they fit; behind the token; its own parser takes it."""
    corner, desk = house(store, tmp_path)
    corner.see(ok=True, latency_ms=250.0)
    corner.fail()
    with served(desk) as client:
        assert client.get("/metrics").status_code == 401
        text = client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).text
    found = {
        (sample.name, sample.labels.get("subject", sample.labels.get("severity", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["probe_success", "shop"] == 0
    assert found["probe_duration_seconds", "shop"] == 0.02
    assert found["footfall_down", "shop"] == 1
    assert found["footfall_incidents_open", "P1"] == 1
    assert found["footfall_health_score", ""] == 0


def test_an_address_that_is_taken_is_said(store: Store, tmp_path: Path) -> None:
    """Before anything starts."""
    _, desk = house(store, tmp_path)

    async def nothing() -> None:
        """Never comes to this."""

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="cannot be listened on"):
        loops.run(serving(desk, "127.0.0.1", taken.getsockname()[1], nothing))
