"""Business and security figures of the shop, by this suite's own probes: what no status code shows is an incident."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from ulid import ULID

from footfall.config.kinds import Limit
from footfall.config.suite import ProbeSpec, Target, load_suite
from footfall.probe.check import check
from footfall.store import watch
from footfall.store.incidents import Incident
from footfall.store.watch import Place, Seen
from footfall.store.writer import Store
from footfall.target import LiveTarget, open_target
from tests import loops
from tests.integration.monitor.conftest import House, plan, subject

PROBES = load_suite(Path(__file__).parents[3]).probes
KEY = "probe:figures"
BOOKING = {"service": "haircut", "name": "Ada", "email": "ada@example.org"}
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


def book(client: httpx.Client, slot: str) -> int:
    """Book something and pay; the status of the payment."""
    booking = client.post("/api/bookings", json={**BOOKING, "slot": slot}).raise_for_status().json()
    return client.post("/api/payments", json={"intent": booking["payment"]["intent"], "card": CARD}).status_code


def look(corner: House, probe: ProbeSpec, url: str, attempt: int = 0) -> None:
    """Check the figures as a location does, and judge."""
    result = loops.run(check(probe, url, {}))
    with corner.store.writing() as connection:
        watch.see_location(connection, Place("ams", corner.clock.at, blind=False, judge=True))
        state = watch.load_states(connection, [KEY]).get(KEY, {})
        seen = Seen(str(ULID()), KEY, "ams", corner.clock.at, result.ok, attempt=attempt, problem=result.problem)
        since = corner.clock.at.fromisoformat(state["since"]) if attempt else None
        watch.add_results(connection, [replace(seen, round_at=since, figures={**result.measured})])
    corner.judge.step()
    corner.clock.turn(10)


def looked(corner: House, probe: ProbeSpec, url: str) -> Incident:
    """Check, and check again what is suspected; the incident that opened."""
    for attempt in range(3):
        look(corner, probe, url, attempt)
    return corner.incident()


@pytest.fixture
def corner(store: Store, tmp_path: Path) -> House:
    """Watches the shop's figures."""
    return House(store, tmp_path, plan([], [], [subject("figures", severity="P0")]))


def shop(*faults: str) -> AbstractContextManager[LiveTarget]:
    """A shop of its own, whose figures begin at nothing."""
    return open_target(Target("corner", demo=True), faults)


def only(name: str, figure: str, limit: str = "") -> ProbeSpec:
    """One of the suite's probes with the limit of one figure alone: its own, or one that is fit for a test."""
    probe = PROBES[name]
    how, _, value = limit.partition(" ")
    found = Limit(limit, how, float(value)) if limit else probe.figures[figure]
    return replace(probe, figures={figure: found}, timeout_s=20)


@pytest.mark.parametrize(
    ("figure", "said"), [("payment_success", "payment_success is 0, expected >= 95%"), ("conversion", "conversion is 0, expected >= 50%")]
)
def test_declined_cards_are_an_incident_although_every_page_answers(corner: House, figure: str, said: str) -> None:
    """While nobody pays all is well; when every card is declined, payments and the funnel fall, which is told with figures."""
    probe = only("sales", figure)
    with shop("payment-declined") as live, httpx.Client(base_url=live.url, timeout=20) as client:
        look(corner, probe, live.url)
        assert corner.incidents() == []
        assert [book(client, slot) for slot in ("1-0900", "1-0930")] == [402, 402]
        assert client.get("/api/health").status_code == 200
        incident = looked(corner, probe, live.url)
    assert (incident.severity, incident.problem) == ("P0", said)
    assert incident.detail["figures"][figure] == 0


def test_revenue_below_its_target_is_an_incident_until_it_is_earned(corner: House) -> None:
    """Nothing is sold: it opens; two bookings are paid: it is over."""
    probe = only("sales", "day_target", ">= 0.002")
    with shop() as live, httpx.Client(base_url=live.url, timeout=20) as client:
        assert looked(corner, probe, live.url).problem == "day_target is 0, expected >= 0.002"
        assert [book(client, slot) for slot in ("1-0900", "1-0930")] == [200, 200]
        for _ in range(2):
            look(corner, probe, live.url)
    assert corner.incident().resolved


def test_guessed_passwords_are_an_incident(corner: House) -> None:
    """Log-ins fail for real, of more people than one, whom no limit slows down."""
    probe = only("security", "failed_logins")
    with shop() as live, httpx.Client(base_url=live.url, timeout=20) as client:
        client.post("/api/login", json={"email": "ada@example.org", "password": "a typo"})
        look(corner, probe, live.url)
        assert corner.incidents() == []
        statuses = {client.post("/api/login", json={"email": f"u{n}@example.org", "password": "guess"}).status_code for n in range(30)}
        assert statuses == {401}
        assert looked(corner, probe, live.url).problem == "failed_logins is 31, expected <= 20"


def test_running_into_the_rate_limit_is_an_incident(corner: House) -> None:
    """Somebody goes on although refused; that failed log-ins are few enough does not matter."""
    probe = only("security", "rate_limit_hits")
    with shop() as live, httpx.Client(base_url=live.url, timeout=20) as client:
        look(corner, probe, live.url)
        wrong = {"email": "ada@example.org", "password": "guess"}
        statuses = [client.post("/api/login", json=wrong).status_code for _ in range(16)]
        assert statuses[-6:] == [429] * 6
        incident = looked(corner, probe, live.url)
    assert incident.problem == "rate_limit_hits is 6, expected <= 5"
    assert incident.detail["figures"]["failed_logins"] == 10


def test_unusual_traffic_is_an_incident(corner: House) -> None:
    """More requests in a minute than the limit, which is a low one here."""
    probe = only("security", "traffic", "<= 100")
    with shop() as live, httpx.Client(base_url=live.url, timeout=20) as client:
        look(corner, probe, live.url)
        assert corner.incidents() == []
        for _ in range(150):
            client.get("/api/services")
        assert looked(corner, probe, live.url).problem.endswith("expected <= 100")
