"""The view: one word for the whole run, clean texts, bounded size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_type_hints

import pytest

from footfall.gate.verdict import Outcome
from footfall.report.view import MOST_EVENTS, Point, State, TrendPoint, build_view
from footfall.samples import Artifact, Event
from footfall.store.reader import TrendPoint as StoredPoint
from tests.unit.report import views


def _of(*outcomes: Outcome, exit_code: int = 0) -> State:
    example = views.healthy().verdicts[0]
    return build_view(views.RUN, verdicts=[replace(example, outcome=outcome) for outcome in outcomes], exit_code=exit_code).state


@pytest.mark.parametrize(
    ("outcomes", "exit_code", "state"),
    [
        ((Outcome.PASS,), 0, State.PASS),
        ((Outcome.PASS, Outcome.WARN), 0, State.WARN),
        ((Outcome.PASS, Outcome.WARN), 1, State.FAIL),  # --strict
        ((Outcome.PASS,), 1, State.FAIL),  # a journey failed that no budget watches
        ((Outcome.PASS, Outcome.MISSING), 0, State.FAIL),
        ((Outcome.PASS, Outcome.INCONCLUSIVE), 3, State.INCONCLUSIVE),
        ((Outcome.PASS, Outcome.INCONCLUSIVE), 0, State.INCONCLUSIVE),  # allowed, yet still not decided
        ((Outcome.FAIL, Outcome.INCONCLUSIVE), 3, State.FAIL),
        ((), 3, State.INCONCLUSIVE),
        ((Outcome.PASS,), 130, State.INCONCLUSIVE),  # interrupted
        ((Outcome.LEARNING,), 0, State.UNJUDGED),  # learning is never a pass
        ((), 0, State.UNJUDGED),
    ],
)
def test_one_word_says_how_the_run_fared(outcomes: tuple[Outcome, ...], exit_code: int, state: State) -> None:
    """The worst verdict decides, and the exit code where it knows more."""
    assert _of(*outcomes, exit_code=exit_code) is state


def test_verdicts_stand_worst_first() -> None:
    """Readers meet what is broken before what held."""
    outcomes = [verdict.outcome for verdict in views.undecided().verdicts]
    assert outcomes[:4] == [Outcome.FAIL, Outcome.MISSING, Outcome.INCONCLUSIVE, Outcome.WARN]


def test_a_journey_that_failed_is_named_with_what_it_met() -> None:
    """Failed iterations are counted, their errors told once with step and line."""
    (broken,) = views.undecided().broken_journeys
    assert (broken.series.subject, broken.failed, broken.iterations) == ("fulfillment", 2, 5)
    assert broken.reasons == (
        "offer: TimeoutError: waiting for get_by_role('button', name='Send offer') (journeys/test_fulfillment.py:31)",
    )


def test_what_could_grow_without_bound_is_capped() -> None:
    """Ten thousand events do not make a report of ten thousand events."""
    events = [Event(views.RUN.id, views.STARTED, "note", str(n)) for n in range(10_000)]
    assert len(build_view(views.RUN, events=events).events) == MOST_EVENTS


def test_artifacts_that_lead_out_of_the_report_are_dropped() -> None:
    """A path from a spool is not trusted."""
    artifacts = [Artifact(views.RUN.id, views.STARTED, "log", path) for path in ("../../secret", "/etc/passwd", "artifacts/log.txt")]
    assert [artifact.path for artifact in build_view(views.RUN, artifacts=artifacts).artifacts] == ["artifacts/log.txt"]


def test_a_clock_that_jumped_back_gives_no_duration() -> None:
    """A negative duration is not shown."""
    assert build_view(views.RUN, ended=views.STARTED - timedelta(seconds=5)).took is None


def test_the_stores_trend_points_fit() -> None:
    """What `store.reader.trend` yields can be handed in as it is."""
    wanted = {name for name in vars(TrendPoint) if not name.startswith("_")}
    assert wanted <= set(get_type_hints(StoredPoint))
    assert wanted == set(get_type_hints(Point))
