"""`footfall docs`: the documentation, offline, wherever footfall is installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from footfall.cli.output import say
from footfall.errors import UsageError, did_you_mean

_REMARK = re.compile(r"^<!--.*?-->\n+", re.MULTILINE)
_HEADING = re.compile(r"(#{1,6}) +(.+?) *#*")


def docs(
    page: Annotated[str, typer.Argument(help="A page, or one of its sections: `budgets#verdicts`.", show_default=False)] = "",
    path: Annotated[bool, typer.Option("--path", help="Print where the page's file is instead.")] = False,
) -> int:
    """Print a page of the documentation, or one section of it; without a name list the pages."""
    root = folder()
    if not page:
        for name in pages(root):
            say(f"{name:<32} {title((root / f'{name}.md').read_text('utf-8'))}")
        return 0
    name, _, anchor = page.removeprefix("docs/").partition("#")
    name = name.removesuffix(".md")
    if name not in pages(root):
        raise UsageError(f"no page is called {name!r}", hint=did_you_mean(name, pages(root)))
    file = root / f"{name}.md"
    if path:
        say(str(file))
    else:
        _show(section(_REMARK.sub("", file.read_text("utf-8")), anchor, name))
    return 0


def _show(text: str) -> None:
    """Print a text as it is, or set where somebody reads it."""
    if not sys.stdout.isatty():
        say(text)
        return
    from rich.console import Console  # noqa: PLC0415  # only where somebody sees it
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(text, hyperlinks=False))


def folder() -> Path:
    """Return where the pages are: the wheel carries them as `footfall/docs`, a checkout has them in `docs`."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "docs"
    return shipped if shipped.is_dir() else package.parents[1] / "docs"


def pages(root: Path) -> list[str]:
    """Return the names of all pages, `how-to/secrets` for the file `how-to/secrets.md`."""
    return sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.md"))


def title(text: str) -> str:
    """Return the first heading of a page."""
    return next((heading for _, heading, _ in headings(text)), "")


def headings(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield each heading's level, words and line (from 0); what stands in code blocks is none."""
    fence = ""
    for number, line in enumerate(text.split("\n")):
        mark = line.lstrip()[:3]
        if mark in {"```", "~~~"} and fence in {"", mark}:
            fence = "" if fence else mark
        elif not fence and (found := _HEADING.fullmatch(line)):
            yield len(found[1]), found[2], number


def slug(heading: str) -> str:
    """Return the anchor of a heading, as both MkDocs and code hosts make it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower())


def section(text: str, anchor: str, page: str) -> str:
    """Return the section of that anchor up to the next heading of its level, or the whole page without one. Raises UsageError."""
    if not anchor:
        return text.rstrip("\n")
    found = list(headings(text))
    at = next((index for index, (_, words, _) in enumerate(found) if slug(words) == anchor), None)
    if at is None:
        raise UsageError(f"the page {page} has no section {anchor!r}", hint=did_you_mean(anchor, [slug(words) for _, words, _ in found]))
    level, _, first = found[at]
    last = next((line for depth, _, line in found[at + 1 :] if depth <= level), None)
    return "\n".join(text.split("\n")[first:last]).rstrip("\n")
