"""Who comes to Mariia Hub."""

from __future__ import annotations

import random

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
SERVICES = ("haircut", "massage", "manicure", "facial", "personal-training", "yoga-lesson")
PEOPLE = Feeder.of_numbers(lambda number: {"name": f"Client {number}", "email": f"client-{number}@example.org"})


class Client(LeanUser):
    """Looks for a time, books and pays; every second one only looks."""

    think_s = 2.0

    @task
    def look(self) -> None:
        """See which times are free, and leave."""
        self._free()

    @task
    def book(self) -> None:
        """Book one treatment."""
        service, slot = self._free()
        self.think()
        wish = {"service": service, "slot": slot, **PEOPLE.next(), "phone": "", "notes": ""}
        booking = self.client.post("/api/bookings", json=wish, status=201, has={"ref": str}).json()
        self.think()
        charge = {"intent": booking["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=charge, has={"status": "succeeded"})

    def _free(self) -> tuple[str, str]:
        self.client.get("/api/services", has={"services": list})
        self.think()
        service, day = random.choice(SERVICES), random.randint(1, 14)
        found = self.client.get(f"/api/services/{service}/slots?day={day}", name="/api/services/{id}/slots", has={"slots": list}).json()
        return service, random.choice([slot["id"] for slot in found["slots"] if slot["available"]])
