"""A verdict is data, never a print: exit code, JUnit, HTML and alert text all read the same list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from footfall.samples import Series


class Outcome(StrEnum):
    """How a budget fared."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"
    LEARNING = "learning"


GLYPHS = {
    Outcome.PASS: "✓",
    Outcome.WARN: "!",
    Outcome.FAIL: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.MISSING: "∅",
    Outcome.LEARNING: "…",
}

WORST_FIRST = (Outcome.FAIL, Outcome.MISSING, Outcome.INCONCLUSIVE, Outcome.WARN, Outcome.LEARNING, Outcome.PASS)


@dataclass(frozen=True)
class Verdict:
    """One budget held against one series of a run.

    `key` is the budget's dotted place in the file (`journeys.checkout.steps.pay.duration`), `text` the expression that
    decided, as written, and `level` whether that was the `warn` or the `fail` one. `figure` and `limit` are in the base
    unit `unit`; both are None where nothing was observed. `interval` bounds the figure where its uncertainty was judged;
    `needed` is the number of samples that would settle an inconclusive one. `series` is None for a missing one.
    `pairs` is set where two deployments were compared: from how many pairs of samples; `ratio` is how many times as much it is now (the
    Hodges–Lehmann estimate; `interval` then bounds the ratio), `before` the median at the other one, which is called `reference`.
    `suspected` says that a limit beside a
    baseline is broken and that measuring again would tell whether it is so.
    """

    outcome: Outcome
    key: str
    text: str
    level: str
    reason: str
    source: str
    subject: str
    part: str
    metric: str
    statistic: str
    comparator: str
    unit: str
    series: Series | None = None
    figure: float | None = None
    limit: float | None = None
    count: int = 0
    interval: tuple[float, float] | None = None
    needed: int | None = None
    severity: str = ""
    owner: str = ""
    runbook: str = ""
    file: str = "thresholds.toml"
    line: int | None = None
    ratio: float | None = None
    pairs: int | None = None
    before: float | None = None
    reference: str = ""
    suspected: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its series; none where nothing was observed."""
        return self.series.label_map if self.series else {}


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """Return the worst outcome among verdicts; with none there is nothing to hold against the run: pass."""
    seen = {verdict.outcome for verdict in verdicts}
    return next((outcome for outcome in WORST_FIRST if outcome in seen), Outcome.PASS)


def exit_code(verdicts: Iterable[Verdict], *, strict: bool = False, allow_inconclusive: bool = False) -> int:
    """Return what a gate exits with: 1 for a failed or missing budget (or a warned one, if `strict`), 3 for one not judged, else 0."""
    seen = {verdict.outcome for verdict in verdicts}
    failing = {Outcome.FAIL, Outcome.MISSING} | ({Outcome.WARN} if strict else set())
    if seen & failing:
        return 1
    return 3 if Outcome.INCONCLUSIVE in seen and not allow_inconclusive else 0
