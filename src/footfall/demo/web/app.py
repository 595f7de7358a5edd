"""The two sites as one application, told apart by the port that a request came to."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware, IdentityResponder
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall.demo.web import admin, api, booking, control, events, health, market, members, openapi, papers, shop, static, supply
from footfall.demo.web.edge import Edge
from footfall.demo.web.http import LEAST_PACKED, allowed_methods, as_refusal, handlers, refused, takes_gzip
from footfall.demo.web.pages import render
from footfall.demo.web.payment import payment_app
from footfall.demo.web.site import Site

_MACHINES = ("/api/", "/_faults", "/static/", "/pictures/")


class _Packed(GZipMiddleware):
    """Packs what people and programs read; the answers to what they send are too short for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "GET":
            inner = self.app
        elif takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            inner = super().__call__
        else:
            inner = IdentityResponder(self.app, self.minimum_size)
        await inner(scope, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    """Say no as JSON to programs and as a page to people."""
    refusal = as_refusal(error)
    if refusal.status == 405:
        refusal.headers = {"Allow": allowed_methods(request)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=refusal.headers)
    if request.url.path.startswith(_MACHINES):
        return refused(refusal)
    return render(request, "refused.html", refusal.status, refusal=refusal)


def shop_app(site: Site) -> Starlette:
    """The shop."""
    routes = [
        *(*api.ROUTES, *health.ROUTES, *static.ROUTES, *supply.ROUTES, *booking.ROUTES, *shop.ROUTES),
        *(*market.ROUTES, *events.ROUTES, *papers.ROUTES, *members.ROUTES, *admin.ROUTES, *control.ROUTES, *openapi.ROUTES),
    ]
    middleware = [Middleware(_Packed, minimum_size=LEAST_PACKED, compresslevel=4)]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers(_refuse))
    app.state.site = site
    return app


def corner_app(site: Site) -> ASGIApp:
    """Shop and payment provider behind one server."""
    shop_site, provider_site = Edge(shop_app(site), site), payment_app(site)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        chosen = provider_site if server and server[1] == site.payment_port else shop_site
        await chosen(scope, receive, send)

    return app
