"""Who is out at night: clients who order, suppliers who deliver."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
ADDRESS = {"street": "Rue de Nuit 3", "postcode": "75011", "city": "Paris"}
NAMES = Feeder.of_numbers(lambda number: {"name": f"Client {number}", "email": f"client-{number}@example.org"})


class Person(LeanUser):
    """Thinks two seconds between two things, on average."""

    abstract = True
    think_s = 2.0

    def order(self) -> dict[str, Any]:
        """Order something and pay; return the order."""
        items = [{"product": random.randint(1, 240), "quantity": random.randint(1, 3)}]
        placed: dict[str, Any] = self.client.post("/api/orders", json={"items": items, **NAMES.next(), **ADDRESS}, status=201).json()
        self.think()
        charge = {"intent": placed["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=charge, has={"status": "succeeded"}).json()
        return placed


class Client(Person):
    """Browses, orders, pays, and looks where the order is."""

    weight = 4

    @task
    def buy(self) -> None:
        """One order."""
        self.client.get("/api/products", has={"products": list})
        self.think()
        ref = self.order()["ref"]
        self.think()
        self.client.get(f"/api/orders/{ref}", name="/api/orders/{ref}", has={"ref": ref, "status": str})


class Supplier(Person):
    """Looks at the open orders and delivers one that was placed for the purpose."""

    weight = 1
    headers: ClassVar = {"Authorization": "Bearer corner-supplier-key"}

    @task
    def fulfil(self) -> None:
        """Offer, prepare, send out, deliver."""
        order = f"/api/supplier/orders/{self.order()['ref']}"
        self.client.get("/api/supplier/orders?status=open", name="/api/supplier/orders", has={"orders": list})
        self.think()
        offers = "/api/supplier/orders/{ref}/offers"
        offered = self.client.post(f"{order}/offers", name=offers, json={"fee_cents": 500, "minutes": 45}, status=(201, 409))
        if offered.status != 201:  # somebody else was quicker, or the site did not answer
            return
        for state in ("preparing", "on_the_way", "delivered"):
            self.think()
            self.client.post(f"{order}/status", name="/api/supplier/orders/{ref}/status", json={"status": state}, has={"status": state})
