"""Where a request's time goes: name look-up, connection, TLS handshake, first byte.

httpcore resolves and connects in one step, so a network backend of our own does the two apart and times them; the later
phases come from httpcore's trace events.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore
import httpx

from footfall.probe.names import addresses, is_address


class Phases:
    """The phases of one request in ms, by metric name (`dns`, `connect`, `tls`, `ttfb`); a phase that did not happen is absent."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._started: dict[str, float] = {}

    def add(self, phase: str, seconds: float) -> None:
        """Add to a phase: redirects to another host look up and connect once more."""
        self.ms[phase] = self.ms.get(phase, 0.0) + seconds * 1000

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpcore's trace events (httpcore docs, "trace" extension). `info` is not used."""
        del info
        name, _, stage = event.rpartition(".")
        if name == "connection.start_tls":
            self._span("tls", begins=stage == "started")
        elif name.endswith("send_request_headers") and stage == "started":
            self._span("ttfb", begins=True)
        elif name.endswith("receive_response_headers") and stage == "complete":
            self._span("ttfb", begins=False)

    def _span(self, phase: str, *, begins: bool) -> None:
        now = time.perf_counter()
        if begins:
            self._started[phase] = now
        elif phase in self._started:
            self.add(phase, now - self._started.pop(phase))


class _TimedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's own backend, with the name look-up done and timed apart from the connection."""

    def __init__(self, phases: Phases) -> None:
        self._phases = phases
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = [host] if is_address(host) else await self._look_up(host, port)
        for position, address in enumerate(found, start=1):
            started = time.perf_counter()
            try:
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                if position == len(found):
                    raise
            else:
                self._phases.add("connect", time.perf_counter() - started)
                return stream
        raise httpcore.ConnectError(f"{host} has no address")

    async def _look_up(self, host: str, port: int) -> list[str]:
        started = time.perf_counter()
        try:
            found = await addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        self._phases.add("dns", time.perf_counter() - started)
        return found

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@functools.cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes longer than most requests, so it is done once."""
    return ssl.create_default_context()


def timed_transport(phases: Phases) -> httpx.AsyncHTTPTransport:
    """Return a transport that makes one fresh connection per host and records its phases in `phases`."""
    transport = httpx.AsyncHTTPTransport(verify=_trust())
    # httpx has no public way to hand httpcore a network backend; its pool is replaced by one that differs in just that.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
        ssl_context=_trust(), http1=True, http2=True, network_backend=_TimedBackend(phases)
    )
    return transport
