"""How grave an incident is: P0 (wake somebody) to P3 (file a ticket), and the three words that teams use instead."""

from __future__ import annotations

P0, P1, P2, P3 = "P0", "P1", "P2", "P3"
SEVERITIES = (P0, P1, P2, P3)
"""Gravest first, so that they compare by position."""

NAMES = {"critical": P0, "warning": P2, "info": P3, "P4": P3}
"""Other words for them where something says how grave it is; a budget may say P4, which is told like P3."""

_WORDS = {P0: "critical", P1: "critical", P2: "warning", P3: "info"}
"""How each is told, and what a route's word takes: P1, which is what says nothing of its severity, is critical too."""


def severity(text: str) -> str:
    """Read `P1`, `critical`, `warning` or `info`. Raises ValueError for anything else."""
    found = NAMES.get(text, text)
    if found not in SEVERITIES:
        raise ValueError(f"{text!r} is no severity; known: {', '.join((*SEVERITIES, 'critical', 'warning', 'info'))}")
    return found


def word(level: str) -> str:
    """Return the word for a severity: critical, warning or info."""
    return _WORDS[level]


def gravest(levels: tuple[str, ...]) -> str:
    """Return the gravest of several severities."""
    return min(levels, key=SEVERITIES.index)
