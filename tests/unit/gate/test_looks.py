"""The order in which two deployments are measured, and how often its end is wrong."""

from __future__ import annotations

from deployments import World, simulate

from footfall.gate.compare import IN_TURN, Comparison
from footfall.gate.looks import Look, Step, steps
from footfall.gate.verdict import Outcome
from footfall.samples import Series


def found(outcome: Outcome, *, suspected: bool = False, subject: str = "checkout") -> Comparison:
    """Return what a look may say of one series."""
    series = Series("new", "journey", subject, "pay", "duration")
    return Comparison(series, "ms", outcome, 450, 500, 1.1, (1.0, 1.2), 20, 0.1, suspected=suspected)


CLEAR, OPEN = found(Outcome.PASS), found(Outcome.INCONCLUSIVE)
SUSPECTED, SLOWER = found(Outcome.INCONCLUSIVE, suspected=True), found(Outcome.FAIL)


def walked(*answers: list[Comparison]) -> tuple[list[tuple[int, tuple[str, ...]]], Look | None]:
    """Follow the order with these answers; return what was to be measured, and how it ended if it did."""
    plan = steps()
    asked: list[Step] = [next(plan)]
    for each in answers:
        try:
            asked.append(plan.send(each))
        except StopIteration as end:
            return [(step.pairs, step.suspects) for step in asked], end.value
    return [(step.pairs, step.suspects) for step in asked], None


def test_what_stays_unclear_is_looked_at_four_times() -> None:
    """After 10, 20, 40 and 80 pairs."""
    asked, end = walked(*[[OPEN]] * 4)
    assert asked == [(10, ()), (10, ()), (20, ()), (40, ())]
    assert end == Look(4, 4)


def test_it_ends_as_soon_as_all_is_clear() -> None:
    """One open figure keeps it going."""
    assert walked([CLEAR, OPEN], [CLEAR, CLEAR]) == ([(10, ()), (10, ())], Look(2, 4))


def test_a_suspected_journey_is_measured_again_as_often_as_it_took_to_suspect_it() -> None:
    """That one alone; confirmed, it ends there."""
    asked, end = walked([OPEN], [CLEAR, SUSPECTED, SUSPECTED], [CLEAR, SLOWER])
    assert asked == [(10, ()), (10, ()), (20, ("checkout",))]
    assert end == Look(2, 4)


def test_a_suspicion_that_is_not_confirmed_goes_on_to_the_next_look() -> None:
    """And may come up again there. Fewer than 20 fresh pairs would tell too little."""
    asked, end = walked([SUSPECTED], [SUSPECTED], [OPEN], [CLEAR])
    assert asked == [(10, ()), (20, ("checkout",)), (10, ()), (20, ())]
    assert end == Look(3, 4)


def test_equal_deployments_do_not_fail_even_where_turns_differ() -> None:
    """Turns that differ by 4 % raise suspicions, in one gate of ten; fresh turns confirm none of them."""
    ended = simulate(World(drift=0.04, metrics=20), 40, 2, IN_TURN)
    assert [each.outcome for each in ended].count(Outcome.FAIL) == 0
    assert sum(each.suspicions for each in ended) >= 4


def test_many_metrics_raise_no_more_suspicions_than_few() -> None:
    """Each of forty gets its share of the chance; without that, half of these gates would suspect something."""
    ended = simulate(World(variation=0.2, drift=0), 15, 1, IN_TURN)
    assert sum(each.suspicions for each in ended) <= 2


def test_a_tenth_more_is_found() -> None:
    """One metric of twenty, that scatters by 5 %."""
    ended = simulate(World(times=1.1, metrics=20), 20, 2, IN_TURN)
    assert [each.outcome for each in ended].count(Outcome.FAIL) >= 19
