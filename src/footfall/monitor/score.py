"""The composite health score: one figure from 0 to 100 for all that is watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from footfall.monitor.plan import Plan
from footfall.monitor.state import Phase


def phases_of(states: Mapping[str, Mapping[str, Any]]) -> dict[str, Phase]:
    """Return the phases of subjects from the states that the store holds, without what is no subject's."""
    return {key: Phase(plain["phase"]) for key, plain in states.items() if plain.get("phase") in set(Phase)}


_WEIGHTS = {"P0": 8, "P1": 4, "P2": 2, "P3": 1}


def health_score(plan: Plan, states: Mapping[str, Phase]) -> int | None:
    """Return 0 to 100: the share of what is watched that works, weighted by severity (8, 4, 2, 1); what is slow counts half."""
    weights = {key: _WEIGHTS[subject.severity] for key, subject in plan.subjects.items() if key in states}
    if not weights:
        return None
    lost = sum(weight * _lost(key, states) for key, weight in weights.items())
    return round(100 * (1 - lost / sum(weights.values())))


def _lost(key: str, states: Mapping[str, Phase]) -> float:
    if states[key] is Phase.DOWN:
        return 1.0
    return 0.5 if states.get(f"slow:{key}") is Phase.DOWN else 0.0
