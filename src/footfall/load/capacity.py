"""How much a site holds: levels of load, stepped up until a budget breaks and then halved towards the place where it does. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source, format_quantity

HELD, BROKE, UNSURE = "held", "broke", "unsure"


@dataclass(frozen=True)
class Level:
    """One level that was tried: `at` users or arrivals a second, and how its budgets fared.

    `state` is `held`, `broke` (`first` is the budget furthest beyond its limit, `reason` its verdict) or `unsure` (`reason` says
    why the figures mean nothing). `close` says that a longer hold may decide otherwise. `used` is the share of its limit that each
    upper-bounded budget used.
    """

    at: int
    state: str
    first: str = ""
    reason: str = ""
    used: Mapping[str, float] = field(default_factory=dict)
    throughput: float = 0.0
    p95_ms: float | None = None
    failed: float = 0.0
    run: str = ""
    close: bool = False


def weigh(at: int, verdicts: Sequence[Verdict], spoilt: str = "", *, again: bool = False) -> Level:
    """Return what the gate's verdicts on a level mean.

    A budget that is too close to call counts as broken at first; when the level is held `again`, its figure decides.
    """
    load = [verdict for verdict in verdicts if verdict.source == Source.LOAD]
    used = {v.key: v.figure / v.limit for v in load if v.figure is not None and v.limit and v.comparator.startswith("<")}
    if spoilt:
        return Level(at, UNSURE, reason=spoilt, used=used, close=True)
    unclear = [v for v in load if v.outcome is Outcome.INCONCLUSIVE and not (again and used.get(v.key, 2.0) <= 1)]
    broken = [verdict for verdict in load if verdict.outcome in {Outcome.FAIL, Outcome.MISSING}] + unclear
    if not broken:
        return Level(at, HELD, used=used)
    worst = max(broken, key=lambda verdict: (verdict.outcome is Outcome.FAIL, used.get(verdict.key, 0.0)))
    return Level(at, BROKE, worst.key, worst.reason, used, close=worst.outcome is Outcome.INCONCLUSIVE)


class Search:
    """Which level to try next: twice the last one while all is held, up to `most`, then halves, until both ends are near each other."""

    def __init__(self, start: int, most: int, precision: float = 0.1) -> None:
        self.held = 0
        self.broke: int | None = None
        self._lost = False
        self._start = min(start, most)
        self._most = most
        self._precision = precision

    def next(self) -> int | None:
        """Return the next level, None when the place is found."""
        if self.broke is None:
            return None if self.held >= self._most else min(self.held * 2 or self._start, self._most)
        if self._lost and not self.held:
            return None  # a generator that cannot be trusted with the first level will not be with less: the machine is too busy
        if self.broke - self.held <= max(1.0, self._precision * self.broke):
            return None
        return (self.held + self.broke) // 2

    def tell(self, level: Level) -> None:
        """Take in how a level fared; one whose figures mean nothing is not held either."""
        if level.state == HELD:
            self.held = max(self.held, level.at)
        else:
            self._lost = level.state == UNSURE
            self.broke = level.at if self.broke is None else min(self.broke, level.at)


def sentence(profile: str, unit: str, levels: Sequence[Level]) -> str:
    """Say what was found, for a capacity plan. `unit` is `users` or `arrivals a second`."""
    held = max((level for level in levels if level.state == HELD), key=lambda level: level.at, default=None)
    above = [level for level in levels if level.state != HELD and level.at > (held.at if held else 0)]
    beyond = min(above, key=lambda level: level.at, default=None)
    if held is None:
        start = f"{profile} does not hold the least that was tried"
    else:
        p95 = f", p95 {format_quantity(held.p95_ms, 'ms')}" if held.p95_ms is not None else ""
        start = f"{profile} holds {held.at:,} {unit} within its budgets ({held.throughput:,.0f} requests/s{p95})"
    if beyond is None:
        return f"{start}; that is the most that was tried, and no budget broke"
    if beyond.state == UNSURE:
        return f"{start}; what it does with {beyond.at:,} cannot be told: {beyond.reason}"
    return f"{start}; the first to break is {beyond.first}, at {beyond.at:,} {unit}: {beyond.reason}"
