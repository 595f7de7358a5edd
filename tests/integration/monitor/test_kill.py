"""`kill -9` at every step from a result to a told person: nothing is lost, and only one window repeats, under the same key."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from footfall.config.alerts import Route
from footfall.monitor import points
from footfall.monitor.plan import Plan
from footfall.monitor.state import Phase
from footfall.store import incidents, watch
from footfall.store.writer import open_store
from tests.integration.monitor.conftest import T0, House, hook, plan
from tests.integration.monitor.receivers import Receiver

STEP_S, STEPS, DOWN = 30, 13, range(2, 6)


def live(root: Path, planned: Plan, kill_at: str, nth: int) -> None:
    """Watch from where the last life ended; die at the nth time that a point is reached."""
    reached: Counter[str] = Counter()

    def die(name: str) -> None:
        reached[name] += 1
        if (name, reached[name]) == (kill_at, nth):
            os.kill(os.getpid(), signal.SIGKILL)

    points.listen(die)
    store = open_store(root)
    corner = House(store, root, planned)
    progress = root / "step"
    for step in range(int(progress.read_text()) + 1 if progress.exists() else 0, STEPS):
        progress.write_text(str(step))
        corner.clock.at = T0 + timedelta(seconds=step * STEP_S)
        corner.see(ok=step not in DOWN)
        for attempt, pause in ((1, 5), (2, 10)):
            with store.reading() as connection:
                suspect = Phase.SUSPECT in {state["phase"] for state in watch.load_states(connection).values()}
            if suspect:
                corner.clock.turn(pause)
                corner.see(ok=step not in DOWN, attempt=attempt)
        corner.deliver()
    store.close()


def in_a_process(root: Path, planned: Plan, kill_at: str = "", nth: int = 0) -> bool:
    """Live in a process of its own; say whether it was killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forking beside threads; the child starts none of them
        child = os.fork()
    if not child:
        try:
            live(root, planned, kill_at, nth)
        except BaseException:  # noqa: BLE001  # whatever it was, this process must not go on as pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", points.NAMES[3:])
def test_a_death_while_telling_repeats_at_most_one_message_under_its_key(tmp_path: Path, receiver: Receiver, point: str, nth: int) -> None:
    """Leased, sending, sent, marked; of what opened and of what resolved."""
    planned = plan([hook(receiver, "team")], [Route("all", ("team",))])
    assert in_a_process(tmp_path, planned, point, nth)
    assert not in_a_process(tmp_path, planned)
    check(tmp_path, receiver, repeats=1 if point == "sent" else 0)


@pytest.mark.parametrize("nth", [3, 5, 10])
@pytest.mark.parametrize("point", ["judged", "judgement-kept"])
def test_a_death_while_judging_loses_and_repeats_nothing(tmp_path: Path, receiver: Receiver, point: str, nth: int) -> None:
    """Before and after the one transaction that keeps a change with its messages: suspected, opened, resolved."""
    planned = plan([hook(receiver, "team")], [Route("all", ("team",))])
    assert in_a_process(tmp_path, planned, point, nth)
    assert not in_a_process(tmp_path, planned)
    check(tmp_path, receiver, repeats=0)


def check(root: Path, receiver: Receiver, repeats: int) -> None:
    """One incident, told once, ended once."""
    store = open_store(root)
    with store.reading() as connection:
        (incident,) = incidents.listed(connection)
    store.close()
    assert incident.resolved
    keys = [post.headers["Idempotency-Key"] for post in receiver.posts]
    assert list(dict.fromkeys(keys)) == [f"{incident.id}:opened:team", f"{incident.id}:resolved:team"]
    assert len(keys) == 2 + repeats
