"""Tell a verdict: write the reports, print the answer, hand CI what it reads, and return the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from footfall.cli.output import write_out
from footfall.cli.results import FORMS, from_project, write_results
from footfall.cli.workplace import Workplace
from footfall.gate.verdict import Outcome
from footfall.report.github import github
from footfall.report.json import json_report
from footfall.report.markdown import markdown
from footfall.report.text import text
from footfall.report.view import ReportView

STEP_SUMMARY_LIMIT = 1_000_000
"""GitHub refuses a step summary above 1 MiB."""


def tell(workplace: Workplace, view: ReportView, *, json: bool, more: Sequence[str] = (), forms: Sequence[str] = ()) -> int:
    """Write the reports, and those that `more` and `forms` name; print the verdict in words, or `verdicts.json` if `json`.

    Returns the exit code.
    """
    folder = write_results(workplace, view, more, forms)
    if json:
        write_out(json_report(view).decode())
    else:
        _print_words(view)
        files = [*(f"{name}.html" for name in ("index", *more)), *(FORMS[form] for form in forms)]
        pages = "".join(f"\n  report   {_shown(folder / name)}" for name in files)
        write_out(pages + "\n")
    _tell_github(view, from_project(workplace, workplace.root))
    return view.exit_code


def _print_words(view: ReportView) -> None:
    lines = text(view)
    if not sys.stdout.isatty():
        write_out("\n".join(lines) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415  # colour only where somebody sees it
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    for line in lines:
        console.print(Text(line, style=_style(line)), soft_wrap=True)


_STYLES = {"✓": "green", "!": "yellow", "✗": "red", "?": "magenta", "∅": "red"}


def _style(line: str) -> str:
    """Colour a line by the glyph that it begins with; the first line, which is the answer, is bold."""
    colour = _STYLES.get(line.strip()[:1], "")
    return f"bold {colour}".strip() if line and not line.startswith(" ") else colour


def _shown(path: Path) -> str:
    """Return a path as short as it is clear."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _tell_github(view: ReportView, folder: str) -> None:
    """In a GitHub workflow, print annotations and append the step summary."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    if view.of(Outcome.FAIL, Outcome.MISSING, Outcome.WARN, Outcome.INCONCLUSIVE) or view.broken_journeys:
        sys.stderr.write(github(view, folder).decode())
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("ab") as file:
            file.write(markdown(view, STEP_SUMMARY_LIMIT))
