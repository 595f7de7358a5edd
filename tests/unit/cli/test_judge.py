"""A run is held only against what it set out to measure, and can be judged again by it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from footfall.cli.against import compared_scope
from footfall.cli.gather import SCOPE_EVENT
from footfall.cli.judge import _scope, scope_of
from footfall.config.suite import GateSpec
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Scope
from footfall.metrics import Kind
from footfall.samples import Event, Series
from footfall.stats import Figures
from tests.unit.gate.making import on_journey

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_scope_survives_the_store() -> None:
    """Kept as an event's JSON, it reads back the same."""
    scope = scope_of(GateSpec(journeys=("booking",), profile="ci", probes=()))
    assert scope == Scope({"journey": ("booking",), "load": ("ci",), "probe": ()}, {"device": ("desktop",), "under_load": ()})
    kept = Event("r", NOW, SCOPE_EVENT, "", json.loads(json.dumps(asdict(scope))))
    assert _scope([], [kept]) == scope


def test_a_run_without_one_is_judged_by_what_it_saw() -> None:
    """A plain pytest run of one journey is not blamed for the load that nobody asked for."""
    seen = Observation(Series("corner", "journey", "booking", "", "success"), Kind.RATE, "ratio", Figures.of_values([1.0]))
    assert _scope([seen], []) == Scope({"journey": ("booking",), "load": (), "probe": ()}, {"under_load": ()})


def test_a_comparison_blames_nobody_for_the_crowd_that_it_leaves_out() -> None:
    """Two deployments are compared without load: a budget on what a crowd feels is not missing there, and is where a gate asks for it."""
    spec = GateSpec(journeys=("checkout",), under_load="ci")
    under = on_journey({"fail": "p75 <= 4s", "where": {"under_load": "ci"}}, part="pay")
    here = Observation(Series("corner", "journey", "checkout", "pay", "duration"), Kind.TREND, "ms", Figures.of_values([1.0]), (1.0,))
    assert not evaluate(under, Evidence((here,), scope=compared_scope(spec)))
    assert [verdict.outcome for verdict in evaluate(under, Evidence((here,), scope=scope_of(spec)))] == ["missing"]
