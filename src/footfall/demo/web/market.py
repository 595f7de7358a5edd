"""The marketplace: search → listing → chat with the seller → purchase. Purchases serve booked event vendors too."""

from __future__ import annotations

import asyncio
import json
import sqlite3

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from footfall.demo import market
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.http import Json, origin_of, read_json, row_of, run_of
from footfall.demo.web.pages import fields_of, form_origin, payment_page, read_form, render, see, session_of, submission
from footfall.demo.web.site import site_of

REPLY_SECONDS = 0.25
_MOST_TEXT = 500


def _listing(request: HTTPConnection) -> market.Listing:
    found = market.LISTINGS.get(request.path_params["listing"])
    if found is None:
        raise not_found("listing")
    return found


async def search(request: Request) -> Response:
    """Search the market."""
    query = request.query_params.get("q", "")[:100]
    site_of(request).figures.step("market", "search")
    return render(request, "market.html", query=query, listings=market.search(query))


async def view(request: Request) -> Response:
    """One listing, with its pictures."""
    site_of(request).figures.step("market", "view")
    return render(request, "listing.html", listing=_listing(request))


async def chat_page(request: Request) -> Response:
    """The chat with a seller."""
    listing, who = _listing(request), market.visitor(session_of(request))
    rows = site_of(request).database.all(
        "SELECT sender, text FROM messages WHERE visitor = ? AND listing = ? ORDER BY id DESC LIMIT 200", who, listing.id
    )
    return render(request, "chat.html", listing=listing, messages=rows[::-1])


async def _say(request: HTTPConnection, listing: market.Listing, text: str, who: str, run: str | None) -> str:
    """Keep what a visitor says and what the seller answers; returns the answer."""
    site, answer = site_of(request), market.reply(text)

    def keep(db: sqlite3.Connection) -> None:
        market.keep_message(db, listing.id, who, ("you", text), run)
        market.keep_message(db, listing.id, who, ("seller", answer), run)

    await site.database.write(keep)
    site.figures.step("market", "contact")
    return answer


def _same_site(socket: WebSocket) -> bool:
    origin = socket.headers.get("origin")
    return origin is None or origin.partition("://")[2] == socket.headers.get("host")


async def chat(socket: WebSocket) -> None:
    """The chat itself: `{"text": …}` in; `{"from": "you" or "seller", "text": …}` out."""
    listing, session = market.LISTINGS.get(socket.path_params["listing"]), socket.cookies.get("corner_session", "")
    if listing is None or not session or not _same_site(socket):
        await socket.close(4403)
        return
    await socket.accept()
    cut, heard, who = site_of(socket).faults, 0, market.visitor(session)
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = _text(message.get("text"))
            if text is None:
                await socket.send_text(json.dumps({"error": f"Send a text of 1 to {_MOST_TEXT} characters."}))
                continue
            heard += 1
            await socket.send_text(json.dumps({"from": "you", "text": text}))
            if (most := cut.value("drop-websocket")) is not None and heard >= most:
                await socket.close(1011)
                return
            answer = await _say(socket, listing, text, who, run_of(socket))
            await asyncio.sleep(REPLY_SECONDS)
            await socket.send_text(json.dumps({"from": "seller", "text": answer}))
    except WebSocketDisconnect:
        return


def _text(message: str | None) -> str | None:
    """What a message says, or None when it is not what the chat understands."""
    try:
        fields = Fields(json.loads(message or ""))
        text = fields.text("text", most=_MOST_TEXT)
    except (ValueError, RecursionError, AttributeError):
        return None
    return None if fields.wrong else text


def _wish(listing: market.Listing, fields: Fields) -> market.Wish:
    wish = market.Wish("purchase", listing.title, listing.price_cents, fields.text("name"), fields.email())
    fields.done()
    return wish


async def buy_page(request: Request) -> Response:
    """Say who buys."""
    return _buy_page(request, {})


def _buy_page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    key = form.get("submission") or submission()
    return render(
        request, "buy.html", refusal.status if refusal else 200, listing=_listing(request), form=form, refusal=refusal, submission=key
    )


async def buy(request: Request) -> Response:
    """Open the purchase and go on to the payment."""
    form, listing = await read_form(request), _listing(request)
    origin = form_origin(request, form)
    try:
        wish = _wish(listing, fields_of(form))
    except Refusal as refusal:
        return _buy_page(request, form, refusal)
    row, _ = await site_of(request).database.write(lambda db: market.create_purchase(db, wish, origin))
    return see(f"/purchases/{row['ref']}/payment")


async def payment(request: Request) -> Response:
    """Pay, in the provider's frame."""
    row = row_of(request, "purchases", "purchase")
    return payment_page(request, row, f"/purchases/{row['ref']}", [(row["what"], "", row["amount"])])


async def purchase(request: Request) -> Response:
    """The purchase as it stands."""
    row = row_of(request, "purchases", "purchase")
    if await site_of(request).catch_up(row):
        row = row_of(request, "purchases", "purchase")
    return render(request, "purchase.html", purchase=row)


async def api_search(request: Request) -> Response:
    """Search the market."""
    site_of(request).figures.step("market", "search")
    return Json({"listings": [listing.as_json() for listing in market.search(request.query_params.get("q", "")[:100])]})


async def api_view(request: Request) -> Response:
    """One listing."""
    site_of(request).figures.step("market", "view")
    listing = _listing(request)
    return Json(listing.as_json() | {"images": [f"/pictures/{name}-640.jpg" for name in listing.pictures]})


async def api_say(request: Request) -> Response:
    """Write to a seller without a WebSocket."""
    listing, fields = _listing(request), Fields(await read_json(request))
    text = fields.text("text", most=_MOST_TEXT)
    fields.done()
    return Json({"reply": await _say(request, listing, text, market.visitor(session_of(request)), run_of(request))}, 201)


async def api_buy(request: Request) -> Response:
    """Buy a listing."""
    wish, origin = _wish(_listing(request), Fields(await read_json(request))), origin_of(request)
    row, new = await site_of(request).database.write(lambda db: market.create_purchase(db, wish, origin))
    return Json(market.purchase_json(row), 201 if new else 200)


async def api_purchase(request: Request) -> Response:
    """One purchase, by its reference."""
    return Json(market.purchase_json(row_of(request, "purchases", "purchase")))


ROUTES = [
    Route("/market", search),
    Route("/market/{listing:number}", view),
    Route("/market/{listing:number}/chat", chat_page),
    Route("/market/{listing:number}/buy", buy_page, methods=["GET"]),
    Route("/market/{listing:number}/buy", buy, methods=["POST"]),
    WebSocketRoute("/ws/market/{listing:number}", chat),
    Route("/purchases/{ref}/payment", payment),
    Route("/purchases/{ref}", purchase),
    Route("/api/listings", api_search),
    Route("/api/listings/{listing:number}", api_view),
    Route("/api/listings/{listing:number}/messages", api_say, methods=["POST"]),
    Route("/api/listings/{listing:number}/purchases", api_buy, methods=["POST"]),
    Route("/api/purchases/{ref}", api_purchase),
]
