"""The OpenAPI document that describes the JSON API: built from one table, kept in step with the routes by a test."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo.web.http import Ready

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_NUMBER: _Schema = {"type": "integer"}


def _shape(text: str) -> _Schema:
    """A JSON object from `name quantity:integer card:{number expiry}`: texts unless it says otherwise, `?` marks what may be missing."""
    known: dict[str, _Schema] = {
        "integer": _NUMBER,
        "list": {"type": "array", "items": {"type": "object"}},
        "yes": {"type": "boolean"},
        "object": {"type": ["object", "null"]},
        "pages": {"type": ["integer", "null"]},
    }
    properties: dict[str, _Schema] = {}
    needed = []
    for word in re.findall(r"[^\s{]+(?:\{[^}]*\})?", text):
        name, _, kind = word.partition(":")
        properties[name.rstrip("?")] = _shape(kind[1:-1]) if kind.startswith("{") else known.get(kind, _TEXT)
        if not name.endswith("?"):
            needed.append(name)
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}


_BUYER = "name email"
_ADDRESS = "name email street postcode city"

# Method, path, summary, body, status of success; `*` marks what needs a supplier's key, `**` an admin's.
_OPERATIONS: tuple[tuple[str, str, str, str | None, int], ...] = (
    ("get", "/api/services", "Everything that can be booked", None, 200),
    ("get", "/api/services/{service}/slots", "One service's slots on one day (?day=1 to 14)", None, 200),
    ("post", "/api/bookings", "Hold a slot", "service slot name email phone? notes?", 201),
    ("get", "/api/bookings/{ref}", "One booking", None, 200),
    ("get", "/api/products", "A page of products (?q= ?category= ?page=)", None, 200),
    ("get", "/api/products/{product}", "One product", None, 200),
    ("post", "/api/carts", "An empty cart", "", 201),
    ("get", "/api/carts/{cart}", "What is in a cart", None, 200),
    ("put", "/api/carts/{cart}/items/{product}", "Set a quantity; 0 removes", "quantity:integer", 200),
    ("post", "/api/orders", "Order a cart or a list of items", f"cart? items?:list {_ADDRESS}", 201),
    ("get", "/api/orders/{ref}", "One order", None, 200),
    ("post", "/api/orders/{ref}/accept", "Accept the offer that waits", "", 200),
    ("post", "/api/payments", "Charge a card", "intent card:{number expiry cvc}", 200),
    ("post", "/api/payments/{intent}/confirm", "The bank's confirmation", "", 200),
    ("post", "/api/webhooks/payments", "The provider's signed events", "events:list", 200),
    ("get", "/api/places", "Towns by the beginning of their names (?q=)", None, 200),
    ("get", "/api/supplier/orders", "* Open orders, or one's own (?status=open or mine)", None, 200),
    ("get", "/api/supplier/orders/{ref}", "* One order", None, 200),
    ("post", "/api/supplier/orders/{ref}/offers", "* Offer to deliver", "fee_cents:integer minutes:integer", 201),
    ("post", "/api/supplier/orders/{ref}/status", "* The order's next state", "status", 200),
    ("get", "/api/listings", "Search the market (?q=)", None, 200),
    ("get", "/api/listings/{listing}", "One listing", None, 200),
    ("post", "/api/listings/{listing}/messages", "Write to the seller", "text", 201),
    ("post", "/api/listings/{listing}/purchases", "Buy", _BUYER, 201),
    ("get", "/api/purchases/{ref}", "One purchase", None, 200),
    ("post", "/api/jobs", "Post an event job", f"title guests:integer budget_cents:integer {_BUYER}", 201),
    ("get", "/api/jobs/{ref}", "A job and the quotes that have come", None, 200),
    ("post", "/api/jobs/{ref}/bookings", "Book a quote", "quote:integer", 201),
    ("post", "/api/forms", "Send a form with a PDF (multipart)", f"{_BUYER} message? file", 202),
    ("get", "/api/forms/{ref}", "How far the form is", None, 200),
    ("post", "/api/register", "A new account", "name email password role", 201),
    ("post", "/api/login", "A token for Authorization: Bearer", "email password", 200),
    ("get", "/api/admin/{view}", "** analytics, users, orders or commissions", None, 200),
    ("get", "/api/health", "Whether the shop can do business", None, 200),
    ("get", "/api/health/{part}", "database, storage, payments (stripe), email, maps (mapbox), supabase", None, 200),
    ("get", "/api/metrics", "Business and technical figures", None, 200),
    ("delete", "/api/test-data/{run}", "Remove what a footfall run has made", None, 200),
)


_PAYMENT = "payment:{intent amount_cents:integer status}"
_ORDER = f"ref status status_text items:list name city amount_cents:integer offer:object {_PAYMENT}"
_BOOKING = f"ref status service slot when name amount_cents:integer {_PAYMENT}"
_PURCHASE = f"ref kind what status amount_cents:integer {_PAYMENT}"
_CART = "id items:list total_cents:integer"
_JOB = "ref title guests:integer budget_cents:integer complete:yes quotes:list"
_FORM = "ref status status_text file_name size_bytes:integer pages:pages"
_USER = "id:integer email name role"
# What an operation answers when all is well, by the end of its path; the longest one that fits counts.
_ANSWERS = {
    "/services": "services:list",
    "/slots": "service day:integer slots:list",
    "/api/bookings": _BOOKING,
    "/bookings/{ref}": _BOOKING,
    "/products": "products:list page:integer pages:integer total:integer",
    "/products/{product}": "id:integer slug name category price_cents:integer in_stock:yes description image",
    "/carts": _CART,
    "/carts/{cart}": _CART,
    "/items/{product}": _CART,
    "/orders": _ORDER,
    "/orders/{ref}": _ORDER,
    "/accept": _ORDER,
    "/offers": _ORDER,
    "/orders/{ref}/status": _ORDER,
    "/supplier/orders": "orders:list",
    "/payments": "intent status",
    "/confirm": "intent status",
    "/webhooks/payments": "received:integer",
    "/places": "places:list",
    "/listings": "listings:list",
    "/listings/{listing}": "id:integer title seller price_cents:integer images:list",
    "/messages": "reply",
    "/purchases": _PURCHASE,
    "/purchases/{ref}": _PURCHASE,
    "/jobs": _JOB,
    "/jobs/{ref}": _JOB,
    "/jobs/{ref}/bookings": _PURCHASE,
    "/forms": _FORM,
    "/forms/{ref}": _FORM,
    "/register": _USER,
    "/login": "token user:{id:integer email name role}",
    "/admin/{view}": "rows:list",
    "/test-data/{run}": "removed:object total:integer",
}
_TAGGED = ("/bookings", "/orders", "/carts", "/purchases", "/messages", "/jobs", "/forms", "/register", "/login")
_REPEATABLE = ("/bookings", "/orders", "/purchases", "/jobs", "/forms")


def _answer(path: str) -> _Schema:
    fitting = [end for end in _ANSWERS if path.endswith(end)]
    return _shape(_ANSWERS[max(fitting, key=len)]) if fitting else {"type": "object"}


def _parameters(path: str, summary: str, body: str | None) -> list[_Schema]:
    """What stands in the path, in the query (`?name=` in the summary) and in headers."""
    numbers = ("day", "page")
    headers = (("X-Footfall-Run", _TAGGED), ("Idempotency-Key", _REPEATABLE)) if body is not None else ()
    return [
        *({"name": name, "in": "path", "required": True, "schema": _TEXT} for name in re.findall(r"\{(\w+)\}", path)),
        *({"name": name, "in": "query", "schema": _NUMBER if name in numbers else _TEXT} for name in re.findall(r"\?(\w+)=", summary)),
        *({"name": name, "in": "header", "schema": _TEXT} for name, ends in headers if path.endswith(ends)),
    ]


def _operation(path: str, summary: str, body: str | None, status: int) -> _Schema:
    found: _Schema = {
        "summary": summary.lstrip("* "),
        "parameters": _parameters(path, summary, body),
        "responses": {
            str(status): {"description": "Done", "content": {"application/json": {"schema": _answer(path)}}},
            "default": {"description": "Refused", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
        },
    }
    if body is not None:
        kind = "multipart/form-data" if path == "/api/forms" else "application/json"
        found["requestBody"] = {"required": bool(body), "content": {kind: {"schema": _shape(body)}}}
    if summary.startswith("*"):
        found["security"] = [{"key": []}]
    return found


@cache
def document() -> _Schema:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, _Schema] = {}
    for method, path, summary, body, status in _OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(path, summary, body, status)
    error = {"type": "object", "properties": {"code": _TEXT, "message": _TEXT, "fields": {"type": "object", "additionalProperties": _TEXT}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Corner", "version": "1", "description": "The embedded shop's API. Money is in cents, EUR."},
        "paths": paths,
        "components": {
            "schemas": {"Error": {"type": "object", "properties": {"error": error}, "required": ["error"]}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def _ready() -> Ready:
    return Ready.of(document())


async def serve(request: Request) -> Response:
    """The document."""
    return _ready().said(request)


ROUTES = [Route("/api/openapi.json", serve)]
