"""Put other expressions into the text of `thresholds.toml` and leave everything else, comments too, as it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from footfall.gate.expression import Expression, ParseError, parse

Change = tuple[int, Expression, Expression, str]
"""The line on which a budget begins, its expression now, the one that shall stand there, and why."""

_QUOTED = re.compile(r'"([^"\\\n]*)"' r"|'([^'\n]*)'")


def rewritten(text: str, changes: Iterable[Change]) -> str:
    """Return the text with each expression replaced: the first one at or after the budget's line that says the same."""
    lines = text.split("\n")
    for line, now, then, _ in changes:
        for index in range(line - 1, len(lines)):
            fresh = _replaced(lines[index], now, then)
            if fresh is not None:
                lines[index] = fresh
                break
    return "\n".join(lines)


def _replaced(line: str, now: Expression, then: Expression) -> str | None:
    for match in _QUOTED.finditer(line):
        if _says(match[1] or match[2] or "", now):
            return f'{line[: match.start()]}"{then}"{line[match.end() :]}'
    return None


def _says(text: str, wanted: Expression) -> bool:
    try:
        return parse(text) == wanted
    except ParseError:
        return False


def diff(text: str, changes: Iterable[Change], file: str) -> str:
    """Return what `rewritten` changes as a unified diff, with the reason above each changed line."""
    changes = list(changes)
    fresh = rewritten(text, changes)
    reasons = {str(then): why for _, _, then, why in changes}
    told = []
    for line in difflib.unified_diff(text.split("\n"), fresh.split("\n"), file, f"{file} (proposed)", n=0, lineterm=""):
        if line.startswith("+") and not line.startswith("+++"):
            told += [f"# {why}" for then, why in reasons.items() if f'"{then}"' in line]
        told.append(line)
    return "\n".join(told)
