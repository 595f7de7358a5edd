"""The JSON API: what customers do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache, lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import catalogue, places, provider, records
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.http import MOST_JSON, Json, Ready, origin_of, read_body, read_card, read_json, row_of, run_of
from footfall.demo.web.site import site_of


@cache
def _services() -> Ready:
    return Ready.of({"services": [service.as_json() for service in catalogue.SERVICES.values()]})


async def services(request: Request) -> Response:
    """Everything that can be booked."""
    site_of(request).figures.step("booking", "service")
    return _services().said(request)


def _service(request: Request) -> catalogue.Service:
    service = catalogue.SERVICES.get(request.path_params["service"])
    if service is None:
        raise not_found("service")
    return service


def number_in_query(request: Request, name: str, most: int) -> int:
    """A whole number from 1 to `most` in the query, 1 when it is absent; else a 422."""
    fields = Fields(request.query_params, texts=True)
    number = fields.integer(name, 1, most) if name in request.query_params else 1
    fields.done()
    return number


def full_slots(request: Request, service: str) -> frozenset[str]:
    """The slots of a service that have no room left."""
    rows = site_of(request).database.all("SELECT slot FROM seats WHERE service = ? AND taken >= ?", service, catalogue.SEATS)
    return frozenset(row["slot"] for row in rows)


def slots_of(day: int, full: frozenset[str]) -> list[dict[str, object]]:
    """The slots of a day with whether there is room."""
    slots = [(catalogue.slot_id(day, clock), clock) for clock in catalogue.TIMES]
    return [{"id": slot, "time": clock, "available": slot not in full} for slot, clock in slots]


@lru_cache(maxsize=512)
def ready_slots(service: str, day: int, full: frozenset[str]) -> Ready:
    """The answer that names a day's slots, kept ready."""
    return Ready.of({"service": service, "day": day, "slots": slots_of(day, full)})


async def slots(request: Request) -> Response:
    """One service's slots on one day."""
    service, day = _service(request), number_in_query(request, "day", catalogue.DAYS)
    site_of(request).figures.step("booking", "time")
    return ready_slots(service.id, day, full_slots(request, service.id)).said(request)


def booking_wish(fields: Fields) -> records.BookingWish:
    """What a booking needs, from JSON or from a form."""
    service = fields.choice("service", catalogue.SERVICES)
    slot = fields.text("slot", most=10)
    if slot and not catalogue.is_slot(slot):
        fields.wrong["slot"] = f"must be a slot from 1-0900 to {catalogue.DAYS}-1830"
    wish = records.BookingWish(
        service=service,
        slot=slot,
        name=fields.text("name"),
        email=fields.email(),
        phone=fields.text("phone", most=40, required=False),
        notes=fields.text("notes", most=1000, required=False),
    )
    fields.done()
    return wish


async def create_booking(request: Request) -> Response:
    """Hold a slot."""
    site = site_of(request)
    wish, origin = booking_wish(Fields(await read_json(request))), origin_of(request)
    site.figures.step("booking", "details")
    row, new = await site.database.write(lambda db: records.create_booking(db, wish, origin))
    if new:
        site.figures.count("bookings")
        site.figures.step("booking", "payment")
    return Json(records.booking_json(row), 201 if new else 200)


def _fresh_or_stale(request: Request, say: Callable[[], dict[str, object]]) -> dict[str, object]:
    """What is to be said of the path's record now, or its earlier answer while the stale-cache fault says so."""
    site, ref = site_of(request), request.path_params["ref"]
    return earlier if (earlier := site.stale(ref)) is not None else site.keep(ref, say())


async def booking(request: Request) -> Response:
    """One booking, by its reference."""
    return Json(_fresh_or_stale(request, lambda: records.booking_json(row_of(request, "bookings", "booking"))))


@lru_cache(maxsize=512)
def ready_products(query: str, category: str, page: int) -> Ready:
    """The answer that lists a page of products, kept ready."""
    found = catalogue.find_products(query, category)
    shown = found[(page - 1) * catalogue.PAGE : page * catalogue.PAGE]
    pages = max(1, -(-len(found) // catalogue.PAGE))
    return Ready.of({"products": [product.as_json() for product in shown], "page": page, "pages": pages, "total": len(found)})


async def products(request: Request) -> Response:
    """A page of products, by words and category."""
    page = number_in_query(request, "page", 1000)
    site_of(request).figures.step("shop", "browse")
    return ready_products(request.query_params.get("q", "")[:100], request.query_params.get("category", ""), page).said(request)


def _product(request: Request) -> catalogue.Product:
    product = catalogue.PRODUCTS.get(request.path_params["product"])
    if product is None:
        raise not_found("product")
    return product


async def product(request: Request) -> Response:
    """One product."""
    found = _product(request)
    return Json(found.as_json() | {"description": catalogue.describe(found), "image": f"/pictures/{found.picture}-640.jpg"})


def _cart_json(cart: str, items: dict[int, int]) -> dict[str, object]:
    return {"id": cart, "items": records.lines(items), "total_cents": records.total(items)}


async def create_cart(request: Request) -> Response:
    """An empty cart."""
    cart, run = "c_" + secrets.token_hex(10), run_of(request)
    await site_of(request).database.write(lambda db: records.create_cart(db, cart, run))
    return Json(_cart_json(cart, {}), 201)


async def cart(request: Request) -> Response:
    """What is in a cart."""
    name = request.path_params["cart"]
    items = site_of(request).cart(name)
    if items is None:
        raise not_found("cart")
    return Json(_cart_json(name, items))


async def put_in_cart(request: Request) -> Response:
    """Set a quantity."""
    site, name, item = site_of(request), request.path_params["cart"], _product(request).id
    fields = Fields(await read_json(request))
    quantity = fields.integer("quantity", 0, 99)
    fields.done()
    items = await site.database.write(lambda db: records.put_in_cart(db, name, item, quantity))
    site.figures.step("shop", "cart")
    return Json(_cart_json(name, items))


def delivery(fields: Fields) -> records.Delivery:
    """Where an order goes, from JSON or from a form."""
    found = records.Delivery(
        name=fields.text("name"),
        email=fields.email(),
        street=fields.text("street"),
        postcode=fields.text("postcode", most=12),
        city=fields.text("city", most=60),
    )
    fields.done()
    return found


def _items(value: object) -> dict[int, int]:
    """The `items` of an order without a cart."""
    if not isinstance(value, list) or not 0 < len(value) <= 100:
        raise Refusal(422, "invalid", "Name a cart, or 1 to 100 items.", {"items": "must be a list of 1 to 100"})
    items: dict[int, int] = {}
    for entry in value:
        fields = Fields(entry if isinstance(entry, dict) else {})
        item, quantity = fields.integer("product", 1, len(catalogue.PRODUCTS)), fields.integer("quantity", 1, 99)
        fields.done()
        items[item] = min(99, items.get(item, 0) + quantity)
    return items


async def create_order(request: Request) -> Response:
    """Order what is in a cart, or a list of items."""
    site, values = site_of(request), await read_json(request)
    target, origin = delivery(fields := Fields(values)), origin_of(request)
    items: str | dict[int, int] = fields.text("cart", most=40) if "cart" in values else _items(values.get("items"))
    fields.done()
    row, new = await site.database.write(lambda db: records.create_order(db, items, target, origin))
    if new:
        site.figures.count("orders")
        site.figures.step("shop", "checkout")
    return Json(records.order_json(row), 201 if new else 200)


async def order(request: Request) -> Response:
    """One order, by its reference."""
    said = _fresh_or_stale(request, lambda: records.order_json(row_of(request, "orders", "order")))
    site_of(request).figures.step("shop", "tracking")
    return Json(said)


async def accept_offer(request: Request) -> Response:
    """The customer agrees to the supplier's offer."""
    site, ref = site_of(request), request.path_params["ref"]
    row = await site.database.write(lambda db: records.accept_offer(db, ref))
    site.figures.step("supply", "accepted")
    return Json(records.order_json(row))


async def pay(request: Request) -> Response:
    """Charge a card for a booking or an order."""
    site = site_of(request)
    intent, number, expiry, cvc = await read_card(request)
    status = await site.provider.pay(intent, number, expiry, cvc)
    if status == "succeeded":
        await site.settle(intent)
    return Json({"intent": intent, "status": status})


async def confirm_payment(request: Request) -> Response:
    """The customer confirms with the bank."""
    site, intent = site_of(request), request.path_params["intent"]
    status = await site.provider.confirm(intent)
    await site.settle(intent)
    return Json({"intent": intent, "status": status})


async def webhook(request: Request) -> Response:
    """The provider's word that payments were accepted."""
    site, body = site_of(request), await read_body(request, MOST_JSON)
    if not provider.signed(site.secret, body, request.headers.get("corner-signature", "")):
        site.figures.count("webhooks.refused")
        raise Refusal(400, "bad_signature", "The signature does not match.")
    intents = provider.paid_intents(body)
    await site.settle(*intents)
    site.figures.count("webhooks.delivered", len(intents))
    return Json({"received": len(intents)})


async def find_places(request: Request) -> Response:
    """Towns by the beginning of their names."""
    found = places.look_up(request.query_params.get("q", "")[:60])
    site_of(request).figures.count("places.found" if found else "places.missed")
    return Json({"places": [place.as_json() for place in found]})


ROUTES = [
    Route("/api/services", services),
    Route("/api/services/{service}/slots", slots),
    Route("/api/bookings", create_booking, methods=["POST"]),
    Route("/api/bookings/{ref}", booking),
    Route("/api/products", products),
    Route("/api/products/{product:number}", product),
    Route("/api/carts", create_cart, methods=["POST"]),
    Route("/api/carts/{cart}", cart),
    Route("/api/carts/{cart}/items/{product:number}", put_in_cart, methods=["PUT"]),
    Route("/api/orders", create_order, methods=["POST"]),
    Route("/api/orders/{ref}", order),
    Route("/api/orders/{ref}/accept", accept_offer, methods=["POST"]),
    Route("/api/payments", pay, methods=["POST"]),
    Route("/api/payments/{intent}/confirm", confirm_payment, methods=["POST"]),
    Route("/api/webhooks/payments", webhook, methods=["POST"]),
    Route("/api/places", find_places),
]
