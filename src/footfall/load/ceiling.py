"""How much load a target may be sent: nobody loads somebody's site by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from footfall.config.address import address_of
from footfall.config.suite import Target
from footfall.errors import UsageError

_PORTS = {"http": 80, "https": 443}


def check_ceiling(target: Target | None, users: int | None) -> None:
    """Refuse load on a suite's target that does not allow it, or not that much. The embedded shop takes any. Raises UsageError."""
    if target is None or target.demo:
        return
    if target.allow_load is None:
        hint = f"if you may load it, set allow_load = {users or 50} (the most users) in [targets.{target.name}] of footfall.toml"
        raise UsageError(f"target {target.name!r} does not allow load", hint=hint)
    if users is not None and users > target.allow_load:
        hint = "run with --users, or raise allow_load in footfall.toml"
        raise UsageError(f"{users} users are more than target {target.name!r} allows ({target.allow_load})", hint=hint)


def _why_closed(target: Target, users: int | None) -> str:
    """Say why a crowd that was sent to another target may not be led to this one; empty where it may."""
    if target.production:
        return f"that is target {target.name!r}, which is production, and the load was meant for another"
    try:
        check_ceiling(target, users)
    except UsageError as error:
        return error.message
    return ""


def closed_places(others: Iterable[Target], users: int | None, environ: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """Return the places that the crowd must not be led to (`place_of`), each with the reason."""
    closed = {}
    for target in others:
        reason = _why_closed(target, users)
        with suppress(ValueError):
            if reason and (address := address_of(target, environ)):
                closed[place_of(address)] = reason
    return closed


def place_of(url: str) -> tuple[str, int]:
    """Return a URL's host and port, one port for a site's http and https: the one mostly leads to the other. Raises ValueError."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return (parts.hostname or "").rstrip("."), _PORTS["https"] if port == _PORTS.get(parts.scheme) else port
