"""How often the gate is right: shares of pass, inconclusive and fail, beside the naive rule "figure against limit".

    .venv/bin/python bench/gate_accuracy.py [--repeat 2000]

Everything is simulated with a fixed seed, so the table is the same each time. Times are log-normal around their median, with the
coefficient of variation named; loads have an AR(1) of 8 % (time constant 15 s) in the level of their seconds.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import numpy as np

from footfall.gate.budget import Budget, Place
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Window
from footfall.gate.expression import parse
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
                verdicts = [
                    evaluate(
                        [rule],
                        Evidence((observed(rule.metric, Source.JOURNEY, "j", "s", lognormal(rng, median, variation, count)),)),
                    )[0]
                    for _ in range(repeat // 4)
                ]
                naive = 100 * sum((verdict.figure or 0) > 1000 for verdict in verdicts) / len(verdicts)
                print(f"{count:3} {variation:5.0%} {ratio:10.2f}   {shares(verdict.outcome for verdict in verdicts)}   {naive:10.1f}")


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


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=2000, help="how many gates to draw for the finest table")
    parser.add_argument("--only", default="", help="a part of the name of the one table to print")
    options = parser.parse_args()
    tables: dict[str, Callable[[], None]] = {
        "gates": lambda: gates(random.Random(1), options.repeat),
        "few_samples": lambda: few_samples(random.Random(2), options.repeat),
        "many_budgets": lambda: many_budgets(random.Random(3), options.repeat),
        "loads": lambda: loads(np.random.default_rng(4), options.repeat),
    }
    for name, table in tables.items():
        if options.only in name:
            table()


if __name__ == "__main__":
    main()
