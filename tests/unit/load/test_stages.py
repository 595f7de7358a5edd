"""Stages are data: checked as a whole before the start, and laid on one time line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import ScriptError
from footfall.load.stages import Aim, Plan, Stage, hold, ramp, step

CI = (ramp(to=50, over="8s"), hold("37s"))


def test_a_plan_says_what_is_wanted_when() -> None:
    """Users rise at the ramp's rate, stand while they are held, and then it is over."""
    plan = Plan.of(CI)
    assert plan.at(0) == plan.at(7.9) == Aim(50, 6.25, steady=False)
    assert plan.at(8) == plan.at(44.9) == Aim(50, 1.0, steady=True)
    assert plan.at(45) is None
    assert (plan.seconds, plan.peak) == (45, 50)


def test_a_step_goes_up_within_a_second() -> None:
    """A step is reached at once, which Locust takes a second for."""
    plan = Plan.of((step(to=20), hold("10s"), step(to=40), hold("10s"), ramp(to=0, over="5s")))
    assert plan.at(0.5) == Aim(20, 20.0, steady=False)
    assert plan.at(11.5) == Aim(40, 20.0, steady=False)
    assert plan.at(25) == Aim(0, 8.0, steady=False)
    assert plan.seconds == 27


NONSENSE: list[tuple[Sequence[Stage], str]] = [
    ((), "stages: nothing is held, so there is no steady part to judge"),
    ((ramp(to=5, over="5s"),), "stages: nothing is held, so there is no steady part to judge"),
    ((hold("5s"),), "stages[0]: nobody is there to hold: ramp or step up first"),
    ((ramp(to=5, over="0s"), hold("5s")), "stages[0]: a ramp takes longer than nothing: use step to change at once"),
    ((ramp(to=5, over="5s"), hold("0s")), "stages[1]: a hold lasts longer than nothing"),
    ((ramp(to=5, over="5s"), ramp(to=5, over="5s"), hold("5s")), "stages[1]: there are 5 users already: use hold"),
    ((ramp(to=-1, over="5s"), hold("5s")), "stages[0]: -1 is not a number of users"),
    ((ramp(to=True, over="5s"), hold("5s")), "stages[0]: True is not a number of users"),
    ((ramp(to=5, over="5 parsecs"), hold("5s")), """stages[0]: '5 parsecs' is not a time (write "45s" or "2m")"""),
    ((ramp(to=5, over=5), hold("5s")), """stages[0]: 5 is not a time (write "45s" or "2m")"""),  # type: ignore[arg-type]
    ((ramp(to=10_000, over="10s"), hold("5s")), "stages[0]: 10000 users in 10 s is over 500 a second: ramp over at least 20 s"),
]


@pytest.mark.parametrize(("stages", "said"), NONSENSE, ids=[said for _, said in NONSENSE])
def test_stages_that_make_no_sense(stages: Sequence[Stage], said: str) -> None:
    """Each is told with its place and what would do."""
    with pytest.raises(ScriptError) as caught:
        Plan.of(stages)
    assert said in caught.value.message.splitlines()


def test_all_faults_are_told_at_once() -> None:
    """Nobody mends a profile one error at a time."""
    with pytest.raises(ScriptError) as caught:
        Plan.of((ramp(to=-1, over="x"), hold("0s")), where="loadtests/ci.py:9: Ci.stages")
    assert [line.partition("]: ")[0] for line in caught.value.message.splitlines()] == [
        "loadtests/ci.py:9: Ci.stages[0",
        "loadtests/ci.py:9: Ci.stages[1",
    ]


def test_scaling_keeps_the_shape() -> None:
    """`--users 100` makes the peak 100 and all else in proportion."""
    plan = Plan.of((step(to=10), hold("5s"), step(to=40), hold("5s"))).scaled(100)
    assert [stage.users for stage in plan.stages] == [25, None, 100, None]


def test_scaling_to_nothing_is_refused() -> None:
    """A scale at which a stage vanishes makes no sense any more."""
    with pytest.raises(ScriptError, match="--users"):
        Plan.of((step(to=1), hold("5s"), step(to=400), hold("5s"))).scaled(2)


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 60)), min_size=1, max_size=6), st.floats(0, 1000))
def test_any_plan_ends_and_never_wants_more_than_its_peak(pairs: list[tuple[int, int]], moment: float) -> None:
    """Whatever its stages, a plan's aim stays within its peak until its end, and is none from then on."""
    stages, users = [], 0
    for target, seconds in pairs:
        stages += [hold(f"{seconds}s")] if target == users else [ramp(to=target, over=f"{seconds}s")]
        users = target
    plan = Plan.of([*stages, hold("1s")])
    aim = plan.at(moment)
    assert (aim is None) == (moment >= plan.seconds)
    assert aim is None or (0 <= aim.users <= plan.peak and aim.rate > 0)


def test_levels_are_even_in_a_ramp_and_at_once_in_a_step() -> None:
    """What an open profile reads off the same stages."""
    plan = Plan.of((ramp(to=50, over="10s"), hold("10s"), step(to=80), hold("10s"), ramp(to=0, over="10s")))
    assert [plan.level(moment) for moment in (0, 5, 10, 19.9, 20, 25, 36, 41, 99)] == [0, 25, 50, 50, 80, 80, 40, 0, 0]


def test_a_plateau() -> None:
    """Up as fast as is decent, and held."""
    plan = Plan.plateau(1000, "20s")
    assert (plan.peak, plan.seconds) == (1000, 25)
    with pytest.raises(ScriptError, match=r"--hold\[1\]: 'long' is not a time"):
        Plan.plateau(10, "long")
