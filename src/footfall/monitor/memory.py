"""A subject's state as JSON, for the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from footfall.clock import from_text, to_text
from footfall.monitor.state import Phase, State

_MOMENTS = ("since", "failing_since", "failed_at")


def to_json(state: State) -> dict[str, Any]:
    """Write a state; moments are ISO text in whole milliseconds."""
    plain = asdict(state)
    for name in _MOMENTS:
        plain[name] = _text(plain[name])
    return {**plain, "phase": str(state.phase), "changes": [to_text(moment) for moment in state.changes]}


def from_json(plain: Mapping[str, Any]) -> State:
    """Read what `to_json` writes; an empty table is a subject that nobody has seen yet, and unknown keys are ignored."""
    known: dict[str, Any] = {name: plain[name] for name in State.__dataclass_fields__ if name in plain}
    for name in _MOMENTS:
        if known.get(name):
            known[name] = from_text(known[name])
    if "phase" in known:
        known["phase"] = Phase(known["phase"])
    if "changes" in known:
        known["changes"] = tuple(from_text(text) for text in known["changes"])
    return State(**known)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
