"""`kill -9` at every step from a result to a told person: nothing is lost, and only one window repeats, under the same key.

The story: the shop is down while the team's channel is dead; the fallback hears of it, seniors too, somebody acknowledges, it
resolves. Later the channel is back, and the shop is down once more. Whenever the watch is killed in it, and started again, the same
people hear the same things in the same order.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from ulid import ULID

from footfall.config.alerts import Route, Step
from footfall.config.secrets import Masker
from footfall.monitor import points
from footfall.monitor.channels.base import trust
from footfall.monitor.incidents import Desk
from footfall.monitor.location import Location, Measured
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.state import Phase, Rule
from footfall.monitor.watch import Parts, Watch
from footfall.store import incidents, outbox, watch
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.watch import Seen
from footfall.store.watch_schema import outbox as outbox_table
from footfall.store.writer import Store, open_store
from tests.integration.monitor.conftest import T0, House, hook, plan, subject
from tests.integration.monitor.receivers import Receiver
from tests.loops import run

SHOP = "probe:shop"
OUTAGES = (range(60, 240), range(480, 600))
ACKNOWLEDGED_S, CHANNEL_BACK_S = 210, 420
JUDGING, TELLING = points.NAMES[:3], points.NAMES[3:]


@dataclass(frozen=True)
class Moment:
    """A check of the shop, so many seconds into the story; `attempt` as in a result."""

    at_s: int
    ok: bool
    attempt: int = 0


def moments() -> Iterator[Moment]:
    """The first check that fails is repeated twice; where little happens, few are made."""
    for at_s in (0, *range(60, 301, 30), 360, 420, 480, 510, 540, 570, 600, 630, 690):
        yield Moment(at_s, ok=not any(at_s in outage for outage in OUTAGES))
        if at_s in {outage.start for outage in OUTAGES}:
            yield from (Moment(at_s + 5, ok=False, attempt=1), Moment(at_s + 15, ok=False, attempt=2))


STORY = tuple(moments())
OPENS, DEAD, ESCALATES, RESOLVES, AGAIN = 75, 120, 150, 270, 495
SCENES = {
    "it opens": OPENS,
    "the third failure makes the channel dead": DEAD,
    "it escalates": ESCALATES,
    "it is acknowledged": ACKNOWLEDGED_S,
    "it resolves": RESOLVES,
    "it opens again, and the channel is back": AGAIN,
}


@dataclass(frozen=True)
class Death:
    """Where a life ends: the nth time that a point is reached at a moment, or at any before `until_s`."""

    point: str
    at_s: int
    nth: int = 1
    until_s: int = 0


class Life:
    """A watch from where the last life ended, until the end of the story or its own."""

    def __init__(self, store: Store, root: Path, planned: Plan, death: Death | None) -> None:
        self.store, self.plan, self.death, self.progress = store, planned, death, root / "moment"
        self.house, self.inbox = House(store, root, planned), Inbox(root, "ams")
        self.clock = self.house.clock
        location = Location("ams", planned, _never, self.inbox, self.clock, masker=Masker(()))
        parts = (planned, store, location, self.inbox, self.house.judge, self.house.deliverer, Election(store, root), self.clock)
        self.watch = Watch(Parts(*parts))
        self.reached: Counter[str] = Counter()
        self.at_s = 0
        points.listen(self.die)

    def die(self, name: str) -> None:
        """As the kernel does it: nothing can be tidied up."""
        death = self.death
        if death is None or name != death.point or not (self.at_s == death.at_s or self.at_s < death.until_s):
            return
        self.reached[name] += 1
        if self.reached[name] == death.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    async def live(self) -> None:
        """Go on with the moment after the last one that was begun."""
        begun = int(self.progress.read_text()) if self.progress.exists() else -1
        for number, moment in enumerate(STORY[begun + 1 :], begun + 1):
            self.progress.write_text(str(number))
            self.at_s, self.clock.at = moment.at_s, T0 + timedelta(seconds=moment.at_s)
            if moment.at_s == ACKNOWLEDGED_S:
                self.acknowledge()
            self.check(moment)
            await self.watch.settle()

    def acknowledge(self) -> None:
        """What a person does in a process of their own."""
        with self.store.writing() as connection:
            found = incidents.open_of(connection, SHOP)
            if found is not None:
                Desk(connection, self.plan, self.clock.at).acknowledge(found, "ada")

    def check(self, moment: Moment) -> None:
        """Find something out; a recheck only of what is suspected."""
        with self.store.reading() as connection:
            state = watch.load_states(connection, [SHOP]).get(SHOP, {})
        if moment.attempt and state.get("phase") != Phase.SUSPECT:
            return
        round_at = datetime.fromisoformat(state["since"]) if moment.attempt else None
        problem = "" if moment.ok else "status 500"
        seen = Seen(str(ULID()), SHOP, "ams", self.clock.at, moment.ok, attempt=moment.attempt, round_at=round_at, problem=problem)
        self.inbox.add(seen)


async def _never(_subject: Subject, _attempt: int) -> Measured:
    """No check of its own: what is found is in the story."""
    await asyncio.Event().wait()
    raise AssertionError


def in_a_process(root: Path, planned: Plan, death: Death | None = None) -> bool:
    """Live in a process of its own; say whether it was killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forking beside threads; the child starts none of them
        child = os.fork()
    if not child:
        try:
            run(Life(open_store(root), root, planned, death).live())
        except BaseException:  # noqa: BLE001  # whatever it was, this process must not go on as pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store; with it, what each life would else have to read anew: both take longer than most lives."""
    trust()
    root = tmp_path_factory.mktemp("empty")
    open_store(root).close()
    return root


@pytest.fixture
def planned(empty: Path, tmp_path: Path, receiver: Receiver) -> Plan:
    """The team first, whose channel is dead for seven minutes and falls back to mail; then seniors, then managers."""
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)

    def answer(post: object) -> int:
        at_s = STORY[int((tmp_path / "moment").read_text())].at_s
        return 503 if getattr(post, "path", "") == "/team" and at_s < CHANNEL_BACK_S else 202

    receiver.answer = answer
    channels = [hook(receiver, "team", fallback="mail"), *(hook(receiver, name) for name in ("mail", "seniors", "managers"))]
    chain = (Step(60, ("seniors",)), Step(180, ("managers",)))
    shop = replace(subject(), rule=Rule(flap_changes=9))  # two outages in ten minutes, and both are told
    return plan(channels, [Route("all", ("team",), escalate=chain)], [shop])


def keys(receiver: Receiver) -> list[str]:
    """Of all that the receiver has taken, repetitions included."""
    return [post.headers["Idempotency-Key"] for post in receiver.posts]


def told(root: Path, receiver: Receiver) -> dict[tuple[str, str], list[str]]:
    """What each channel was told of each incident, in its order, each message once, whatever way it came."""
    store = open_store(root)
    with store.reading() as connection:
        names = {each.id: f"{each.subject}{'' if each.resolved else ' (open)'} #{each.number}" for each in incidents.listed(connection)}
    store.close()
    found: dict[tuple[str, str], list[str]] = {}
    for post in {post.headers["Idempotency-Key"]: post for post in receiver.posts}.values():
        incident, kind, *_ = post.headers["Idempotency-Key"].split(":")
        found.setdefault((names[incident], post.path), []).append(kind)
    return found


WHOLE = {
    ("probe:shop #1", "/mail"): ["opened", "acknowledged", "resolved"],
    ("probe:shop #1", "/seniors"): ["escalated-1", "acknowledged", "resolved"],
    ("channel:team #2", "/mail"): ["opened", "resolved"],
    ("channel:team #2", "/seniors"): ["escalated-1", "resolved"],
    ("channel:team #2", "/managers"): ["escalated-2", "resolved"],
    ("probe:shop #3", "/team"): ["opened", "resolved"],
    ("probe:shop #3", "/seniors"): ["escalated-1", "resolved"],
}
"""The story as people hear it."""


def in_flight(root: Path) -> set[str]:
    """The keys of what the dead had taken to send, and had not marked."""
    store = open_store(root)
    query = select(outbox_table.c.key).where(outbox_table.c.leased_until.is_not(None), outbox_table.c.sent.is_(None))
    with store.reading() as connection:
        found = set(connection.execute(query).scalars())
    store.close()
    return found


def nothing_waits(root: Path) -> bool:
    """Whether all that was owed is done with."""
    store = open_store(root)
    with store.reading() as connection:
        waiting = outbox.owed(connection)
    store.close()
    return not waiting


def test_the_story_without_a_death(tmp_path: Path, receiver: Receiver, planned: Plan) -> None:
    """One incident each time, told once to each: through the fallback while the channel is dead, through the channel when it is back."""
    assert not in_a_process(tmp_path, planned)
    assert told(tmp_path, receiver) == WHOLE
    assert len(keys(receiver)) == len(set(keys(receiver)))
    assert nothing_waits(tmp_path)


@pytest.mark.parametrize("point", JUDGING)
@pytest.mark.parametrize("at_s", [OPENS, ESCALATES, RESOLVES])
def test_a_death_while_judging_loses_and_repeats_nothing(tmp_path: Path, receiver: Receiver, planned: Plan, at_s: int, point: str) -> None:
    """Results kept, judged, judgement kept: before and after each transaction that keeps a change with its messages."""
    die_and_go_on(tmp_path, receiver, planned, Death(point, at_s))


@pytest.mark.parametrize("point", TELLING)
@pytest.mark.parametrize("scene", SCENES)
def test_a_death_while_telling_repeats_at_most_what_was_in_flight(
    tmp_path: Path, receiver: Receiver, planned: Plan, scene: str, point: str
) -> None:
    """Leased, sending, sent, marked: in each scene, those of the dead channel and of the escalation included."""
    die_and_go_on(tmp_path, receiver, planned, Death(point, SCENES[scene]))


@pytest.mark.parametrize("point", TELLING)
def test_a_death_while_the_fallback_is_told(tmp_path: Path, receiver: Receiver, planned: Plan, point: str) -> None:
    """The message that goes the other way is owed like any other."""
    die_and_go_on(tmp_path, receiver, planned, Death(point, DEAD, nth=2))


def die_and_go_on(root: Path, receiver: Receiver, planned: Plan, death: Death) -> None:
    """Live twice; people hear the whole story, and twice only what the receiver had taken and nobody had marked."""
    assert in_a_process(root, planned, death)
    held, taken = in_flight(root), set(keys(receiver))
    assert held or death.point not in {"leased", "sending", "sent"}
    assert not in_a_process(root, planned)
    assert told(root, receiver) == WHOLE
    repeated = Counter(keys(receiver)) - Counter(set(keys(receiver)))
    assert held & taken <= repeated.keys() <= held
    assert all(times == 1 for times in repeated.values())
    assert nothing_waits(root)


def test_a_watch_that_dies_again_and_again_still_tells_all(tmp_path: Path, receiver: Receiver, planned: Plan) -> None:
    """Each life ends at the next point, the second time that it comes there; what is in flight at a death may come once more."""
    may_repeat: Counter[str] = Counter()
    deaths = 0
    for point in itertools.cycle(points.NAMES):
        if not in_a_process(tmp_path, planned, Death(point, 0, nth=2, until_s=RESOLVES)):
            break
        deaths += 1
        may_repeat.update(in_flight(tmp_path))
    assert deaths > len(TELLING)
    assert nothing_waits(tmp_path)
    heard = told(tmp_path, receiver)
    assert heard.keys() >= {("probe:shop #1", "/mail"), ("probe:shop #1", "/seniors"), ("channel:team #2", "/mail")}
    assert all(words[-1] == "resolved" for words in heard.values())
    assert Counter(keys(receiver)) - Counter(set(keys(receiver))) <= may_repeat
