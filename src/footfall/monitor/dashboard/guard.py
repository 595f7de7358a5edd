"""What stands before the dashboard's pages: the policy's headers, which names it answers to, and what a form may be."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FORM_BYTES = 20_000
_NEXT = re.compile(r"/(?:incidents/[0-9A-Za-z]{1,26})?", re.ASCII)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def loopback(host: str) -> bool:
    """Whether a host's name or address means this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guarded:
    """Puts the policy's headers on every answer; a dashboard without log-in answers to this machine's own names alone.

    Otherwise a site anywhere could give its own name this machine's address, and read along.
    """

    def __init__(self, app: ASGIApp, *, open_to_all: bool) -> None:
        self._app, self._open = app, open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if self._open and scope["type"] == "http" and not loopback(_host(scope)):
            refusal = PlainTextResponse("without tokens in [watch.dashboard] this page is for this machine alone\n", 403)
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _host(scope: Scope) -> str:
    try:
        return Request(scope).url.hostname or ""
    except ValueError:
        return ""


def next_of(address: str) -> str:
    """Return where to go after signing in: one of our own pages, whatever was asked for."""
    return address if _NEXT.fullmatch(address) else "/"


async def form_of(request: Request) -> dict[str, str] | None:
    """Read a small form; None for anything else."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            return None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return None
