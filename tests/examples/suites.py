"""The five examples as files: where they are, and how their READMEs and tests name a line (`thresholds.toml:journeys."*".lcp.fail`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("mariia-hub", "distri-night", "event-pros-nz", "driplo", "wedsync")
REFERENCE = re.compile(r"`([\w./-]+\.(?:toml|py|md|html)):([^`]+)`")
ALERTS = frozenset({"Alerts", "P0", "P1", "P2", "Critical", "Warning", "Info", "Thresholds", "Budgets"})
"""The words under which the READMEs list of what somebody is to be told."""
_ROW = re.compile(r"^\| (?:\*\*(?P<heading>[^*]+)\*\*)?(?P<statement>[^|]*) \| (?P<lines>.*) \|$", re.MULTILINE)
_COMMAND = re.compile(r"`(footfall [^`]+)`|^(footfall [^#\n]+)", re.MULTILINE)
_PART = re.compile(r'"([^"]*)"|([^."]+)')


def references(name: str) -> list[tuple[str, str]]:
    """Return all (file, key) that an example's README names."""
    return REFERENCE.findall((EXAMPLES / name / "README.md").read_text())


def alerts(name: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each statement with a figure that a README puts under alerts, and the (file, key) to which it leads."""
    heading = ""
    for row in _ROW.finditer((EXAMPLES / name / "README.md").read_text()):
        heading = row["heading"] or heading
        if heading in ALERTS and re.search(r"\d", row["statement"]):
            yield row["statement"], REFERENCE.findall(row["lines"])


def at(name: str, file: str, key: str) -> Any:
    """Return what stands at a dotted key of a TOML file; a number is a place in a list. Raises LookupError."""
    value: Any = _document(name, file)
    for quoted, bare in _PART.findall(key):
        value = value[int(bare)] if isinstance(value, list) else value[quoted or bare]
    return value


def commands(name: str) -> list[str]:
    """Return every `footfall …` that an example's pages tell somebody to type."""
    text = "\n".join(path.read_text() for path in sorted((EXAMPLES / name).glob("*.md")))
    return [(inline or line).strip() for inline, line in _COMMAND.findall(text)]


@cache
def _document(name: str, file: str) -> dict[str, Any]:
    return tomllib.loads((EXAMPLES / name / file).read_text())


def stands(name: str, file: str, key: str) -> bool:
    """Whether a reference leads somewhere: a key of a TOML file, or a text that stands in any other."""
    path = EXAMPLES / name / file
    if not path.is_file():
        return False
    if path.suffix != ".toml":
        return key in path.read_text()
    try:
        at(name, file, key)
    except (LookupError, TypeError, ValueError):
        return False
    return True
