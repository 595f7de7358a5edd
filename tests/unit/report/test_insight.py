"""Why a figure is what it is: what vitals hang on, noise, load beside rest, business figures, funnels, two runs compared."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from footfall.gate.evidence import Observation
from footfall.gate.slo import BURN_RULES, Burn, Count, Slo, SloStatus
from footfall.metrics import Kind, Source
from footfall.report.business import availability, business, funnels, scores
from footfall.report.charts.strip import strip
from footfall.report.compare import Side, compare_runs
from footfall.report.hangs import hangs
from footfall.report.html import context, html
from footfall.report.json import json_report
from footfall.report.noise import iterations_needed, noise, variation
from footfall.report.templates import TemplateSource
from footfall.report.trends import spread
from footfall.report.underload import strains
from footfall.report.view import build_view, with_history
from footfall.samples import Event, Sample, Series
from footfall.stats import Figures
from tests.unit.gate.making import loaded
from tests.unit.report import views

TEMPLATES = TemplateSource(None, Path(__file__).parents[3] / "reports")


def _sample(metric: str, value: float, **detail: Any) -> Sample:
    labels = dict(views.DESKTOP)
    return Sample(views.RUN.id, views.STARTED, "journey", "checkout", "browse", metric, value, labels=labels, detail=detail)


LCPS = [
    _sample("lcp", 900.0, element="h1", ttfb=100, render_delay=800),
    _sample("lcp", 2900.0, element="img.hero", resource="https://shop.example/hero.jpg", ttfb=100, load_delay=300, load_time=2000,
            render_delay=500),
    _sample("lcp", 800.0, element="h1", ttfb=100, render_delay=700),
    _sample("lcp", 2800.0, element="img.hero", ttfb=90, load_time=float("inf")),
    _sample("inp", 40.0, url="https://shop.example/"),
]  # fmt: skip


def test_a_slow_vital_names_its_element_and_where_the_time_went() -> None:
    """Of the sample at the 75th percentile; what is no finite number is left out, and a sample that tells nothing is passed over."""
    view = build_view(views.RUN, samples=LCPS)
    (found,) = view.attributions
    assert (found.value, found.element, found.parts) == (2800.0, "img.hero", (("first byte", 90.0),))
    (hang,) = hangs(build_view(views.RUN, samples=LCPS[:2]))
    assert (hang.place, hang.metric, hang.band, hang.element, hang.resource) == (
        "checkout › browse", "LCP", "fair", "img.hero", "https://shop.example/hero.jpg",
    )  # fmt: skip
    assert hang.parts == "first byte 100 ms, until asked for 300 ms, loading 2 s, until painted 500 ms"


def test_a_vital_of_several_pages_tells_each_ones_figure() -> None:
    """The worst page counts; the others stand beside it, and what is no figure is left out."""
    told = [
        {"url": "https://shop.example/cart?id=7", "value": 900},
        {"url": "https://shop.example/", "value": 812.4},
        {"value": "nan"},
        None,
    ]
    view = views.view(samples=[_sample("lcp", 900.0, element="h1", pages=told)])
    (hang,) = hangs(view)
    assert hang.pages == "/cart 900 ms, / 812 ms"
    assert "each page: /cart 900 ms, / 812 ms" in html(view, TEMPLATES).decode()
    assert json.loads(json_report(view))["attributions"][0]["pages"][1] == {"url": "https://shop.example/", "value": 812.4}
    assert hangs(build_view(views.RUN, samples=[_sample("lcp", 900.0, element="h1", pages="none")]))[0].pages == ""


def test_the_report_tells_what_a_broken_vital_hangs_on() -> None:
    """The card of an LCP budget carries the element, as the section of all vitals does."""
    base = views.view(samples=LCPS[:2])
    page = html(base, TEMPLATES).decode()
    assert "What the slow vitals hang on" in page
    (warned,) = context(base)["warned"]
    assert [hang.element for hang in warned.because] == ["img.hero"]


def test_noise_is_told_with_what_it_takes_to_see_through_it() -> None:
    """At 5 % it takes ten iterations to see a change of 10 %, at 20 % sixteen times as many or so; constant series take one."""
    assert (iterations_needed(0.05), iterations_needed(0.0)) == (10, 1)
    assert 130 < iterations_needed(0.20) < 160
    assert iterations_needed(0.05, tests=40) > iterations_needed(0.05)
    assert variation([1.0, 2.0]) is None
    assert variation([0.0, 0.0, 0.0]) is None
    found = noise(views.failed().observations)
    assert found == tuple(sorted(found, key=lambda each: -each.cv))
    assert {each.series.source for each in found} == {Source.JOURNEY}


def test_noise_is_told_of_whatever_a_journey_measured() -> None:
    """Bytes, scores and a script's own measurements too, where there are three or more; the page says how many it leaves out."""
    measured = Observation(views.series("journey", "checkout", "pay", "basket"), Kind.TREND, "EUR", Figures.of_values([1, 2, 3]), (1, 2, 3))
    seen = [views.observe(views.series("journey", "checkout", "pay", metric), [1.0, 2.0, 3.0]) for metric in ("tbt", "script_bytes")]
    few = views.observe(views.series("journey", "checkout", "pay", "ux_score"), [1.0, 2.0])
    assert {each.series.metric for each in noise([measured, *seen, few])} == {"basket", "tbt", "script_bytes"}
    many = [views.observe(views.series("journey", "checkout", f"step {n}", "tbt"), [1.0, 2.0, 3.0]) for n in range(43)]
    assert "3 more vary less than these." in html(build_view(views.RUN, observations=many), TEMPLATES).decode()


def test_vitals_under_load_stand_beside_vitals_at_rest() -> None:
    """The same step with and without the crowd; a step that was walked in the crowd alone has no figure at rest."""
    rest = views.observe(views.series("journey", "checkout", "pay", "lcp", views.DESKTOP), [800.0, 900.0])
    labels = (*views.DESKTOP, ("under_load", "peak"))
    crowd = views.observe(replace(rest.series, labels=labels), [2700.0, 2600.0])
    alone = views.observe(replace(rest.series, part="cart", labels=labels), [100.0])
    first, second = strains(build_view(views.RUN, observations=[rest, crowd, alone]))
    assert (first.place, first.rest) == ("checkout › cart", "")
    assert (second.place, second.rest, second.load, second.change, second.bands) == (
        "checkout › pay", "900 ms", "2.7 s", "+200 %", ("good", "fair"),
    )  # fmt: skip
    assert b"Vitals under load, beside vitals at rest" in html(build_view(views.RUN, observations=[rest, crowd]), TEMPLATES)


def test_a_finding_is_drawn_beside_the_baselines_distribution() -> None:
    """A box tells how the samples of earlier runs lay; one run alone makes none."""
    view = views.failed()
    verdict = view.verdicts[0]
    seen, usual = view.observation(verdict.series), spread(view, verdict)
    assert seen is not None
    assert usual is not None
    assert usual.low <= usual.p50 <= usual.p95 <= usual.high
    picture = strip(verdict, seen, [], usual)
    assert 'class="box"' in picture
    assert "a usual one of the 19 runs before" in picture
    assert spread(build_view(views.RUN, verdicts=[verdict], observations=[seen]), verdict) is None


def test_a_comparison_is_drawn_beside_the_other_deployments_samples() -> None:
    """Where two deployments were measured in turn, both samples stand one above the other, whatever the other is called."""
    verdict = replace(views.failed().verdicts[0], pairs=10, ratio=2.5, interval=(2.1, 2.9))
    seen = views.failed().observation(verdict.series)
    assert seen is not None
    other = replace(seen, series=replace(seen.series, target="production"), values=(1200.0, 1300.0))
    view = build_view(views.RUN, verdicts=[verdict], observations=[seen], references=[other], exit_code=1)
    (card,) = context(view)["broken"]
    assert card.strip.count('class="dot other"') == 2
    page = html(view, TEMPLATES).decode()
    assert "2.10 to 2.90, 10 pairs" in page
    assert "Likely between" not in page


def _business() -> list[Observation]:
    def seen(metric: str, unit: str, *values: float) -> Observation:
        return Observation(views.series("probe", "shop", "", metric), Kind.TREND, unit, Figures.of_values(values), values)

    return [seen("revenue_per_hour", "EUR", 900.0, 1000.0), seen("orders", "", 7.0), seen("payment_success", "ratio", 0.99),
            views.observe(views.series("probe", "shop", "", "latency"), [5.0])]  # fmt: skip


def test_business_figures_are_what_probes_measured_by_name() -> None:
    """In the order of the patterns, the last value of the run; footfall's own metrics are none of them."""
    view = build_view(views.RUN, observations=_business())
    assert [each.name for each in business(view, ("revenue*", "orders"))] == ["Revenue per hour", "Orders"]
    assert [each.text for each in business(view)] == ["7", "99 %", "1,000 EUR"]


def test_executives_see_the_revenue_at_risk() -> None:
    """The share of customers who do not reach the end, times what an hour is worth."""
    broken = views.observe(views.series("journey", "checkout", "", "success", views.DESKTOP), [1.0, 0.0, 1.0, 1.0])
    page = html(build_view(views.RUN, observations=[*_business(), broken]), TEMPLATES, "executive").decode()
    assert "<strong>EUR 250 an hour at risk</strong>" in page
    assert [(each.held, each.of) for each in availability(build_view(views.RUN, observations=[broken]))] == [(3, 4)]
    assert "1,000 EUR" in html(build_view(views.RUN, observations=_business()), TEMPLATES, "finance").decode()


def test_reports_of_business_say_whose_doing_their_figures_are() -> None:
    """Orders of a gate's own walks are no customers': finance and executives are told once, where the figures stand."""
    told = Event(views.RUN.id, views.RUN.started, "figures", "figures of sales were read at the end")
    view = build_view(views.RUN, observations=_business(), events=[told])
    for name in ("finance", "executive"):
        assert html(view, TEMPLATES, name).decode().count("Figures of sales were read at the end.") == 1


@pytest.mark.parametrize("seen", [("load", "peak", "errors", [1.0, 0.0]), ("probe", "health", "success", [1.0, 0.0])])
def test_a_run_without_journeys_says_nothing_of_customers(seen: tuple[str, str, str, list[float]]) -> None:
    """A load test's errors and a probe's checks are no customers: neither is any revenue at risk, nor is none."""
    source, subject, metric, values = seen
    found = views.observe(views.series(source, subject, "", metric), values)
    page = html(build_view(views.RUN, observations=[*_business(), found]), TEMPLATES, "executive").decode()
    assert "No journey was walked in this run" in page
    assert "at risk" not in page
    assert "of customers" not in page


def test_customers_are_those_of_journeys_whatever_probes_say() -> None:
    """All walks held and half of the checks failed: no revenue is at risk."""
    walks = views.observe(views.series("journey", "checkout", "", "success"), [1.0, 1.0])
    checks = views.observe(views.series("probe", "health", "", "success"), [1.0, 0.0])
    page = html(build_view(views.RUN, observations=[*_business(), walks, checks]), TEMPLATES, "executive").decode()
    assert "No revenue is at risk: every customer reached the end." in page


def test_a_funnel_tells_where_customers_are_lost() -> None:
    """Of four who set out three reach the cart and two pay."""
    steps = [
        views.observe(views.series("journey", "checkout", part, "duration"), [1.0] * count) for part, count in (("cart", 3), ("pay", 2))
    ]
    whole = views.observe(views.series("journey", "checkout", "", "success"), [1.0, 1.0, 0.0, 0.0])
    order = [Sample(views.RUN.id, views.STARTED + timedelta(seconds=n), "journey", "checkout", part, "duration", 1.0)
             for n, part in enumerate(("cart", "pay"))]  # fmt: skip
    (funnel,) = funnels(build_view(views.RUN, observations=[*steps, whole], samples=order))
    assert [(step.name, step.reached, step.of, step.lost, step.share) for step in funnel.steps] == [
        ("cart", 3, 4, 1, "75 %"), ("pay", 2, 4, 1, "50 %"),
    ]  # fmt: skip
    assert funnel.completed == "50 %"


def test_ux_scores_stand_by_device_the_lowest_first() -> None:
    """A journey's own score; those under load are another matter."""
    crowd = (("under_load", "peak"),)
    told = (("desktop", 92.0, ()), ("pixel", 61.0, ()), ("pixel", 20.0, crowd))
    seen = [
        views.observe(views.series("journey", "checkout", "", "ux_score", (("device", name), *more)), [score]) for name, score, more in told
    ]
    found = scores(build_view(views.RUN, observations=seen))
    assert [(score.device, score.score) for score in found] == [("pixel", 61.0), ("desktop", 92.0)]


def test_objectives_stand_with_what_is_left_of_their_error_budget() -> None:
    """Wanted, attained, left, burn rates by window; an objective with too few events is left out."""
    slo = Slo("checkout works", Source.JOURNEY, "checkout", 0.99)
    burns = Burn(BURN_RULES[0], 16.0, firing=True), Burn(BURN_RULES[1], 200.0, firing=False, few=True)
    standing = SloStatus(slo, Count(1000, 15), 0.985, -0.5, burns, timedelta(days=3))
    view = with_history(views.failed(), None, [standing, replace(standing, good=None, left=None)])
    (level,) = view.service_levels
    assert (level.window, level.burn, level.note) == ("30 d", {"1 h": 16.0, "6 h": None}, "known for 3 d of it")
    page = html(view, TEMPLATES, "operations").decode()
    assert "98.5 %" in page
    assert "1 h: 16×" in page
    assert "6 h: –" in page  # one bad walk of five would burn it two hundred times too fast
    assert "−50 %" in page or "-50 %" in page


def _journey(times: list[float], target: str = "corner") -> list[Observation]:
    return [
        replace(seen, series=replace(seen.series, target=target))
        for seen in (
            views.observe(views.series("journey", "checkout", "pay", "duration", views.DESKTOP), times),
            views.observe(views.series("journey", "checkout", "", "success", views.DESKTOP), [1.0] * len(times)),
        )
    ]


FAST = [500.0 + n for n in range(20)]
SLOW = [800.0 + n for n in range(20)]


@pytest.mark.parametrize(("before", "after", "worse"), [(FAST, SLOW, True), (SLOW, FAST, False)])
def test_two_runs_differ_where_their_samples_do(before: list[float], after: list[float], worse: bool) -> None:
    """A step that takes sixty per cent longer stands first and is called worse; the other way round it is better."""
    earlier = Side(replace(views.RUN, id="EARLIER"), outcome="finished", verdict="pass")
    later = Side(replace(views.RUN, id="LATER", machine="another"), outcome="finished")
    two = compare_runs((earlier, _journey(before)), (later, _journey(after, "staging")))
    assert (two.differences[0].name, two.differences[0].sure, two.differences[0].worse) == ("duration p75", True, worse)
    assert two.headline == f"Beyond noise: 1 {'worse' if worse else 'better'}, of 2 figures."
    assert two.remarks == (f"another machine: {views.RUN.machine}, then another",)


def test_noise_is_no_difference_and_too_little_is_said() -> None:
    """The same samples differ in nothing; with three iterations nobody could tell; what only one run saw is shown as such."""
    side = Side(views.RUN, outcome="aborted")
    two = compare_runs((side, _journey(FAST)), (side, _journey(FAST)[1:]))
    assert not two.surely
    assert {each.texts[1] for each in two.differences} == {"–", "100 %"}
    few = compare_runs((side, _journey(FAST[:3])), (side, _journey(SLOW[:3])))
    assert "too few to be sure" in few.remarks[-1]
    assert not few.surely
    assert [(each.word, each.series.part) for each in few.perhaps] == [("? worse", "pay")]
    assert few.headline == "Nothing is sure; the samples of 1 of 2 figures lie apart."


def _crowd(median: float, errors: list[float]) -> list[Observation]:
    """Return a minute of a load, 40 requests a second: what it felt like and what share of it failed."""
    shares, weights = replace(Figures.of_values(errors), count=2400), (2400 / len(errors),) * len(errors)
    failed = Observation(Series("corner", "load", "ci", "", "errors"), Kind.RATE, "ratio", shares, tuple(errors), weights=weights)
    return [loaded(median, 60), failed, views.observe(views.series("load", "ci", "", "throughput"), [40.0] * 60)]


def test_a_load_that_is_ten_times_as_slow_and_fails_half_the_time_is_worse() -> None:
    """Percentiles and error rates of a load are judged too; the headline says how many figures are only shown."""
    side = Side(views.RUN)
    two = compare_runs((side, _crowd(120.0, [0.0] * 60)), (side, _crowd(1200.0, [0.5] * 60)))
    assert two.headline == "Beyond noise: 2 worse, of 2 figures (1 more are shown, not judged)."
    assert {each.name for each in two.surely} == {"latency p95", "errors rate"}
    same = compare_runs((side, _crowd(120.0, [0.0, 0.01] * 30)), (side, _crowd(124.0, [0.01] * 20 + [0.0] * 40)))
    assert same.headline == "No difference stands out of the noise of these two runs, of 2 figures (1 more are shown, not judged)."
    nothing = compare_runs((side, _crowd(1.0, [0.0])[2:]), (side, _crowd(1.0, [0.0])[2:]))
    assert nothing.headline == "No figure of these two runs can be judged; 1 are shown."


def test_errors_that_come_in_one_burst_prove_less_than_as_many_scattered_ones() -> None:
    """One bad second of sixty is one event, not forty."""
    side = Side(views.RUN)
    burst, scattered = [0.0] * 59 + [0.6], [0.01] * 60
    assert [
        bool(compare_runs((side, _crowd(120.0, [0.0] * 60)), (side, _crowd(120.0, errors))).surely) for errors in (burst, scattered)
    ] == [False, True]


def test_one_failed_check_of_two_hundred_is_noise_and_fifty_are_not() -> None:
    """Rates are compared by Fisher's exact test; that all failed where none did lies apart, however few there were. Kinds are told."""

    def checks(good: int, bad: int) -> list[Observation]:
        return [views.observe(views.series("probe", "health", "", "success"), [1.0] * good + [0.0] * bad)]

    gate, probe = Side(views.RUN), Side(replace(views.RUN, kind="probe"))
    noise = compare_runs((gate, checks(200, 0)), (probe, checks(199, 1)))
    assert (noise.surely, noise.remarks) == ((), ("another kind: gate, then probe",))
    (worse,) = compare_runs((gate, checks(200, 0)), (gate, checks(150, 50))).surely
    assert worse.word == "✗ worse"
    (perhaps,) = compare_runs((gate, checks(3, 0)), (gate, checks(0, 3))).perhaps
    assert perhaps.word == "? worse"
