"""Reading requests and writing answers: JSON, bodies with a limit, who asks, refusals."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from footfall.demo.accounts import KEYS, User
from footfall.demo.records import Origin
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.site import site_of

MOST_JSON = 64 * 1024
LEAST_PACKED = 1024  # bytes; smaller answers go out as they are
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(content: Any) -> bytes:
    """JSON without blanks."""
    return _to_text(content).encode()


class Said(Response):
    """A JSON answer whose bytes are known already."""

    media_type = "application/json"

    def __init__(self, content: bytes, status_code: int = 200) -> None:
        super().__init__(content, status_code)
        self.raw_headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer that is the same for everybody, kept as it goes over the wire: plain and packed."""

    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, content: Any) -> Ready:
        """Make it from what JSON can say."""
        plain = encode(content)
        return cls(plain, gzip.compress(plain, 6, mtime=0))

    def said(self, request: HTTPConnection) -> Said:
        """The form that this client takes; what is small is not worth unpacking."""
        if len(self.plain) < LEAST_PACKED or "gzip" not in request.headers.get("accept-encoding", ""):
            return Said(self.plain)
        answer = Said(self.packed)
        answer.raw_headers += [(b"vary", b"Accept-Encoding"), (b"content-encoding", b"gzip")]
        return answer


class Json(Said):
    """A JSON answer that nobody may keep."""

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(encode(content), status_code)


def refused(refusal: Refusal) -> Json:
    """A refusal as the API says it."""
    error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
    if refusal.fields:
        error["fields"] = refusal.fields
    answer = Json({"error": error}, refusal.status)
    answer.headers.update(refusal.headers)
    return answer


Answer = Callable[[Request, Exception], Awaitable[Response]]


def handlers(answer: Answer) -> dict[Any, Answer]:
    """The exceptions that an application turns into answers, all by one function."""
    return {Refusal: answer, HTTPException: answer, Exception: answer}


def as_refusal(error: Exception) -> Refusal:
    """Any exception that reaches a handler of exceptions, as a refusal."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        said = {404: "There is nothing here.", 405: "This address does not do that."}
        return Refusal(error.status_code, f"http_{error.status_code}", said.get(error.status_code, str(error.detail)))
    return Refusal(500, "internal", "Something went wrong on our side.")


async def read_body(request: Request, most: int) -> bytes:
    """The request's body; a 413 as soon as it is larger than `most` bytes, a 400 (which nobody hears) when the sender has gone."""
    too_large = Refusal(413, "too_large", f"The body may have at most {most // 1024} KiB.")
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > most:
        raise too_large
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:
        raise Refusal(400, "broken_off", "The body broke off.") from None
    return b"".join(chunks)


async def read_json(request: Request) -> Mapping[str, object]:
    """The request's JSON object; refuses anything else with 415 or 400."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refusal(415, "not_json", "Send JSON, with the header Content-Type: application/json.")
    try:
        value = json.loads(await read_body(request, MOST_JSON) or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(400, "bad_json", "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Refusal(400, "bad_json", "The body must be a JSON object.")
    return value


async def read_card(request: Request) -> tuple[str, str, str, str]:
    """The intent, card number, expiry date and security code of a payment."""
    values = await read_json(request)
    card = values.get("card")
    fields = Fields((card if isinstance(card, dict) else {}) | {"intent": values.get("intent")})
    intent, number, expiry, cvc = (fields.text(name, most=40) for name in ("intent", "number", "expiry", "cvc"))
    fields.done()
    return intent, number, expiry, cvc


def row_of(request: Request, table: str, what: str) -> sqlite3.Row:
    """The record of a table that the path's `ref` names; a 404 when there is none."""
    row = site_of(request).database.one(f"SELECT * FROM {table} WHERE ref = ?", request.path_params["ref"])  # noqa: S608 - our own table names
    if row is None:
        raise not_found(what)
    return row


def run_of(request: HTTPConnection) -> str | None:
    """The footfall run that a request is tagged with, by header or by cookie."""
    run = request.headers.get("x-footfall-run") or request.cookies.get("footfall_run")
    return run if run and _RUN.fullmatch(run) else None


def api_user(request: Request) -> User | None:
    """Who asks: by API key, or by the cookie of a page, which then must send its CSRF token too."""
    site, header = site_of(request), request.headers.get("authorization", "")
    if header:
        key = header.removeprefix("Bearer ")
        user = KEYS.get(key) or site.user(key)
        if user is None:
            raise Refusal(401, "bad_key", "This API key or token is not known, or has expired.")
        return user
    session = request.cookies.get("corner_session")
    if session and (request.method == "GET" or request.headers.get("x-csrf-token") == site.csrf(session)):
        return site.user(session)
    return None


def need_role(request: Request, role: str) -> User:
    """The user who asks, if it has this role; else 401 or 403."""
    user = api_user(request)
    if user is None:
        raise Refusal(401, "sign_in", "Please sign in: your session has ended, or you never did.")
    if user.role != role:
        raise Refusal(403, "not_allowed", f"Only a {role} may do this.")
    return user


def origin_of(request: Request) -> Origin:
    """What a record remembers of the request that made it."""
    key = request.headers.get("idempotency-key")
    user = api_user(request)
    return Origin(run=run_of(request), user=user.id if user else None, submission=f"key:{key[:100]}" if key else None)
