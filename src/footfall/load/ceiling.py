"""How much load a target may be sent: nobody loads somebody's site by mistake."""

from __future__ import annotations

from footfall.config.suite import Target
from footfall.errors import UsageError


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
