"""How a verdict and a run are put into words, once, for every voice: pages, terminal, pull request, JUnit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from footfall.clock import to_text
from footfall.gate.verdict import GLYPHS, Outcome, Verdict
from footfall.metrics import format_beside, format_quantity
from footfall.report.view import ReportView, State
from footfall.samples import Series

BROKEN = (Outcome.FAIL, Outcome.MISSING)

STATE_GLYPHS = {
    State.PASS: GLYPHS[Outcome.PASS],
    State.WARN: GLYPHS[Outcome.WARN],
    State.FAIL: GLYPHS[Outcome.FAIL],
    State.INCONCLUSIVE: GLYPHS[Outcome.INCONCLUSIVE],
    State.UNJUDGED: GLYPHS[Outcome.MISSING],
}
STATE_WORDS = {
    State.PASS: "Passed",
    State.WARN: "Passed with warnings",
    State.FAIL: "Failed",
    State.INCONCLUSIVE: "Could not judge",
    State.UNJUDGED: "Nothing judged",
}
OUTCOME_WORDS = {
    Outcome.PASS: "pass",
    Outcome.WARN: "warn",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.MISSING: "missing",
    Outcome.LEARNING: "learning",
}
_COMPARATORS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">"}
_OPPOSITES = {"<=": ">", ">=": "<", "<": "≥", ">": "≤"}


def count(number: int, singular: str, plural: str = "") -> str:
    """Write `1 budget`, `2 budgets`, `1,200 budgets`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def place(verdict: Verdict) -> str:
    """Where a budget applies: `checkout › pay`, or `checkout`."""
    return f"{verdict.subject} › {verdict.part}" if verdict.part else verdict.subject


def series_place(series: Series) -> str:
    """Where a series was seen: `checkout › pay`, or `checkout`."""
    return f"{series.subject} › {series.part}" if series.part else series.subject


def labels(series: Series | None) -> str:
    """The labels' values of a series in words: `chromium · desktop`; empty where there are none."""
    return " · ".join(value for _, value in series.labels) if series else ""


def figure(verdict: Verdict) -> str:
    """The figure with as many digits as tell it from the limit; a dash where nothing was observed."""
    return beside(verdict)[0]


def limit(verdict: Verdict) -> str:
    """The limit with as many digits as tell it from the figure; a dash where there is none."""
    return beside(verdict)[1]


def beside(verdict: Verdict) -> tuple[str, str]:
    """The figure and the limit for people, each a dash where it is not known."""
    if verdict.figure is not None and verdict.limit is not None:
        return format_beside(verdict.figure, verdict.limit, verdict.unit)
    known = [format_quantity(value, verdict.unit) if value is not None else "–" for value in (verdict.figure, verdict.limit)]
    return known[0], known[1]


def comparison(verdict: Verdict) -> str:
    """What was found, as a comparison that is true: `3.42 s > 2.5 s`, `812 ms ≤ 2.5 s`; `nothing observed` where there is no figure."""
    if verdict.figure is None or verdict.limit is None:
        return "nothing observed" if verdict.figure is None else figure(verdict)
    shown, bound = beside(verdict)
    holds = {
        "<=": verdict.figure <= verdict.limit,
        ">=": verdict.figure >= verdict.limit,
        "<": verdict.figure < verdict.limit,
        ">": verdict.figure > verdict.limit,
    }.get(verdict.comparator, True)
    sign = (_COMPARATORS if holds else _OPPOSITES).get(verdict.comparator, verdict.comparator)
    return f"{shown} {sign} {bound}"


def excess(verdict: Verdict) -> str:
    """By how much a figure misses its limit: `0.92 s over the limit (+37 %)`; empty where it does not or nothing is known."""
    if verdict.figure is None or verdict.limit is None or verdict.outcome == Outcome.PASS:
        return ""
    gap = verdict.figure - verdict.limit
    if not gap or (gap > 0) == (verdict.comparator in {">", ">="}):
        return ""
    side = "over" if gap > 0 else "under"
    if verdict.unit == "ratio":  # a percentage of percentages would mislead
        return f"{format_quantity(abs(gap), 'ratio', digits=2).removesuffix(' %')} percentage points {side} the limit"
    share = signed_percent(gap / verdict.limit) if verdict.limit else ""
    return f"{format_quantity(abs(gap), verdict.unit, digits=2)} {side} the limit" + (f" ({share})" if share else "")


def signed_percent(share: float) -> str:
    """Write a change as `+37 %` or `−3 %`; empty where it rounds to nothing."""
    return f"{share:+.0%}".replace("%", " %").replace("-", "−") if abs(share) >= 0.005 else ""


def headline(view: ReportView) -> str:
    """The one sentence under the verdict's word."""
    broken = len(view.of(*BROKEN))
    judged = len(view.verdicts)
    if view.state == State.FAIL:
        parts = [f"{broken} of {count(judged, 'budget')} {'is' if broken == 1 else 'are'} broken"] if broken else []
        if view.broken_journeys:
            parts.append(f"{count(len(view.broken_journeys), 'journey')} failed")
        if not parts:
            parts = [f"{count(len(view.of(Outcome.WARN)), 'budget')} warned, which fails under --strict"]
        return " and ".join(parts) + "."
    if view.state == State.INCONCLUSIVE:
        unsure = len(view.of(Outcome.INCONCLUSIVE))
        if unsure:
            return f"{unsure} of {count(judged, 'budget')} could not be decided."
        return "The run ended before it could be judged." if view.observations else "Nothing was measured."
    if view.state == State.UNJUDGED:
        return "No budget applied to what this run measured." if view.observations else "This run measured nothing."
    warned = len(view.of(Outcome.WARN))
    if warned:
        return f"No budget is broken; {warned} of {count(judged, 'budget')} {'is' if warned == 1 else 'are'} past the warning level."
    held = len(view.of(Outcome.PASS))
    return "The budget held." if held == 1 else f"All {held:,} budgets held."


def reason_line(verdict: Verdict) -> str:
    """One line for a list of reasons: `checkout › pay: duration p75 is 3.42 s > 2.5 s`."""
    if verdict.figure is None:
        return f"{place(verdict)}: {verdict.metric} was not observed"
    return f"{place(verdict)}: {verdict.metric} {verdict.statistic} is {comparison(verdict)}"


def where(verdict: Verdict) -> str:
    """The line of the file that a budget stands on: `thresholds.toml:18`."""
    return verdict.file if verdict.line is None else f"{verdict.file}:{verdict.line}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(when: datetime) -> str:
    """`21 Nov 2026`."""
    year, month, number = to_text(when)[:10].split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


def day_of(seconds: float) -> str:
    """`21 Nov 2026`, of seconds since 1970."""
    return day(datetime.fromtimestamp(seconds, UTC))


def moment(when: datetime) -> str:
    """`21 Nov 2026, 05:00 UTC`."""
    return f"{day(when)}, {to_text(when)[11:16]} UTC"


def duration(took: timedelta | None) -> str:
    """`1 min 52 s`; a dash where it is not known."""
    if took is None:
        return "–"
    seconds = round(took.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def elapsed(when: datetime, start: datetime) -> str:
    """When something happened in a run: `+1:05`; its date where the clock jumped back."""
    seconds = int((when - start).total_seconds())
    return f"+{seconds // 60}:{seconds % 60:02d}" if 0 <= seconds < 86_400 else moment(when)
