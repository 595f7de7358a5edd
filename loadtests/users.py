"""Who loads Corner: customers, suppliers, admins. Profiles import them and say how many.

What an answer must hold is said where it is asked for: a 200 with the wrong body is an error.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.thinking import lognormal
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
SERVICES = ("haircut", "massage", "manicure", "facial", "personal-training", "yoga-lesson", "bike-repair", "piano-lesson")
CATEGORIES = ("bakery", "pantry", "drinks", "flowers", "home", "books")
ADDRESS = {"street": "Market Street 1", "postcode": "10115", "city": "Berlin"}
NAMES = Feeder.of_numbers(lambda number: {"name": f"Load {number}", "email": f"load-{number}@example.org"})
JOBS = Feeder.of_csv(Path(__file__).with_name("jobs.csv"))
PLAN = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


class Person(LeanUser):
    """Someone with a name, who thinks a second and a half between two things, on average."""

    abstract = True
    think_s = 1.5

    def who(self) -> dict[str, str]:
        """Return the name and email that a form asks for."""
        return dict(NAMES.next())

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
        self.think()
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
            self.think()
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
        self.think()
        self.client.get(f"/api/orders/{order['ref']}", name="/api/orders/{ref}", has={"ref": order["ref"], "status": str}).json()


class Supplier(Person):
    """Looks at the open orders and delivers one that nobody else is after: one placed for the purpose."""

    weight = 1
    headers: ClassVar = {"Authorization": "Bearer corner-supplier-key"}

    @task
    def fulfil(self) -> None:
        """Offer, prepare, send out, deliver."""
        ref = self.place_order()
        self.think()
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


class Chatter(Person):
    """Asks a seller something, over a WebSocket, and waits for the answer."""

    weight = 2
    wait_time = lognormal(median_s=2.0, sigma=0.6)

    @task
    def chat(self) -> None:
        """Two questions about one thing."""
        listing = random.randint(1, 120)
        self.client.get(f"/api/listings/{listing}", name="/api/listings/{id}", has={"id": listing, "title": str}).json()
        self.think()
        self.client.cookies.put("corner_session", f"{random.getrandbits(128):032x}", self.client.host)
        with self.client.websocket(f"/ws/market/{listing}", name="/ws/market/{id}") as talk:
            for question in ("Is it still there?", "May I see it?"):
                talk.ask({"text": question}, has={"from": "seller", "text": str})
                self.think()


class JobPoster(Person):
    """Plans an event: posts a job, waits for three quotes, books one and pays."""

    weight = 1

    @task
    def plan(self) -> None:
        """Post, wait, book, pay."""
        job = JOBS.next()
        details = {"title": job["title"], "guests": int(job["guests"]), "budget_cents": int(job["budget_cents"]), **self.who()}
        ref = self.client.post("/api/jobs", json=details, status=201, has={"ref": str, "quotes": list}).json()["ref"]
        quotes: list[dict[str, Any]] = []
        for _ in range(10):
            self.think()
            seen = self.client.get(f"/api/jobs/{ref}", name="/api/jobs/{ref}", has={"ref": ref, "complete": bool}).json()
            quotes = seen["quotes"]
            if seen["complete"]:
                break
        chosen = {"quote": random.choice(quotes)["id"]}
        path, name = f"/api/jobs/{ref}/bookings", "/api/jobs/{ref}/bookings"
        booking = self.client.post(path, name=name, json=chosen, status=201, has={"ref": str, "payment": dict}).json()
        self.think()
        self.pay(booking)


class FormSender(Person):
    """Sends a plan as a PDF from the shop's own page, whose token must come back with it, and looks whether it could be read."""

    weight = 1

    @task
    def send(self) -> None:
        """Open the form, upload, wait, look."""
        page = self.client.get("/forms")
        fields: dict[str, str | tuple[str, bytes, str]] = {
            **self.who(),
            "csrf": page.find(r'name="csrf" value="([^"]+)"'),
            "message": "As agreed.",
            "file": ("plan.pdf", PLAN, "application/pdf"),
        }
        self.think()
        sent = self.client.post("/forms", multipart=fields, check=lambda answer: "Reference" in answer.text)
        ref = sent.find(r'data-ref="([^"]+)"')
        for _ in range(10):
            self.think()
            seen = self.client.get(f"/api/forms/{ref}", name="/api/forms/{ref}", has={"status": str}).json()
            if seen["status"] != "received":
                break


class Admin(Person):
    """Looks at the day's figures."""

    weight = 1
    headers: ClassVar = {"Authorization": "Bearer corner-admin-key"}

    @task
    def look(self) -> None:
        """One page of the dashboard after the other."""
        for page in ("analytics", "users", "orders", "commissions"):
            self.client.get(f"/api/admin/{page}", has={"rows": list}).json()
            self.think()


class Passerby(Person):
    """Does one small thing and is gone: what an open profile's arrivals are made of."""

    weight = 1

    @task(4)
    def look_at_a_product(self) -> None:
        """One product."""
        number = random.randint(1, 240)
        self.client.get(f"/api/products/{number}", name="/api/products/{id}", has={"id": number})

    @task(3)
    def look_around(self) -> None:
        """One category."""
        self.client.get(f"/api/products?category={random.choice(CATEGORIES)}", name="/api/products", has={"products": list})

    @task(2)
    def look_for_a_time(self) -> None:
        """One day of one service."""
        path = f"/api/services/{random.choice(SERVICES)}/slots?day={random.randint(1, 14)}"
        self.client.get(path, name="/api/services/{id}/slots", has={"slots": list})

    @task(1)
    def begin_a_cart(self) -> None:
        """Something that is written."""
        self.client.post("/api/carts", json={}, status=201, has={"id": str})
