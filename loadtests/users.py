"""Who loads Corner: customers who book, customers who order, suppliers who deliver. Profiles import them and say how many.

What an answer must hold is said where it is asked for: a 200 with the wrong body is an error.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from locust import task

from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
SERVICES = ("haircut", "massage", "manicure", "facial", "personal-training", "yoga-lesson", "bike-repair", "piano-lesson")
CATEGORIES = ("bakery", "pantry", "drinks", "flowers", "home", "books")
ADDRESS = {"street": "Market Street 1", "postcode": "10115", "city": "Berlin"}


class Person(LeanUser):
    """Someone with a name, who thinks two seconds between two things, on average."""

    abstract = True
    think_s = 2.0

    def who(self) -> dict[str, str]:
        """Return the name and email that a form asks for."""
        number = random.randrange(1_000_000)
        return {"name": f"Load {number}", "email": f"load-{number}@example.org"}

    def pay(self, record: dict[str, Any]) -> None:
        """Pay what was booked or ordered."""
        payment = {"intent": record["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=payment, has={"status": "succeeded"}).json()

    def place_order(self) -> str:
        """Order goods, pay, and return the order's reference."""
        items = [{"product": random.randint(1, 240), "quantity": random.randint(1, 3)}]
        order = self.client.post("/api/orders", json={"items": items, **self.who(), **ADDRESS}, status=201, has={"ref": str}).json()
        self.think()
        self.pay(order)
        return str(order["ref"])


class Booker(Person):
    """Books an appointment: service, time, details, payment, confirmation."""

    weight = 4

    @task
    def book(self) -> None:
        """Book one appointment."""
        self.client.get("/api/services", has={"services": list}).json()
        self.think()
        service, day = random.choice(SERVICES), random.randint(1, 14)
        slots = self.client.get(f"/api/services/{service}/slots?day={day}", name="/api/services/{id}/slots", has={"slots": list}).json()
        free = [slot["id"] for slot in slots["slots"] if slot["available"]]
        self.think()
        details = {"service": service, "slot": random.choice(free), **self.who(), "phone": "", "notes": ""}
        booking = self.client.post("/api/bookings", json=details, status=201, has={"ref": str, "status": "awaiting_payment"}).json()
        self.think()
        self.pay(booking)
        self.client.get(f"/api/bookings/{booking['ref']}", name="/api/bookings/{ref}", has={"status": "confirmed"}).json()


class Shopper(Person):
    """Browses, fills a cart, checks out, pays and looks where the order is."""

    weight = 5

    @task
    def shop(self) -> None:
        """Buy one or two things."""
        category = random.choice(CATEGORIES)
        found = self.client.get(f"/api/products?category={category}", name="/api/products", has={"products": list, "total": int}).json()
        self.think()
        cart = self.client.post("/api/carts", json={}, status=201, has={"id": str}).json()["id"]
        for product in random.sample(found["products"], k=min(2, len(found["products"]))):
            number = product["id"]
            self.client.get(f"/api/products/{number}", name="/api/products/{id}", has={"id": number, "price_cents": int}).json()
            self.think()
            chosen = {"quantity": random.randint(1, 3)}
            self.client.put(
                f"/api/carts/{cart}/items/{number}", name="/api/carts/{id}/items/{product}", json=chosen, has={"id": cart}
            ).json()
        self.think()
        order = self.client.post("/api/orders", json={"cart": cart, **self.who(), **ADDRESS}, status=201, has={"ref": str}).json()
        self.think()
        self.pay(order)
        self.client.get(f"/api/orders/{order['ref']}", name="/api/orders/{ref}", has={"ref": order["ref"], "status": str}).json()


class Supplier(Person):
    """Looks at the open orders and delivers one that nobody else is after: one placed for the purpose."""

    weight = 1
    headers: ClassVar = {"Authorization": "Bearer corner-supplier-key"}

    @task
    def fulfil(self) -> None:
        """Offer, prepare, send out, deliver."""
        ref = self.place_order()
        self.client.get("/api/supplier/orders?status=open", name="/api/supplier/orders", has={"orders": list}).json()
        self.think()
        offer = {"fee_cents": 500, "minutes": 45}
        # Another supplier may have taken it: that is an answer, not a fault.
        offered = self.client.post(
            f"/api/supplier/orders/{ref}/offers", name="/api/supplier/orders/{ref}/offers", json=offer, status=(201, 409)
        )
        if offered.status == 409 or not offered.ok:
            return
        for status in ("preparing", "on_the_way", "delivered"):
            self.think()
            self.client.post(
                f"/api/supplier/orders/{ref}/status",
                name="/api/supplier/orders/{ref}/status",
                json={"status": status},
                has={"status": status},
            ).json()
