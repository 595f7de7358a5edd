"""Threads for what blocks: bounded, and what hangs holds up its own kind alone."""

from __future__ import annotations

import asyncio
import threading

import pytest

from footfall.threads import Threads
from tests import loops


def test_what_hangs_keeps_its_place_and_nobody_elses() -> None:
    """Of two places one hangs, though its caller has gone; the other serves all that come, and a third purpose has its own."""
    some, others, release = Threads("some", 2), Threads("others", 1), threading.Event()

    async def work() -> None:
        hanging = asyncio.ensure_future(some.run(release.wait))
        await asyncio.sleep(0)
        hanging.cancel()
        assert [await some.run(lambda: threading.current_thread().name) for _ in range(3)] == ["some"] * 3
        second = asyncio.ensure_future(some.run(release.wait))
        third = asyncio.ensure_future(some.run(lambda: "third"))
        assert await others.run(lambda: "others") == "others"
        await asyncio.sleep(0.05)
        assert not third.done()
        release.set()
        assert await third == "third"
        assert await second

    loops.run(work())


def test_what_is_raised_is_raised_where_it_was_asked_for() -> None:
    """And the place is free again."""
    one = Threads("one", 1)

    async def work() -> None:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await one.run(lambda: 1 // 0)

    loops.run(work())
