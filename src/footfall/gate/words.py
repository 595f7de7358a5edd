"""Budgets and verdicts in words, for a person who is on call and has not read the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from footfall.errors import nearest
from footfall.gate.budget import EVERY, Budget, Place
from footfall.gate.evidence import Observation
from footfall.gate.expression import Expression, Limit
from footfall.gate.finding import Basis, Finding
from footfall.gate.slo import Slo
from footfall.gate.verdict import Outcome
from footfall.metrics import Kind, Metric, format_beside, format_quantity, parse_duration, parse_quantity

SUBJECTS = {"journey": "journey", "load": "profile", "probe": "probe"}
TABLES = {"journey": "journeys", "load": "load", "probe": "probes"}
_PARTS = {"journey": "step", "load": "request", "probe": "part"}
_STATISTICS = {
    "min": "the smallest {}",
    "max": "the largest {}",
    "mean": "the mean {}",
    "rate": "the rate of {}",
    "count": "the number of {}",
    "sum": "the sum of {}",
    "last": "the last {}",
}
_NOTHING_SEEN = {
    "fail": "it fails where nothing is seen",
    "warn": "where nothing is seen it warns",
    "skip": "where nothing is seen it is passed over",
}
_MOST_TIMES = 1e6
"""So many times a limit of next to nothing is not told as a percentage."""
_VERBS = {"fail": "must", "warn": "should"}
_COMPARATORS = {"<=": "at most", "<": "below", ">=": "at least", ">": "above"}


# --- budgets -----------------------------------------------------------------------------------------------------------


def explain(budget: Budget) -> str:
    """Say in one sentence what a budget demands, where, and what follows if it is not kept."""
    said, demands = "", []
    for level, expression in budget.levels:
        subject = _subject(expression, budget.metric)
        demands.append(f"{'' if subject == said else subject + ' '}{_VERBS[level]} be {_demand(expression, budget.metric)}")
        said = subject
    return f"{_where(budget)}: {' and '.join(demands)}{_conditions(budget)}."


def _where(budget: Budget) -> str:
    place = budget.place
    subject = f"every {SUBJECTS[place.source]}" if place.subject == EVERY else f"{SUBJECTS[place.source]} {place.subject}"
    part = ""
    if budget.by_step or place.part == EVERY:
        part = f", every {_PARTS[place.source]}"
    elif place.part is not None:
        part = f", {_PARTS[place.source]} {place.part}"
    labels = "".join(f", {name} {value}" for name, value in budget.where.items())
    return subject[0].upper() + subject[1:] + part + labels


def _subject(expression: Expression, metric: Metric) -> str:
    statistic, name = expression.statistic, metric.name
    if statistic.quantile is None:
        return _STATISTICS[statistic.name].format(name)
    share = statistic.quantile if expression.upper else 100 - statistic.quantile
    return f"{share:g} % of {name} samples"


def _demand(expression: Expression, metric: Metric) -> str:
    unit = expression.statistic.unit(metric)
    limits = " or ".join(_limit(limit, unit) for limit in expression.limits)
    choice = f", whichever is {'more' if expression.upper else 'less'}" if len(expression.limits) > 1 else ""
    over = f" over {format_quantity(parse_duration(str(expression.window)), 'ms')}" if expression.window else ""
    return f"{_COMPARATORS[expression.comparator]} {limits}{choice}{over}"


def _limit(limit: Limit, unit: str) -> str:
    if limit.quantity is None:
        return "the usual"
    if not limit.baseline:
        return format_quantity(parse_quantity(str(limit.quantity), unit), unit, digits=12)
    points = " (in points)" if unit == "ratio" and limit.quantity.is_percentage else ""
    amount = f"{limit.quantity.number} %" if limit.quantity.is_percentage else _limit(Limit(limit.quantity), unit)
    return f"{amount}{points} {'above' if limit.sign == '+' else 'below'} the usual"


def _conditions(budget: Budget) -> str:
    found = []
    if budget.for_ms:
        found.append(f"it counts as broken only when it stays so for {format_quantity(budget.for_ms, 'ms')}")
    if budget.min_samples > 1:
        found.append(f"at least {budget.min_samples} samples are needed")
    if budget.abort:
        grace = f" after {format_quantity(budget.abort_after_ms, 'ms')}" if budget.abort_after_ms else ""
        found.append(f"a load test that breaks it is stopped{grace}")
    if budget.on_missing:
        found.append(_NOTHING_SEEN[budget.on_missing])
    if budget.on_no_baseline == "inconclusive":
        found.append("until enough runs are known it is inconclusive")
    told = (("severity", budget.severity), ("owner", budget.owner), ("runbook", budget.runbook))
    found += [f"{name}: {value}" for name, value in told if value]
    return "; " + "; ".join(found) if found else ""


# --- verdicts ----------------------------------------------------------------------------------------------------------


def reason(finding: Finding, outcome: Outcome, needed: int | None, among: int, runs_needed: int) -> str:
    """Say why a budget fared as it did: the figure beside its limit, what it rests on, how sure that is."""
    if finding.basis is Basis.LEARNING:
        return _learning(finding, runs_needed)
    if finding.basis is Basis.SUMMARY:
        return f"only this run's summary is kept, and it does not hold {finding.expression.statistic}"
    parts = [_beside(finding), _rests_on(finding), _sureness(finding, outcome, needed)]
    if among > 1:
        parts.append(f"the {'worst' if outcome is not Outcome.PASS else 'closest'} of {among} steps" + _at(finding))
    return "; ".join(part for part in parts if part)


def lately(finding: Finding) -> str:
    """Say what the watch saw: `pay · duration: p95 is 1.24 s, 24 % over the limit of 1 s; 10 samples in 5 min`."""
    series, window, count = finding.observation.series, finding.expression.window_ms, finding.observation.figures.count
    place = f"{series.part} · {series.metric}" if series.part else series.metric
    is_rate = finding.observation.kind is Kind.RATE
    seen = f"{round(finding.observation.figures.mean * count):,} of {count:,}" if is_rate else _counted(count, "sample")
    return f"{place}: {_beside(finding)}; {seen}" + ("" if window is None else f" in {format_quantity(window, 'ms')}")


def _at(finding: Finding) -> str:
    part = finding.observation.series.part
    return f" is {part}" if part else " is the journey as a whole"


def _beside(finding: Finding) -> str:
    """Say figure and limit: `p75 is 3.41 s, 36 % over the limit of 2.5 s`."""
    if finding.figure is None or finding.limit is None:
        return "there is no limit to hold it against"
    figure, limit = format_beside(finding.figure, finding.limit, finding.unit)
    start = f"{finding.expression.statistic} is {figure}"
    if finding.met:
        return f"{start}, within the limit of {limit}" if finding.expression.upper else f"{start}, where at least {limit} is asked for"
    if finding.figure == finding.limit:
        return f"{start}, and it must be {_COMPARATORS[finding.expression.comparator]} that"
    untold = finding.limit == 0 or finding.unit == "ratio" or finding.excess > _MOST_TIMES
    apart = "" if untold else f"{format_quantity(finding.excess, 'ratio', digits=2)} "
    return f"{start}, {apart}over the limit of {limit}" if finding.expression.upper else f"{start}, {apart}short of {limit}"


def _rests_on(finding: Finding) -> str:
    observation, count = finding.observation, finding.observation.figures.count
    if finding.basis is Basis.HISTORY and finding.before is not None:
        usual = format_quantity(finding.before.figure, finding.unit)
        seen = f"measured again {finding.rounds} times" if finding.rounds else _counted(count, "sample")
        return f"{seen}, usually {usual} ({finding.before.runs} runs)"
    if observation.kind is Kind.RATE:
        return f"{round(observation.figures.mean * count):,} of {count:,}{_window(finding)}"
    if observation.runs:
        return f"{count:,} requests in {_counted(len(observation.runs), 'run')}{_window(finding)}"
    if observation.windows:
        seconds = sum(window.seconds for window in observation.windows)
        return f"{count:,} requests in {format_quantity(seconds * 1000, 'ms')} of load{_window(finding)}"
    return _counted(count, "sample") + _window(finding)


def _window(finding: Finding) -> str:
    window = finding.expression.window_ms
    return "" if window is None else f" in the {format_quantity(window, 'ms')} up to the end of this run"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _sureness(finding: Finding, outcome: Outcome, needed: int | None) -> str:
    if finding.suspected:
        return "beyond the limit, but not yet confirmed by measuring again"
    if finding.observation.kind is Kind.RATE and finding.met and outcome is not Outcome.INCONCLUSIVE:
        return _weakness(finding)
    if finding.odds is None or finding.level == "warn":
        return ""
    if outcome is Outcome.INCONCLUSIVE:
        return _unsettled(finding, needed)
    if outcome is Outcome.FAIL:
        return "too far beyond the limit for chance" + (", and confirmed" if finding.rounds else "")
    return "not one sample is beyond the limit" if finding.basis is Basis.RANKS and finding.odds.spotless else ""


def _unsettled(finding: Finding, needed: int | None) -> str:
    if finding.basis is Basis.HISTORY:
        return "beyond the limit, but runs differ as much by themselves"
    if needed is None:
        return "too close to call, and no practical number of samples would settle it"
    if finding.basis is Basis.RUNS:
        runs = round(needed / max(finding.observation.figures.count, 1) * len(finding.observation.runs))
        return f"too close to call, for runs differ by themselves: about {runs:,} such runs would settle it"
    if finding.basis is Basis.BLOCKS:
        windows = finding.observation.windows
        seconds = needed / max(finding.observation.figures.count, 1) * sum(window.seconds for window in windows)
        return f"too close to call: about {format_quantity(seconds * 1000, 'ms', digits=2)} of such load would settle it"
    if finding.basis is Basis.RATE:
        return f"too close to call: about {_rounded_up(needed):,} such requests would settle it"
    return f"too close to call: about {needed:,} such samples would settle it"


def _rounded_up(count: int) -> int:
    """Return a count with two digits that mean something."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step


def _weakness(finding: Finding) -> str:
    """Say what so few can show at all: the true rate that is ruled out at 95 %, where that is beyond the limit."""
    bound, high = _ruled_out(finding), finding.expression.upper
    if bound is None or finding.limit is None or ((bound <= finding.limit) if high else (bound >= finding.limit)):
        return ""
    shown = format_quantity(bound, "ratio", digits=2)
    return f"judged as observed: so few only rule out a true rate {'above' if high else 'below'} {shown}"


def _ruled_out(finding: Finding) -> float | None:
    """Return the rate that is; with all of n as wished, a share below 0.05^(1/n). None where nothing more is to be said."""
    count, mean, high = finding.observation.figures.count, finding.observation.figures.mean, finding.expression.upper
    if finding.odds is not None and finding.odds.interval is not None:
        return finding.odds.interval[1 if high else 0]
    if mean not in {0.0, 1.0} or count < 1 or finding.expression.statistic.name != "rate":
        return None
    bound: float = 0.05 ** (1 / count)
    return 1 - bound if high else bound


def _learning(finding: Finding, runs_needed: int) -> str:
    runs = finding.before.runs if finding.before else 0
    shown = "" if finding.figure is None else f"; {finding.expression.statistic} is {format_quantity(finding.figure, finding.unit)}"
    return f"{runs} of {runs_needed} runs{shown}, and what is usual is not yet known"


def spoilt(finding: Finding, why: str) -> str:
    """Say that a figure cannot be trusted, and what it was."""
    return f"{why}; {_beside(finding)}, but that cannot be trusted"


def too_few(observation: Observation, wanted: int) -> str:
    """Say that `min_samples` was not reached."""
    count = observation.figures.count
    return f"{_counted(count, 'sample')} of {observation.series.title}; the budget asks for at least {wanted}"


def missing(budget: Budget, observations: Iterable[Observation]) -> str:
    """Say that nothing was observed, and what was observed that may have been meant."""
    place = budget.place
    series = [observation.series for observation in observations if observation.series.source == place.source]
    of_subject = [found for found in series if found.subject == place.subject]
    start = f"no samples of {budget.metric.name} for {_place_words(place)}"
    if not series:
        return f"{start}: the run saw no {SUBJECTS[place.source]} at all"
    if not of_subject:
        return f"{start}{_instead(place.subject, {found.subject for found in series}, SUBJECTS[place.source])}"
    parts = {found.part for found in of_subject}
    if place.part is not None and place.part not in parts:
        return f"{start}{_instead(place.part, parts - {''}, _PARTS[place.source])}"
    here = [found for found in of_subject if place.part is None or found.part == place.part]
    if any(found.metric == budget.metric.name for found in here):
        return f"{start} with {', '.join(f'{name}={value}' for name, value in budget.where.items())}"
    return f"{start}{_instead(budget.metric.name, {found.metric for found in here}, 'metric')}"


def _place_words(place: Place) -> str:
    part = f", {_PARTS[place.source]} {place.part}" if place.part is not None else ""
    return f"{SUBJECTS[place.source]} {place.subject}{part}"


def _instead(name: str, known: Iterable[str], noun: str) -> str:
    names: Sequence[str] = sorted(known)
    match = nearest(name, names)
    if match is not None:
        return f"; the nearest {noun} observed is {match!r}"
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return f"; {noun}s observed: {shown}" if names else f"; no {noun} was observed"


def explain_slo(slo: Slo) -> str:
    """Say in one sentence what an objective demands."""
    step = f", step {slo.part}" if slo.part else ""
    event = "succeed" if slo.at_most is None else f"have a {slo.metric} of at most {format_quantity(slo.at_most, 'ms')}"
    span = format_quantity(slo.over.total_seconds() * 1000, "ms")
    owner = f"; owner: {slo.owner}" if slo.owner else ""
    share = format_quantity(slo.objective, "ratio", digits=12)
    return f"{slo.source.value.capitalize()} {slo.subject}{step}: {share} of all must {event}, over {span}{owner}."
