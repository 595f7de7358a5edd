"""Threads for what blocks, a bounded number for each purpose: one purpose's that hang leave the others theirs, and none keeps a process.

`asyncio.to_thread` has one pool for everything, which a dozen name look-ups or queries that hang can take whole; and the interpreter
waits at its end for each of the pool's threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Answer = TypeVar("Answer")


class Threads:
    """At most `most` threads at once for one purpose. A call whose caller went away keeps its place until it truly ends."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Do something in a thread, once there is a place; raises what it raises."""
        loop = asyncio.get_running_loop()
        places = self._places.setdefault(loop, asyncio.Semaphore(self._most))
        await places.acquire()
        answer: asyncio.Future[Answer] = loop.create_future()

        def done(tell: Callable[[Any], None], value: object) -> None:
            places.release()
            if not answer.done():
                tell(value)

        def body() -> None:
            try:
                told: tuple[Callable[[Any], None], object] = (answer.set_result, work())
            except BaseException as error:  # noqa: BLE001  # it is raised where it was asked for
                told = (answer.set_exception, error)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(done, *told)

        try:
            threading.Thread(target=body, name=self._name, daemon=True).start()
        except RuntimeError:  # the system has no thread left
            places.release()
            raise
        return await answer


_NAMES = Threads("footfall-names", 64)


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose name look-ups, also those of libraries, have threads of their own.

    asyncio's own take the default pool's, where a resolver that hangs holds up all else that is there, and the process's end.
    """

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002  # asyncio's own name
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Look a name up, as asyncio's loops do. Raises OSError."""
        return await _NAMES.run(lambda: socket.getaddrinfo(host, port, family, type, proto, flags))
