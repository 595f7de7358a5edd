"""Keys as TOML spells them, so that what a message names can be pasted into the file."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def bare(name: str) -> str:
    """Write a name as a part of a key: quoted where it needs quotes."""
    return name if _BARE.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def dotted(path: Iterable[str | int]) -> str:
    """Write a path (`load.peak.requests."POST /api/orders".latency`); positions in lists, from 0, are shown from 1, in brackets."""
    text = ""
    for name in path:
        text += f"[{name + 1}]" if isinstance(name, int) else f".{bare(name)}" if text else bare(name)
    return text
