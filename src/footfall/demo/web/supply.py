"""What suppliers do: the single-page dashboard and its API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import records
from footfall.demo.refusals import Fields, Refusal
from footfall.demo.web.http import Json, need_role, read_json, row_of
from footfall.demo.web.pages import render, see, signed_in
from footfall.demo.web.site import site_of

_LISTS = {
    "open": "SELECT * FROM orders WHERE status = 'open' ORDER BY id DESC LIMIT 50",
    "mine": "SELECT * FROM orders WHERE supplier = ? ORDER BY id DESC LIMIT 50",
}


async def dashboard(request: Request) -> Response:
    """The page that all routes of the dashboard share; its script draws them."""
    user = signed_in(request)
    if user is None:
        return see(f"/login?next={request.url.path}")
    if user.role != "supplier":
        raise Refusal(403, "not_allowed", "Only a supplier may do this.")
    return render(request, "supplier.html")


async def orders(request: Request) -> Response:
    """Open orders, or one's own."""
    user, which = need_role(request, "supplier"), request.query_params.get("status", "open")
    if which not in _LISTS:
        raise Refusal(422, "invalid", "status must be open or mine.", {"status": "must be open or mine"})
    rows = site_of(request).database.all(_LISTS[which], *([user.id] if which == "mine" else []))
    return Json({"orders": [records.order_json(row) for row in rows]})


async def order(request: Request) -> Response:
    """One order."""
    need_role(request, "supplier")
    return Json(records.order_json(row_of(request, "orders", "order")))


async def offer(request: Request) -> Response:
    """Offer to deliver."""
    user, site, ref = need_role(request, "supplier"), site_of(request), request.path_params["ref"]
    fields = Fields(await read_json(request))
    fee, minutes = fields.integer("fee_cents", 0, 100_000), fields.integer("minutes", 1, 10_000)
    fields.done()
    row = await site.database.write(lambda db: records.make_offer(db, ref, user.id, fee, minutes))
    site.figures.step("supply", "offer")
    if row["status"] == "accepted":
        site.figures.step("supply", "accepted")
    return Json(records.order_json(row), 201)


async def advance(request: Request) -> Response:
    """Say how far the order is."""
    user, site, ref = need_role(request, "supplier"), site_of(request), request.path_params["ref"]
    fields = Fields(await read_json(request))
    status = fields.choice("status", records.NEXT_STATE.values())
    fields.done()
    row = await site.database.write(lambda db: records.advance(db, ref, user.id, status))
    if status == "delivered":
        site.figures.step("supply", "delivered")
    return Json(records.order_json(row))


ROUTES = [
    Route("/supplier", dashboard),
    Route("/supplier/mine", dashboard),
    Route("/supplier/orders/{ref}", dashboard),
    Route("/api/supplier/orders", orders),
    Route("/api/supplier/orders/{ref}", order),
    Route("/api/supplier/orders/{ref}/offers", offer, methods=["POST"]),
    Route("/api/supplier/orders/{ref}/status", advance, methods=["POST"]),
]
