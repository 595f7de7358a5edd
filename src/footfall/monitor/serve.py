"""What others may ask of a watch, or tell it: the dashboard, `/metrics`, whether it lives (`/healthz`), heartbeats, inbound webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import math
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from footfall.clock import Clock
from footfall.errors import StoreError, UsageError
from footfall.monitor.channels.webhook import verified
from footfall.monitor.dashboard.app import Dashboard, mount
from footfall.monitor.dashboard.guard import loopback
from footfall.monitor.dashboard.live import Board
from footfall.monitor.exposition import CONTENT_TYPE, exposition
from footfall.monitor.plan import Plan
from footfall.store import watch
from footfall.store.watch import Beat
from footfall.store.writer import Store

_LARGEST = 1_000_000
_MANY = 1_000_000
SHUT = "the dashboard is not served here: others can reach this address, and [watch.dashboard] names no tokens to ask them for"
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Inbound:
    """What others call: a heartbeat or a webhook, with the secret that it is called with (empty: none) and the signature's header."""

    kind: str
    secret: str = ""
    header: str = ""


@dataclass(frozen=True)
class Desk:
    """What the server works with; `inbound` by name, `token` is asked for by `/metrics` where it is set, None is no dashboard."""

    store: Store
    plan: Plan
    clock: Clock
    inbound: Mapping[str, Inbound]
    token: str = ""
    dashboard: Dashboard | None = None


def application(desk: Desk, host: str) -> tuple[Starlette, Board | None]:
    """Return the application as it answers at a host, and the dashboard's board, which must be closed before the server ends."""
    board: Board | None = None
    routes = _calls(desk)
    if shut(desk, host):
        routes.append(Route("/{rest:path}", _shut))
    elif desk.dashboard is not None:
        mounted, board = mount(desk.dashboard)
        routes.append(mounted)
    return Starlette(routes=routes, exception_handlers={StoreError: _away}), board


def _calls(desk: Desk) -> list[BaseRoute]:
    """What programs call."""
    refused: dict[str, float] = {}

    async def metrics(request: Request) -> Response:
        if desk.token and not _presents(request, desk.token):
            return PlainTextResponse("a token is needed: Authorization: Bearer …\n", 401)
        text = await asyncio.to_thread(exposition, desk.store, desk.plan, desk.clock.now())
        return Response(text, media_type=CONTENT_TYPE)

    async def heartbeat(request: Request) -> Response:
        found = _of_kind(desk, request, "heartbeat")
        if found is None:
            return PlainTextResponse("there is no such heartbeat\n", 404)
        refusal = _refusal(request, found.secret)
        if refusal:
            return PlainTextResponse(f"{refusal}\n", 401)
        return await _beat(desk, request.path_params["name"], _reported(request))

    async def webhook(request: Request) -> Response:
        found = _of_kind(desk, request, "webhook")
        if found is None:
            return PlainTextResponse("there is no such webhook\n", 404)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("that is too much\n", 413)
        if found.secret and verified(body, request.headers.get(found.header, ""), found.secret, time.time()):
            return await _beat(desk, request.path_params["name"], "")
        await _note_refused(desk, request.path_params["name"], refused)
        return PlainTextResponse("the signature does not hold\n", 401)

    return [
        Route("/healthz", _alive),
        Route("/metrics", metrics),
        Route("/heartbeat/{name}", heartbeat, methods=["GET", "POST"]),
        Route("/hooks/{name}", webhook, methods=["POST"]),
    ]


async def _alive(_request: Request) -> Response:
    """Say that this watch runs, its store or no store: who asks would otherwise restart it for what is not its fault."""
    return PlainTextResponse("ok\n")


def _refusal(request: Request, secret: str) -> str:
    """Say why a heartbeat's call is not taken, or nothing. What everybody may call can say that it lives, and no more."""
    if not secret:
        return "only who knows a secret may report a failure, and this heartbeat has none" if _reported(request) else ""
    return "" if _presents(request, secret) else "the heartbeat's secret is needed: Authorization: Bearer …"


def _reported(request: Request) -> str:
    """Return what a call says is wrong, or nothing."""
    if request.query_params.get("ok", "true").lower() not in {"false", "0", "no"}:
        return ""
    return "".join(filter(str.isprintable, request.query_params.get("problem", "")))[:300] or "it reported a failure"


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
    call = Beat(name, desk.clock.now(), not problem, {"problem": problem} if problem else {}, desk.plan.target)

    def kept() -> None:
        with desk.store.writing() as connection:
            watch.beat(connection, call)

    await asyncio.to_thread(kept)
    return PlainTextResponse("noted\n")


def _shut(_request: Request) -> Response:
    return PlainTextResponse(f"{SHUT}\n", 404)


async def _note_refused(desk: Desk, name: str, noted: dict[str, float]) -> None:
    """Count a delivery that nobody signed, one a second at most: a flood of them is not written down."""
    if time.monotonic() - noted.get(name, -math.inf) >= 1:
        noted[name] = time.monotonic()
        await asyncio.to_thread(_refuse, desk, name)


def _refuse(desk: Desk, name: str) -> None:
    """Anybody can send what nobody signed, so it neither counts as the one that is due, nor opens anything."""
    with desk.store.writing() as connection:
        last = watch.beats(connection, target=desk.plan.target).get(name)
        now = desk.clock.now()
        known = last or Beat(name, now, ok=True, detail={"expected": True}, target=desk.plan.target)
        refused = min(int(known.detail.get("refused", 0)) + 1, _MANY)
        watch.beat(connection, replace(known, detail={**known.detail, "refused": refused}))


def _away(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("the store is away; try again\n", 503)


class _Server(uvicorn.Server):
    """uvicorn without its own ideas about signals: the watch minds them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def shut(desk: Desk, host: str) -> bool:
    """Whether the dashboard stays shut at an address: others can reach it there, and it has no tokens to ask them for."""
    return desk.dashboard is not None and not desk.dashboard.access.asked and not loopback(host)


async def serving(desk: Desk, host: str, port: int, work: Callable[[], Awaitable[None]]) -> None:
    """Serve while `work` lasts. Raises UsageError when the address cannot be had."""
    app, board = application(desk, host)
    server = _Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2))
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror or error}", hint="name another --serve") from error
    running = asyncio.create_task(server.serve([listener]))
    try:
        await work()
    finally:
        if board is not None:
            board.closing.set()
        server.should_exit = True
        await running
        listener.close()
