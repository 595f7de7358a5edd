"""`summary.md`: the verdict for a pull request or a CI's step summary, within their limits and safe to paste.

GitHub refuses a comment over 65,536 characters and a step summary over 1 MiB; rows that would not fit are counted instead of cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from footfall.gate.verdict import GLYPHS, Outcome, Verdict
from footfall.report.beside import Beside, beside
from footfall.report.places import place_tables
from footfall.report.text import tally
from footfall.report.view import ReportView
from footfall.report.words import (
    BROKEN,
    OUTCOME_WORDS,
    STATE_GLYPHS,
    STATE_WORDS,
    comparison,
    count,
    duration,
    headline,
    labels,
    moment,
    notes,
    place,
    where,
)

COMMENT_LIMIT = 60_000
"""Bytes that leave room for whatever a CI adds around the summary in a pull request's comment."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~$^&])")
_BESIDE = "| | where | there | here | change |\n|---|---|---|---|---|"
_PLACES = "| what | location | checks | good | mean |\n|---|---|---|---|---|"
_HEADER = "| | where | budget | measured | why |\n|---|---|---|---|---|"


def markdown(view: ReportView, limit: int = COMMENT_LIMIT) -> bytes:
    """Return `summary.md`, UTF-8, at most `limit` bytes (1,000 at least)."""
    head = [
        f"## {STATE_GLYPHS[view.state]} {STATE_WORDS[view.state]}: {escaped(headline(view))}",
        " · ".join(_facts(view)),
    ]
    foot = [tally(view)] if view.verdicts else []
    room = max(limit, 1000) - _size([*head, *foot]) - 200
    body: list[str] = []
    for block in _blocks(view, room):
        body += block
    return ("\n\n".join([*head, *body, *foot]) + "\n").encode()


def escaped(text: str) -> str:
    """Return `text` so that Markdown, HTML and mentions in it stay text."""
    return _SPECIAL.sub(r"\\\1", text).replace("@", "@\u200b")


def code(text: str) -> str:
    """Return `text` as a code span that neither backticks nor a table's bars can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if "`" in text else ""
    return f"{fence}{edge}{text}{edge}{fence}".replace("|", "\\|") if text else ""


def _facts(view: ReportView) -> Iterable[str]:
    yield f"target {code(view.run.target)}"
    if view.run.commit:
        yield f"commit {code(view.run.commit[:12])}"
    if view.run.branch:
        yield f"branch {code(view.run.branch)}"
    yield moment(view.run.started)
    if view.took:
        yield f"took {duration(view.took)}"
    yield f"run {code(view.run.id)}"


def _blocks(view: ReportView, room: int) -> Iterable[list[str]]:
    """Give the lists that follow the head, each within what room the ones before it left."""
    journeys = [f"- {GLYPHS[Outcome.FAIL]} **{escaped(b.series.subject)}**: {b.failed} of {count(b.iterations, 'iteration')} failed"
                + "".join(f" · {escaped(reason[:300])}" for reason in b.reasons[:2]) for b in view.broken_journeys]  # fmt: skip
    sections = (
        ("Failed journeys", "", journeys),
        ("Broken", _HEADER, [_row(verdict) for verdict in view.of(*BROKEN) if verdict.before is None]),
        (_beside_title(view), _BESIDE, [_beside_row(row) for row in beside(view)]),
        ("Not decided", _HEADER, [_row(verdict) for verdict in view.of(Outcome.INCONCLUSIVE) if verdict.before is None]),
        ("Warnings", _HEADER, [_row(verdict) for verdict in view.of(Outcome.WARN)]),
        ("By location", _PLACES, list(_place_rows(view))),
        ("Notes", "", [f"> {escaped(note)}" for note in notes(view)]),
    )
    for title, header, rows in sections:
        if rows:
            block = _fitting(title, header, rows, room)
            room -= _size(block)
            yield block


def _place_rows(view: ReportView) -> Iterable[str]:
    for table in place_tables(view.placed):
        for row in table.rows:
            cells = (
                f"**{escaped(table.subject)}**",
                escaped(row.location),
                f"{row.checks:,}",
                row.good,
                f"{row.mean}<br>longest {row.longest}",
            )
            yield "| " + " | ".join(cells) + " |"


def _beside_title(view: ReportView) -> str:
    return f"Beside {escaped(view.comparisons[0].reference)}" if view.comparisons else ""


def _beside_row(row: Beside) -> str:
    outcome = row.verdict.outcome
    where = f"**{escaped(row.place)}** {escaped(row.metric)}"
    cells = (f"{GLYPHS[outcome]} {OUTCOME_WORDS[outcome]}", where, row.before, f"**{row.after}**", f"{row.change}<br>{row.bounds}")
    return "| " + " | ".join(cells) + " |"


def _fitting(title: str, header: str, rows: Sequence[str], room: int) -> list[str]:
    used = _size([title, header]) + 64
    kept: list[str] = []
    for row in rows:
        used += _size([row])
        if used > room:
            break
        kept.append(row)
    left_out = [f"*… and {len(rows) - len(kept):,} more; the report lists them all.*"] if len(kept) < len(rows) else []
    table = ["\n".join([*([header] if header else []), *kept])] if kept else []
    return [f"### {title}", *table, *left_out]


def _row(verdict: Verdict) -> str:
    tags = ", ".join(tag for tag in (labels(verdict.series), verdict.severity, verdict.owner) if tag)
    cells = (
        f"{GLYPHS[verdict.outcome]} {OUTCOME_WORDS[verdict.outcome]}",
        f"**{escaped(place(verdict))}** {escaped(verdict.metric)}" + (f"<br>{escaped(tags)}" if tags else ""),
        f"{code(verdict.text)}<br>{escaped(where(verdict))}",
        f"**{escaped(comparison(verdict))}**<br>{count(verdict.count, 'sample')}",
        escaped(verdict.reason),
    )
    return "| " + " | ".join(cells) + " |"


def _size(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) + 2 for text in texts)
