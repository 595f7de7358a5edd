"""GitHub Actions annotations: workflow commands on stdout, escaped, and never more than GitHub shows.

GitHub shows ten annotations of a kind per step and drops the rest in silence, so what would not fit is told in the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from footfall.gate.verdict import Outcome, Verdict
from footfall.report.view import BrokenJourney, ReportView
from footfall.report.words import BROKEN, comparison, count, place

MOST = 10
"""Annotations of one kind that GitHub shows per step."""


def github(view: ReportView, folder: str = "") -> bytes:
    """Return one workflow command per line: `::error …` for what is broken, `::warning …` for what warned or could not be decided.

    `folder` is the suite's as seen from the repository's: an annotation of a file that is not there is shown nowhere.
    """
    broken_budgets = (_verdict("error", verdict, folder) for verdict in view.of(*BROKEN))
    errors = [*(_journey(broken) for broken in view.broken_journeys), *broken_budgets]
    unsure = view.of(Outcome.INCONCLUSIVE, Outcome.WARN)
    lines = [
        *_aggregated("error", errors, "broken"),
        *_aggregated("warning", [_verdict("warning", verdict, folder) for verdict in unsure], "to look at"),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _aggregated(kind: str, commands: Sequence[str], what: str) -> Iterable[str]:
    if len(commands) <= MOST:
        return commands
    rest = len(commands) - (MOST - 1)
    return [*commands[: MOST - 1], _command(kind, f"and {rest:,} more {what}", "The report lists them all.")]


def _verdict(kind: str, verdict: Verdict, folder: str) -> str:
    file = str(PurePosixPath(folder, verdict.file)) if verdict.file else ""
    message = f"{verdict.text}: {comparison(verdict)}\n{verdict.reason}"
    return _command(kind, f"{place(verdict)}: {verdict.metric} ({verdict.outcome.value})", message, file, verdict.line)


def _journey(broken: BrokenJourney) -> str:
    text = f"{broken.failed} of {count(broken.iterations, 'iteration')} failed"
    return _command("error", f"{broken.series.subject}: journey failed", "\n".join((text, *broken.reasons[:3])))


def _command(kind: str, title: str, message: str, file: str = "", line: int | None = None) -> str:
    properties = {"file": file, "line": str(line) if line else "", "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{kind} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
