"""Reading requests and writing answers: JSON, bodies with a limit, who asks, refusals."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from footfall.demo.accounts import KEYS, User
from footfall.demo.records import Origin
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.site import site_of

MOST_JSON = 64 * 1024
LEAST_PACKED = 1024  # bytes; smaller answers go out as they are
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


class _Number(IntegerConvertor):
    """A number in a path that is short enough to be one; a longer one is a page that does not exist."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _Number())
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


@lru_cache(maxsize=64)
def takes_gzip(header: str) -> bool:
    """Whether an `Accept-Encoding` names gzip and does not give it the weight nought."""
    weights = {coding.strip(): weight for coding, _, weight in (part.partition(";") for part in header.lower().split(","))}
    return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weights.get("gzip", "q=0"))


def known(request: Request, etag: str) -> bool:
    """Whether the browser has this version already, as its `If-None-Match` says: a list, weak or not, or any."""
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in tags or tags == ["*"]


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
        if len(self.plain) < LEAST_PACKED or not takes_gzip(request.headers.get("accept-encoding", "")):
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
        return Refusal(
            error.status_code, f"http_{error.status_code}", said.get(error.status_code, str(error.detail)), headers=error.headers
        )
    return Refusal(500, "internal", "Something went wrong on our side.")


def allowed_methods(request: Request) -> str:
    """The methods that the request's path has, over all of its routes."""
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({"OPTIONS", *(method for route in routes for method in route.methods or ())}))


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
    remember_wish(request, value)
    return value


def remember_wish(request: Request, wish: object) -> None:
    """Keep what a request with an `Idempotency-Key` asks for, so that the key cannot be used for anything else."""
    if "idempotency-key" in request.headers:
        request.state.wish = digest(request.url.path, json.dumps(wish, sort_keys=True))


def digest(*texts: str) -> str:
    """A short name for texts that nobody can make other texts share."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


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
    if run and not _RUN.fullmatch(run):
        raise Refusal(400, "bad_run", "A run's id has 1 to 64 letters, digits, dots, colons, dashes and underscores.")
    return run or None


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
    if session and (request.method in ("GET", "HEAD") or request.headers.get("x-csrf-token") == site.csrf(session)):
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
    """What a record remembers of the request that made it; its key is the user's own and stands for one wish."""
    key, user = request.headers.get("idempotency-key"), api_user(request)
    number = user.id if user else None
    return Origin(run_of(request), number, f"key-{digest(str(number), key)}:{request.state.wish}" if key else None)
