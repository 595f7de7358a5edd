"""Put other expressions into the text of `thresholds.toml` and leave everything else, comments too, as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from footfall.gate.expression import Expression, ParseError, parse

Change = tuple[int, Expression, Expression, str]
"""The line on which a budget begins, its expression now, the one that shall stand there, and why."""

_QUOTED = re.compile(r'"([^"\\\n]*)"' r"|'([^'\n]*)'")


def rewritten(text: str, changes: Iterable[Change]) -> str:
    """Return the text with each expression replaced: the first one at or after the budget's line that says the same."""
    return "\n".join(_rewritten(text, changes)[0])


def _rewritten(text: str, changes: Iterable[Change]) -> tuple[list[str], dict[int, list[str]]]:
    """Return the lines, and by number (from 1) why each changed line did."""
    lines = text.split("\n")
    reasons: dict[int, list[str]] = {}
    for line, now, then, why in changes:
        for index in range(line - 1, len(lines)):
            fresh = _replaced(lines[index], now, then)
            if fresh is not None:
                lines[index] = fresh
                reasons.setdefault(index + 1, []).append(why)
                break
    return lines, reasons


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
    """Return what `rewritten` changes as a unified diff, a hunk for each changed line.

    The reason stands behind the hunk's numbers: there `patch` and `git apply --unidiff-zero` pass over it.
    """
    fresh, reasons = _rewritten(text, changes)
    told = [f"--- {file}", f"+++ {file}\t(proposed)"]
    for number, before in enumerate(text.split("\n"), 1):
        if number in reasons:
            told += [f"@@ -{number} +{number} @@ {'; '.join(reasons[number])}", f"-{before}", f"+{fresh[number - 1]}"]
    return "\n".join(told) if reasons else ""
