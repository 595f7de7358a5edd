"""Write a run's reports to `out/<run>/` and `out/latest/`: renderers make bytes, this decides where they go."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from footfall.cli.workplace import Workplace
from footfall.errors import UsageError, did_you_mean
from footfall.report.view import ReportView
from footfall.starter import starter

LATEST = "latest"
FORMS = {"csv": "summaries.csv", "openmetrics": "metrics.txt", "codequality": "gl-code-quality-report.json"}
"""Forms that are written when they are asked for, and their files."""


def check_forms(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted forms once each. Raises UsageError with the nearest name for an unknown one."""
    for form in wanted:
        if form not in FORMS:
            raise UsageError(f"no form is called {form!r}", hint=did_you_mean(form, FORMS))
    return tuple(dict.fromkeys(wanted))


def write_results(workplace: Workplace, view: ReportView, more: Sequence[str] = (), forms: Sequence[str] = ()) -> Path:
    """Write `index.html`, `verdicts.json`, `junit.xml` and `summary.md`, and make `out/latest` the same. Returns the run's folder.

    `more` names further reports (`executive`, `trends`), each a page of its own beside them, `forms` further files (`FORMS`). Raises
    UsageError for a report that does not exist, and when the folder cannot be written.
    """
    folder = workplace.results(view.run.id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in {**_rendered(workplace, view, more), **_formed(workplace, view, forms)}.items():
            _replace(folder / name, content)
        if folder.name >= _newest(folder.parent):
            _make_latest(folder)
    except OSError as error:
        raise _unwritable(error, folder) from error
    return folder


def write_page(workplace: Workplace, view: ReportView, template: str, name: str, values: Mapping[str, Any]) -> str:
    """Write a page beside a run's reports, from a template and what it needs besides the view; return its path from the suite's folder."""
    from footfall.report.html import context  # noqa: PLC0415
    from footfall.report.templates import TemplateSource  # noqa: PLC0415

    folder = workplace.results(view.run.id)
    content = TemplateSource(workplace.root / "reports", starter() / "reports").render(template, {**context(view), **values})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / name, content.encode())
    except OSError as error:
        raise _unwritable(error, folder) from error
    return str((folder / name).relative_to(workplace.root))


def _unwritable(error: OSError, folder: Path) -> UsageError:
    return UsageError(f"{error.filename or folder} cannot be written: {error.strerror}", hint="make `out` writable, with room")


def _rendered(workplace: Workplace, view: ReportView, more: Sequence[str]) -> dict[str, bytes]:
    from footfall.report.html import html  # noqa: PLC0415  # Jinja2 only when there is something to write
    from footfall.report.json import json_report  # noqa: PLC0415
    from footfall.report.junit import junit  # noqa: PLC0415
    from footfall.report.markdown import markdown  # noqa: PLC0415
    from footfall.report.templates import TemplateSource  # noqa: PLC0415

    templates = TemplateSource(workplace.root / "reports", starter() / "reports")
    for name in more:
        if name not in templates.names():
            raise UsageError(f"no report is called {name!r}", hint=did_you_mean(name, templates.names()))
    return {
        **{f"{name}.html": html(view, templates, name) for name in ("index", *more)},
        "verdicts.json": json_report(view),
        "junit.xml": junit(view, folder=_seen_from_ci(workplace, view.run.id)),
        "summary.md": markdown(view),
    }


def _seen_from_ci(workplace: Workplace, run: str) -> str:
    """Return the folder as attachments name it: Jenkins' plugin wants it absolute, GitLab relative to the project's folder."""
    folder = workplace.results(run)
    return str(folder.resolve()) if "JENKINS_URL" in os.environ else from_project(workplace, folder)


def from_project(workplace: Workplace, path: Path) -> str:
    """Return a path as seen from the folder of GitLab's project or GitHub's repository, or from the suite's where none is around it."""
    project = os.environ.get("CI_PROJECT_DIR") or os.environ.get("GITHUB_WORKSPACE")
    if project and path.resolve().is_relative_to(project):
        return str(path.resolve().relative_to(project))
    return str(path.relative_to(workplace.root))


def _code_quality(workplace: Workplace, view: ReportView) -> bytes:
    from footfall.config.scripts import scan  # noqa: PLC0415
    from footfall.report.codequality import code_quality  # noqa: PLC0415

    scripts = {name: place.partition("::")[0] for name, place in scan(workplace.root).places.items()}
    return code_quality(view, scripts, from_project(workplace, workplace.root))


def _formed(workplace: Workplace, view: ReportView, forms: Sequence[str]) -> dict[str, bytes]:
    from footfall.report.csv import csv_report  # noqa: PLC0415
    from footfall.report.openmetrics import openmetrics  # noqa: PLC0415

    renderers: Mapping[str, Callable[[ReportView], bytes]] = {
        "csv": csv_report,
        "openmetrics": openmetrics,
        "codequality": partial(_code_quality, workplace),
    }
    return {FORMS[form]: renderers[form](view) for form in forms}


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _newest(results: Path) -> str:
    """Return the newest run that has results; ids sort by time."""
    return max((path.parent.name for path in results.glob("*/verdicts.json") if path.parent.name != LATEST), default="")


def _make_latest(folder: Path) -> None:
    """Make `latest` a copy of `folder`, by hard links: CI systems lose symbolic ones."""
    latest = folder.with_name(LATEST)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".latest-") as place:
        fresh = Path(place) / "fresh"
        shutil.copytree(folder, fresh, copy_function=_link)
        if latest.exists():
            latest.rename(Path(place) / "old")
        fresh.rename(latest)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
