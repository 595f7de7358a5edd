"""How a verdict and a run are put into words, once, for every voice: pages, terminal, pull request, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from footfall.clock import to_text
from footfall.gate.verdict import GLYPHS, Outcome, Verdict
from footfall.metrics import Source, format_beside, format_quantity
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


def notes(view: ReportView) -> tuple[str, ...]:
    """Return what has to be told beside the verdicts: the gate's notes, what passed only on a retry, what could not be measured."""
    return (*view.notes, *flaky(view), *(f"{source}: {why}" for source, why in view.spoilt.items()))


def flaky(view: ReportView) -> tuple[str, ...]:
    """Say of each journey how many iterations passed only on a retry; nothing of those that needed none."""
    walked = (seen for seen in view.observations if (seen.series.source, seen.series.metric) == (Source.JOURNEY, "flaky"))
    told = ((seen, round(seen.figures.mean * seen.figures.count)) for seen in walked)
    return tuple(
        f"{seen.series.subject} ({labels(seen.series)}): {number} of {count(seen.figures.count, 'iteration')} passed only on a retry"
        for seen, number in told
        if number
    )


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
    if verdict.before and verdict.ratio:
        return f"{signed_percent(verdict.ratio - 1)} against {verdict.reference}"
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
    match view.state:
        case State.FAIL:
            return f"{_joined(_failures(view))}."
        case State.INCONCLUSIVE:
            unsure = _shares(view, "could not be decided", "could not be decided", Outcome.INCONCLUSIVE)
            return f"{_joined(unsure)}." if unsure else _unjudged(view, "The run ended before it could be judged.", "Nothing was measured.")
        case State.UNJUDGED:
            return _unjudged(view, "No budget applied to what this run measured.", "This run measured nothing.")
    return _passed(view)


def _failures(view: ReportView) -> list[str]:
    parts = _shares(view, "is broken", "are broken", *BROKEN)
    if view.broken_journeys:
        parts.append(f"{count(len(view.broken_journeys), 'journey')} failed")
    return parts or [f"{count(len(view.of(Outcome.WARN)), 'budget')} warned, which fails under --strict"]


def _shares(view: ReportView, is_so: str, are_so: str, *outcomes: Outcome) -> list[str]:
    """Say `1 of 7 budgets is broken` and `2 of 10 figures are worse than at staging`, where there are any."""
    compared = view.comparisons
    budgets = [verdict for verdict in view.verdicts if verdict.pairs is None]
    found = []
    number = sum(verdict.outcome in outcomes for verdict in budgets)
    if number:
        found.append(f"{number} of {count(len(budgets), 'budget')} {is_so if number == 1 else are_so}")
    number = sum(verdict.outcome in outcomes for verdict in compared)
    if number:
        verb = "is" if number == 1 else "are"
        how = f"{verb} worse than at" if Outcome.FAIL in outcomes else f"{is_so} beside"
        found.append(f"{number} of {count(len(compared), 'figure')} {how} {compared[0].reference}")
    return found


def _joined(parts: Sequence[str]) -> str:
    return " and ".join(parts)


def _unjudged(view: ReportView, seen: str, nothing: str) -> str:
    return seen if view.observations else nothing


def _passed(view: ReportView) -> str:
    compared = view.comparisons
    beside = f"Nothing is worse than at {compared[0].reference}." if compared else ""
    judged, warned = len(view.verdicts) - len(compared), len(view.of(Outcome.WARN))
    held = len(view.of(Outcome.PASS)) - sum(verdict.outcome is Outcome.PASS for verdict in compared)
    if warned:
        kept = f"No budget is broken; {warned} of {count(judged, 'budget')} {'is' if warned == 1 else 'are'} past the warning level."
    else:
        kept = "" if not held else "The budget held." if held == 1 else f"All {held:,} budgets held."
    return " ".join(part for part in (beside, kept) if part)


def where(verdict: Verdict) -> str:
    """The line of the file that a budget stands on: `thresholds.toml:18`; of a comparison the option that asked for it."""
    if not verdict.file:
        return "--against"
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
