"""Hold budgets against evidence: the one rule of the house, pure and in the same order each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from footfall.gate import words
from footfall.gate.budget import Budget
from footfall.gate.evidence import Evidence
from footfall.gate.finding import Correction, Finding, Rules, correct, find, needed, outcome, warning
from footfall.gate.keys import dotted
from footfall.gate.matching import Case, match, unseen_subjects
from footfall.gate.verdict import WORST_FIRST, Outcome, Verdict

STANDARD = Rules()
ANYTHING = "samples"
"""What stands in the place of a metric's name where nothing at all was seen of a journey, profile or probe."""
SUITE_FILE = "footfall.toml"
"""The file that says what is to be measured."""


@dataclass(frozen=True)
class _Decision:
    """What one level of a budget means for one observation."""

    finding: Finding
    outcome: Outcome
    interval: tuple[float, float] | None = None

    @property
    def order(self) -> tuple[int, bool, float]:
        """Worst first; of two passes the `warn` level's tells more, for it is the stricter one."""
        return WORST_FIRST.index(self.outcome), self.finding.level != "warn", -self.finding.excess


def evaluate(budgets: Sequence[Budget], evidence: Evidence, rules: Rules = STANDARD) -> tuple[Verdict, ...]:
    """Return the verdicts in the order of the budgets and then of the series. Never raises for legal budgets."""
    cases = match(budgets, evidence)
    findings = [
        [find(case.budget, level, expression, observation, evidence, rules) for level, expression in case.budget.levels]
        for case in cases
        for observation in case.observations
    ]
    hard = [finding for levels in findings for finding in levels if finding.level == "fail" and not finding.too_few]
    judge = _Judge(evidence, rules, hard, correct(hard, rules))
    decided = iter([judge.decide(levels) for levels in findings])
    verdicts = [
        judge.verdict(case, [next(decided) for _ in case.observations]) if case.observations else _missing(case.budget, evidence)
        for case in cases
        if case.observations or case.budget.missing_means != "skip"
    ]
    return (*verdicts, *(_unseen(source, subject, evidence) for source, subject in unseen_subjects(evidence, cases)))


class _Judge:
    """Decides findings of one evaluation, all `fail` levels of which (`hard`) are corrected together."""

    def __init__(self, evidence: Evidence, rules: Rules, hard: Sequence[Finding], correction: Correction) -> None:
        self._evidence, self._rules, self._chance = evidence, rules, correction.chance
        self._failed = {id(hard[position]) for position in correction.failed}

    def decide(self, levels: Sequence[Finding]) -> _Decision:
        """Return the worst decision of the levels of one budget for one observation."""
        intervals = {finding.expression.statistic: finding.odds.interval for finding in levels if finding.odds is not None}
        return min(
            (_Decision(finding, self._outcome(finding), intervals.get(finding.expression.statistic)) for finding in levels),
            key=lambda decision: decision.order,
        )

    def _outcome(self, finding: Finding) -> Outcome:
        return warning(finding) if finding.level == "warn" else outcome(finding, self._rules, failed=id(finding) in self._failed)

    def verdict(self, case: Case, decisions: Sequence[_Decision]) -> Verdict:
        """Return the verdict of a case: its worst observation's, unless a spoilt source forbids one."""
        worst = min(decisions, key=lambda decision: decision.order)
        finding, budget = worst.finding, case.budget
        verdict = replace(_about(finding, worst.outcome), interval=worst.interval)
        why = self._evidence.spoilt.get(str(budget.place.source))
        if why is not None:
            return replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=words.spoilt(finding, why))
        if finding.too_few:
            return replace(verdict, interval=None, needed=budget.min_samples, reason=words.too_few(finding.observation, budget.min_samples))
        unsettled = worst.outcome is Outcome.INCONCLUSIVE and not finding.suspected
        more = needed(finding, self._rules, self._chance) if unsettled else None
        reason = words.reason(finding, worst.outcome, more, len(decisions), self._rules.baseline_runs)
        return replace(verdict, needed=more, reason=reason)


def _about(finding: Finding, found: Outcome) -> Verdict:
    """Return a verdict without its reason."""
    series = finding.observation.series
    return replace(
        _of_budget(finding.budget, found, finding.level),
        text=str(finding.expression),
        subject=series.subject,
        part=series.part,
        statistic=str(finding.expression.statistic),
        comparator=finding.expression.comparator,
        unit=finding.unit,
        series=series,
        figure=finding.figure,
        limit=finding.limit,
        count=finding.observation.figures.count,
        suspected=finding.suspected,
    )


def _of_budget(budget: Budget, found: Outcome, level: str) -> Verdict:
    """Return what a verdict takes from its budget alone."""
    expression = dict(budget.levels)[level]
    return Verdict(
        outcome=found,
        key=budget.key,
        text=str(expression),
        level=level,
        reason="",
        source=str(budget.place.source),
        subject=budget.place.subject,
        part=budget.place.part or "",
        metric=budget.metric.name,
        statistic=str(expression.statistic),
        comparator=expression.comparator,
        unit=expression.statistic.unit(budget.metric),
        severity=budget.severity,
        owner=budget.owner,
        runbook=budget.runbook,
        file=budget.file,
        line=budget.line,
    )


def _missing(budget: Budget, evidence: Evidence) -> Verdict:
    """Return the verdict of an exact budget that found no samples."""
    spoilt = evidence.spoilt.get(str(budget.place.source))
    if spoilt is not None:
        return replace(_of_budget(budget, Outcome.INCONCLUSIVE, budget.levels[0][0]), reason=f"nothing was observed: {spoilt}")
    found = Outcome.WARN if budget.missing_means == "warn" else Outcome.MISSING
    return replace(_of_budget(budget, found, budget.levels[0][0]), reason=words.missing(budget, evidence.observations))


def _unseen(source: str, subject: str, evidence: Evidence) -> Verdict:
    """Return the verdict on something that was to be measured and of which no sample came."""
    spoilt = evidence.spoilt.get(source)
    reason = f"{words.SUBJECTS.get(source, source)} {subject} was to be measured, and not one sample came"
    return Verdict(
        outcome=Outcome.INCONCLUSIVE if spoilt else Outcome.MISSING,
        key=dotted((words.TABLES.get(source, source), subject)),
        text="count >= 1",
        level="fail",
        reason=f"{reason}: {spoilt}" if spoilt else reason,
        source=source,
        subject=subject,
        part="",
        metric=ANYTHING,
        statistic="count",
        comparator=">=",
        unit="count",
        file=SUITE_FILE,
    )
