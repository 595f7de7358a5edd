"""Inside gevent's loop: moments are kept, and nothing is imported while a test runs."""

from __future__ import annotations

import subprocess
import sys

ALARMS = """
import time, gevent
from footfall.load.users.alarm import Alarm

def ring(alarm, moment):
    alarm.wait_until(moment)
    rung.append((moment, time.perf_counter()))

now, rung = time.perf_counter(), []
alarms = [Alarm() for _ in range(4)]
gevent.joinall([gevent.spawn(ring, alarm, now + wait) for alarm, wait in zip(alarms, (0.12, 0.0607, -1.0, 0.0603))])
assert sorted(round((moment - now) * 1e4) for moment, _ in rung) == [-10000, 603, 607, 1200], rung
assert all(at >= moment for moment, at in rung), rung
for alarm in alarms:
    alarm.close()
"""
WITHOUT_THE_KERNELS = "import ctypes; ctypes.CDLL = lambda name: object()\n"
QUIET = """
import sys
import footfall.load.users
from footfall.stats import Histogram

before = set(sys.modules)
histogram = Histogram()
histogram.record(20)
histogram.percentile(95)
Histogram.decode(histogram.encode())
late = sorted(set(sys.modules) - before)
assert not late, late
"""


def run(text: str) -> None:
    """Run a script in a process of its own: importing Locust patches the interpreter."""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr


def test_alarms_ring_and_never_early() -> None:
    """Several at once, to fractions of a millisecond; one whose moment has passed rings at once."""
    run(ALARMS)


def test_alarms_of_the_event_loops_own() -> None:
    """Where the kernel has no timers to give, as on macOS: as exact as the loop is."""
    run(WITHOUT_THE_KERNELS + ALARMS.replace("0.0607", "0.0807").replace("607", "807"))


def test_nothing_is_imported_while_a_test_runs() -> None:
    """The first percentile once brought numpy with it: a tenth of a second, in the steady part, in which no user moved."""
    run(QUIET)
