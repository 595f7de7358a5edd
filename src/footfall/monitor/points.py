"""Named points on the way from a result to a told person. The tests kill the process at each of them; otherwise nothing happens."""

from __future__ import annotations

from collections.abc import Callable

NAMES = ("results-kept", "judged", "judgement-kept", "leased", "sending", "sent", "marked")
"""In the order in which one message passes them."""

_hooks: list[Callable[[str], None]] = []


def reached(name: str) -> None:
    """Say that a point was reached."""
    for hook in _hooks:
        hook(name)


def listen(hook: Callable[[str], None]) -> None:
    """Call `hook` with the name of every point that is reached from now on."""
    _hooks.append(hook)
