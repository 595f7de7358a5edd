"""`footfall capacity` tells what it found, whatever becomes of a later level."""

from __future__ import annotations

from typing import Any, cast

import pytest

from footfall.cli.capacity import _levels, _unit
from footfall.errors import FootfallError, TargetUnreachableError, UsageError
from footfall.load.capacity import HELD, UNSURE, Level, Search, sentence


class Ladder:
    """Holds every level up to `last`; above it the site is gone."""

    unit = "users"

    def __init__(self, last: int) -> None:
        self.shown = self
        self.last = last
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Take what is told meanwhile."""
        self.said.append(text)

    def climb(self, at: int, budgets: object, longer: int = 1) -> tuple[Level, str]:
        """Hold a level."""
        del budgets, longer
        if at > self.last:
            raise TargetUnreachableError("http://shop does not answer")
        return Level(at, HELD, throughput=at), f"view of {at}"


def climbed(ladder: Ladder) -> tuple[list[Level], Any]:
    """Search on a ladder."""
    return _levels(cast(Any, ladder), Search(50, 1000), ())


def test_a_later_level_that_cannot_be_run_ends_the_search_and_loses_nothing() -> None:
    """The site died of it, or this machine's limits are reached: the levels before it have their sentence and their picture."""
    ladder = Ladder(100)
    levels, view = climbed(ladder)
    assert [(level.at, level.state) for level in levels] == [(50, HELD), (100, HELD), (200, UNSURE)]
    assert view == "view of 100"
    assert ladder.said[-1] == "  200 users: unsure (it could not be run: http://shop does not answer)"
    assert sentence("ci", "users", levels).endswith(
        "what it does with 200 cannot be told: it could not be run: http://shop does not answer"
    )


def test_a_first_level_that_cannot_be_run_is_an_error() -> None:
    """Nothing was measured: the reason is the command's own."""
    with pytest.raises(FootfallError, match="does not answer"):
        climbed(Ladder(10))


def test_only_what_has_stages_has_levels() -> None:
    """A replay, or a shape of Locust's own, would send the same whatever the level."""
    assert (_unit("ci", "staged"), _unit("door", "arrivals")) == ("users", "arrivals a second")
    for kind, said in (("replay", "is a replay"), ("own", "a shape of Locust's own"), ("none", "has no shape")):
        with pytest.raises(UsageError, match=said):
            _unit("ci", kind)
