"""Who is on Driplo: people who search, some who ask, a few who buy."""

from __future__ import annotations

import random

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
WORDS = ("guitar", "bicycle", "armchair", "lamp", "tea")
BUYERS = Feeder.of_numbers(lambda number: {"name": f"Buyer {number}", "email": f"buyer-{number}@example.org"})


class Buyer(LeanUser):
    """Searches; one in three asks the seller, one in six buys."""

    think_s = 2.0

    @task(3)
    def look(self) -> None:
        """Search and view."""
        self._find()

    @task(2)
    def ask(self) -> None:
        """Ask the seller, over the live chat."""
        listing = self._find()
        self.client.cookies.put("corner_session", f"{random.getrandbits(128):032x}", self.client.host)
        with self.client.websocket(f"/ws/market/{listing}", name="/ws/market/{id}") as chat:
            chat.ask({"text": "Is it still there?"}, has={"from": "seller", "text": str})

    @task(1)
    def buy(self) -> None:
        """Buy and pay."""
        listing = self._find()
        path, name = f"/api/listings/{listing}/purchases", "/api/listings/{id}/purchases"
        bought = self.client.post(path, name=name, json=dict(BUYERS.next()), status=201, has={"ref": str}).json()
        self.think()
        charge = {"intent": bought["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=charge, has={"status": "succeeded"})

    def _find(self) -> int:
        """Return the number of a listing that was searched for and looked at."""
        word = random.choice(WORDS)
        found = self.client.get(f"/api/listings?q={word}", name="/api/listings?q={word}", has={"listings": list}).json()["listings"]
        listing = int(random.choice(found)["id"])
        self.think()
        self.client.get(f"/api/listings/{listing}", name="/api/listings/{id}", has={"id": listing})
        self.think()
        return listing
