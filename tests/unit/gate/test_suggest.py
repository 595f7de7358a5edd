"""Limits proposed from history: tighter where they guard nothing, looser where they are always broken, else none."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from footfall.gate.budget import Budget
from footfall.gate.suggest import suggest
from footfall.metrics import Kind
from footfall.samples import Series
from footfall.stats import Figures
from tests.unit.gate.making import on_journey

PAY = Series("corner", "journey", "checkout", "pay", "duration")


def runs(usual: float, count: int = 30, spread: float = 0.05, seed: int = 1) -> tuple[Figures, ...]:
    """Return the figures of runs around a usual duration."""
    rng = random.Random(seed)
    return tuple(Figures.of_values([usual * rng.lognormvariate(0, spread)]) for _ in range(count))


def proposed(value: Any, history: tuple[Figures, ...]) -> list[str]:
    """Return the expressions proposed for a step's budget."""
    budget: Budget
    (budget,) = on_journey(value, part="pay")
    return [str(found.then) for found in suggest(budget, {PAY: history}, Kind.TREND)]


def test_a_limit_that_guards_nothing_is_drawn_in() -> None:
    """600 ms as a rule: a limit of 2.5 s would let it get four times as slow. The reason says so."""
    (budget,) = on_journey("p75 <= 2.5s", part="pay")
    (found,) = suggest(budget, {PAY: runs(600)}, Kind.TREND)
    assert 700 <= float(str(found.then).removeprefix("p75 <= ").removesuffix("ms")) <= 800
    assert found.reason.startswith("in 30 runs p75 of checkout › pay · duration was usually 6")
    assert found.reason.endswith("times as slow")


def test_how_much_a_limit_lets_pass_is_a_plain_number() -> None:
    """5.6 ms as a rule, and 2 s allowed: 350 times, not 3.5e+02 times."""
    (budget,) = on_journey("p75 <= 2s", part="pay")
    (found,) = suggest(budget, {PAY: runs(5.6)}, Kind.TREND)
    assert "e+" not in found.reason


def test_a_limit_that_is_always_broken_is_let_out() -> None:
    """It says nothing new any more; the reason counts how often."""
    (budget,) = on_journey("p75 <= 500ms", part="pay")
    (found,) = suggest(budget, {PAY: runs(600)}, Kind.TREND)
    assert "30 of them broke the limit" in found.reason


def test_the_warning_stays_the_stricter_level() -> None:
    """Both levels are drawn in, and `warn` further."""
    (budget,) = on_journey({"warn": "p75 <= 2s", "fail": "p75 <= 4s"}, part="pay")
    limits = {found.level: float(str(found.then.limits[0]).removesuffix("ms")) for found in suggest(budget, {PAY: runs(600)}, Kind.TREND)}
    assert limits["warn"] < limits["fail"] < 1000


@pytest.mark.parametrize(("warn", "fail", "usual"), [("1.5s", "4s", 1000.0), ("500ms", "1050ms", 1000.0), ("2s", "4s", 1030.0)])
def test_a_level_never_passes_the_other(warn: str, fail: str, usual: float) -> None:
    """Where only one would change, and then stand beyond the other, both are proposed."""
    (budget,) = on_journey({"warn": f"p75 <= {warn}", "fail": f"p75 <= {fail}"}, part="pay")
    then = {found.level: found.then for found in suggest(budget, {PAY: runs(usual, spread=0.01)}, Kind.TREND)}
    assert not replace(budget, warn=then["warn"], fail=then["fail"]).warns_too_late


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("p75 <= 800ms", 30),  # fits
        ("p75 <= 2.5s", 19),  # too little history
        ("p75 <= baseline + 10%", 30),  # moves by itself
        ("p75 >= 100ms", 30),
        ("count <= 500", 30),
    ],
)
def test_what_fits_or_cannot_be_known_is_left_alone(value: str, count: int) -> None:
    """No proposal without a reason."""
    assert proposed(value, runs(600, count)) == []


@pytest.mark.parametrize(("warn", "fail"), [("500ms", "2s"), ("4ms", "4.5ms")])
def test_nothing_is_proposed_within_the_noise_floor(warn: str, fail: str) -> None:
    """4 ms as a rule: 20 ms more are noise, so `warn` has at least that much room and `fail` twice that; the reason says so."""
    (budget,) = on_journey({"warn": f"p75 <= {warn}", "fail": f"p75 <= {fail}"}, part="pay")
    found = suggest(budget, {PAY: runs(4)}, Kind.TREND)
    limits = {each.level: float(str(each.then.limits[0]).removesuffix("ms")) for each in found}
    assert 24 <= limits["warn"] <= 25
    assert 44 <= limits["fail"] <= 45
    assert found[0].reason.endswith("the proposal leaves 40 ms of room, for less is noise")


def test_room_that_is_left_anyway_is_not_explained() -> None:
    """600 ms as a rule differ by more than the noise floor."""
    (budget,) = on_journey("p75 <= 2.5s", part="pay")
    assert "noise" not in suggest(budget, {PAY: runs(600)}, Kind.TREND)[0].reason


def test_what_is_proposed_would_have_been_kept() -> None:
    """By every run but the odd one, whatever the spread."""
    for seed, spread in ((1, 0.02), (2, 0.1), (3, 0.3)):
        history = runs(600, 60, spread, seed)
        (text,) = proposed("p75 <= 30s", history)
        limit = float(text.split()[-1].removesuffix("ms").removesuffix("s")) * (1 if text.endswith("ms") else 1000)
        assert sum(figures.p75 > limit for figures in history) <= 1
