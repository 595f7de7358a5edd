"""A dashboard on a free port of 127.0.0.1, that can be stopped and started again there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from footfall.config.secrets import Masker
from footfall.monitor.dashboard.access import Access
from footfall.monitor.dashboard.app import Dashboard
from footfall.monitor.plan import JOURNEY, Plan
from footfall.monitor.serve import Desk, serving
from footfall.store.writer import Store
from tests.integration.monitor.conftest import House, plan, subject
from tests.ports import quiet_port

ADA, WALL = "ada-has-a-long-token", "the-wall-has-one-too"
SESSION_S = 360_000.0


def planned() -> Plan:
    """A shop (grave), its search, a database, and a journey."""
    subjects = [
        subject("shop", severity="P0", component="Shop"),
        subject("search", severity="P2", component="Shop"),
        subject("database"),
        replace(subject("checkout"), key="journey:checkout", source=JOURNEY, title="customers cannot complete checkout"),
    ]
    return plan([], [], subjects)


def house(store: Store, root: Path) -> House:
    """A watch whose results are handed in."""
    return House(store, root, planned())


def dashboard(corner: House, tokens: Mapping[str, Mapping[str, str]] | None = None) -> Dashboard:
    """What a dashboard works with: an operator, ada, and a viewer, wall, unless other tokens are named."""
    named = {"operators": {"ada": ADA}, "viewers": {"wall": WALL}} if tokens is None else tokens
    access = Access(named.get("operators", {}), named.get("viewers", {}), corner.clock, SESSION_S)
    limits = {"probe:database": {"connections": "<= 80"}}
    return Dashboard(corner.store, corner.plan, corner.clock, corner.root, access, Masker(["hunter2"]), limits, "https://watch.example.com")


@dataclass
class Served:
    """A server, in a thread of its own."""

    desk: Desk
    port: int = field(default_factory=quiet_port)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and return when it answers."""
        self._ended = threading.Event()

        async def until_ended() -> None:
            await asyncio.to_thread(self._ended.wait)

        self._thread = threading.Thread(target=lambda: asyncio.run(serving(self.desk, "127.0.0.1", self.port, until_ended)), daemon=True)
        self._thread.start()
        with self.client() as client:
            client.get("/assets/icon.svg")

    def stop(self) -> None:
        """Stop, and return when nobody answers any more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def client(self) -> httpx.Client:
        """A client that keeps cookies and follows nothing."""
        return httpx.Client(base_url=self.url, transport=httpx.HTTPTransport(retries=8), timeout=60)


def served(corner: House, tokens: Mapping[str, Mapping[str, str]] | None = None) -> Served:
    """A server of a house's dashboard, not started yet."""
    return Served(Desk(corner.store, corner.plan, corner.clock, {}, dashboard=dashboard(corner, tokens)))
