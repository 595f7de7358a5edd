"""Rendering pages: templates, cookies, security headers, and the forms that come back."""

from __future__ import annotations

import re
import secrets
import sqlite3
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from footfall.demo import catalogue
from footfall.demo.accounts import User
from footfall.demo.records import ORDER_STATES, Origin
from footfall.demo.refusals import Fields, Refusal
from footfall.demo.web.http import digest, read_body, run_of
from footfall.demo.web.site import Site, site_of
from footfall.demo.web.static import asset

MOST_FORM = 64 * 1024
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")

_templates = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: resources.files("footfall.demo").joinpath("templates", name).read_text("utf-8")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
    auto_reload=False,
)
_templates.filters["euros"] = catalogue.euros
_templates.globals.update(
    asset=asset, order_states=ORDER_STATES, more_pages=(("/market", "Market"), ("/events", "Events"), ("/forms", "Forms"))
)


def session_of(request: HTTPConnection) -> str:
    """The visitor's session, made up now if there is none; `render` sends it as a cookie."""
    known = request.cookies.get("corner_session", "")
    if not re.fullmatch(r"[\w-]{20,64}", known):
        known = getattr(request.state, "session", None) or secrets.token_urlsafe(18)
    request.state.session = known
    return known


def signed_in(request: HTTPConnection) -> User | None:
    """Who is signed in on this page."""
    return site_of(request).user(request.cookies.get("corner_session"))


def payment_url(request: Request) -> str:
    """The payment provider's address as this visitor reaches it: the same host, the other port."""
    host = request.url.hostname or "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host):
        raise Refusal(400, "bad_host", "This host name is not one.")
    return f"{request.url.scheme}://{host}:{site_of(request).payment_port}"


def _policy(frames: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        f"frame-src {frames}; base-uri 'none'; frame-ancestors 'none'"
    )


def _fault_data(site: Site) -> dict[str, str]:
    return {name: f"{value:g}" for name, value in site.faults.in_page().items()} if site.faults.any else {}


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page from a template, with everything that every page has."""
    site, session = site_of(request), session_of(request)
    frames = payment_url(request) if "frame" in values else "'none'"
    if "frame" in values:
        values["frame"] = frames + values["frame"]
    text = _templates.get_template(template).render(
        csrf=site.csrf(session),
        user=site.user(request.cookies.get("corner_session")),
        path=request.url.path,
        fault_data=_fault_data(site),
        **values,
    )
    response = HTMLResponse(text, status)
    if isinstance(refusal := values.get("refusal"), Refusal):
        response.headers.update(refusal.headers)
    response.headers.update(
        {
            "Content-Security-Policy": _policy(frames),
            "Cache-Control": "private, no-cache",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }
    )
    if request.cookies.get("corner_session") != session:
        set_session(response, session)
    return response


def payment_page(request: Request, row: sqlite3.Row, after: str, summary: list[tuple[str, str, int]]) -> Response:
    """The page that holds the provider's card frame for a record; `summary` says what, how much of it, and its price in cents.

    A record that is paid has no such page: it goes `after`, where the frame's page goes too.
    """
    if row["status"] != "awaiting_payment":
        return see(after)
    return render(request, "payment.html", frame=f"/frame?intent={row['intent']}", after=after, summary=summary, amount=row["amount"])


def fragment(template: str, **values: Any) -> Markup:
    """A piece of a page that is the same for everybody; the caller keeps it."""
    return Markup(_templates.get_template(template).render(**values))  # noqa: S704 - an autoescaped template made it


def render_frame(request: Request, intent: str, amount: str) -> Response:
    """The payment frame, which only the shop may hold."""
    shop = payment_url(request).rpartition(":")[0] + f":{site_of(request).port}"
    text = _templates.get_template("frame.html").render(intent=intent, amount=amount, shop=shop)
    response = HTMLResponse(text)
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'"
    response.headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {shop}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def set_session(response: Response, session: str) -> None:
    """Give the visitor this session."""
    response.set_cookie("corner_session", session, httponly=True, samesite="lax", path="/")


def see(path: str) -> RedirectResponse:
    """Go on to another page after a form."""
    return RedirectResponse(path, 303)


async def read_form(request: Request) -> dict[str, str]:
    """The texts of a form whose CSRF token is right; else a 403."""
    values, _, _ = await take_form(request, MOST_FORM)
    check_csrf(request, values.get("csrf", ""))
    return values


async def take_form(request: Request, most: int, *, files: int = 0) -> tuple[dict[str, str], str, bytes]:
    """The texts of a form of at most so many bytes, and the name and content of its `file`; a 400 when its text is none."""
    request._body = await read_body(request, most)  # noqa: SLF001 - Starlette has no limit for url-encoded forms
    try:
        async with request.form(max_files=files, max_fields=50) as form:
            texts = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("file")
            name, content = (file.filename or "form.pdf", await file.read()) if isinstance(file, UploadFile) else ("", b"")
        "".join((name, *texts.values())).encode()  # halves of characters are no text
    except (LookupError, UnicodeError):
        raise Refusal(400, "bad_form", "The form's text cannot be read. Send it as UTF-8.") from None
    return texts, name, content


def check_csrf(request: Request, token: str) -> None:
    """Refuse a form that this visitor's own page did not send."""
    session = request.cookies.get("corner_session", "")
    if not secrets.compare_digest(token.encode(), site_of(request).csrf(session).encode()):
        raise Refusal(403, "form_expired", "This form has expired or came from elsewhere. Please open the page again.")


def form_origin(request: Request, form: dict[str, str]) -> Origin:
    """What a record remembers of the form that made it."""
    user, key = signed_in(request), form.get("submission", "")
    return Origin(run_of(request), user.id if user else None, f"form-{digest(key)}:" if key else None)


def submission() -> str:
    """A key for one form: sent twice it is still one record."""
    return secrets.token_hex(10)


def fields_of(form: dict[str, str]) -> Fields:
    """A form's values, to be checked."""
    return Fields(form, texts=True)
