"""How often the gate is right: shares of pass, inconclusive and fail, beside the naive rules.

    .venv/bin/python bench/gate_accuracy.py [--repeat 2000] [--only against]      (--quick takes two minutes)

Everything is simulated with fixed seeds, so the tables are the same each time. Times are log-normal around their median, with the
coefficient of variation named; loads have an AR(1) of 8 % (time constant 15 s) in the level of their seconds.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import numpy as np
from deployments import Values, World, simulate
from scipy import stats

from footfall.cli.undecided import further
from footfall.config.suite import GateSpec
from footfall.gate.budget import Budget, Place
from footfall.gate.compare import IN_TURN
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Window
from footfall.gate.expression import parse
from footfall.gate.finding import Rules
from footfall.gate.trends import change_points
from footfall.gate.verdict import Outcome, Verdict, exit_code
from footfall.metrics import CATALOGUE, Metric, Source
from footfall.samples import Series
from footfall.stats import Figures, Histogram

START = datetime(2026, 11, 21, tzinfo=UTC)
WORDS = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)


def budget(source: Source, subject: str, part: str | None, metric: str, fail: str, warn: str | None = None) -> Budget:
    """Return a budget with a `fail` level and perhaps a `warn` one."""
    found = CATALOGUE[source][metric]
    return Budget(
        f"{source}.{subject}.{part}.{metric}", Place(source, subject, part), found, fail=parse(fail), warn=parse(warn) if warn else None
    )


def observed(metric: Metric, source: Source, subject: str, part: str, values: Sequence[float]) -> Observation:
    """Return an observation of single values."""
    series = Series("corner", source, subject, part, metric.name)
    return Observation(series, metric.kind, metric.unit, Figures.of_values(values), tuple(values))


def lognormal(rng: random.Random, median: float, variation: float, count: int) -> list[float]:
    """Draw log-normal times."""
    sigma = math.sqrt(math.log(1 + variation**2))
    return [rng.lognormvariate(math.log(median), sigma) for _ in range(count)]


def shares(outcomes: Iterable[Outcome]) -> str:
    """Write the shares of pass, inconclusive and fail in per cent."""
    counted = Counter(outcomes)
    total = sum(counted.values())
    return " ".join(f"{100 * counted[word] / total:6.1f}" for word in WORDS)


def few_samples(rng: random.Random, repeat: int) -> None:
    """One budget on a p75, by distance of the true p75 from the limit."""
    print("\nA p75 over few samples: pass / inconclusive / fail in %, and how often `figure <= limit` alone would fail it")
    print(f"{'n':>3} {'CV':>5} {'true/limit':>10}   {'pass':>6} {'?':>6} {'fail':>6}   {'naive fail':>10}")
    rule = budget(Source.JOURNEY, "j", "s", "duration", "p75 <= 1s")
    for count in (3, 5, 10, 20):
        for variation in (0.05, 0.2, 0.4):
            sigma = math.sqrt(math.log(1 + variation**2))
            for ratio in (0.5, 0.8, 1.0, 1.25, 1.5, 2.0):
                median = 1000 * ratio / math.exp(NormalDist().inv_cdf(0.75) * sigma)
                verdicts = [_of_values(rule, lognormal(rng, median, variation, count), Rules()) for _ in range(repeat // 4)]
                naive = 100 * sum((verdict.figure or 0) > 1000 for verdict in verdicts) / len(verdicts)
                print(f"{count:3} {variation:5.0%} {ratio:10.2f}   {shares(verdict.outcome for verdict in verdicts)}   {naive:10.1f}")


def walked_on(rng: random.Random, repeat: int) -> None:
    """One budget on a p75 of five samples, judged once, and judged by a gate that walks on where a few more would settle it."""
    print("\nA p75 over five samples, judged once, and walked on where that would settle it (up to 15): pass / inconclusive / fail in %")
    print(f"{'CV':>5} {'true/limit':>10}   {'pass':>6} {'?':>6} {'fail':>6}   {'pass':>6} {'?':>6} {'fail':>6}   {'walks':>5}")
    rule = budget(Source.JOURNEY, "j", "s", "duration", "p75 <= 1s")
    spec = GateSpec(("j",))
    for variation in (0.05, 0.1, 0.2, 0.4):
        sigma = math.sqrt(math.log(1 + variation**2))
        for ratio in (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0):
            median = 1000 * ratio / math.exp(NormalDist().inv_cdf(0.75) * sigma)
            once, twice, walks = [], [], 0
            for _ in range(repeat // 2):
                values = lognormal(rng, median, variation, spec.iterations)
                once.append(_of_values(rule, values, Rules()))
                found = _of_values(rule, values, Rules(looks=2))
                more = further([found], spec)
                for _, added in more:
                    values += lognormal(rng, median, variation, added)
                    found = _of_values(rule, values, Rules(looks=2))
                twice.append(found)
                walks += len(values)
            shown = "   ".join(shares(verdict.outcome for verdict in verdicts) for verdicts in (once, twice))
            print(f"{variation:5.0%} {ratio:10.2f}   {shown}   {walks / len(twice):5.1f}")


def _of_values(rule: Budget, values: Sequence[float], rules: Rules) -> Verdict:
    return evaluate([rule], Evidence((observed(rule.metric, Source.JOURNEY, "j", "s", values),)), rules)[0]


STEPS = {
    "booking": ("service", "time", "details", "pay"),
    "checkout": ("browse", "cart", "checkout", "pay"),
    "fulfillment": ("offer", "accept"),
}
STARTER = (
    budget(Source.JOURNEY, "*", None, "success", "rate >= 99%"),
    budget(Source.JOURNEY, "*", None, "lcp", "p75 <= 4s", "p75 <= 2.5s"),
    budget(Source.JOURNEY, "*", None, "inp", "p75 <= 500ms", "p75 <= 200ms"),
    budget(Source.JOURNEY, "*", None, "cls", "p75 <= 0.25", "p75 <= 0.1"),
    budget(Source.JOURNEY, "*", None, "fcp", "p75 <= 3s", "p75 <= 1.8s"),
    budget(Source.JOURNEY, "*", None, "ttfb", "p75 <= 1.8s", "p75 <= 800ms"),
    budget(Source.JOURNEY, "booking", "pay", "duration", "p75 <= 2.5s"),
    budget(Source.JOURNEY, "checkout", "pay", "duration", "p75 <= 2.5s"),
)
MEDIANS = {"lcp": 700.0, "inp": 50.0, "fcp": 500.0, "ttfb": 40.0}


def corner(rng: random.Random, variation: float, slower_ms: float, count: int) -> Evidence:
    """Draw what a gate sees of Corner; `slower_ms` is added to each payment."""
    seen = []
    catalogue = CATALOGUE[Source.JOURNEY]
    for journey, steps in STEPS.items():
        seen.append(observed(catalogue["success"], Source.JOURNEY, journey, "", [1.0] * count))
        for step in steps:
            seen += [
                observed(catalogue[name], Source.JOURNEY, journey, step, lognormal(rng, median, variation, count))
                for name, median in MEDIANS.items()
            ]
            seen.append(observed(catalogue["cls"], Source.JOURNEY, journey, step, [0.0] * count))
            durations = lognormal(rng, 450, variation, count)
            late = slower_ms if step == "pay" else 0.0
            seen.append(observed(catalogue["duration"], Source.JOURNEY, journey, step, [value + late for value in durations]))
    return Evidence(tuple(seen))


def gates(rng: random.Random, repeat: int) -> None:
    """Whole gates over Corner with the starter's budgets, five iterations."""
    print("\nCorner, five iterations, the starter's budgets: exit codes (in %) of healthy gates, how often both payments fail when they")
    print("take 3 s longer, and exit codes when one sample of every step is a hiccup of 4 s")
    print(f"{'CV':>5} {'gates':>6}   {'healthy 0':>9} {'1':>5} {'3':>5}   {'+3 s fails':>10}   {'hiccups 0':>20} {'1':>5} {'3':>5}")
    for variation in (0.05, 0.1, 0.2, 0.3, 0.4):
        codes = [exit_code(evaluate(STARTER, corner(rng, variation, 0, 5))) for _ in range(repeat // 4)]
        slow = [_payments(evaluate(STARTER, corner(rng, variation, 3000, 5))) for _ in range(repeat // 4)]
        hiccups = [exit_code(evaluate(STARTER, with_hiccup(rng, corner(rng, variation, 0, 5)))) for _ in range(repeat // 4)]
        print(f"{variation:5.0%} {len(codes):6}   {_codes(codes, 9)}   {100 * sum(slow) / len(slow):10.1f}   {_codes(hiccups, 20)}")


def with_hiccup(rng: random.Random, evidence: Evidence) -> Evidence:
    """Make one sample of each duration four seconds long, as when a machine stalls."""

    def stalled(seen: Observation) -> Observation:
        if seen.series.metric != "duration":
            return seen
        values = list(seen.values)
        values[rng.randrange(len(values))] = 4000.0
        return Observation(seen.series, seen.kind, seen.unit, Figures.of_values(values), tuple(values))

    return Evidence(tuple(stalled(seen) for seen in evidence.observations))


def _payments(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.outcome is Outcome.FAIL for verdict in verdicts if verdict.part == "pay" and verdict.metric == "duration")


def _codes(codes: Sequence[int], width: int) -> str:
    counted = Counter(codes)
    return " ".join(f"{100 * counted[code] / len(codes):{size}.1f}" for code, size in ((0, width), (1, 5), (3, 5)))


def many_budgets(rng: random.Random, repeat: int) -> None:
    """False failures of a gate whose forty budgets all stand exactly at their limits: the worst case for a family of tests."""
    print("\nForty p75 budgets, every true p75 exactly at its limit: gates with a false failure, in % (the promise is at most 1)")
    rules = [budget(Source.JOURNEY, "j", f"s{index}", "duration", "p75 <= 1s") for index in range(40)]
    for count in (5, 10, 20):
        for variation in (0.05, 0.2, 0.4):
            sigma = math.sqrt(math.log(1 + variation**2))
            median = 1000 / math.exp(NormalDist().inv_cdf(0.75) * sigma)

            def gate(count: int = count, variation: float = variation, median: float = median) -> bool:
                seen = [
                    observed(rule.metric, Source.JOURNEY, "j", rule.place.part or "", lognormal(rng, median, variation, count))
                    for rule in rules
                ]
                return any(verdict.outcome is Outcome.FAIL for verdict in evaluate(rules, Evidence(tuple(seen))))

            false = sum(gate() for _ in range(repeat // 4))
            print(f"n {count:3}  CV {variation:4.0%}   {100 * false / (repeat // 4):5.1f}   (naive: {naive_family(count):5.1f})")


def naive_family(count: int) -> float:
    """The chance in % that at least one of forty figures at the limit lies above it: 1 − P(p75 of n <= L)^40."""
    rank = math.ceil(count * 0.75)
    kept = sum(math.comb(count, k) * 0.75**k * 0.25 ** (count - k) for k in range(rank, count + 1))
    return 100 * (1 - kept**40)


def load_run(rng: np.random.Generator, seconds: int, rate: int, median: float) -> Observation:
    """Draw a load's latencies: log-normal (sigma 0.5), with a level that drifts from second to second."""
    level, phi = rng.normal(0, 0.08), math.exp(-1 / 15)
    histograms = []
    for _ in range(seconds):
        level = phi * level + rng.normal(0, 0.08 * math.sqrt(1 - phi**2))
        histogram = Histogram()
        for value in rng.lognormal(math.log(median) + level, 0.5, rate):
            histogram.record(float(value))
        histograms.append(histogram)
    windows = tuple(Window(START + timedelta(seconds=index), 1.0, histogram) for index, histogram in enumerate(histograms))
    metric = CATALOGUE[Source.LOAD]["latency"]
    series = Series("corner", Source.LOAD, "ci", "", "latency")
    return Observation(series, metric.kind, metric.unit, Figures.of_histogram(Histogram.merged(histograms)), (), windows)


def loads(rng: np.random.Generator, repeat: int) -> None:
    """A load's p95 against its limit."""
    print("\nA load's p95 <= 200 ms, 50 requests/s: pass / inconclusive / fail in %, and how often `figure <= limit` alone would fail it")
    print(f"{'seconds':>7} {'true p95':>8}   {'pass':>6} {'?':>6} {'fail':>6}   {'naive fail':>10}")
    rule = budget(Source.LOAD, "ci", None, "latency", "p95 <= 200ms")
    spread = math.exp(NormalDist().inv_cdf(0.95) * math.hypot(0.5, 0.08))
    for seconds in (45, 300):
        for true in (120, 160, 180, 196, 200, 220, 250, 300):
            verdicts = [evaluate([rule], Evidence((load_run(rng, seconds, 50, true / spread),)))[0] for _ in range(max(repeat // 40, 20))]
            naive = 100 * sum((verdict.figure or 0) > 200 for verdict in verdicts) / len(verdicts)
            print(f"{seconds:7} {true:8}   {shares(verdict.outcome for verdict in verdicts)}   {naive:10.1f}")


BURSTS = (("one by one", 0), ("bursts of 1 s", 1), ("bursts of about 5 s", 5))


def failing_run(rng: np.random.Generator, seconds: int, of: int, true: float, burst: int) -> Observation:
    """Draw a load's errors, `of` requests a second: one by one, or half of all in bursts of about so many seconds."""
    if burst:
        bad, found = False, []
        for _ in range(seconds):
            begins = rng.random() < 2 * true / (1 - 2 * true) / burst
            bad = rng.random() < 1 - 1 / burst if bad else begins
            found.append(rng.binomial(of, 0.5) / of if bad else 0.0)
    else:
        found = list(rng.binomial(of, true, seconds) / of)
    metric = CATALOGUE[Source.LOAD]["errors"]
    figures = replace(Figures.of_values(found), count=seconds * of)
    series = Series("corner", Source.LOAD, "ci", "", "errors")
    return Observation(series, metric.kind, metric.unit, figures, tuple(found), weights=(float(of),) * seconds)


def rates(rng: np.random.Generator, repeat: int) -> None:
    """A load's errors against their limit."""
    print("\nA load's errors <= 1 %, 40 requests/s: pass / inconclusive / fail in %, and how often `figure <= limit` alone would fail it")
    print(f"{'':19} {'seconds':>7} {'true':>6}   {'pass':>6} {'?':>6} {'fail':>6}   {'naive fail':>10}")
    rule = budget(Source.LOAD, "ci", None, "errors", "rate <= 1%")
    for name, burst in BURSTS:
        for seconds in (20, 60, 300):
            for true in (0.001, 0.003, 0.006, 0.01, 0.015, 0.02, 0.05):
                runs = [failing_run(rng, seconds, 40, true, burst) for _ in range(repeat)]
                verdicts = [evaluate([rule], Evidence((run,)))[0] for run in runs]
                naive = 100 * sum((verdict.figure or 0) > 0.01 for verdict in verdicts) / len(verdicts)
                print(f"{name:19} {seconds:7} {true:6.1%}   {shares(verdict.outcome for verdict in verdicts)}   {naive:10.1f}")


METRICS = 40
Samples = list[list[float]]


def deployment(rng: random.Random, count: int, variation: float, times: float, drift: float = 0.0) -> Samples:
    """Draw METRICS durations of one run, the first of them `times` as long; `drift` is by how much whole runs differ by themselves."""
    level = 450 * math.exp(rng.gauss(0, drift))
    return [lognormal(rng, level * (times if metric == 0 else 1.0), variation, count) for metric in range(METRICS)]


def median_ratio(before: Values, after: Values) -> bool:
    """The plainest rule: any median more than a tenth above the other."""
    return bool((np.median(after, axis=1) > 1.1 * np.median(before, axis=1)).any())


def uncorrected(before: Values, after: Values) -> bool:
    """Mann–Whitney at 5 % for each metric, as if it were the only one."""
    return bool((stats.mannwhitneyu(after, before, alternative="greater", axis=1).pvalue < 0.05).any())


WORLDS = (
    ("as they are", (0.05, 0.1), World(drift=0)),
    ("turns differ by 2 %", (0.05, 0.1), World(drift=0.02)),
    ("turns differ by 4 %", (0.05, 0.1), World(drift=0.04)),
    ("each metric by 4 %", (0.05,), World(drift=0, moods=0.04)),
    ("metrics alike, neighbours too", (0.1,), World(alike=0.5, lasting=0.5)),
    ("3 % hiccups, thrice as long", (0.1,), World(hiccups=0.03)),
)


def against(repeat: int) -> None:
    """Two deployments, 40 metrics: how often each rule fails the newer one."""
    print(f"\nTwo deployments, {METRICS} metrics: gates that fail, in %, and the bound (95 %) of that share; where nothing is slower, also")
    print("how many suspected something and how many were to be expected to fail of it; pairs a journey; two naive rules on 20 samples")
    print(f"{'':29} {'CV':>4} {'slower':>6} {'gates':>6} {'fail':>6} {'bound':>6} {'suspect':>7} {'expect':>6} {'bound':>6}", end="")
    print(f" {'?':>5} {'pairs':>5} {'ratio':>5} {'M-W':>5}")
    for times, count in ((1.0, repeat * 3 // 2), (1.1, repeat // 4), (1.2, repeat // 20)):
        for name, variations, world in WORLDS:
            for variation in variations:
                _row_against(name, replace(world, variation=variation, times=times), max(count, 10))


def _row_against(name: str, world: World, count: int) -> None:
    ended = simulate(world, count, 5, IN_TURN)
    failed = sum(each.outcome is Outcome.FAIL for each in ended)
    rng = np.random.default_rng(6)
    naive = [(one_run(world, rng, 1.0), one_run(world, rng, world.times)) for _ in range(min(count, 400))]
    equal = world.times == 1
    risks = [each.risk for each in ended]
    expected = statistics.mean(risks)
    shown = (
        100 * failed / count,
        ("≤" if equal else "≥") + f"{100 * _bound(failed, count, upper=equal):.2f}",
        f"{_percent(each.suspicions > 0 for each in ended):.1f}" if equal else "",
        f"{100 * expected:.2f}" if equal else "",
        f"≤{100 * (expected + 1.645 * statistics.stdev(risks) / math.sqrt(count)):.2f}" if equal else "",
        _percent(each.outcome is Outcome.INCONCLUSIVE for each in ended),
        statistics.mean(each.pairs for each in ended),
        _percent(median_ratio(old, new) for old, new in naive),
        _percent(uncorrected(old, new) for old, new in naive),
    )
    row = "{:29} {:4.0%} {:6.2f} {:6} {:6.2f} {:>6} {:>7} {:>6} {:>6} {:5.1f} {:5.1f} {:5.1f} {:5.1f}"
    print(row.format(name, world.variation, world.times, count, *shown), flush=True)


def one_run(world: World, rng: np.random.Generator, times: float) -> Values:
    """Draw a run of twenty iterations in one browser; the first metric takes `times` as long."""
    steady = replace(world, drift=0, moods=0).turns(rng, 4).reshape(world.metrics, -1)
    mood = world.drift * rng.standard_normal() + world.moods * rng.standard_normal((world.metrics, 1))
    found = steady * np.exp(mood)
    found[0] *= times
    return found


def _bound(seen: int, count: int, *, upper: bool) -> float:
    """Return the one-sided 95 % bound of a share (Clopper and Pearson 1934)."""
    if upper:
        return float(stats.beta.ppf(0.95, seen + 1, count - seen)) if seen < count else 1.0
    return float(stats.beta.ppf(0.05, seen, count - seen + 1)) if seen else 0.0


def _percent(found: Iterable[bool]) -> float:
    seen = list(found)
    return 100 * sum(seen) / len(seen)


def of_runs(rng: random.Random, runs: int, variation: float, times: float, drift: float) -> list[list[Figures]]:
    """Draw the figures of several runs of five iterations, per metric."""
    drawn = [deployment(rng, 5, variation, times, drift) for _ in range(runs)]
    return [[Figures.of_values(run[metric]) for run in drawn] for metric in range(METRICS)]


def history(rng: random.Random, repeat: int) -> None:
    """Budgets of "baseline + 5 %" over 20 runs, confirmed by three rounds, beside one look and beside a plain ratio."""
    print(f"\nAgainst history: {METRICS} budgets `p50 <= baseline + 5%`, 20 runs of 5 iterations, 2 % between runs: gates that fail, in %")
    print(f"{'CV':>4} {'slower':>6} {'gates':>6}   {'confirmed: fail':>15} {'?':>6}   {'one look':>8} {'figure > limit':>14}")
    rules = [budget(Source.JOURNEY, "j", f"s{metric}", "duration", "p50 <= baseline + 5%") for metric in range(METRICS)]
    for variation in (0.05, 0.1):
        for times in (1.0, 1.15, 1.25):
            count = max(repeat // 20, 10)
            verdicts, looks, plain = [], [], []
            for _ in range(count):
                seen, first = _history_gate(rng, rules, variation, times)
                verdicts.append({verdict.outcome for verdict in seen})
                plain.append(
                    any(verdict.figure is not None and verdict.limit is not None and verdict.figure > verdict.limit for verdict in first)
                )
                looks.append(_one_look(first))
            fail = [Outcome.FAIL in seen for seen in verdicts]
            unsure = [Outcome.INCONCLUSIVE in seen and Outcome.FAIL not in seen for seen in verdicts]
            shown = [_percent(fail), _percent(unsure), _percent(looks), _percent(plain)]
            print("{:4.0%} {:6.2f} {:6}   {:15.1f} {:6.1f}   {:8.1f} {:14.1f}".format(variation, times, count, *shown))


def _history_gate(
    rng: random.Random, rules: Sequence[Budget], variation: float, times: float
) -> tuple[tuple[Verdict, ...], tuple[Verdict, ...]]:
    """Return the verdicts of one gate, and those of its first run alone."""
    before, again = of_runs(rng, 20, variation, 1.0, 0.02), of_runs(rng, 3, variation, times, 0.02)
    now = deployment(rng, 5, variation, times, 0.02)
    seen = [observed(rule.metric, Source.JOURNEY, "j", rule.place.part or "", values) for rule, values in zip(rules, now, strict=True)]
    known = {each.series: tuple(figures) for each, figures in zip(seen, before, strict=True)}
    rounds = {each.series: tuple(figures) for each, figures in zip(seen, again, strict=True)}
    return evaluate(rules, Evidence(tuple(seen), known, rounds)), evaluate(rules, Evidence(tuple(seen), known))


def _one_look(first: Sequence[Verdict]) -> bool:
    """Fail at once what is beyond the limit by two standard errors of what runs differ by, as a single look would."""
    return any(v.figure is not None and v.limit is not None and v.interval is not None and v.interval[0] > v.limit for v in first)


def trends(rng: random.Random, repeat: int) -> None:
    """Change points in hourly series of 5 %: false alarms in steady and cyclic ones, and lasting changes found."""
    print("\nChange points, 300 hourly runs at 5 %: series with one, in % (the first three have none)")
    moments = [START + timedelta(hours=hour) for hour in range(300)]

    def alarm(step: float, daily: float, bad: float) -> bool:
        points = [
            (at, rng.lognormvariate(0, 0.05) * (1 + daily * math.sin(at.hour / 24 * 2 * math.pi)) * (step if hour >= 280 else 1))
            for hour, at in enumerate(moments)
        ]
        return bool(change_points([(at, value * (4 if rng.random() < bad else 1)) for at, value in points]))

    for name, step, daily, bad in (
        ("steady", 1.0, 0.0, 0.0),
        ("2 % bad runs", 1.0, 0.0, 0.02),
        ("10 % by the hour", 1.0, 0.1, 0.0),
        ("+10 % since 20 runs", 1.1, 0.0, 0.0),
        ("+20 % since 20 runs", 1.2, 0.0, 0.02),
    ):
        print(f"{name:20} {_percent(alarm(step, daily, bad) for _ in range(max(repeat // 20, 10))):6.1f}")


Shape = Callable[[float], float]
SHAPES: Mapping[str, tuple[tuple[float, ...], Callable[[float], Shape]]] = {
    "a step": ((0.05, 0.1, 0.2, 0.5), lambda much: lambda x: much if x >= 0.5 else 0.0),
    "two steps": ((0.1, 0.2), lambda much: lambda x: much * min(int(3 * x), 2)),
    "three steps": ((0.1, 0.2), lambda much: lambda x: much * min(int(4 * x), 3)),
    "a drift, all along": ((0.1, 0.2, 0.4, 0.6), lambda much: lambda x: much * x),
    "a drift, half of it": ((0.1, 0.2, 0.4, 0.6), lambda much: lambda x: much * min(max(2 * x - 0.5, 0), 1)),
    "a drift, a quarter": ((0.1, 0.2, 0.4, 0.6), lambda much: lambda x: much * min(max(4 * x - 1.5, 0), 1)),
}


def drifting(rng: random.Random, repeat: int) -> None:
    """Steps and drifts between flat levels, nightly runs, every second series a fifth faster at weekends: which are told as what."""
    print("\nSteps and drifts, nightly runs: series in which any change is found, and of these with a drift told, in %")
    print(f"{'':20} {'by':>5} {'scatter':>7}   {'60 runs':>13} {'200 runs':>13} {'1000 runs':>13}")
    for name, (sizes, shape) in SHAPES.items():
        for much in sizes:
            for scatter in (0.05, 0.1):
                cells = [_told_of(rng, shape(math.log1p(much)), scatter, runs, max(repeat // 20, 10)) for runs in (60, 200, 1000)]
                print(f"{name:20} {much:5.0%} {scatter:7.0%}   " + " ".join(cells), flush=True)


def _told_of(rng: random.Random, shape: Shape, scatter: float, runs: int, count: int) -> str:
    """Return the share of series with a change, and of these the share with a drift."""
    found = []
    for number in range(count):
        weekend = 0.8 if number % 2 else 1.0
        nights = [START + timedelta(days=night) for night in range(runs)]
        points = [
            (at, 500 * math.exp(rng.gauss(shape(night / runs), scatter)) * (weekend if at.weekday() >= 5 else 1))
            for night, at in enumerate(nights)
        ]
        if changes := change_points(points):
            found.append(any(change.last is not None for change in changes))
    drifts = f"{_percent(found):6.1f}" if found else "     –"
    return f"{100 * len(found) / count:6.1f} {drifts}"


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=2000, help="how many gates to draw for the finest table")
    parser.add_argument("--only", default="", help="a part of the name of the one table to print")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the draws: a look at whether all is well")
    options = parser.parse_args()
    if options.quick:
        options.repeat = min(options.repeat, 100)
    tables: dict[str, Callable[[], None]] = {
        "gates": lambda: gates(random.Random(1), options.repeat),
        "few_samples": lambda: few_samples(random.Random(2), options.repeat),
        "walked_on": lambda: walked_on(random.Random(8), options.repeat),
        "many_budgets": lambda: many_budgets(random.Random(3), options.repeat),
        "loads": lambda: loads(np.random.default_rng(4), options.repeat),
        "rates": lambda: rates(np.random.default_rng(9), options.repeat // 4),
        "against": lambda: against(options.repeat),
        "history": lambda: history(random.Random(6), options.repeat),
        "trends": lambda: trends(random.Random(7), options.repeat),
        "drifting": lambda: drifting(random.Random(10), options.repeat),
    }
    for name, table in tables.items():
        if options.only in name:
            table()


if __name__ == "__main__":
    main()
