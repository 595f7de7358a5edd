"""Two deployments, simulated: what `footfall gate --against` decides of samples whose truth is known.

Measuring is drawn; the order of looks, the tests and the answer are the gate's own (`footfall.gate.looks`, `footfall.gate.compare`). Many
gates take each look together, for that is far quicker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footfall.gate.compare import Comparison, Levels, Pairs, answer, compare_gates
from footfall.gate.looks import Step, steps
from footfall.gate.turns import TURN, chance_of_turns, levels_of_turns
from footfall.gate.verdict import Outcome
from footfall.samples import Series

Values = npt.NDArray[np.float64]
AT_ONCE = 50
MEDIAN_MS = 450.0
JOURNEYS = 4
DRAWS = 40
"""How often fresh turns are drawn for each suspicion, to tell how likely they were to confirm it."""
HICCUP = 3.0
"""So many times as long is a sample that met a hiccup."""


@dataclass(frozen=True)
class World:
    """What is true: the first of `metrics` takes `times` as long at the newer deployment; each scatters by `variation`.

    Turns differ by `drift`, all metrics of one together, and by `moods`, each metric for itself. `alike` is the correlation of the metrics
    within an iteration, `lasting` that of neighbouring iterations of a turn, `hiccups` the share of samples that take HICCUP times as long.
    """

    variation: float = 0.05
    times: float = 1.0
    drift: float = 0.02
    moods: float = 0.0
    alike: float = 0.0
    lasting: float = 0.0
    hiccups: float = 0.0
    metrics: int = 40

    def turns(self, rng: np.random.Generator, count: int) -> Values:
        """Draw so many turns of an unchanged deployment: metrics × turns × iterations, in ms."""
        shape = (self.metrics, count, TURN)
        own, common = rng.standard_normal(shape), rng.standard_normal((1, count, TURN))
        noise = math.sqrt(1 - self.alike) * own + math.sqrt(self.alike) * common
        for step in range(1, TURN if self.lasting else 0):
            noise[..., step] = self.lasting * noise[..., step - 1] + math.sqrt(1 - self.lasting**2) * noise[..., step]
        mood = self.drift * rng.standard_normal((1, count, 1)) + self.moods * rng.standard_normal((self.metrics, count, 1))
        logs = mood + math.sqrt(math.log(1 + self.variation**2)) * noise
        if self.hiccups:
            logs += math.log(HICCUP) * (rng.random(shape) < self.hiccups)
        return MEDIAN_MS * np.exp(logs)

    def both(self, rng: np.random.Generator, count: int) -> tuple[Values, Values]:
        """Draw so many turns of each deployment: metrics × samples."""
        older, newer = (self.turns(rng, count).reshape(self.metrics, -1) for _ in range(2))
        newer[0] *= self.times
        return older, newer


@dataclass(frozen=True)
class Ended:
    """How a simulated gate ended: its answer, at which look, the pairs of its mean journey, and how often something was suspected.

    `risk` is the chance that its suspicions had to be confirmed, had fresh turns been drawn often instead of once: where nothing is wrong
    its mean over many gates is the share of false failures, told more exactly than by counting the few that there are.
    """

    outcome: Outcome
    look: int
    pairs: float
    suspicions: int
    risk: float


class _Gate:
    """One gate on its way."""

    def __init__(self, world: World, rng: np.random.Generator) -> None:
        self._world, self._rng, self._plan = world, rng, steps()
        self._series = [Series("new", "journey", f"j{at % JOURNEYS}", f"s{at}", "duration") for at in range(world.metrics)]
        self._seen: list[tuple[tuple[float, ...], tuple[float, ...]]] = [((), ())] * world.metrics
        self._step: Step = next(self._plan)
        self._walked = 0.0
        self._suspicions = 0
        self._risk = 0.0
        self.ended: Ended | None = None

    def measure(self) -> list[Pairs]:
        """Draw what is to be measured next; return all that was seen by then."""
        suspects = self._step.suspects
        older, newer = (side.tolist() for side in self._world.both(self._rng, self._step.pairs // TURN))
        asked = [not suspects or series.subject in suspects for series in self._series]
        self._walked += self._step.pairs * sum(asked) / len(asked)
        self._suspicions += bool(suspects)
        found = []
        for at, series in enumerate(self._series):
            before, after = self._seen[at]
            if asked[at]:
                more = tuple(older[at]), tuple(newer[at])
                self._seen[at] = before + more[0], after + more[1]
            fresh = Pairs(series, "ms", *more) if asked[at] and suspects else None
            found.append(Pairs(series, "ms", *((before, after) if suspects else self._seen[at]), fresh=fresh))
        return found

    def judge(self, found: Sequence[Comparison], levels: Levels) -> None:
        """Take the comparisons of what was measured, and go on or end."""
        try:
            self._step = self._plan.send(found)
        except StopIteration as end:
            self.ended = Ended(answer(found), end.value.look, self._walked, self._suspicions, self._risk)
            return
        if self._step.suspects:
            self._risk += self._confirmed([at for at, each in enumerate(found) if each.suspected], levels.confirming)

    def _confirmed(self, suspected: Sequence[int], chance: float) -> float:
        """Return how often fresh turns that had not changed would confirm any of these metrics."""
        turns, rng = self._step.pairs // TURN, self._rng.spawn(1)[0]  # one of its own: what is drawn for the gate stays the same
        drawn = [self._world.turns(rng, DRAWS * turns)[suspected] for _ in range(2)]
        levels = [levels_of_turns([(metric.ravel().tolist(), ()) for metric in side]) for side in drawn]
        hits = [
            any(chance_of_turns(*(metric[start : start + turns] for metric in pair)) <= chance for pair in zip(*levels, strict=True))
            for start in range(0, DRAWS * turns, turns)
        ]
        return sum(hits) / DRAWS


def simulate(world: World, gates: int, seed: int, levels: Levels) -> list[Ended]:
    """Return how so many gates end in this world; the same for the same seed."""
    seeds = np.random.SeedSequence(seed).spawn(gates)
    found: list[Ended] = []
    for start in range(0, gates, AT_ONCE):
        some = [_Gate(world, np.random.default_rng(each)) for each in seeds[start : start + AT_ONCE]]
        while live := [gate for gate in some if gate.ended is None]:
            for gate, seen in zip(live, compare_gates([gate.measure() for gate in live], levels), strict=True):
                gate.judge(seen, levels)
        found += [gate.ended for gate in some if gate.ended is not None]
    return found
