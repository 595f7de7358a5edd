"""One expression held against one observation: the figure, the limit, and how sure they make us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from footfall.gate import baseline, uncertainty
from footfall.gate.baseline import Usual
from footfall.gate.budget import Budget
from footfall.gate.evidence import Evidence, Observation
from footfall.gate.expression import Expression, allowed
from footfall.gate.figures import of_observation, of_summary
from footfall.gate.uncertainty import Odds
from footfall.gate.verdict import Outcome
from footfall.metrics import Kind, Source


@dataclass(frozen=True)
class Rules:
    """How sure a gate must be.

    `false_failures` is the chance that a gate fails any budget that is truly kept (over all its budgets together),
    `false_passes` the chance that it passes one that is truly broken (each), `baseline_runs` the history that "as before" needs, and
    `confirming_runs` the rounds in which a limit beside a baseline must be broken again before that is a failure. `looks` is how often
    journeys are looked at, where those that are undecided are walked on: each look has its share of both chances (Bonferroni).
    """

    false_failures: float = 0.01
    false_passes: float = 0.05
    baseline_runs: int = 20
    confirming_runs: int = 3
    looks: int = 1


class Basis(Enum):
    """What a finding rests on."""

    OBSERVED = "observed"
    LOGNORMAL = "lognormal"
    RANKS = "ranks"
    BLOCKS = "blocks"
    RUNS = "runs"
    RATE = "rate"
    HISTORY = "history"
    LEARNING = "learning"
    SUMMARY = "summary"


MANY_BEYOND = 10
"""With so many samples expected on the thin side of a percentile, their ranks say enough and no distribution is assumed."""
_LOGNORMAL_UNITS = frozenset({"ms", "bytes"})


@dataclass(frozen=True)
class Finding:
    """What one level of a budget found in one observation.

    `figure` and `limit` are None where they cannot be had; `odds` is None where the figure as observed is all there is to it.
    `rounds` is in how many runs a limit beside a baseline was measured again; `figure` is then theirs.
    """

    budget: Budget
    level: str
    expression: Expression
    observation: Observation
    basis: Basis
    figure: float | None = None
    limit: float | None = None
    odds: Odds | None = None
    before: Usual | None = None
    rounds: int = 0

    @property
    def suspected(self) -> bool:
        """Whether a limit beside a baseline is broken and nobody has measured again yet."""
        return self.basis is Basis.HISTORY and self.level == "fail" and not self.met and not self.rounds

    @property
    def too_few(self) -> bool:
        """Whether its budget asks for more samples than there are, so that it decides nothing."""
        return self.observation.figures.count < self.budget.min_samples

    @property
    def met(self) -> bool:
        """Whether the figure as observed keeps the limit."""
        return self.figure is not None and self.limit is not None and self.expression.met_by(self.figure, self.limit)

    @property
    def excess(self) -> float:
        """How far beyond the limit the figure is, for ranking findings of one kind: higher is worse."""
        if self.figure is None or self.limit is None:
            return 0.0
        distance = self.figure - self.limit if self.expression.upper else self.limit - self.figure
        return distance / abs(self.limit) if self.limit else distance

    @property
    def unit(self) -> str:
        """The base unit of figure and limit."""
        return self.expression.statistic.unit(self.budget.metric)


def find(budget: Budget, level: str, expression: Expression, observation: Observation, evidence: Evidence, rules: Rules) -> Finding:
    """Hold one level of a budget against one observation, or against all of its series that was seen in the window that it names."""
    if expression.window_ms is not None:
        observation = evidence.over.get((observation.series, expression.window_ms), observation)
    figure = of_observation(expression.statistic, observation)
    found = Finding(budget, level, expression, observation, Basis.OBSERVED, figure)
    if figure is None:
        return replace(found, basis=Basis.SUMMARY, limit=allowed(expression, budget.metric))
    if expression.needs_baseline:
        return _confirmed(_beside_history(found, figure, evidence, rules), evidence, rules)
    limit = allowed(expression, budget.metric)
    if limit is None or level == "warn":
        return replace(found, limit=limit)
    basis, odds = _judged(expression, observation, limit)
    return replace(found, limit=limit, basis=basis, odds=odds)


def _judged(expression: Expression, observation: Observation, limit: float) -> tuple[Basis, Odds | None]:
    """Return the basis and the odds of a percentile and of a load's rate; any other statistic is taken as observed."""
    q = expression.statistic.quantile
    if observation.weights and observation.series.source == Source.LOAD and expression.statistic.name == "rate":
        return Basis.RATE, uncertainty.rate(observation.values, observation.weights, limit, upper=expression.upper)
    if q is None or observation.kind is Kind.RATE:
        return Basis.OBSERVED, None
    return _of_values(expression, observation, limit, q) if observation.values else _of_load(expression, observation, limit, q)


def _of_values(expression: Expression, observation: Observation, limit: float, q: float) -> tuple[Basis, Odds]:
    values = observation.values
    thin = len(values) * min(q, 100 - q) / 100
    if thin < MANY_BEYOND and observation.unit in _LOGNORMAL_UNITS and min(values) > 0 and limit > 0:
        return Basis.LOGNORMAL, uncertainty.lognormal(values, q, limit, upper=expression.upper)
    beyond = sum(not expression.met_by(value, limit) for value in values)
    interval = uncertainty.rank_interval(sorted(values), q)
    return Basis.RANKS, uncertainty.ranks(beyond, len(values), q, upper=expression.upper, interval=interval)


def _of_load(expression: Expression, observation: Observation, limit: float, q: float) -> tuple[Basis, Odds | None]:
    if observation.runs and limit > 0:
        return Basis.RUNS, uncertainty.runs(observation.runs, q, limit, upper=expression.upper)
    histograms = [window.histogram for window in observation.windows]
    if limit > 0 and any(histogram.count for histogram in histograms):
        return Basis.BLOCKS, uncertainty.blocks(histograms, q, limit, upper=expression.upper)
    return Basis.OBSERVED, None


def _beside_history(found: Finding, figure: float, evidence: Evidence, rules: Rules) -> Finding:
    """Judge a limit that depends on history; an absolute alternative that is met needs none."""
    expression, metric = found.expression, found.budget.metric
    absolute = allowed(expression, metric)
    before = baseline.usual(expression.statistic, evidence.history.get(found.observation.series, ()), found.observation.kind)
    if before is None or before.runs < rules.baseline_runs:
        if absolute is not None and expression.met_by(figure, absolute):
            return replace(found, limit=absolute)
        return replace(found, basis=Basis.LEARNING, before=before)
    limit = allowed(expression, metric, before.figure)
    odds = None if limit is None else baseline.odds(figure, limit, before, upper=expression.upper)
    return replace(found, basis=Basis.HISTORY, limit=limit, odds=odds, before=before)


def _confirmed(found: Finding, evidence: Evidence, rules: Rules) -> Finding:
    """Judge a broken limit by the runs that measured it again, if there are enough: the first run only raised the suspicion."""
    statistic, kind = found.expression.statistic, found.observation.kind
    again = [
        figure
        for figures in evidence.again.get(found.observation.series, ())
        if (figure := of_summary(statistic, figures, kind)) is not None
    ]
    if not found.suspected or found.before is None or found.limit is None or len(again) < rules.confirming_runs:
        return found
    figure = baseline.middle(again)
    upper = found.expression.upper
    odds = baseline.odds(figure, found.limit, found.before, upper=upper, runs=len(again))
    if odds is None:
        odds = baseline.rank_odds(again, found.limit, found.before, upper=upper)
    return replace(found, figure=figure, odds=odds, rounds=len(again))


@dataclass(frozen=True)
class Correction:
    """What judging many budgets at once asks of each: the positions that `failed`, and the chance that a next one may have."""

    failed: frozenset[int]
    chance: float


def correct(findings: Sequence[Finding], rules: Rules) -> Correction:
    """Find the findings that are surely beyond their limits, however many are judged.

    Holm's step-down over those that are not surely within (Storey's adaptive Bonferroni: a budget that is clearly kept cannot
    fail falsely, so it does not make the others harder to fail).
    """
    unsure = sorted(
        (finding.odds.beyond * _looks(finding, rules), position)
        for position, finding in enumerate(findings)
        if finding.odds is not None and not finding.suspected and not surely_within(finding, rules)
    )
    failed: set[int] = set()
    for done, (chance, position) in enumerate(unsure):
        if chance > rules.false_failures / (len(unsure) - done):
            break
        failed.add(position)
    left = max(len(unsure) - len(failed), 1)
    return Correction(frozenset(position for position in failed if not findings[position].met), rules.false_failures / left)


def surely_within(finding: Finding, rules: Rules) -> bool:
    """Whether a finding passes: kept as observed, and far from the limit, or with nothing more to be asked of what there is."""
    odds = finding.odds
    if not finding.met or odds is None:
        return finding.met
    enough = finding.basis is Basis.HISTORY or odds.spotless or odds.few  # a baseline's allowance says by itself how far is far
    return enough or odds.within <= rules.false_passes / _looks(finding, rules)


def _looks(finding: Finding, rules: Rules) -> int:
    """How often a finding may be had: those of a crowd's time, and beside a baseline, are never walked on."""
    series = finding.observation.series
    walked_on = series.source == Source.JOURNEY and "under_load" not in series.label_map and finding.basis is not Basis.HISTORY
    return rules.looks if walked_on else 1


def outcome(finding: Finding, rules: Rules, *, failed: bool) -> Outcome:
    """Decide a `fail` level; `failed` is what `correct` says of it."""
    if finding.too_few:
        return Outcome.INCONCLUSIVE
    match finding.basis:
        case Basis.LEARNING:
            return Outcome.INCONCLUSIVE if finding.budget.on_no_baseline == "inconclusive" else Outcome.LEARNING
        case Basis.SUMMARY:
            return Outcome.INCONCLUSIVE
    if surely_within(finding, rules):
        return Outcome.PASS
    if finding.suspected:
        return Outcome.INCONCLUSIVE
    return Outcome.FAIL if failed or finding.odds is None else Outcome.INCONCLUSIVE


def warning(finding: Finding) -> Outcome:
    """Decide a `warn` level: as observed, for a warning near its limit is worth no second measurement."""
    if finding.too_few:
        return Outcome.LEARNING
    match finding.basis:
        case Basis.LEARNING:
            return Outcome.INCONCLUSIVE if finding.budget.on_no_baseline == "inconclusive" else Outcome.LEARNING
        case Basis.SUMMARY:
            return Outcome.LEARNING
    return Outcome.PASS if finding.met else Outcome.WARN


def needed(finding: Finding, rules: Rules, chance: float) -> int | None:
    """Return how many samples in all would settle a finding if they looked like these, or None when no practical number would."""
    if finding.odds is None:
        return None
    looks = _looks(finding, rules)
    pieces = finding.odds.more(rules.false_passes / looks, chance / looks)
    count = finding.observation.figures.count
    pieces_of = {Basis.HISTORY: 1, Basis.BLOCKS: len(finding.observation.windows), Basis.RUNS: len(finding.observation.runs)}
    have = pieces_of.get(finding.basis, count)
    return None if pieces is None else round(pieces * count / max(have, 1))
