"""Failed requests grouped by kind, with the first examples kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

EXAMPLES = 3
"""How many failures of one kind are told in full."""
_MOST_KINDS = 100
_LONGEST = 300
_CHANGING = re.compile(r"0x[0-9a-fA-F]+|\d+")


@dataclass
class Group:
    """Failures of one kind in one place."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


class Mistakes:
    """Counts failures by request name and kind; past a hundred kinds further ones count as `other`, so that memory is bounded."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def note(self, part: str, kind: str, example: Mapping[str, Any]) -> bool:
        """Count a failure; True when it is one of the first of its kind, and was kept."""
        group = self._group(part, kind)
        group.count += 1
        if len(group.examples) >= EXAMPLES:
            return False
        group.examples.append(dict(example))
        return True

    def _group(self, part: str, kind: str) -> Group:
        key = (part, kind) if (part, kind) in self._groups or len(self._groups) < _MOST_KINDS else ("", "other")
        return self._groups.setdefault(key, Group())

    def add(self, other: Mistakes) -> list[tuple[str, str, dict[str, Any]]]:
        """Add all that `other` counted; returns the examples (name, kind, example) that are among the first here too."""
        fresh = []
        for (part, kind), told in other._groups.items():
            group = self._group(part, kind)
            group.count += told.count
            for example in told.examples[: EXAMPLES - len(group.examples)]:
                group.examples.append(example)
                fresh.append((part, kind, example))
        return fresh

    def rows(self) -> list[dict[str, Any]]:
        """Return what was counted, the most frequent first: `part`, `error`, `count`."""
        ordered = sorted(self._groups.items(), key=lambda item: -item[1].count)
        return [{"part": part, "error": kind, "count": group.count} for (part, kind), group in ordered]

    def to_wire(self) -> list[Any]:
        """Return plain values that `from_wire` reads."""
        return [[part, kind, group.count, group.examples] for (part, kind), group in self._groups.items()]

    @classmethod
    def from_wire(cls, plain: list[Any]) -> Self:
        """Read what `to_wire` wrote."""
        mistakes = cls()
        mistakes._groups = {(part, kind): Group(count, examples) for part, kind, count, examples in plain}
        return mistakes


def kind_of(error: BaseException | str, status: int) -> str:
    """Name the kind of a failure: the client's own word for it, else the status, else the error with its numbers left out."""
    own = getattr(error, "kind", None)
    if isinstance(own, str):
        return own
    if status >= 400:
        return f"status {status}"
    text = str(error).partition("\n")[0][:120]
    name = "" if isinstance(error, str) else type(error).__name__
    return _CHANGING.sub("#", ": ".join(filter(None, (name, text))))


def excerpt(text: str) -> str:
    """Return a text short enough for an example."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
