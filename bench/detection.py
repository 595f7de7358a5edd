"""How soon an outage is found, and how often the alarm is false: the monitor's own rule, fed a simulated year.

A target with 24 outages in 360 days (time-outs of 10 s) and 0.5 % single failed checks at a 30 s interval; locations whose own network has
hiccups: about ten a month each, exponential with a mean of 15 s, during which every check from there fails, a control probe's too.

    python bench/detection.py                 # 40 days a rule
    python bench/detection.py --days 360      # as in the documentation
"""

from __future__ import annotations

import argparse
import bisect
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from footfall.monitor.state import Change, Context, Phase, Result, Rule, State, judge

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_S = 86_400.0
EVERY_S, TIMEOUT_S, BLIP = 30.0, 10.0, 0.005
HICCUPS_PER_MONTH, HICCUP_S = 10.0, 15.0
Span = tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """One rule to try: how many locations, the pauses before rechecks, rounds needed, and whether a control probe is asked."""

    name: str
    locations: int
    rule: Rule
    control: bool = False


PLANS = (
    Plan("1 location, 1 failure", 1, Rule(pauses_s=())),
    Plan("1 location, 2 in a row", 1, Rule(pauses_s=(), alert_after=2)),
    Plan("1 location, 3 in a row", 1, Rule(pauses_s=(), alert_after=3)),
    Plan("1 location, rechecks 10 s + 10 s", 1, Rule(pauses_s=(10.0, 10.0))),
    Plan("1 location, rechecks 5 s + 10 s", 1, Rule(pauses_s=(5.0, 10.0))),
    Plan("1 location, rechecks 5 s + 10 s, control", 1, Rule(pauses_s=(5.0, 10.0)), control=True),
    Plan("1 location, recheck 5 s, control", 1, Rule(pauses_s=(5.0,)), control=True),
    Plan("3 locations, rechecks 5 s + 10 s, 2 agree", 3, Rule(pauses_s=(5.0, 10.0))),
)


class World:
    """What truly is: when the target is down, and when which location's network is."""

    def __init__(self, days: float, locations: int, seed: int) -> None:
        self.dice = random.Random(seed)
        outages = max(2, round(24 * days / 360))
        slot = days * DAY_S / outages
        self.outages: list[Span] = []
        for number in range(outages):
            begin = number * slot + self.dice.uniform(0.1, 0.6) * slot
            self.outages.append((begin, begin + self.dice.uniform(300, 3600)))
        self.hiccups = [self._hiccups(days) for _ in range(locations)]

    def _hiccups(self, days: float) -> list[Span]:
        found, now = [], 0.0
        while now < days * DAY_S:
            now += self.dice.expovariate(HICCUPS_PER_MONTH / (30 * DAY_S))
            found.append((now, now + self.dice.expovariate(1 / HICCUP_S)))
        return found

    def check(self, location: int, at: float, *, control: bool) -> tuple[bool, bool, float]:
        """One check from a location: ok, blind, and how long it took. The control probe runs at the same time (5 s at most)."""
        cut_off = _overlap(self.hiccups[location], at, at + TIMEOUT_S)
        if cut_off or _overlap(self.outages, at, at + 1):
            return False, control and bool(cut_off), TIMEOUT_S
        return self.dice.random() >= BLIP, False, 0.1


def _overlap(spans: list[Span], begin: float, end: float) -> bool:
    position = bisect.bisect_left(spans, (end, 0.0))
    return position > 0 and spans[position - 1][1] > begin


class Watch:
    """The monitor's rule over a simulated time: scheduled checks, staggered over the locations, and rechecks when they are wanted."""

    def __init__(self, plan: Plan, days: float, seed: int) -> None:
        self.plan, self.days = plan, days
        self.world = World(days, plan.locations, seed)
        self.context = Context(frozenset(map(str, range(plan.locations))))
        self.state = State()
        self.opened: list[float] = []

    def run(self) -> None:
        """Let the time pass."""
        for begun, location in self._slots():
            if self._see(begun, location, 0) is Change.SUSPECTED:
                self._round(begun)

    def _slots(self) -> Iterator[tuple[float, int]]:
        step = EVERY_S / self.plan.locations
        offset = self.world.dice.uniform(0, step)
        for number in range(int(self.days * DAY_S / step)):
            yield number * step + offset, number % self.plan.locations

    def _see(self, at: float, location: int, attempt: int) -> Change | None:
        ok, blind, took = self.world.check(location, at, control=self.plan.control)
        if ok and self.state.phase is Phase.UP and not self.state.failed_rounds:
            return None  # nothing would change: spare the year
        now = START + timedelta(seconds=at + took)
        result = Result("target", str(location), now, ok, blind, attempt, self.state.since if attempt else None)
        self.state, found = judge(self.state, result, now, self.plan.rule, self.context)
        if found and found[-1].change is Change.OPENED:
            self.opened.append(at + took)
        return found[-1].change if found else None

    def _round(self, begun: float) -> None:
        """Every location rechecks after each pause; they run side by side, so each attempt's results come together."""
        at = begun + TIMEOUT_S
        for attempt, pause in enumerate(self.plan.rule.pauses_s, start=1):
            at += pause
            for location in range(self.plan.locations):
                self._see(at, location, attempt)
            at += TIMEOUT_S


def report(plan: Plan, days: float, seed: int) -> str:
    """One row: false alarms a month, their share, and how long true ones took."""
    watch = Watch(plan, days, seed)
    watch.run()
    delays = [at - begin for begin, end in watch.world.outages if (at := next((t for t in watch.opened if begin <= t <= end + 60), None))]
    false = sum(not _overlap(watch.world.outages, at - 60, at) for at in watch.opened)
    share = false / len(watch.opened) if watch.opened else 0.0
    missed = len(watch.world.outages) - len(delays)
    p95 = sorted(delays)[max(0, round(0.95 * len(delays)) - 1)]
    return f"{plan.name:44} {false / days * 30:10.2f} {share:8.1%} {statistics.mean(delays):8.0f} s {p95:7.0f} s {missed:7}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"{'rule':44} {'false/mo':>10} {'share':>8} {'mean':>10} {'p95':>9} {'missed':>7}")
    for plan in PLANS:
        print(report(plan, options.days, options.seed))


if __name__ == "__main__":
    main()
