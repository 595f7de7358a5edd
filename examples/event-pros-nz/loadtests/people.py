"""Who uses Event Pros NZ: hosts who book, and people who look around."""

from __future__ import annotations

import random
from typing import Any

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
JOBS = (("Birthday party", 25, 60_000), ("Wedding dinner", 80, 450_000), ("School fair", 300, 900_000))
HOSTS = Feeder.of_numbers(lambda number: {"name": f"Host {number}", "email": f"host-{number}@example.org"})


class Host(LeanUser):
    """Posts a job, waits for three quotes, books one and pays."""

    weight = 1
    think_s = 2.0

    @task
    def plan(self) -> None:
        """One event."""
        title, guests, budget = random.choice(JOBS)
        wish = {"title": title, "guests": guests, "budget_cents": budget, **HOSTS.next()}
        ref = self.client.post("/api/jobs", json=wish, status=201, has={"ref": str}).json()["ref"]
        quotes = self._quotes(ref)
        chosen = {"quote": random.choice(quotes)["id"]}
        booked = self.client.post(f"/api/jobs/{ref}/bookings", name="/api/jobs/{ref}/bookings", json=chosen, status=201).json()
        self.think()
        charge = {"intent": booked["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=charge, has={"status": "succeeded"})

    def _quotes(self, ref: str) -> list[dict[str, Any]]:
        seen: dict[str, Any] = {"complete": False}
        while not seen["complete"]:
            self.think()
            seen = self.client.get(f"/api/jobs/{ref}", name="/api/jobs/{ref}", has={"complete": bool}).json()
        return list(seen["quotes"])


class Visitor(LeanUser):
    """Looks where vendors are."""

    weight = 3
    think_s = 2.0

    @task
    def look(self) -> None:
        """One place, on the map."""
        self.client.get(f"/api/places?q={random.choice(('auck', 'well', 'chri', 'dune'))}", name="/api/places", has={"places": list})
