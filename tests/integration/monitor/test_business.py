"""Business figures of the shop, watched as the seeds do: conversion, payment success; a fault that no status code shows is an incident."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
from ulid import ULID

from footfall.config.kinds import Limit
from footfall.config.suite import ProbeSpec, Target
from footfall.probe.check import check
from footfall.store import watch
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store
from footfall.target import open_target
from tests import loops
from tests.integration.monitor.conftest import House, plan, subject

BUSINESS = ProbeSpec(
    "business",
    "/api/metrics",
    timeout_s=20,
    measure={"payments": "$.payment_success", "conversion": "$.funnels.booking.confirmed.conversion", "revenue": "$.revenue_cents"},
    figures={"payments": Limit(">= 99%", ">=", 0.99), "conversion": Limit(">= 50%", ">=", 0.5)},
)
BOOKING = {"service": "haircut", "name": "Ada", "email": "ada@example.org"}
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


def book(client: httpx.Client, slot: str) -> int:
    """Book something and pay; the status of the payment."""
    booking = client.post("/api/bookings", json={**BOOKING, "slot": slot}).raise_for_status().json()
    return client.post("/api/payments", json={"intent": booking["payment"]["intent"], "card": CARD}).status_code


def look(corner: House, url: str, attempt: int) -> None:
    """Check the figures as a location does, and judge."""
    result = loops.run(check(BUSINESS, url, {}))
    with corner.store.writing() as connection:
        watch.see_location(connection, Place("ams", corner.clock.at, blind=False, judge=True))
        state = watch.load_states(connection, ["probe:business"]).get("probe:business", {})
        seen = Seen(str(ULID()), "probe:business", "ams", corner.clock.at, result.ok, attempt=attempt, problem=result.problem)
        since = corner.clock.at.fromisoformat(state["since"]) if attempt else None
        watch.add_results(connection, [replace(seen, round_at=since, figures={**result.measured})])
    corner.judge.step()
    corner.clock.turn(10)


def test_declined_cards_are_an_incident_although_every_page_answers(store: Store, tmp_path: Path) -> None:
    """While nobody pays all is well; when every card is declined, payments and the funnel fall, which is told with figures."""
    corner = House(store, tmp_path, plan([], [], [subject("business", severity="P0")]))
    with open_target(Target("corner", demo=True), ("payment-declined",)) as live, httpx.Client(base_url=live.url, timeout=20) as client:
        look(corner, live.url, 0)
        assert corner.incidents() == []
        assert [book(client, slot) for slot in ("1-0900", "1-0930")] == [402, 402]
        assert client.get("/api/health").status_code == 200
        for attempt in range(3):
            look(corner, live.url, attempt)
    incident = corner.incident()
    assert (incident.severity, incident.problem) == ("P0", "payments is 0, expected >= 99%")
    assert incident.detail["figures"]["conversion"] == 0
