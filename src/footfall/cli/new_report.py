"""`footfall new report`: a report of one's own, or one of footfall's to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from footfall.errors import UsageError, did_you_mean

_OWN = re.compile(r"[a-z][a-z0-9_-]*")
_DRAFT = """{# `footfall report NAME` draws this page of a stored run; `footfall docs reports` lists every name that a template has. #}
{% extends "_page.html" %}
{% block title %}TITLE{% endblock %}
{% block main %}
<h1 class="page">{{ glyph }} {{ word }}</h1>
<p class="lead">{{ headline }}</p>
<ul>
  {% for verdict in view.of("fail", "missing", "warn") %}<li>{{ verdict.key }}: {{ words.comparison(verdict) }}</li>{% endfor %}
</ul>
{% endblock %}
"""


def report(
    name: Annotated[
        str, typer.Argument(help="A new name, or one of footfall's to change: `executive`, `_style.css` (the look), `_notice.txt`, …")
    ],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a template of that name.")] = False,
) -> int:
    """Draft a report of your own in reports/, or copy one of footfall's there, to change it.

    What stands in reports/ comes before what footfall ships, and no longer keeps up with it.
    """
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_suite  # noqa: PLC0415

    suite = open_suite()
    shipped = shipped_templates()
    file = next((each for each in (name, f"{name}.html") if each in shipped), f"{name}.html")
    if file not in shipped and not _OWN.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a report", hint=did_you_mean(name, sorted(shipped)))
    path = suite.root / "reports" / file
    if path.exists() and not force:
        raise UsageError(f"reports/{file} is there already", hint="choose another name, or overwrite it with --force")
    text = shipped[file].read_text("utf-8") if file in shipped else _draft(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    say(f"reports/{file}: {'a copy of what footfall ships, which comes before it now' if file in shipped else 'a report of your own'}")
    if file.endswith(".html") and not file.startswith("_"):
        say(f"  next: `footfall report {path.stem}` draws it")
    return 0


def shipped_templates() -> dict[str, Path]:
    """Return footfall's own templates and parts by their file names."""
    from footfall.starter import starter  # noqa: PLC0415

    return {path.name: path for path in (starter() / "reports").iterdir() if path.is_file() and path.suffix != ".md"}


def _draft(name: str) -> str:
    title = re.sub(r"[_-]+", " ", name).capitalize()
    return _DRAFT.replace("NAME", name).replace("TITLE", title)
