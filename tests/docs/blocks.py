"""The code blocks of the documentation, and the suite in which its commands are run.

How a page is written, so that tests can read it:

- every block names its language; `text` is what nothing reads.
- `console` holds commands after `$ ` and what they print: figures may differ, `…` stands for anything. `sh` is one script.
- A command that may fail is followed by `$ echo $?`, and what that prints.
- `<!-- not run: why -->` above a block keeps its commands from being run, `<!-- slow -->` sends them to the second tier (`make test-all`).
  Their names and options are checked all the same.
- A first line `# journeys/test_a.py` or `# footfall.toml` makes a block that file of the suite; TOML is added to what is there.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
RUN_IN_ORDER = (
    "docs/tutorial.md",
    "docs/how-to/write-a-journey.md",
    "docs/how-to/log-in-once.md",
    "docs/how-to/closed-sites.md",
    "docs/how-to/test-data.md",
    "docs/how-to/budgets.md",
    "docs/how-to/load.md",
    "docs/how-to/secrets.md",
    "docs/how-to/watch-production.md",
    "docs/how-to/alerts.md",
    "docs/how-to/status-page.md",
    "docs/how-to/own-reports.md",
    "docs/how-to/compare-in-ci.md",
    "docs/runbook.md",
)
"""Pages whose commands are run one after the other in one suite: each may build on those before it."""
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^\n`]*)$")
_REMARK = re.compile(r"^ *<!-- (not run|slow)(?:: (.*?))? -->$")
_PLACE = re.compile(r"^(?:# |\{# )([\w./-]+\.(?:py|toml|csv|html))(?: #\})?\n")


@dataclass(frozen=True)
class Block:
    """One fenced block. `not_run` is the reason why its commands are not run here, `slow` sends them to the second tier."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None
    slow: bool = False

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def place(self) -> str:
        """The file of a suite that the block is, named by its first line."""
        found = _PLACE.match(self.text)
        return found[1] if found else ""

    def commands(self) -> list[tuple[str, list[str]]]:
        """Return the commands with the lines of output that are shown after each; all of a `sh` block is one command."""
        if self.language == "sh":
            return [(self.text, [])]
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found and found[-1][0].endswith("\\"):
                found[-1] = (f"{found[-1][0][:-1]} {line.strip()}", [])
            else:
                found[-1][1].append(line)
        return found


def pages() -> list[Path]:
    """Return README and every page of docs."""
    return [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    lines = path.read_text("utf-8").split("\n")
    opened: tuple[int, str, int] | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if not fence:
            continue
        if opened is None:
            opened = number, fence["language"].strip(), len(fence["indent"])
            continue
        start, language, indent = opened
        text = "".join(f"{inner[indent:]}\n" for inner in lines[start + 1 : number])
        remark = _REMARK.match(lines[start - 1]) if start else None
        kind, reason = (remark[1], remark[2] or "") if remark else ("", "")
        name = str(path.relative_to(REPOSITORY))
        yield Block(name, start + 1, language, text, reason if kind == "not run" else None, kind == "slow")
        opened = None
    assert opened is None, f"{path}: a block has no end"


def all_blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages, of these languages only where some are named."""
    return [block for path in pages() for block in blocks(path) if not languages or block.language in languages]


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return two TOML documents put together; where both say something the second counts."""
    found = dict(one)
    for key, value in other.items():
        found[key] = merged(found[key], value) if isinstance(value, dict) and isinstance(found.get(key), dict) else value
    return found


def toml_text(document: Mapping[str, Any]) -> str:
    """Write a document as TOML."""
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in document.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | int | float) else str(value.isoformat())


def lay_down(root: Path, block: Block) -> None:
    """Put the file that a block is into a suite; TOML is added to what the file says already."""
    path = root / block.place
    path.parent.mkdir(parents=True, exist_ok=True)
    if block.language == "toml" and path.exists():
        path.write_text(toml_text(merged(tomllib.loads(path.read_text()), tomllib.loads(block.text))))
    else:
        path.write_text(block.text)
