"""Who people are: registering, signing in and out, one's own bookings and orders."""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import accounts, catalogue, market, records
from footfall.demo.accounts import User
from footfall.demo.refusals import Fields, Refusal
from footfall.demo.web.http import Json, read_json, run_of
from footfall.demo.web.pages import fields_of, read_form, render, see, session_of, set_session, signed_in
from footfall.demo.web.site import Site, site_of

_HOMES = {"customer": "/account", "supplier": "/supplier", "admin": "/admin"}


def _next(text: str) -> str:
    """A page of our own to go on to, never another site's."""
    return text if re.fullmatch(r"/[\w-][\w/-]*", text) else ""


async def sign_in_page(request: Request) -> Response:
    """The form."""
    return _page(request, _next(request.query_params.get("next", "")), "")


def _page(request: Request, after: str, email: str, refusal: Refusal | None = None) -> Response:
    return render(request, "login.html", refusal.status if refusal else 200, next=after, email=email, refusal=refusal)


async def check_sign_in(site: Site, client: str, email: str, password: str) -> User:
    """The user with this email and password; a 401 for a wrong one, a 429 after too many."""
    who = f"{client} {email}"
    async with site.attempts.turn(who):
        try:
            site.attempts.check(who)
        except Refusal:
            site.figures.suspicious("rate_limit_hits")
            raise
        row = site.database.one("SELECT * FROM users WHERE email = ?", email)
        if row is None or not await asyncio.to_thread(accounts.check_password, password, row["password"]):
            site.attempts.failed(who)
            site.figures.suspicious("failed_logins")
            raise Refusal(401, "wrong_password", "Email and password do not match.")
    return User(row["id"], row["email"], row["name"], row["role"])


async def enter(request: Request, user: User, after: str) -> Response:
    """Sign a user in with a new session (an old one may be known to somebody else) and go on; cart and chats come along."""
    session, before, run = secrets.token_urlsafe(18), session_of(request), run_of(request)

    def change(db: sqlite3.Connection) -> None:
        accounts.open_session(db, session, user, run)
        db.execute("UPDATE carts SET id = ? WHERE id = ?", (records.cart_of(session), records.cart_of(before)))
        db.execute("UPDATE messages SET visitor = ? WHERE visitor = ?", (market.visitor(session), market.visitor(before)))

    await site_of(request).database.write(change)
    response = see(after or _HOMES[user.role])
    set_session(response, session)
    return response


async def sign_in(request: Request) -> Response:
    """Check the password."""
    form = await read_form(request)
    fields, after = fields_of(form), _next(form.get("next", ""))
    email, password = fields.email(), fields.text("password", most=200)
    try:
        fields.done()
        user = await check_sign_in(site_of(request), request.client.host if request.client else "", email, password)
    except Refusal as refusal:
        return _page(request, after, form.get("email", ""), refusal)
    return await enter(request, user, after)


async def sign_out(request: Request) -> Response:
    """End the session."""
    await read_form(request)
    session = request.cookies.get("corner_session", "")
    await site_of(request).database.write(lambda db: accounts.close_session(db, session))
    response = see("/")
    response.delete_cookie("corner_session")
    return response


async def register_page(request: Request) -> Response:
    """The form."""
    return _register_page(request, {})


def _register_page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    return render(request, "register.html", refusal.status if refusal else 200, form=form, refusal=refusal)


async def _new_user(request: Request, fields: Fields) -> User:
    site, run = site_of(request), run_of(request)
    email, name, role = fields.email(), fields.text("name"), fields.choice("role", ("customer", "supplier"))
    password = fields.text("password", most=200)
    if 0 < len(password) < 10:
        fields.wrong["password"] = "must have at least ten characters"  # noqa: S105 - a message
    fields.done()
    hashed = await asyncio.to_thread(accounts.hash_password, password)
    user = await site.database.write(lambda db: accounts.register(db, email, name, role, hashed, run))
    site.figures.count("registrations")
    return user


async def register(request: Request) -> Response:
    """A new account."""
    form = await read_form(request)
    try:
        user = await _new_user(request, fields_of(form))
    except Refusal as refusal:
        return _register_page(request, form, refusal)
    return await enter(request, user, "/account")


async def account(request: Request) -> Response:
    """One's own bookings and orders."""
    user, database = signed_in(request), site_of(request).database
    if user is None:
        return see("/login?next=/account")
    bookings = database.all("SELECT * FROM bookings WHERE owner = ? ORDER BY id DESC LIMIT 50", user.id)
    orders = database.all("SELECT * FROM orders WHERE owner = ? ORDER BY id DESC LIMIT 50", user.id)
    return render(request, "account.html", bookings=bookings, orders=orders, services=catalogue.SERVICES, slot_name=catalogue.slot_name)


def _user_json(user: User) -> dict[str, object]:
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role}


async def api_register(request: Request) -> Response:
    """A new account."""
    return Json(_user_json(await _new_user(request, Fields(await read_json(request)))), 201)


async def api_sign_in(request: Request) -> Response:
    """A token for `Authorization: Bearer`."""
    fields = Fields(await read_json(request))
    email, password = fields.email(), fields.text("password", most=200)
    fields.done()
    user = await check_sign_in(site_of(request), request.client.host if request.client else "", email, password)
    token = secrets.token_urlsafe(18)
    run = run_of(request)
    await site_of(request).database.write(lambda db: accounts.open_session(db, token, user, run))
    return Json({"token": token, "user": _user_json(user)})


ROUTES = [
    Route("/login", sign_in_page, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route("/logout", sign_out, methods=["POST"]),
    Route("/register", register_page, methods=["GET"]),
    Route("/register", register, methods=["POST"]),
    Route("/account", account),
    Route("/api/register", api_register, methods=["POST"]),
    Route("/api/login", api_sign_in, methods=["POST"]),
]
