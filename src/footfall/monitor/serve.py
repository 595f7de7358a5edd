"""What others may ask of a watch, or tell it: `/metrics` for Prometheus, heartbeats, and inbound webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from footfall.clock import Clock
from footfall.errors import StoreError, UsageError
from footfall.monitor.channels.webhook import verified
from footfall.monitor.exposition import CONTENT_TYPE, exposition
from footfall.monitor.plan import Plan
from footfall.store import watch
from footfall.store.watch import Beat
from footfall.store.writer import Store

_LARGEST = 1_000_000
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Inbound:
    """What others call: a heartbeat or a webhook, with the secret that it is called with (empty: none) and the signature's header."""

    kind: str
    secret: str = ""
    header: str = ""


@dataclass(frozen=True)
class Desk:
    """What the server works with; `inbound` by name, `token` is asked for by `/metrics` where it is set."""

    store: Store
    plan: Plan
    clock: Clock
    inbound: Mapping[str, Inbound]
    token: str = ""


def application(desk: Desk) -> Starlette:
    """Return the application."""

    async def metrics(request: Request) -> Response:
        if desk.token and not _presents(request, desk.token):
            return PlainTextResponse("a token is needed: Authorization: Bearer …\n", 401)
        text = await asyncio.to_thread(exposition, desk.store, desk.plan, desk.clock.now())
        return Response(text, media_type=CONTENT_TYPE)

    async def heartbeat(request: Request) -> Response:
        found = _of_kind(desk, request, "heartbeat")
        if found is None:
            return PlainTextResponse("there is no such heartbeat\n", 404)
        if found.secret and not _presents(request, found.secret):
            return PlainTextResponse("the heartbeat's secret is needed: Authorization: Bearer …\n", 401)
        ok = request.query_params.get("ok", "true").lower() not in {"false", "0", "no"}
        said = "".join(filter(str.isprintable, request.query_params.get("problem", "")))[:300]
        return await _beat(desk, request.path_params["name"], "" if ok else said or "it reported a failure")

    async def webhook(request: Request) -> Response:
        found = _of_kind(desk, request, "webhook")
        if found is None:
            return PlainTextResponse("there is no such webhook\n", 404)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("that is too much\n", 413)
        signed = not found.secret or verified(body, request.headers.get(found.header, ""), found.secret, time.time())
        answer = await _beat(desk, request.path_params["name"], "" if signed else f"a delivery whose {found.header} does not hold")
        return answer if signed else PlainTextResponse("the signature does not hold\n", 401)

    return Starlette(
        routes=[
            Route("/metrics", metrics),
            Route("/heartbeat/{name}", heartbeat, methods=["GET", "POST"]),
            Route("/hooks/{name}", webhook, methods=["POST"]),
        ],
        exception_handlers={StoreError: _away},
    )


def _of_kind(desk: Desk, request: Request, kind: str) -> Inbound | None:
    found = desk.inbound.get(request.path_params["name"])
    return found if found is not None and found.kind == kind else None


def _presents(request: Request, secret: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query_params.get("token", "")
    return hmac.compare_digest(given.encode(), secret.encode())


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)


async def _beat(desk: Desk, name: str, problem: str) -> Response:
    call = Beat(name, desk.clock.now(), not problem, {"problem": problem} if problem else {})

    def kept() -> None:
        with desk.store.writing() as connection:
            watch.beat(connection, call)

    await asyncio.to_thread(kept)
    return PlainTextResponse("noted\n")


def _away(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("the store is away; try again\n", 503)


class _Server(uvicorn.Server):
    """uvicorn without its own ideas about signals: the watch minds them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


async def serving(desk: Desk, host: str, port: int, work: Callable[[], Awaitable[None]]) -> None:
    """Serve while `work` lasts. Raises UsageError when the address cannot be had."""
    server = _Server(uvicorn.Config(application(desk), log_level="warning", lifespan="off", timeout_graceful_shutdown=2))
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror or error}", hint="name another --serve") from error
    running = asyncio.create_task(server.serve([listener]))
    try:
        await work()
    finally:
        server.should_exit = True
        await running
        listener.close()
