"""Builders of realistic report views: the embedded shop's suite, healthy, slow at payment, undecided, and empty."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from footfall.gate.evidence import Observation, Window
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import CATALOGUE, Kind, Source, parse_quantity
from footfall.report.places import Placed
from footfall.report.view import Point, ReportView, build_view
from footfall.samples import Artifact, Event, HistogramWindow, Run, Sample, Series
from footfall.stats import Figures, Histogram

Build = Callable[[], ReportView]
STARTED = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
RUN = Run(
    id="01KB2Z7E4QXJ9V5M3T8R6W0HNC",
    target="corner",
    started=STARTED,
    kind="gate",
    commit="3f2a91c07d5be4418a2f6e9d",
    branch="main",
    machine="ci-runner-2 (2 cores, x86_64)",
    location="",
    config_digest="9b1c44f02a",
    versions={"footfall": "0.1.0", "python": "3.11.2", "playwright": "1.65.2", "locust": "2.47.0", "chromium": "156.0"},
)
DESKTOP = (("browser", "chromium"), ("device", "desktop"))
STEPS: Mapping[str, Mapping[str, float]] = {
    "booking": {"open": 420, "choose service": 310, "choose time": 350, "details": 520, "pay": 1340, "confirmed": 260},
    "checkout": {"browse": 480, "product": 360, "cart": 290, "address": 610, "pay": 1280, "tracking": 330},
    "fulfillment": {"sign in": 540, "open orders": 380, "offer": 450, "accepted": 300, "delivered": 410},
}
REQUESTS = {
    "GET /api/services": 9.0,
    "GET /api/products": 12.0,
    "POST /api/bookings": 24.0,
    "POST /api/orders": 31.0,
    "POST /api/payments": 58.0,
}
PROBES = {"health": 3.1, "services": 5.4, "products": 7.7}
VITALS = {"lcp": 300.0, "inp": 48.0, "cls": 0.004, "fcp": 210.0, "ttfb": 42.0}
SECONDS = 60


def series(source: str, subject: str, part: str, metric: str, labels: tuple[tuple[str, str], ...] = ()) -> Series:
    """Return a series of the embedded shop."""
    return Series("corner", source, subject, part, metric, labels)


def observe(of: Series, values: Sequence[float]) -> Observation:
    """Return what was seen of a series, its kind and unit as the catalogue says."""
    metric = CATALOGUE[Source(of.source)][of.metric]
    return Observation(of, metric.kind, metric.unit, Figures.of_values(values), tuple(values))


def judge(seen: Observation, key: str, text: str, **changes: Any) -> Verdict:
    """Hold an observation against an expression such as `p75 <= 2.5s` (the real judge is the gate's; this one only compares)."""
    statistic, comparator, quantity = text.split(" ", 2)
    limit = parse_quantity(quantity, seen.unit)
    figure = seen.figures.mean if statistic == "rate" else getattr(seen.figures, statistic)
    holds = figure <= limit if comparator == "<=" else figure >= limit
    level = changes.pop("level", "fail")
    outcome = Outcome.PASS if holds else Outcome(level)
    reason = changes.pop("reason", f"judged as observed on {seen.figures.count} samples")
    verdict = Verdict(
        outcome, key, text, level, reason, seen.series.source, seen.series.subject, seen.series.part, seen.series.metric,
        statistic, comparator, seen.unit, series=seen.series, figure=figure, limit=limit, count=seen.figures.count, line=12,
    )  # fmt: skip
    return replace(verdict, **changes)


def journey_observations(seed: int = 7, slow_pay: float = 1.0) -> list[Observation]:
    """Five iterations of each journey; `slow_pay` multiplies the time of checkout's payment."""
    chance = random.Random(seed)
    seen = []
    for journey, steps in STEPS.items():
        totals = [0.0] * 5
        for step, usual in steps.items():
            times = [usual * chance.lognormvariate(0, 0.06) for _ in range(5)]
            if (journey, step) == ("checkout", "pay"):
                times = [value * slow_pay for value in times]
            totals = [total + value for total, value in zip(totals, times, strict=True)]
            seen.append(observe(series("journey", journey, step, "duration", DESKTOP), times))
            seen += [_vital(chance, journey, step, metric) for metric in VITALS if metric != "inp" or step not in {"open", "browse"}]
        seen.append(observe(series("journey", journey, "", "duration", DESKTOP), totals))
        seen.append(observe(series("journey", journey, "", "success", DESKTOP), [1.0] * 5))
    return seen


def _vital(chance: random.Random, journey: str, step: str, metric: str) -> Observation:
    usual = VITALS[metric] * (2.4 if step == "pay" and metric in {"lcp", "fcp", "inp"} else 1)
    usual = 2900 if (journey, step, metric) == ("checkout", "browse", "lcp") else usual
    return observe(series("journey", journey, step, metric, DESKTOP), [usual * chance.lognormvariate(0, 0.1) for _ in range(5)])


@cache
def load_records(seed: int = 7) -> tuple[Sample | HistogramWindow, ...]:
    """A minute of the profile `ci`: users ramp up to 50, a short bump of latency and errors in the middle."""
    chance = random.Random(seed)
    records: list[Sample | HistogramWindow] = []
    for second in range(SECONDS):
        at = STARTED + timedelta(seconds=40 + second)
        users = min(50, 5 * (second + 1))
        rate = users * 2 + chance.randint(-6, 6)
        bump = 2.6 if 33 <= second <= 37 else 1.0
        labels = {"phase": "ramp"} if second < 12 else {}
        histogram = Histogram()
        for _ in range(max(1, rate)):
            histogram.record(chance.choice(list(REQUESTS.values())) * bump * chance.lognormvariate(0, 0.45))
        failed = chance.choice((0, 0, 1)) if bump > 1 else 0
        figures = {
            "users": users,
            "throughput": rate,
            "generator_cpu": 0.18 + chance.random() * 0.1,
            "generator_lag": 1 + chance.random() * 3,
            "dropped": 0,
        }
        records.append(HistogramWindow(RUN.id, at, 1, "load", "ci", "", "latency", histogram.encode(), labels))
        records += [Sample(RUN.id, at, "load", "ci", "", metric, float(value), labels=labels) for metric, value in figures.items()]
        records.append(Sample(RUN.id, at, "load", "ci", "", "errors", float(failed), labels=labels, detail={"of": rate}))
    return tuple(records)


def load_samples() -> list[Sample]:
    """The single samples of that minute."""
    return [record for record in load_records() if isinstance(record, Sample)]


def step_samples() -> list[Sample]:
    """One sample per step, in the order in which customers take them."""
    return [
        Sample(RUN.id, STARTED + timedelta(seconds=n), "journey", journey, step, "duration", 1.0)
        for journey, steps in STEPS.items()
        for n, step in enumerate(steps)
    ]


@cache
def load_observations() -> tuple[Observation, ...]:
    """What the load run's series come to: of each request, of all together, and of the ramp apart."""
    chance = random.Random(11)
    seen = []
    for request, usual in REQUESTS.items():
        histogram = Histogram()
        for _ in range(1000):
            histogram.record(usual * chance.lognormvariate(0, 0.45))
        seen.append(Observation(series("load", "ci", request, "latency"), Kind.TREND, "ms", Figures.of_histogram(histogram)))
        seen.append(_errors(series("load", "ci", request, "errors"), 2 if "payments" in request else 0, 1000))
    return (*seen, *_whole_load({}), *_whole_load({"phase": "ramp"}))


def _whole_load(labels: Mapping[str, str]) -> list[Observation]:
    """All requests together, of the steady part or of the ramp."""
    records = [record for record in load_records() if record.labels == labels]
    samples = [record for record in records if isinstance(record, Sample)]
    windows = [Window(r.at, r.window_s, Histogram.decode(r.hdr)) for r in records if isinstance(r, HistogramWindow)]
    merged = Histogram.merged(window.histogram for window in windows)

    def whole(metric: str) -> Series:
        return series("load", "ci", "", metric, tuple(labels.items()))

    seen = [Observation(whole("latency"), Kind.TREND, "ms", Figures.of_histogram(merged), windows=tuple(windows))]
    metrics = ("users", "throughput", "generator_cpu", "generator_lag", "dropped")
    seen += [observe(whole(metric), [sample.value for sample in samples if sample.metric == metric]) for metric in metrics]
    errors = [sample for sample in samples if sample.metric == "errors"]
    return [*seen, _errors(whole("errors"), sum(e.value for e in errors), sum(e.detail["of"] for e in errors))]


def _errors(of: Series, failed: float, requests: int) -> Observation:
    return Observation(of, Kind.RATE, "ratio", Figures(requests, failed / requests, 0, 1, 0, 0, 0, 0, 0, failed, 0))


def probe_observations() -> list[Observation]:
    """Five checks of each of the three probes."""
    chance = random.Random(5)
    seen = []
    for probe, usual in PROBES.items():
        seen.append(observe(series("probe", probe, "", "success"), [1.0] * 5))
        seen += [
            observe(series("probe", probe, "", metric), [usual * share * chance.lognormvariate(0, 0.2) for _ in range(5)])
            for metric, share in (("latency", 1.0), ("connect", 0.1), ("ttfb", 0.8))
        ]
    return seen


def verdicts_of(observations: Sequence[Observation]) -> list[Verdict]:
    """Hold observations against budgets like the starter's."""
    vitals = {
        "lcp": ("p75 <= 2.5s", 7),
        "inp": ("p75 <= 200ms", 8),
        "cls": ("p75 <= 0.1", 9),
        "fcp": ("p75 <= 1.8s", 10),
        "ttfb": ("p75 <= 800ms", 11),
    }
    found = []
    for seen in observations:
        source, subject, part, metric = seen.series.source, seen.series.subject, seen.series.part, seen.series.metric
        if source == "journey" and metric in vitals:
            text, line = vitals[metric]
            found.append(judge(seen, f"journeys.*.{metric}", text, level="warn", severity="P1", line=line))
        elif metric == "success":
            found.append(
                judge(
                    seen,
                    f"{source}s.*.success",
                    "rate >= 99%",
                    line=6,
                    reason=f"as observed: {seen.figures.count} of {seen.figures.count}; weak evidence for 99 %",
                )
            )
        elif (source, part, metric) == ("journey", "pay", "duration"):
            key = f"journeys.{subject}.steps.pay.duration"
            found.append(judge(seen, key, "p75 <= 2.5s", severity="P0", owner="payments", runbook="docs/runbook.md#pay", line=18))
        elif source == "load" and (part or seen.series.labels):
            continue
        elif source == "load" and metric == "latency":
            found.append(judge(seen, "load.ci.latency", "p95 <= 200ms", level="warn", severity="P1", line=24))
        elif source == "load" and metric == "errors":
            found.append(judge(seen, "load.ci.errors", "rate <= 1%", severity="P0", line=25))
        elif source == "probe" and metric == "latency":
            found.append(judge(seen, "probes.*.latency", "p75 <= 500ms", level="warn", line=29))
    return _worst_of_each(found)


def _worst_of_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Like the gate: a budget on every step is judged once per journey, on its worst step."""
    worst: dict[tuple[str, str], Verdict] = {}
    for verdict in verdicts:
        known = worst.get((verdict.key, verdict.subject))
        if known is None or (verdict.comparator == "<=" and (verdict.figure or 0) > (known.figure or 0)):
            worst[verdict.key, verdict.subject] = verdict
    return list(worst.values())


def trends_of(observations: Sequence[Observation], runs: int = 20) -> dict[Series, tuple[Point, ...]]:
    """Earlier runs of every series, one a day, ending with this one."""
    chance = random.Random(3)
    trends = {}
    for seen in observations:
        usual = journey_baseline().get(seen.series, seen.figures)
        earlier = [_earlier(n, usual, seen.kind, chance) for n in range(runs - 1, 0, -1)]
        trends[seen.series] = (*earlier, Point(RUN.id, STARTED, RUN.commit, seen.figures, None))
    return trends


def _earlier(days: int, usual: Figures, kind: Kind, chance: random.Random) -> Point:
    figures = _scaled(usual, kind, chance.lognormvariate(0, 0.05))
    return Point(f"run-{days}", STARTED - timedelta(days=days), f"{days:07x}", figures, "pass")


@cache
def journey_baseline() -> dict[Series, Figures]:
    """What journeys usually look like, before anything slowed down."""
    return {seen.series: seen.figures for seen in journey_observations(seed=9)}


def _scaled(figures: Figures, kind: Kind, factor: float) -> Figures:
    if kind == Kind.RATE:
        return figures
    return Figures(**{name: value if name == "count" else value * factor for name, value in vars(figures).items()})


ENVIRONMENT = {
    "Operating system": "Debian GNU/Linux 12",
    "Processor": "2 × x86_64, 2.8 GHz",
    "Memory": "8 GB",
    "Browser": "Chromium 156.0 (/usr/bin/chromium), headless",
    "Viewport": "1280 × 720",
    "Noise": "CPU steal 0.2 %, pressure 1.1 %",
}


PLACED = (
    Placed("probe", "health", "nyc", 20_160, 20_159, 41.2, 903.0),
    Placed("probe", "health", "ams", 20_160, 20_160, 3.1, 212.0),
    Placed("journey", "checkout", "ams", 2016, 2016, 3390.0, 6120.0, {"lcp": 1830.0, "cls": 0.004, "inp": 48.0}),
    Placed("journey", "checkout", "nyc", 2016, 1998, 5120.0, 30_000.0, {"lcp": 4310.0, "cls": 0.004}),
    Placed("probe", "services", "ams", 20_160, 20_160, 5.4, 80.0),
)
"""Two locations, one of them far away; one probe is measured from one alone."""


def view(slow_pay: float = 1.0, **changes: Any) -> ReportView:
    """A whole gate of the embedded shop."""
    observations = [*journey_observations(slow_pay=slow_pay), *load_observations(), *probe_observations()]
    given: dict[str, Any] = {
        "verdicts": verdicts_of(observations),
        "observations": observations,
        "ended": STARTED + timedelta(seconds=112),
        "suite": "Corner",
        "url": "http://127.0.0.1:41873",
        "samples": [*load_samples(), *step_samples()],
        "trends": trends_of(observations),
        "environment": ENVIRONMENT,
    }
    return build_view(RUN, **{**given, **changes})


@cache
def healthy() -> ReportView:
    """Every budget held (one vital is past Google's "good")."""
    return view()


PICTURES = ("artifacts/checkout/pay-3.png", *(f"artifacts/steps/checkout-{n:02}.jpg" for n in range(len(STEPS["checkout"]))))
"""The screenshots of `failed`."""


@cache
def failed() -> ReportView:
    """Payment is slow: checkout › pay takes about 3.4 s at p75 where 2.5 s are allowed."""
    steps = zip(PICTURES[1:], STEPS["checkout"], strict=True)
    film = (Artifact(RUN.id, STARTED, "screenshot", path, "checkout", step, 1) for path, step in steps)
    artifacts = (
        *film,
        Artifact(RUN.id, STARTED, "screenshot", PICTURES[0], "checkout", "pay", 3),
        Artifact(RUN.id, STARTED, "trace", "artifacts/checkout/trace-3.zip", "checkout", "pay", 3),
    )
    events = (
        Event(RUN.id, STARTED + timedelta(seconds=2), "note", "demo shop started with fault slow-payment"),
        Event(RUN.id, STARTED + timedelta(seconds=75), "note", "payment provider answered 2 of 60 requests with 503"),
    )
    return view(slow_pay=2.55, exit_code=1, artifacts=artifacts, events=events)


@cache
def undecided() -> ReportView:
    """A budget near its limit, one of which nothing was seen, one still learning, a journey that broke, and a tired generator."""
    base = view()
    observations = [seen for seen in base.observations if not (seen.series.subject == "fulfillment" and seen.series.metric == "success")]
    broken = observe(series("journey", "fulfillment", "", "success", DESKTOP), [1.0, 1.0, 0.0, 1.0, 0.0])
    verdicts = [verdict for verdict in base.verdicts if (verdict.subject, verdict.metric) != ("fulfillment", "success")]
    near = next(v for v in verdicts if (v.subject, v.part, v.metric) == ("booking", "pay", "duration"))
    verdicts.remove(near)
    verdicts += [
        replace(near, outcome=Outcome.INCONCLUSIVE, figure=2447.3, interval=(2210.0, 2790.0), needed=14,
                reason="the figure is too near its limit for 5 samples; 14 iterations would settle it"),
        replace(near, outcome=Outcome.MISSING, subject="checkout", part="payment", series=None, figure=None, limit=2500.0, count=0,
                key="journeys.checkout.steps.payment.duration", reason="no step of that name was seen; did you mean 'pay'?"),
        replace(near, outcome=Outcome.LEARNING, key="journeys.booking.duration", part="", text="p50 <= baseline + 10%", statistic="p50",
                figure=3200.0, limit=None, reason="7 of 20 runs of history", severity=""),
        judge(broken, "journeys.*.success", "rate >= 99%", line=6, reason="3 of 5 iterations reached the end"),
    ]  # fmt: skip
    events = [
        Event(
            RUN.id,
            STARTED,
            "error",
            "TimeoutError: waiting for get_by_role('button', name='Send offer')",
            {"journey": "fulfillment", "step": "offer", "iteration": 3, "file": "journeys/test_fulfillment.py", "line": 31},
        )
    ]
    return build_view(
        RUN, verdicts=verdicts, observations=[*observations, broken], exit_code=1, outcome="failed", suite="Corner",
        samples=load_samples(), ended=base.ended, events=events, trends=trends_of([*observations, broken]), environment=ENVIRONMENT,
        spoilt={"load": "the generator used 97 % of its core, so latencies may be its own"}, placed=PLACED,
    )  # fmt: skip


@cache
def empty() -> ReportView:
    """A run that was stopped before it measured anything."""
    return build_view(RUN, exit_code=3, outcome="aborted", suite="Corner", notes=["corner did not answer: connection refused"])


def hostile(text: str) -> ReportView:
    """A failed, missing and warned run in which everything that a site or a script can name is `text`."""
    told = series("journey", text, text, "duration", (("device", text),))
    seen = [
        Observation(told, Kind.TREND, text, Figures.of_values([1.0, 2.0]), (1.0, 2.0)),
        Observation(replace(told, part="", metric="success"), Kind.RATE, "ratio", Figures.of_values([0.0, 1.0]), (0.0, 1.0)),
        Observation(replace(told, source="load", metric="latency"), Kind.TREND, "ms", Figures.of_values([3.0, 4.0]), (3.0, 4.0)),
        Observation(replace(told, source="probe", part="", metric=text), Kind.GAUGE, text, Figures.of_values([5.0]), (5.0,)),
    ]
    verdict = Verdict(
        Outcome.FAIL, text, text, text, text, "journey", text, text, text, text, text, text, series=told, figure=1.0, limit=0.5,
        count=2, severity=text, owner=text, runbook=text, file=text, line=1,
    )  # fmt: skip
    missing = replace(verdict, outcome=Outcome.MISSING, series=None, figure=None, source=text)
    return build_view(
        replace(RUN, id=text, target=text, kind=text, commit=text, branch=text, machine=text, versions={text: text}, labels={text: text}),
        verdicts=[verdict, missing, replace(verdict, outcome=Outcome.WARN, comparator="<=")],
        observations=seen,
        exit_code=1, outcome=text, suite=text, url=text,
        samples=[Sample(RUN.id, STARTED, "load", text, "", "users", 3.0), Sample(RUN.id, STARTED, "journey", text, text, "duration", 3.0)],
        trends={told: [Point(text, STARTED - timedelta(days=n), text, Figures.of_values([1.0]), text) for n in range(3)]},
        events=[Event(RUN.id, STARTED, "error", text, {"journey": text, "step": text, text: text})],
        artifacts=[Artifact(RUN.id, STARTED, "screenshot", path, text, text) for path in (text, "artifacts/a.png")],
        environment={text: text}, spoilt={text: text}, notes=[text], pictures={"artifacts/a.png": text.encode(errors="replace")},
        placed=[Placed("journey", text, place, 1, 0, None, 1.0, {"lcp": 1.0}) for place in (text, "ams")],
    )  # fmt: skip
