"""Budgets held against evidence: each outcome, each edge, and never an exception."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.gate.budget import Budget, Place, read_budgets
from footfall.gate.evaluate import evaluate
from footfall.gate.evidence import Evidence, Observation, Scope
from footfall.gate.finding import Rules
from footfall.gate.verdict import Outcome
from footfall.metrics import CATALOGUE, Source
from footfall.stats import Figures, Histogram
from tests.unit.gate.making import failing, judged, loaded, on_journey, on_load, one, seen

FAST = [600.0, 620.0, 650.0, 700.0, 640.0]
SLOW = [3400.0, 3350.0, 3600.0, 3500.0, 3380.0]
NEAR = [2400.0, 2450.0, 2600.0, 2550.0, 2380.0]


@pytest.mark.parametrize(
    ("value", "values", "outcome"),
    [
        ("p75 <= 2.5s", FAST, Outcome.PASS),
        ("p75 <= 2.5s", SLOW, Outcome.FAIL),
        ("p75 <= 2.5s", NEAR, Outcome.INCONCLUSIVE),
        ({"warn": "p75 <= 2.5s"}, NEAR, Outcome.WARN),
        ({"warn": "p75 <= 2.5s"}, FAST, Outcome.PASS),
        ({"warn": "p75 <= 500ms", "fail": "p75 <= 4s"}, FAST, Outcome.WARN),
        ({"warn": "p75 <= 2.5s", "fail": "p75 <= 4s"}, [3900.0, 3950.0, 4100.0, 3800.0, 4050.0], Outcome.INCONCLUSIVE),
        ("max <= 2.5s", NEAR, Outcome.FAIL),  # as observed
        ("min <= 2.38s", NEAR, Outcome.PASS),
        ("mean <= 2476ms", NEAR, Outcome.PASS),  # equal to the limit
        ("mean < 2476ms", NEAR, Outcome.FAIL),
        ("count >= 5", NEAR, Outcome.PASS),
        ("last <= 2.4s", NEAR, Outcome.PASS),
        ("p25 >= 100ms", FAST, Outcome.PASS),
        ("p25 >= 2s", FAST, Outcome.FAIL),
        ("p75 <= 2.5s", [400.0] * 5, Outcome.PASS),  # all equal
        ("p75 <= 2.5s", [2500.0] * 5, Outcome.INCONCLUSIVE),  # equal to the limit
        ("p75 <= 2.5s", [800.0], Outcome.PASS),  # one sample, far away
        ("p75 <= 2.5s", [2000.0], Outcome.INCONCLUSIVE),
        ("p75 <= 2.5s", [0.0] * 5, Outcome.PASS),  # no logarithm of nothing
        ("p75 <= 0s", [0.0] * 5, Outcome.PASS),
        ("p75 <= 0s", [1.0] * 5, Outcome.FAIL),
        ("p75 <= 2.5s", [400.0] * 60, Outcome.PASS),  # many samples: by ranks
        ("p75 <= 2.5s", [400.0] * 42 + [9000.0] * 18, Outcome.INCONCLUSIVE),
    ],
)
def test_a_step_s_duration_is_judged_with_its_uncertainty(value: Any, values: list[float], outcome: Outcome) -> None:
    """Percentiles are decided far from their limit only; the other statistics are taken as observed."""
    assert one(on_journey(value, part="pay"), seen(values, part="pay")).outcome is outcome


@pytest.mark.parametrize(
    ("metric", "value", "values", "outcome"),
    [
        ("cls", "p75 <= 0.1", [0.0] * 5, Outcome.PASS),
        ("cls", "p75 <= 0.1", [0.31] * 5, Outcome.FAIL),
        ("cls", "p75 <= 0.1", [0.05, 0.05, 0.05, 0.05, 0.2], Outcome.INCONCLUSIVE),
        ("cls", "p75 <= 0.1", [0.31] * 2, Outcome.INCONCLUSIVE),
        ("js_errors", "max <= 0", [0.0] * 5, Outcome.PASS),
        ("js_errors", "sum <= 2", [1.0] * 3, Outcome.FAIL),
        ("console_errors", "p50 <= 0", [0.0] * 5, Outcome.PASS),
        ("ux_score", "p50 >= 75", [90.0] * 5, Outcome.PASS),
        ("success", "rate >= 99%", [1.0] * 5, Outcome.PASS),
        ("success", "rate >= 99%", [1.0] * 4 + [0.0], Outcome.FAIL),
        ("success", "rate > 80%", [1.0] * 4 + [0.0], Outcome.FAIL),
        ("success", "count >= 4", [1.0] * 4 + [0.0], Outcome.PASS),  # how often it was so
    ],
)
def test_counts_scores_and_rates_have_rules_of_their_own(metric: str, value: str, values: list[float], outcome: Outcome) -> None:
    """What may be 0 is judged by its order, a journey's rates as observed."""
    assert one(on_journey(value, metric), seen(values, metric)).outcome is outcome


@pytest.mark.parametrize(
    ("value", "median", "seconds", "outcome"),
    [
        ("p95 <= 200ms", 60.0, 30, Outcome.PASS),
        ("p95 <= 200ms", 250.0, 30, Outcome.FAIL),
        ("p95 <= 200ms", 122.0, 30, Outcome.INCONCLUSIVE),
        ("p99.9 <= 2s", 60.0, 30, Outcome.PASS),  # a percentile that no summary holds
        ("p95 <= 200ms", 100.0, 3, Outcome.INCONCLUSIVE),
        ("max <= 1s", 60.0, 30, Outcome.PASS),
    ],
)
def test_a_load_s_percentiles_are_judged_by_its_seconds(value: str, median: float, seconds: int, outcome: Outcome) -> None:
    """Far away decides, near does not, and a few seconds are not much."""
    verdict = one(on_load(value), loaded(median, seconds))
    assert verdict.outcome is outcome
    assert verdict.count == 40 * seconds


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [
        ([0] * 60, Outcome.PASS),
        ([0] * 5, Outcome.PASS),  # too few to show more
        ([1] + [0] * 19, Outcome.PASS),  # one of 800, likewise
        ([0, 0, 1] * 5 + [0] * 45, Outcome.PASS),  # five of 2,400, here and there: far below
        ([0, 1, 0] * 20, Outcome.INCONCLUSIVE),  # twenty of 2,400: near
        ([0, 1] * 30, Outcome.INCONCLUSIVE),  # thirty of 2,400: near, from the other side
        ([1] + [0] * 4, Outcome.PASS),
        ([3] + [0] * 4, Outcome.INCONCLUSIVE),  # three of 200: 1.5 %, as chance has it often enough
        ([10] * 5, Outcome.FAIL),
        ([40] * 2, Outcome.FAIL),
        ([1] * 60, Outcome.FAIL),  # 2.5 %, one by one
        ([30, 30] + [0] * 58, Outcome.INCONCLUSIVE),  # the same 2.5 % in one burst
        ([0] * 50 + [40] * 10, Outcome.FAIL),  # the site went down: far beyond, whatever the burst
    ],
)
def test_a_load_s_error_rate_is_judged_with_its_uncertainty(failed: list[int], outcome: Outcome) -> None:
    """Decided far from the limit; near it a burst is one event; too few requests prove no failure, and pass as observed."""
    assert one(on_load("rate <= 1%", "errors"), failing(failed)).outcome is outcome


def test_not_one_request_may_fail_where_none_is_allowed() -> None:
    """A limit of 0 leaves nothing to chance."""
    assert one(on_load("rate <= 0", "errors"), failing([0] * 60)).outcome is Outcome.PASS
    assert one(on_load("rate <= 0", "errors"), failing([0] * 59 + [1])).outcome is Outcome.FAIL


def test_the_worst_step_decides_for_its_journey() -> None:
    """One verdict names the step and how many there were."""
    steps = [seen(values, "lcp", part=part) for part, values in (("browse", FAST), ("cart", SLOW), ("pay", [9000.0] * 5))]
    verdict = one(on_journey({"warn": "p75 <= 2s", "fail": "p75 <= 2.5s"}, "lcp", "*"), *steps)
    assert (verdict.outcome, verdict.part, verdict.subject) == (Outcome.FAIL, "pay", "checkout")
    assert "the worst of 3 steps is pay" in verdict.reason


def test_of_passing_steps_the_one_nearest_to_its_warning_is_shown() -> None:
    """A pass shows how much room is left, by the stricter level."""
    steps = [seen([value] * 5, "lcp", part=part) for part, value in (("a", 100.0), ("b", 500.0), ("c", 300.0))]
    verdict = one(on_journey({"warn": "p75 <= 2.5s", "fail": "p75 <= 4s"}, "lcp", "*"), *steps)
    assert (verdict.outcome, verdict.part, verdict.level, verdict.limit) == (Outcome.PASS, "b", "warn", 2500.0)
    assert verdict.interval is None or verdict.interval[0] < 500.0 < verdict.interval[1]


def test_many_budgets_make_a_failure_harder_and_a_pass_no_harder() -> None:
    """One step slightly over its limit fails alone; among forty near their limits it does not, and passing ones change nothing."""
    slow = [2900.0, 2700.0, 3100.0, 2800.0, 3000.0]
    rule = on_journey("p75 <= 2.5s", part="pay")
    assert one(rule, seen(slow, part="pay")).outcome is Outcome.FAIL
    near = [(on_journey("p75 <= 2.5s", part=f"n{index}")[0], seen(NEAR, part=f"n{index}")) for index in range(39)]
    among = judged([*rule, *(budget for budget, _ in near)], seen(slow, part="pay"), *(found for _, found in near))
    assert among[0].outcome is Outcome.INCONCLUSIVE
    fine = [(on_journey("p75 <= 2.5s", part=f"n{index}")[0], seen(FAST, part=f"n{index}")) for index in range(39)]
    beside = judged([*rule, *(budget for budget, _ in fine)], seen(slow, part="pay"), *(found for _, found in fine))
    assert beside[0].outcome is Outcome.FAIL


def test_what_is_needed_settles_it() -> None:
    """An inconclusive verdict says how many samples would do."""
    verdict = one(on_journey("p75 <= 2.5s", part="pay"), seen(NEAR, part="pay"))
    assert verdict.needed is not None
    assert verdict.needed > 5
    assert f"about {verdict.needed:,} such samples would settle it" in verdict.reason


def test_a_spoilt_source_is_never_a_pass_and_never_a_fail() -> None:
    """A figure that could not be measured honestly decides nothing; other sources keep their verdicts."""
    rules = [*on_load("p95 <= 200ms"), *on_journey("p75 <= 2.5s", part="pay"), *on_load("p95 <= 1s", part="GET /nothing")]
    verdicts = judged(rules, loaded(60.0), seen(SLOW, part="pay"), spoilt={"load": "the generator was short of CPU"})
    assert [verdict.outcome for verdict in verdicts] == [Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.INCONCLUSIVE]
    assert verdicts[0].reason.startswith("the generator was short of CPU")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"fail": "p75 <= 2.5s", "min_samples": 20}, Outcome.INCONCLUSIVE),
        ({"warn": "p75 <= 2.5s", "min_samples": 20}, Outcome.LEARNING),
        ({"fail": "p75 <= 2.5s", "min_samples": 5}, Outcome.FAIL),
    ],
)
def test_a_budget_may_ask_for_more_samples(value: Any, outcome: Outcome) -> None:
    """`min_samples` is stricter than the statistics."""
    verdict = one(on_journey(value, part="pay"), seen(SLOW, part="pay"))
    assert verdict.outcome is outcome
    assert (verdict.needed == 20) == (outcome is not Outcome.FAIL)


@pytest.mark.parametrize(
    ("level", "values", "outcome", "part"),
    [
        ("fail", [9000.0] * 20, Outcome.FAIL, "pay"),
        ("warn", [9000.0] * 20, Outcome.WARN, "pay"),
        ("fail", [600.0] * 20, Outcome.INCONCLUSIVE, "promo"),
        ("warn", [600.0] * 20, Outcome.LEARNING, "promo"),
    ],
)
def test_a_step_with_too_few_samples_hides_no_other_step(level: str, values: list[float], outcome: Outcome, part: str) -> None:
    """A step that few walks reach decides nothing by itself, and takes nothing from what the others surely are."""
    budget = on_journey({level: "p75 <= 2s", "min_samples": 5}, "lcp")
    verdict = one(budget, seen(values, "lcp", part="pay"), seen([9000.0] * 2, "lcp", part="promo"))
    assert (verdict.outcome, verdict.part) == (outcome, part)
    assert ("2 samples of" in verdict.reason) == (part == "promo")


@pytest.mark.parametrize(
    ("value", "outcomes"),
    [
        ("p75 <= 2.5s", [Outcome.MISSING]),
        ({"warn": "p75 <= 2.5s"}, [Outcome.WARN]),
        ({"fail": "p75 <= 2.5s", "on_missing": "warn"}, [Outcome.WARN]),
        ({"fail": "p75 <= 2.5s", "on_missing": "skip"}, []),
    ],
)
def test_an_exact_budget_without_samples_is_missing(value: Any, outcomes: list[Outcome]) -> None:
    """A renamed step must not pass silently."""
    verdicts = judged(on_journey(value, part="pya"), seen(FAST, part="pay"))
    assert [verdict.outcome for verdict in verdicts] == outcomes
    assert all(verdict.series is None and verdict.figure is None and "'pay'" in verdict.reason for verdict in verdicts)


def test_a_journey_of_which_nothing_came_is_missing_even_without_a_budget_of_its_own() -> None:
    """A "*" budget that found nothing says nothing; what was to be measured and was not says it."""
    scope = Scope({"journey": ("booking", "checkout"), "probe": ()})
    verdicts = judged(on_journey("rate >= 99%", "success", "*"), seen([1.0] * 5, "success"), scope=scope)
    assert [(verdict.outcome, verdict.key) for verdict in verdicts] == [(Outcome.PASS, "*.success"), (Outcome.MISSING, "journeys.booking")]
    assert verdicts[1].reason == "journey booking was to be measured, and not one sample came"
    assert (verdicts[1].text, verdicts[1].metric, verdicts[1].file) == ("count >= 1", "samples", "footfall.toml")


def history(*medians: float) -> tuple[Figures, ...]:
    """Return one run's figures per median."""
    return tuple(Figures.of_values([median * factor for factor in (0.95, 1.0, 1.05)]) for median in medians)


@pytest.mark.parametrize(
    ("value", "runs", "values", "outcome"),
    [
        ("p50 <= baseline + 10%", 7, FAST, Outcome.LEARNING),
        ("p50 <= baseline + 10%", 20, [660.0] * 5, Outcome.PASS),
        ("p50 <= baseline + 10%", 20, [680.0] * 5, Outcome.INCONCLUSIVE),
        ("p50 <= baseline + 10%", 20, [1300.0] * 5, Outcome.INCONCLUSIVE),  # one run is no proof
        ("p50 <= baseline + 10% or 2s", 7, FAST, Outcome.PASS),  # kept whatever was usual
        ("p50 <= baseline + 10% or 100ms", 7, FAST, Outcome.LEARNING),
        ({"warn": "p50 <= 500ms", "fail": "p50 <= baseline + 10%"}, 7, FAST, Outcome.WARN),
        ({"fail": "p50 <= baseline + 10%", "on_no_baseline": "inconclusive"}, 7, FAST, Outcome.INCONCLUSIVE),
        ("p50 >= baseline - 10%", 20, [300.0] * 5, Outcome.INCONCLUSIVE),
    ],
)
def test_a_baseline_needs_history_and_knows_that_runs_differ(value: Any, runs: int, values: list[float], outcome: Outcome) -> None:
    """Too little history is learning; beyond the allowance but within the usual differences is to be measured again."""
    found = seen(values, part="pay")
    wobble = [600.0 * (1 + 0.02 * (index % 3 - 1)) for index in range(runs)]
    verdict = one(on_journey(value, part="pay"), found, history={found.series: history(*wobble)})
    assert verdict.outcome is outcome
    if outcome is Outcome.LEARNING:
        assert verdict.reason.startswith("7 of 20 runs")


def test_a_baseline_of_zero_is_compared_by_ranks() -> None:
    """There is no logarithm of no errors."""
    found = seen([0.0] * 3 + [1.0], "js_errors")
    earlier = {found.series: tuple(Figures.of_values([0.0, 0.0]) for _ in range(20))}
    again = {found.series: (found.figures,) * 3}
    assert one(on_journey("sum <= baseline", "js_errors"), found, history=earlier).outcome is Outcome.INCONCLUSIVE
    assert one(on_journey("sum <= baseline", "js_errors"), found, history=earlier, again=again).outcome is Outcome.FAIL
    assert one(on_journey("sum <= baseline + 1", "js_errors"), found, history=earlier).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("usually", "again", "outcome"),
    [
        ([0.0, 0.02, 0.2, 0.01, 0.0], [0.05, 0.04, 0.06], Outcome.INCONCLUSIVE),  # runs differ by as much
        ([0.0, 0.02, 0.02, 0.01, 0.0], [0.05, 0.04, 0.06], Outcome.FAIL),
        ([0.0, 0.02, 0.02, 0.01, 0.0], [0.05, 0.04, 0.0], Outcome.INCONCLUSIVE),
        ([0.0, 0.02, 0.02, 0.01, 0.0], [0.05, 0.02, 0.05], Outcome.INCONCLUSIVE),  # a tie proves nothing
    ],
)
def test_what_may_be_zero_fails_only_beyond_what_runs_differ_by(usually: list[float], again: list[float], outcome: Outcome) -> None:
    """The median of three rounds alone would fail them all."""
    found = seen([0.05] * 5, "cls", part="pay")
    earlier = {found.series: tuple(Figures.of_values([value]) for value in usually * 4)}
    rounds = {found.series: tuple(Figures.of_values([value]) for value in again)}
    assert one(on_journey("p75 <= baseline", "cls", part="pay"), found, history=earlier, again=rounds).outcome is outcome


def test_a_percentile_that_only_samples_could_tell_is_not_guessed_from_a_summary() -> None:
    """A stored run may have kept its summary alone."""
    pruned = replace(seen(FAST, part="pay"), values=())
    assert one(on_journey("p97 <= 2s", part="pay"), pruned).outcome is Outcome.INCONCLUSIVE
    assert one(on_journey("p95 <= 2s", part="pay"), pruned).outcome is Outcome.PASS


def test_verdicts_stand_in_the_order_of_the_file_and_then_of_the_series() -> None:
    """The same evidence in another order gives the same verdicts."""
    rules = [*on_journey("p75 <= 4s", "lcp", "*"), *on_journey("p75 <= 4s", "fcp", "*"), *on_journey("p75 <= 1s", part="pay")]
    observations = [seen(FAST, metric, journey, "pay") for metric in ("fcp", "lcp") for journey in ("checkout", "booking")]
    forwards, backwards = judged(rules, *observations), judged(rules, *reversed(observations))
    assert forwards == backwards
    assert [(verdict.key, verdict.subject) for verdict in forwards] == [
        ("*.lcp", "booking"),
        ("*.lcp", "checkout"),
        ("*.fcp", "booking"),
        ("*.fcp", "checkout"),
        ("checkout.pay.duration", "checkout"),
    ]


def test_a_verdict_carries_all_that_a_reader_needs() -> None:
    """Reports, alerts and the exit code read nothing else."""
    value = {"fail": "p75 <= 2.5s", "severity": "P0", "owner": "payments", "runbook": "docs/runbook.md#pay"}
    (budget,) = on_journey(value, part="pay")
    verdict = one([replace(budget, line=12)], seen(SLOW, part="pay"))
    assert (verdict.text, verdict.level, verdict.unit, verdict.statistic, verdict.comparator) == ("p75 <= 2.5s", "fail", "ms", "p75", "<=")
    assert (verdict.figure, verdict.limit, verdict.count, verdict.line) == (3500.0, 2500.0, 5, 12)
    assert (verdict.severity, verdict.owner, verdict.runbook) == ("P0", "payments", "docs/runbook.md#pay")
    assert verdict.interval is not None
    assert verdict.interval[0] < 3500.0 < verdict.interval[1]


@pytest.mark.parametrize(("chance", "outcome"), [(0.5, Outcome.FAIL), (1e-9, Outcome.INCONCLUSIVE)])
def test_how_sure_a_gate_must_be_can_be_said(chance: float, outcome: Outcome) -> None:
    """The rules are a parameter."""
    slow = Evidence((seen([2700.0, 2600.0, 2900.0, 2500.0, 2800.0], part="pay"),))
    (verdict,) = evaluate(on_journey("p75 <= 2.5s", part="pay"), slow, Rules(false_failures=chance))
    assert verdict.outcome is outcome


@pytest.mark.parametrize("slower", [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4])
def test_journeys_that_are_looked_at_twice_have_half_of_each_chance_at_either_look(slower: float) -> None:
    """Nothing else is looked at twice."""
    timing = Evidence((seen([value * slower for value in NEAR], part="pay"),))
    rule, half = on_journey("p75 <= 2.5s", part="pay"), Rules(false_failures=0.005, false_passes=0.025)
    twice, strict = (evaluate(rule, timing, rules)[0] for rules in (Rules(looks=2), half))
    assert (twice.outcome, twice.needed) == (strict.outcome, strict.needed)
    beside = Evidence((seen([value * slower for value in NEAR], part="pay", labels={"under_load": "ci"}),))
    under = on_journey({"fail": "p75 <= 2.5s", "where": {"under_load": "ci"}}, part="pay")
    assert evaluate(under, beside, Rules(looks=2)) == evaluate(under, beside, Rules())
    crowd = Evidence((loaded(300 * slower),))
    assert evaluate(on_load("p95 <= 500ms"), crowd, Rules(looks=2)) == evaluate(on_load("p95 <= 500ms"), crowd, Rules())


_values = st.lists(st.one_of(st.floats(0, 1e12), st.sampled_from([0.0, 1.0, 2500.0, 5e-324, 1e300])), min_size=1, max_size=12)
_texts = st.tuples(
    st.sampled_from(["min", "max", "mean", "median", "p1", "p75", "p99.9", "rate", "count", "sum", "last"]),
    st.sampled_from([" < ", " <= ", " > ", " >= "]),
    st.sampled_from(["0", "1", "2.5s", "0ms", "50%", "100KB", "baseline", "baseline + 10%", "baseline - 50ms or 1s", "baseline + 5"]),
).map("".join)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Budget], Observation, tuple[Figures, ...]]:
    """Draw a metric, legal budgets on it (if any are), what was seen and what was seen before."""
    source = draw(st.sampled_from(Source))
    metric = draw(st.sampled_from(sorted(CATALOGUE[source])))
    part = draw(st.sampled_from(["", "pay"]))
    place = Place(source, draw(st.sampled_from(["*", "x", "y"])), draw(st.sampled_from([None, "*", "pay"])))
    texts = draw(st.lists(_texts, min_size=1, max_size=3))
    found = []
    for index, text in enumerate(texts):
        level = draw(st.sampled_from(["warn", "fail"]))
        read, _ = read_budgets({level: text}, place, CATALOGUE[source][metric], f"k{index}")
        found += [budget for _, budget in read]
    observation = seen(draw(_values), metric, "x", part, source)
    if draw(st.booleans()):
        observation = replace(observation, values=())
    earlier = tuple(Figures.of_values(draw(_values)) for _ in range(draw(st.sampled_from([0, 3]))))
    return found, observation, earlier


@given(cases())
def test_no_legal_budget_and_no_observation_raises(drawn: tuple[list[Budget], Observation, tuple[Figures, ...]]) -> None:
    """Whatever was seen, a verdict comes out, with a reason, and never a pass that its own figure contradicts."""
    rules, observation, earlier = drawn
    evidence = Evidence((observation,), {observation.series: earlier}, again={observation.series: earlier[::-1]})
    verdicts = evaluate(rules, evidence, Rules(baseline_runs=3))
    for verdict in verdicts:
        assert verdict.reason
        if verdict.figure is not None and verdict.limit is not None:
            met = {"<": verdict.figure < verdict.limit, ">": verdict.figure > verdict.limit}[verdict.comparator[0]]
            met = met or (verdict.figure == verdict.limit and verdict.comparator.endswith("="))
            assert met or verdict.outcome is not Outcome.PASS
            assert not met or verdict.outcome not in {Outcome.FAIL, Outcome.WARN}


@given(
    st.lists(st.lists(st.floats(0, 1e7), max_size=5), min_size=1, max_size=30), st.sampled_from(["p50 <= 1s", "p99.9 <= 0ms", "p1 >= 5ms"])
)
def test_no_load_raises(seconds: list[list[float]], text: str) -> None:
    """Silent seconds, zeros and values beyond the histogram's reach are judged like any others."""
    model = loaded(10.0, len(seconds))
    windows = []
    for window, values in zip(model.windows, seconds, strict=True):
        histogram = Histogram()
        for value in values:
            histogram.record(value)
        windows.append(replace(window, histogram=histogram))
    merged = Histogram.merged(window.histogram for window in windows)
    figures = Figures.of_histogram(merged) if merged.count else Figures(0, *([0.0] * 10))
    (verdict,) = judged(on_load(text), replace(model, windows=tuple(windows), figures=figures))
    assert verdict.outcome in Outcome
