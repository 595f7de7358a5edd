"""Who uses WedSync: suppliers who upload PDFs, couples who send forms and pay."""

from __future__ import annotations

from locust import task

from footfall.load.feeder import Feeder
from footfall.load.users import LeanUser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
PEOPLE = Feeder.of_numbers(lambda number: {"name": f"Guest {number}", "email": f"guest-{number}@example.org"})
PDF = b"%PDF-1.4\n1 0 obj<</Type/Pages /Count 1>>\n2 0 obj<</Type/Page>>\n%%EOF\n"


class Couple(LeanUser):
    """Sends forms and pays invoices."""

    weight = 4
    think_s = 2.0

    @task(3)
    def send_form(self) -> None:
        """One enquiry."""
        wish = {"title": "Flowers for a wedding", "guests": 60, "budget_cents": 120_000, **PEOPLE.next()}
        ref = self.client.post("/api/jobs", json=wish, status=201, has={"ref": str}).json()["ref"]
        self.think()
        self.client.get(f"/api/jobs/{ref}", name="/api/jobs/{ref}", has={"ref": ref})

    @task(1)
    def pay(self) -> None:
        """One invoice."""
        path, name = "/api/listings/3/purchases", "/api/listings/{id}/purchases"
        invoice = self.client.post(path, name=name, json=dict(PEOPLE.next()), status=201, has={"payment": dict}).json()
        self.think()
        charge = {"intent": invoice["payment"]["intent"], "card": CARD}
        self.client.post("/api/payments", json=charge, has={"status": "succeeded"})


class Supplier(LeanUser):
    """Uploads a PDF and waits until it was read."""

    weight = 1
    think_s = 2.0

    @task
    def upload(self) -> None:
        """One PDF."""
        fields: dict[str, str | tuple[str, bytes, str]] = {**PEOPLE.next(), "file": ("plan.pdf", PDF, "application/pdf")}
        ref = self.client.post("/api/forms", multipart=fields, status=202, has={"ref": str}).json()["ref"]
        status = "received"
        while status == "received":
            self.think()
            status = self.client.get(f"/api/forms/{ref}", name="/api/forms/{ref}", has={"status": str}).json()["status"]
