"""The doors: everybody who waits is let in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

import uvloop

from footfall.demo.server import Doors

CROWD = 200


def test_a_crowd_is_let_in_within_a_few_turns_of_the_loop() -> None:
    """Turns are long under load: whoever had to wait for one turn per neighbour would give up before its first request is read."""
    inside = 0

    class Visitor(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal inside
            inside += 1
            transport.close()

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=CROWD) as listener, contextlib.ExitStack() as crowd:
            listener.setblocking(False)
            for _ in range(CROWD):
                crowd.enter_context(socket.create_connection(listener.getsockname()))
            doors = Doors(Visitor)
            doors.open(listener)
            for _ in range(10):
                await asyncio.sleep(0)
            doors.close(listener)

    thread = threading.Thread(target=lambda: uvloop.run(run()))  # Playwright's fixtures keep a loop running on the main thread
    thread.start()
    thread.join()
    assert inside == CROWD
