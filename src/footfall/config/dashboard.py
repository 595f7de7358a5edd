"""`[watch.dashboard]` of `footfall.toml`: who may look at the live dashboard, and who may act."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from footfall.config.fields import Table, shown
from footfall.errors import UsageError

SHORTEST_TOKEN = 16
"""Characters of a token; a shorter one could be guessed."""
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class DashboardSpec:
    """Tokens by the name of who has them, each as `env:NAME`: `operators` act under their name, `viewers` only look."""

    operators: Mapping[str, str] = field(default_factory=dict)
    viewers: Mapping[str, str] = field(default_factory=dict)
    session_s: float = 12 * 3600.0
    enabled: bool = True

    @property
    def tokens(self) -> Mapping[str, str]:
        """All of them, by name."""
        return {**self.viewers, **self.operators}


def dashboard_spec(table: Table) -> DashboardSpec:
    """Read `[watch.dashboard]`; what is wrong is noted in the table's faults."""
    operators, viewers = _tokens(table, "operators"), _tokens(table, "viewers")
    for name in operators.keys() & viewers.keys():
        table.fault("viewers", f"{name!r} is an operator as well", "expected each name once", item=name)
    spec = DashboardSpec(operators, viewers, table.seconds("session", DashboardSpec.session_s), table.flag("enabled", default=True))
    table.end()
    return spec


def _tokens(table: Table, key: str) -> Mapping[str, str]:
    found = table.strings(key)
    for name, text in found.items():
        if not _REFERENCE.fullmatch(text):
            table.fault(
                key, f"{shown(name)} has no token", 'expected the name of a variable that holds it, such as "env:ADA_TOKEN"', item=name
            )
    return found


def check_tokens(tokens: Mapping[str, str]) -> None:
    """Check tokens by name, as the environment holds them. Raises UsageError for one that is too short or given to two."""
    for name, token in tokens.items():
        if len(token) < SHORTEST_TOKEN:
            raise UsageError(f"the dashboard's token of {name} has fewer than {SHORTEST_TOKEN} characters", hint="openssl rand -hex 24")
    if len(set(tokens.values())) < len(tokens):
        raise UsageError("two names of [watch.dashboard] have the same token", hint="each needs its own, so that the audit log is right")
