"""The booking pages: service → time → details → payment → confirmed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import catalogue, records
from footfall.demo.refusals import Refusal, not_found
from footfall.demo.web.api import booking_wish, full_slots, number_in_query, slots_of
from footfall.demo.web.http import row_of
from footfall.demo.web.pages import fields_of, form_origin, payment_page, read_form, render, see, submission
from footfall.demo.web.site import site_of


async def services(request: Request) -> Response:
    """Choose a service."""
    site_of(request).figures.step("booking", "service")
    return render(request, "book.html", services=catalogue.SERVICES.values())


def _service(request: Request) -> catalogue.Service:
    service = catalogue.SERVICES.get(request.path_params["service"])
    if service is None:
        raise not_found("service")
    return service


async def times(request: Request) -> Response:
    """Choose a time."""
    service, day = _service(request), number_in_query(request, "day", catalogue.DAYS)
    site_of(request).figures.step("booking", "time")
    days = [(number, catalogue.day_name(number)) for number in range(1, catalogue.DAYS + 1)]
    return render(request, "times.html", service=service, day=day, days=days, slots=slots_of(day, full_slots(request, service.id)))


async def details(request: Request) -> Response:
    """Say who comes."""
    service, slot = _service(request), request.query_params.get("slot", "")
    if not catalogue.is_slot(slot):
        return see(f"/book/{service.id}")
    site_of(request).figures.step("booking", "details")
    return _details_page(request, service, slot, {})


def _details_page(
    request: Request, service: catalogue.Service, slot: str, form: dict[str, str], refusal: Refusal | None = None
) -> Response:
    return render(
        request,
        "details.html",
        refusal.status if refusal else 200,
        service=service,
        slot=slot,
        when=catalogue.slot_name(slot),
        form=form,
        refusal=refusal,
        submission=form.get("submission") or submission(),
    )


async def book(request: Request) -> Response:
    """Take the details and go on to the payment."""
    service, form, site = _service(request), await read_form(request), site_of(request)
    slot = form.get("slot", "")
    if not catalogue.is_slot(slot):
        raise Refusal(422, "invalid", "Please choose a time first.", {"slot": "is needed"})
    origin = form_origin(request, form)
    try:
        wish = booking_wish(fields_of(form | {"service": service.id}))
        row, new = await site.database.write(lambda db: records.create_booking(db, wish, origin))
    except Refusal as refusal:
        return _details_page(request, service, slot, form, refusal)
    if new:
        site.figures.count("bookings")
    return see(f"/bookings/{row['ref']}/payment")


async def payment(request: Request) -> Response:
    """Pay, in the provider's frame."""
    row = row_of(request, "bookings", "booking")
    if row["status"] == "awaiting_payment":
        site_of(request).figures.step("booking", "payment")
    summary = [(catalogue.SERVICES[row["service"]].name, catalogue.slot_name(row["slot"]), row["amount"])]
    return payment_page(request, row, f"/bookings/{row['ref']}", summary)


async def confirmed(request: Request) -> Response:
    """The booking as it stands."""
    row = row_of(request, "bookings", "booking")
    if await site_of(request).catch_up(row):
        row = row_of(request, "bookings", "booking")
    return render(request, "booking.html", booking=row, service=catalogue.SERVICES[row["service"]], when=catalogue.slot_name(row["slot"]))


ROUTES = [
    Route("/book", services),
    Route("/book/{service}", times),
    Route("/book/{service}/details", details, methods=["GET"]),
    Route("/book/{service}/details", book, methods=["POST"]),
    Route("/bookings/{ref}/payment", payment),
    Route("/bookings/{ref}", confirmed),
]
