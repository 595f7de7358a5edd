"""Corner as a process: sockets, signals, the announcement, the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TextIO

import uvicorn
import uvloop

from footfall.demo.faults import FaultError, Faults
from footfall.demo.options import DemoOptions
from footfall.demo.web.app import corner_app
from footfall.demo.web.site import Site, open_site

PAYMENT_PORT = 8301
_BACKLOG = 4096
_REST = 0.5  # seconds before somebody is let in again when the process has no descriptors left
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class CannotStart(Exception):  # noqa: N818 - it reads as what it says
    """Corner cannot start; the message is for the user."""


class Doors:
    """Lets in everybody who waits at a listener, all in one turn of the loop.

    uvloop alone lets in one connection per turn. A crowd that comes while turns are long would wait longer than its patience: the kernel
    has shaken hands with it, so it sends its first request, which nobody reads.
    """

    def __init__(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol
        self._entering: set[asyncio.Task[object]] = set()

    def open(self, listener: socket.socket) -> None:
        """Let people in from now on, unless the listener has been closed."""
        if listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listener, self._let_in, listener)

    def close(self, listener: socket.socket) -> None:
        """Let nobody in any more."""
        asyncio.get_running_loop().remove_reader(listener)

    def _let_in(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_BACKLOG):
            try:
                visitor, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError:  # no descriptors left, most likely: ask again later rather than without a pause
                self.close(listener)
                loop.call_later(_REST, self.open, listener)
                return
            visitor.setblocking(False)
            entry = loop.create_task(loop.connect_accepted_socket(self._protocol, visitor))
            self._entering.add(entry)
            entry.add_done_callback(self._entering.discard)


class _Server(uvicorn.Server):
    """uvicorn with doors of our own that ends in peace: it does not raise again the signal that stopped it. It may be slow to start."""

    late = 0.0  # seconds, from the slow-start fault
    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        end = time.monotonic() + self.late
        while time.monotonic() < end and not self.should_exit:  # noqa: ASYNC110 - uvicorn's sign to stop is a plain flag
            await asyncio.sleep(0.02)
        await super().startup([])
        self._doors = Doors(self._protocol)
        for listener in sockets or []:
            self._doors.open(listener)
        if not self.should_exit:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or []:
            self._doors.close(listener)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_signal: int, _frame: FrameType | None) -> None:
            self.force_exit = self.should_exit
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """A listening socket; a `CannotStart` that names host and port when there can be none."""
    if not 0 <= port <= 65535:
        raise CannotStart(f"{option} {port} is not a port; choose one up to 65535, or 0 for a free one")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise CannotStart(f"cannot use the address {host}: {error.strerror or error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"cannot listen on {host}:{port}: {error.strerror or error}; choose another {option}, or 0 for a free one"
        ) from None
    listener.setblocking(False)
    return listener


def _allow_connections() -> None:
    """As many open connections as the system lets this process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _die_with_parent(server: uvicorn.Server) -> None:
    """Stop when the other end of stdin is closed, however it was."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.should_exit = True


def _say(options: DemoOptions, site: Site, out: TextIO) -> None:
    url, payment_url = _url(options.host, site.port), _url(options.host, site.payment_port)
    if options.announce:
        line = json.dumps({"url": url, "payment_url": payment_url, "pid": os.getpid(), "token": site.token})
    else:
        local = options.host in ("127.0.0.1", "localhost", "::1")
        reach = "this machine only" if local else f"bound to {options.host}: whoever reaches it can be admin, the demo accounts are public"
        faults = f"; faults: {', '.join(site.faults.active())}" if site.faults.any else ""
        line = f"Corner is open at {url} ({reach}), payments at {payment_url}{faults}. Ctrl-C ends it."
        line += f"\nFaults are switched at {url}/_faults with the token {site.token}"
    out.write(line + "\n")
    out.flush()


async def _serve(options: DemoOptions, site: Site, sockets: list[socket.socket], out: TextIO) -> None:
    config = uvicorn.Config(
        corner_app(site),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=16 * 1024,
        backlog=_BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    server.late = site.faults.value("slow-start") or 0.0
    if options.die_with_parent:
        threading.Thread(target=_die_with_parent, args=(server,), daemon=True).start()

    def ready() -> None:
        gc.freeze()  # what is loaded now stays: no collection need look at it while thousands of connections wait
        site.desk.resume()
        site.post.hurry()
        site.webhooks.start(sockets[0].getsockname()[:2])
        _say(options, site, out)

    server.ready = ready
    await server.serve(sockets)
    site.webhooks.stop()


def _open_ports(options: DemoOptions) -> list[socket.socket]:
    shop = _listen(options.host, options.port)
    try:
        payment_port = options.payment_port if options.payment_port is not None else PAYMENT_PORT if options.port else 0
        return [shop, _listen(options.host, payment_port, "--payment-port")]
    except CannotStart:
        shop.close()
        raise


def _run(options: DemoOptions, folder: Path, faults: Faults, out: TextIO) -> None:
    sockets = _open_ports(options)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        site = open_site(folder, faults)
    except Exception as error:
        for listener in sockets:
            listener.close()
        raise CannotStart(f"cannot use {folder} for the database: {error}") from error
    site.port, site.payment_port = (listener.getsockname()[1] for listener in sockets)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(options, site, sockets, out))
    finally:
        site.database.close()


def serve(options: DemoOptions, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Serve until told to stop; returns the exit code: 0, or 2 with one line on stderr when it cannot start."""
    err = err or sys.stderr
    _allow_connections()
    with tempfile.TemporaryDirectory(prefix="corner-") as folder:
        try:
            _run(options, options.data or Path(folder), Faults(options.faults), out or sys.stdout)
        except (CannotStart, FaultError) as error:
            err.write(f"corner: {error}\n")
            return 2
    return 0
