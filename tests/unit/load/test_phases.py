"""Which seconds are the steady part."""

from __future__ import annotations

from footfall.load.phases import RAMP, SETTLE_S, STEADY, STOP, Phases


def test_the_steady_part_begins_after_a_moment_of_settling() -> None:
    """What follows the last arrival is still its effect."""
    phases = Phases()
    phases.note(10, changing=True)
    for second in range(11, 16):
        phases.note(second, changing=False)
    labels = [phases.labels(second) for second in range(10, 16)]
    assert labels == [RAMP] * (1 + SETTLE_S) + [STEADY] * (5 - SETTLE_S)


def test_every_change_begins_anew() -> None:
    """A second ramp in the middle of a profile is not steady either."""
    phases = Phases()
    for second in range(10):
        phases.note(second, changing=second == 5)
    assert [phases.labels(second) == STEADY for second in range(10)] == [False, False, True, True, True, False, False, False, True, True]


def test_the_end_is_not_steady() -> None:
    """While users leave, the rest is no longer the profile."""
    phases = Phases()
    for second in range(5):
        phases.note(second, changing=False)
    phases.note(4, changing=False, stopping=True)
    assert phases.labels(4) == phases.labels(5) == STOP


def test_how_many_users_were_meant_is_known_of_the_steady_part() -> None:
    """A ramp asks for its end at once, which nobody could have reached yet; a second that users leave in asks for none."""
    phases = Phases()
    phases.note(10, changing=True, aim=50)
    for second in range(11, 15):
        phases.note(second, changing=False, aim=50)
    phases.note(14, changing=False, stopping=True)
    assert [phases.aim(second) for second in range(10, 15)] == [None, None, None, 50, None]


def test_a_second_nobody_spoke_of() -> None:
    """A stall swallows whole seconds: they are as the last one before them; before the first there is only the way there."""
    phases = Phases()
    assert phases.labels(1) == RAMP
    for second in range(10, 14):
        phases.note(second, changing=False)
    assert phases.labels(17) == STEADY
    assert phases.labels(5) == RAMP


def test_memory_is_bounded() -> None:
    """A soak test of days keeps ten minutes."""
    phases = Phases()
    for second in range(2000):
        phases.note(second, changing=False)
    assert len(phases._labels) == 600
