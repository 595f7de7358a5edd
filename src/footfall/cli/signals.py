"""Ctrl-C and SIGTERM: the first one ends the command in order, keeping what was measured; later ones wait for that."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from footfall.interrupts import within_import

Answer = TypeVar("Answer")


class StoppedError(SystemExit):
    """The user or the system ended the command; `code` is 128 plus the signal's number.

    A SystemExit, which libraries on the way up let pass: Typer turns KeyboardInterrupt into a code of its own, and asyncio
    swallows any other BaseException that a signal's handler raises.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


_STOPPING = (signal.SIGINT, signal.SIGTERM)
_AGAIN_S = 0.01
_PATIENCE_S = 10.0
"""How long a stop is put off while a module is loading: some code does all its work while it is imported."""


def _stop(number: int, frame: FrameType | None) -> None:
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)  # the clean-up is short and bounded; a second Ctrl-C must not cut it off
    latest = time.monotonic() + _PATIENCE_S

    def raise_or_wait(_signal: int, frame: FrameType | None) -> None:
        if not within_import(frame) or time.monotonic() > latest:
            raise StoppedError(number)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    signal.signal(signal.SIGALRM, raise_or_wait)
    raise_or_wait(number, frame)


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """While the block lasts, SIGINT and SIGTERM raise StoppedError in the main thread, once."""
    before = {number: signal.signal(number, _stop) for number in _STOPPING}
    before[signal.SIGALRM] = signal.getsignal(signal.SIGALRM)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # of a stop that was put off
        for number, handler in before.items():
            signal.signal(number, handler)


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end as `asyncio.run` does; the first SIGINT or SIGTERM cancels it, and StoppedError is raised then.

    An exception that a handler raises within the event loop's own code may lose what the loop was about to call, and whoever waits for
    that waits for ever. So the loop is told of the signal, and cancels at a place of its own choice.
    """
    import asyncio  # noqa: PLC0415  # most commands never need it

    if threading.current_thread() is not threading.main_thread():  # which alone is told of signals
        return asyncio.run(coroutine)
    stopped: list[int] = []

    async def told_of_signals() -> Answer:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: int) -> None:
            if not stopped and task is not None:
                task.cancel()
            stopped.append(number)

        for each in _STOPPING:
            loop.add_signal_handler(each, stop, each)
        return await coroutine

    before = {each: signal.getsignal(each) for each in _STOPPING}
    try:
        answer = asyncio.run(told_of_signals())
    except asyncio.CancelledError:
        if not stopped:
            raise
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if stopped else handler)
    if stopped:
        raise StoppedError(stopped[0])
    return answer
