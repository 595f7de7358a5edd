"""The payment provider's own site, on another port: the card frame and its API."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from footfall.demo import catalogue
from footfall.demo.web.http import Json, as_refusal, handlers, read_card, refused
from footfall.demo.web.pages import render_frame
from footfall.demo.web.site import Site, site_of
from footfall.demo.web.static import static


async def frame(request: Request) -> Response:
    """The card form, for the shop's page to hold."""
    payment = site_of(request).provider.find(request.query_params.get("intent", ""))
    return render_frame(request, intent=payment["intent"], amount=catalogue.euros(payment["amount"]))


async def pay(request: Request) -> Response:
    """Charge a card."""
    intent, number, expiry, cvc = await read_card(request)
    return Json({"intent": intent, "status": await site_of(request).provider.pay(intent, number, expiry, cvc)})


async def confirm(request: Request) -> Response:
    """The customer's bank agrees."""
    intent = request.path_params["intent"]
    return Json({"intent": intent, "status": await site_of(request).provider.confirm(intent)})


async def _refuse(request: Request, error: Exception) -> Response:
    refusal = as_refusal(error)
    if request.url.path == "/frame":
        return HTMLResponse("<!doctype html><title>No payment</title><p>There is no such payment.</p>", refusal.status)
    return refused(refusal)


def payment_app(site: Site) -> Starlette:
    """The provider's site."""
    routes = [
        Route("/frame", frame),
        Route("/v1/payments", pay, methods=["POST"]),
        Route("/v1/payments/{intent}/confirm", confirm, methods=["POST"]),
        Route("/static/{name}", static),
    ]
    app = Starlette(routes=routes, exception_handlers=handlers(_refuse))
    app.state.site = site
    return app
