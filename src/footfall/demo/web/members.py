"""Signing in and out."""

from __future__ import annotations

import asyncio
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import accounts
from footfall.demo.accounts import User
from footfall.demo.refusals import Refusal
from footfall.demo.web.pages import fields_of, read_form, render, see, set_session
from footfall.demo.web.site import Site, site_of

_HOMES = {"customer": "/", "supplier": "/supplier", "admin": "/admin"}


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
    try:
        site.attempts.check(who)
    except Refusal:
        site.figures.count("rate_limit_hits")
        raise
    row = site.database.one("SELECT * FROM users WHERE email = ?", email)
    if row is None or not await asyncio.to_thread(accounts.check_password, password, row["password"]):
        site.attempts.failed(who)
        site.figures.count("failed_logins")
        raise Refusal(401, "wrong_password", "Email and password do not match.")
    return User(row["id"], row["email"], row["name"], row["role"])


async def enter(request: Request, user: User, after: str) -> Response:
    """Sign a user in with a new session (an old one may be known to somebody else) and go on."""
    session = secrets.token_urlsafe(18)
    await site_of(request).database.write(lambda db: accounts.open_session(db, session, user))
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


ROUTES = [
    Route("/login", sign_in_page, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route("/logout", sign_out, methods=["POST"]),
]
