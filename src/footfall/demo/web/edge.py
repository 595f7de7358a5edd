"""The outermost layer: counts every request and carries out the faults that concern all of them."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall.demo.refusals import Refusal
from footfall.demo.web.http import refused
from footfall.demo.web.site import Site

_SPARED = ("/_faults", "/static/")
_MOST_HOARD = 1_000_000_000  # bytes; a lesson in leaks need not bring down the machine


class Edge:
    """Wraps the shop's application."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, late or not at all where a fault says so."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        figures, started = self._site.figures, time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                figures.statuses[message["status"]] += 1
                figures.lately.count("requests")
            await send(message)

        try:
            if self._site.faults.any and await self._misbehave(scope["path"]):
                await refused(Refusal(500, "fault", "This error was asked for."))(scope, receive, counted)
            else:
                await self._app(scope, receive, counted)
        finally:
            figures.busy_seconds += time.perf_counter() - started

    async def _misbehave(self, path: str) -> bool:
        """Wait as the faults say; returns whether this request must fail."""
        faults = self._site.faults
        if path.startswith(_SPARED):
            return False
        if (keep := faults.value("memory-growth")) and len(self._site.hoard) * keep < _MOST_HOARD:
            self._site.hoard.append(bytearray(int(keep)))
        if late := faults.delay(path):
            await asyncio.sleep(late)
        return faults.fails(path)
