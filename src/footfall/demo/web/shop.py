"""The shop's pages: browse → cart → checkout → payment → tracking."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import catalogue, records
from footfall.demo.refusals import Refusal, not_found
from footfall.demo.web.api import delivery, number_in_query
from footfall.demo.web.http import row_of, run_of
from footfall.demo.web.pages import fields_of, form_origin, fragment, payment_page, read_form, render, see, session_of, submission
from footfall.demo.web.site import site_of


async def home(request: Request) -> Response:
    """The front door."""
    picks = [catalogue.PRODUCTS[number] for number in (1, 2, 4, 5)]
    return render(request, "home.html", picks=picks)


@lru_cache(maxsize=256)
def cards(products: tuple[catalogue.Product, ...]) -> Markup:
    """The cards of a page of products, kept ready."""
    return fragment("cards.html", products=products)


async def browse(request: Request) -> Response:
    """A page of products."""
    query, category = request.query_params.get("q", "")[:100], request.query_params.get("category", "")
    found, page = catalogue.find_products(query, category), number_in_query(request, "page", 1000)
    pages = max(1, -(-len(found) // catalogue.PAGE))
    site_of(request).figures.step("shop", "browse")
    shown = found[(page - 1) * catalogue.PAGE : page * catalogue.PAGE]
    return render(
        request,
        "shop.html",
        cards=cards(tuple(shown)),
        query=query,
        category=category,
        categories=catalogue.CATEGORIES,
        page=page,
        pages=pages,
        total=len(found),
    )


async def product(request: Request) -> Response:
    """One product."""
    found = catalogue.BY_SLUG.get(request.path_params["slug"])
    if found is None:
        raise not_found("product")
    return render(request, "product.html", product=found, description=catalogue.describe(found))


def _cart_id(request: Request) -> str:
    return records.cart_of(session_of(request))


async def cart(request: Request) -> Response:
    """What is in the cart."""
    items = site_of(request).cart(_cart_id(request)) or {}
    lines = [(catalogue.PRODUCTS[item], quantity) for item, quantity in items.items()]
    return render(request, "cart.html", lines=lines, total=records.total(items))


async def change_cart(request: Request) -> Response:
    """Add to the cart, or set a quantity; 0 removes."""
    form, site, name, run = await read_form(request), site_of(request), _cart_id(request), run_of(request)
    fields = fields_of(form)
    item, quantity = fields.integer("product", 1, len(catalogue.PRODUCTS)), fields.integer("quantity", 0, 99)
    fields.done()
    more = form.get("action") == "add"

    def change(db: sqlite3.Connection) -> None:
        records.create_cart(db, name, run)
        records.put_in_cart(db, name, item, quantity, more=more)

    await site.database.write(change)
    if more:
        site.figures.step("shop", "cart")
    return see("/cart")


async def checkout(request: Request) -> Response:
    """Say where it goes."""
    if not site_of(request).cart(_cart_id(request)):
        return see("/cart")
    site_of(request).figures.step("shop", "checkout")
    return _checkout_page(request, {})


def _checkout_page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    items = site_of(request).cart(_cart_id(request)) or {}
    return render(
        request,
        "checkout.html",
        refusal.status if refusal else 200,
        form=form,
        refusal=refusal,
        submission=form.get("submission") or submission(),
        lines=records.lines(items),
        total=records.total(items),
    )


async def order(request: Request) -> Response:
    """Turn the cart into an order and go on to the payment."""
    form, site, name = await read_form(request), site_of(request), _cart_id(request)
    origin = form_origin(request, form)
    try:
        target = delivery(fields_of(form))
        row, new = await site.database.write(lambda db: records.create_order(db, name, target, origin))
    except Refusal as refusal:
        if refusal.status in (404, 409):
            return see("/cart")
        return _checkout_page(request, form, refusal)
    if new:
        site.figures.count("orders")
    return see(f"/orders/{row['ref']}/payment")


async def payment(request: Request) -> Response:
    """Pay, in the provider's frame."""
    row = row_of(request, "orders", "order")
    summary = [(line["name"], f"{line['quantity']} ×", line["price_cents"] * line["quantity"]) for line in json.loads(row["items"])]
    return payment_page(request, row, f"/orders/{row['ref']}", summary)


async def tracking(request: Request) -> Response:
    """Where the order is."""
    row, site = row_of(request, "orders", "order"), site_of(request)
    if await site.catch_up(row):
        row = row_of(request, "orders", "order")
    site.figures.step("shop", "tracking")
    return render(request, "order.html", order=row, lines=json.loads(row["items"]))


async def accept(request: Request) -> Response:
    """The customer agrees to the supplier's offer."""
    await read_form(request)
    ref = request.path_params["ref"]
    await site_of(request).database.write(lambda db: records.accept_offer(db, ref))
    return see(f"/orders/{ref}")


ROUTES = [
    Route("/", home),
    Route("/shop", browse),
    Route("/shop/{slug}", product),
    Route("/cart", cart, methods=["GET"]),
    Route("/cart", change_cart, methods=["POST"]),
    Route("/checkout", checkout, methods=["GET"]),
    Route("/checkout", order, methods=["POST"]),
    Route("/orders/{ref}/payment", payment),
    Route("/orders/{ref}", tracking),
    Route("/orders/{ref}/accept", accept, methods=["POST"]),
]
