"""Ctrl-C in the middle of what an event loop does: the command ends, whichever moment it comes at."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

TIMES = 15
"""With the signal raised within the loop one in five hung."""
BUSY = """
import asyncio
from footfall.cli import signals

async def busy():
    print("busy", flush=True)
    while True:
        async with asyncio.timeout(500):
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))

with signals.stopping_in_order():
    signals.run(busy())
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_what_a_loop_runs(number: signal.Signals, code: int) -> None:
    """Fifteen times, each at another moment."""
    chance = random.Random(1)
    for _ in range(TIMES):
        with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "busy\n"
            time.sleep(chance.random() * 0.05)
            process.send_signal(number)
            try:
                _, said = process.communicate(timeout=120)
            finally:
                process.kill()
        assert (process.returncode, said) == (code, "")
