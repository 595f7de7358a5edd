"""A budget is held only against what a run set out to measure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from footfall.cli.judge import SCOPE_EVENT, Scope
from footfall.gate.budget import Budget, Place
from footfall.metrics import JOURNEY_METRICS, Source
from footfall.samples import Event

SCOPE = Scope(journeys=("booking",), devices=("desktop",), profiles=("ci",))


def budget(source: Source, subject: str, **where: str) -> Budget:
    """A budget somewhere."""
    return Budget("key", Place(source, subject), JOURNEY_METRICS["duration"], where=where)


@pytest.mark.parametrize(
    ("found", "held"),
    [
        (budget(Source.JOURNEY, "booking"), True),
        (budget(Source.JOURNEY, "*"), True),
        (budget(Source.JOURNEY, "checkout"), False),  # not walked this time: not missing
        (budget(Source.LOAD, "peak"), False),
        (budget(Source.PROBE, "*"), False),  # no probe was asked for
        (budget(Source.JOURNEY, "booking", device="desktop"), True),
        (budget(Source.JOURNEY, "booking", device="iPhone 15"), False),
    ],
)
def test_a_scope_holds_what_was_to_be_measured(found: Budget, held: bool) -> None:
    """An exact budget outside of it is neither missing nor failed."""
    assert SCOPE.holds(found) is held


def test_a_scope_is_kept_as_an_event_of_the_run() -> None:
    """A stored run can be judged again with the scope that it had."""
    event = Event("r", datetime(2026, 11, 21, tzinfo=UTC), SCOPE_EVENT, "", SCOPE.as_detail())
    assert Scope.from_events([event]) == SCOPE
    assert Scope.from_events([]) is None
