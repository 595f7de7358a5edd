"""The verdict as plain lines for a terminal or a log: the answer first, then the reasons. Colour is the command line's business."""

from __future__ import annotations

from collections.abc import Iterable

from footfall.gate.verdict import GLYPHS, Outcome, Verdict
from footfall.report.beside import beside, left_open, pairs_of
from footfall.report.view import BrokenJourney, ReportView
from footfall.report.words import BROKEN, OUTCOME_WORDS, STATE_GLYPHS, STATE_WORDS, comparison, count, headline, notes, place, where

MOST = 20
"""Verdicts of one outcome that are told in full; the rest is counted."""


def text(view: ReportView) -> tuple[str, ...]:
    """Return the lines, without newlines: verdict, failed journeys, broken budgets, undecided ones, warnings, notes, a tally."""
    lines = [f"{STATE_GLYPHS[view.state]} {STATE_WORDS[view.state]}: {headline(view)}"]
    for broken in view.broken_journeys:
        lines += _journey(broken)
    lines += _beside(view)
    for outcomes in (BROKEN, (Outcome.INCONCLUSIVE,), (Outcome.WARN,)):
        found = [verdict for verdict in view.of(*outcomes) if verdict.before is None]
        for verdict in found[:MOST]:
            lines += _verdict(verdict)
        if len(found) > MOST:
            lines += ["", f"  and {len(found) - MOST:,} more like these"]
    lines += [f"  note: {note}" for note in notes(view)]
    if view.verdicts:
        lines += ["", "  " + tally(view)]
    return tuple(lines)


def tally(view: ReportView) -> str:
    """Return `✗ 1 fail · ✓ 41 pass`: the outcomes that occurred, worst first."""
    return " · ".join(f"{GLYPHS[outcome]} {number:,} {OUTCOME_WORDS[outcome]}" for outcome, number in view.counts.items() if number)


def _journey(broken: BrokenJourney) -> Iterable[str]:
    yield ""
    yield f"  {GLYPHS[Outcome.FAIL]} {broken.series.subject}: {broken.failed} of {count(broken.iterations, 'iteration')} failed"
    yield from (f"      {reason}" for reason in broken.reasons[:3])


def _beside(view: ReportView) -> Iterable[str]:
    """A comparison as a table: glyph, place and metric, both medians, the change and its bounds."""
    rows = beside(view)
    if not rows:
        return
    yield ""
    yield f"  beside {rows[0].verdict.reference}, measured in turn ({pairs_of(view)})"
    names = [f"{row.place} · {row.metric}" for row in rows]
    spans = [f"{row.before} → {row.after}" for row in rows]
    name_width, span_width, change_width = (max(map(len, texts)) for texts in (names, spans, [row.change for row in rows]))
    for row, name, span in zip(rows[: 2 * MOST], names, spans, strict=False):
        glyph = GLYPHS[row.verdict.outcome]
        yield f"  {glyph} {name:<{name_width}}  {span:>{span_width}}  {row.change:>{change_width}}  ({row.bounds})"
    if len(rows) > 2 * MOST:
        yield f"    and {len(rows) - 2 * MOST:,} more, in the report"
    if left := left_open(view):
        yield f"    {left}"


def _verdict(verdict: Verdict) -> Iterable[str]:
    tags = " · ".join(tag for tag in (verdict.severity, verdict.owner) if tag)
    yield ""
    yield f"  {GLYPHS[verdict.outcome]} {place(verdict)} · {verdict.metric}" + (f"  ({tags})" if tags else "")
    yield f"      budget   {verdict.text}  ({where(verdict)})"
    yield f"      measured {comparison(verdict)}  ({count(verdict.count, 'sample')})"
    if verdict.reason:
        yield f"      why      {verdict.reason}"
    if verdict.runbook:
        yield f"      runbook  {verdict.runbook}"
