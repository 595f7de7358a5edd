"""`index.html` and its kin: a view, arranged, poured into a template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from typing import Any

from markupsafe import Markup

from footfall.gate.evidence import Observation
from footfall.gate.verdict import GLYPHS, Outcome, Verdict
from footfall.metrics import Source, format_quantity
from footfall.report import words
from footfall.report.beside import beside, left_open, pairs_of
from footfall.report.business import availability, business, funnels, scores
from footfall.report.charts.bars import tally_bar, used
from footfall.report.charts.load import Panel, panels, time_axis
from footfall.report.charts.strip import Spread, strip
from footfall.report.charts.trend import spark, trend_chart
from footfall.report.clean import safe_link
from footfall.report.figures import metric_name, worst_of
from footfall.report.hangs import Hang, hangs
from footfall.report.kept import Link, links, own_of
from footfall.report.noise import noise
from footfall.report.pictures import THUMBNAIL, embedded
from footfall.report.places import DAYS, place_tables
from footfall.report.tables import Table, headroom, journeys, probes, profiles, slowest
from footfall.report.templates import TemplateSource
from footfall.report.trendpage import TrendPage, page_of
from footfall.report.trends import movers, past, short_course, spread, trend_of, trend_tables
from footfall.report.underload import strains
from footfall.report.view import BrokenJourney, ReportView
from footfall.samples import Artifact, Series

MOST_CARDS = 12
"""Broken budgets that are shown with their pictures; the table of all budgets names the others."""
_MOST_REASONS = 4
_MOST_PICTURES = 6
_MOST_FRAMES = 40


@dataclass(frozen=True)
class Card:
    """A budget that did not simply hold, with the evidence it was judged on."""

    verdict: Verdict
    place: str
    strip: Markup
    trend: Markup
    story: str
    picture: str
    links: tuple[Link, ...]
    runbook: str
    because: tuple[Hang, ...] = ()


@dataclass(frozen=True)
class JourneyCard:
    """A journey that did not reach its end every time, with its latest picture and files."""

    journey: BrokenJourney
    picture: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Frame:
    """One picture of a filmstrip."""

    step: str
    picture: str


@dataclass(frozen=True)
class Load:
    """A profile's panels over one time axis, its table of requests, and those of what no budget judges (ramp-up, wind-down)."""

    table: Table
    others: tuple[Table, ...]
    panels: tuple[Panel, ...]
    axis: Markup


@dataclass(frozen=True)
class Glance:
    """One of the tiles that say at a glance how a sense fared."""

    name: str
    href: str
    tone: str
    figure: str
    remark: str


def html(view: ReportView, templates: TemplateSource, name: str = "index") -> bytes:
    """Return the page that the template `name`.html makes of a view, UTF-8, self-contained.

    Raises UsageError where there is no such template, ConfigError where it is wrong.
    """
    return templates.render(f"{name}.html", context(view)).encode()


def context(view: ReportView) -> dict[str, Any]:
    """Return what a template may use; docs/reports.md describes each name."""
    broken = view.of(*words.BROKEN)
    compared = beside(view)
    # What a comparison left open stands in its table; it needs no card of its own, and no reason where something else is broken.
    unsure = tuple(verdict for verdict in view.of(Outcome.INCONCLUSIVE) if verdict.pairs is None or not compared)
    pictures = _Pictures(view)
    slow_steps, slow_requests = slowest(view)
    reasons = broken + unsure or view.of(Outcome.INCONCLUSIVE) or view.of(Outcome.WARN)
    return {
        "view": view,
        "words": words,
        "glyphs": GLYPHS,
        "glyph": words.STATE_GLYPHS[view.state],
        "word": words.STATE_WORDS[view.state],
        "headline": words.headline(view),
        "reasons": reasons[:_MOST_REASONS],
        "more_reasons": max(0, len(reasons) - _MOST_REASONS),
        "headroom": headroom(view),
        "tally": tally_bar(view.counts),
        "glances": tuple(_glances(view)),
        "failed_journeys": tuple(_broken_journey(view, broken, pictures) for broken in view.broken_journeys[:MOST_CARDS]),
        "filmstrips": _filmstrips(view),
        "broken": tuple(_card(view, verdict, pictures) for verdict in broken[:MOST_CARDS]),
        "unsure": tuple(_card(view, verdict) for verdict in unsure[:MOST_CARDS]),
        "beside": compared,
        "beside_pairs": pairs_of(view),
        "beside_open": left_open(view),
        "warned": tuple(_card(view, verdict) for verdict in view.of(Outcome.WARN)[:MOST_CARDS]),
        "journeys": journeys(view),
        "loads": tuple(_loads(view)),
        "probes": probes(view),
        "strains": strains(view),
        "hangs": hangs(view),
        "noise": noise(view.observations),
        "places": place_tables(view.placed),
        "place_days": DAYS,
        "trends": trend_tables(view),
        "movers": movers(view),
        "slowest_steps": slow_steps,
        "slowest_requests": slow_requests,
        "metric_name": metric_name,
        "quantity": format_quantity,
        "spark": spark,
        "trend_chart": trend_chart,
        "used": used,
        "trend_page": cache(lambda: pages(view)),
        "business": lambda *patterns: business(view, patterns),
        "funnels": lambda: funnels(view),
        "scores": lambda: scores(view),
        "availability": lambda: availability(view),
        "fnmatch": fnmatch,
    }


def pages(view: ReportView) -> TrendPage | None:
    """Return the course of the view, or of its last runs where it has none; None without any history."""
    return page_of(view.course, [short_course(view)] if view.trends else [])


class _Pictures:
    """The screenshots that a page carries: each full one once, and no more than a report should weigh."""

    def __init__(self, view: ReportView) -> None:
        self._view = view
        self._left = _MOST_PICTURES
        self._shown: set[str] = set()

    def of(self, subject: str, part: str, series: Series | None) -> str:
        """The latest screenshot of a part ("" is any), on the series' own device if any is; empty where none is, or none left to show."""
        kept = (artifact for artifact in reversed(self._view.artifacts) if artifact.path in self._view.pictures)
        found = [each for each in kept if (each.kind, each.subject) == ("screenshot", subject) and part in {"", each.part}]
        for artifact in own_of(found, series):
            if artifact.path not in self._shown and self._left:
                self._left -= 1
                self._shown.add(artifact.path)
                return embedded(self._view.pictures[artifact.path])
        return ""


def _filmstrips(view: ReportView) -> dict[tuple[str, tuple[str, ...]], tuple[Frame, ...]]:
    """One small picture per step of each journey, by its name and tags: the first that was kept, in the order in which they were taken."""
    shown = [each for each in view.artifacts if each.kind == "screenshot" and each.part and each.path in view.pictures]
    strips: dict[tuple[str, tuple[str, ...]], tuple[Frame, ...]] = {}
    left = _MOST_FRAMES
    for series in (seen.series for seen in view.observations if seen.series.source == Source.JOURNEY):
        journey = series.subject, tuple(value for _, value in series.labels)
        if journey in strips:
            continue
        frames: dict[str, Artifact] = {}
        for artifact in own_of([each for each in shown if each.subject == series.subject], series):
            frames.setdefault(artifact.part, artifact)
        pictures = [Frame(part, embedded(view.pictures[frame.path], THUMBNAIL)) for part, frame in list(frames.items())[:left]]
        strips[journey] = tuple(frame for frame in pictures if frame.picture)
        left -= len(pictures)
    return strips


def _broken_journey(view: ReportView, broken: BrokenJourney, pictures: _Pictures) -> JourneyCard:
    subject = broken.series.subject
    kept = (artifact for artifact in view.artifacts if artifact.subject == subject)
    return JourneyCard(broken, pictures.of(subject, "", broken.series), links(kept, broken.series))


def _card(view: ReportView, verdict: Verdict, pictures: _Pictures | None = None) -> Card:
    seen = view.observation(verdict.series)
    trend = trend_of(view, verdict.series, verdict) if verdict.series else None
    return Card(
        verdict=verdict,
        place=words.place(verdict),
        strip=strip(verdict, seen, *_before(view, verdict)) if seen and seen.kind != "rate" else Markup(""),
        trend=trend_chart(trend) if trend and len(trend.values) > 1 else Markup(""),
        story=trend.story if trend else "",
        picture=pictures.of(verdict.subject, verdict.part, verdict.series) if pictures else "",
        links=links(_kept(view, verdict), verdict.series),
        runbook=safe_link(verdict.runbook),
        because=tuple(hang for hang in hangs(view) if hang.series == verdict.series),
    )


def _before(view: ReportView, verdict: Verdict) -> tuple[list[float], Spread | Observation | None]:
    """What a finding is drawn beside: the samples of the deployment that it was compared with, else the runs before."""
    other = view.reference(verdict.series) if verdict.pairs is not None else None
    return ([], other) if other else (past(view, verdict), spread(view, verdict))


def _kept(view: ReportView, verdict: Verdict) -> Iterable[Artifact]:
    for artifact in view.artifacts:
        if artifact.subject == verdict.subject and (verdict.part == artifact.part or not verdict.part or not artifact.part):
            yield artifact


def _loads(view: ReportView) -> Iterable[Load]:
    timelines = {timeline.profile: timeline for timeline in view.timelines}
    tables = profiles(view)
    for name in dict.fromkeys(table.name for table in tables):
        table, *others = sorted((table for table in tables if table.name == name), key=lambda table: len(table.tags))
        verdicts = [v for v in view.verdicts if (v.source, v.subject, v.part) == (Source.LOAD, name, "")]
        timeline = timelines.get(name)
        drawn = (panels(timeline, verdicts), time_axis(timeline)) if timeline else ((), Markup(""))
        yield Load(table, tuple(others), *drawn)


def _glances(view: ReportView) -> Iterable[Glance]:
    """One tile per sense that saw anything."""
    for source, name, href in (
        (Source.JOURNEY, "Journeys", "#journeys"),
        (Source.LOAD, "Load", "#load"),
        (Source.PROBE, "Probes", "#probes"),
    ):
        mine = [seen for seen in view.observations if seen.series.source == source]
        verdict = worst_of(v for v in view.verdicts if v.source == source)
        if mine:
            tone = verdict.outcome.value if verdict else ""
            figure, remark = _load_glance(view) if source == Source.LOAD else _held(view, source)
            yield Glance(name, href, tone, figure, remark)


def _held(view: ReportView, source: Source) -> tuple[str, str]:
    """How often journeys reached their end, or checks held."""
    found = [s for s in view.observations if s.series.source == source and s.series.metric == "success" and not s.series.part]
    total = sum(seen.figures.count for seen in found)
    held = sum(round(seen.figures.mean * seen.figures.count) for seen in found)
    what = "iterations reached the end" if source == Source.JOURNEY else "checks held"
    of = words.count(len(found), "journey" if source == Source.JOURNEY else "probe")
    return f"{held:,} of {total:,}", f"{what}, {of}"


def _load_glance(view: ReportView) -> tuple[str, str]:
    tables = sorted(profiles(view), key=lambda table: len(table.tags))
    facts = tables[0].facts
    others = len({table.name for table in tables}) - 1
    more = f", and {words.count(others, 'profile')} besides" if others else ""
    return (facts[0] if facts else "–"), ", ".join(facts[1:]) + more
