"""What locations saw stands beside each other, in every report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from footfall.report.html import html
from footfall.report.json import json_report, schema
from footfall.report.markdown import markdown
from footfall.report.openmetrics import openmetrics
from footfall.report.places import place_tables
from footfall.report.templates import TemplateSource
from footfall.report.view import with_history
from tests.unit.report import courses, views

TEMPLATES = TemplateSource(None, Path(__file__).parents[3] / "reports")
ALL = ("index", "executive", "finance", "operations", "product", "trends", "weekly")


def test_each_subject_is_told_location_by_location() -> None:
    """Journeys first; what one location alone measures has no table; a share below all of them is never shown as 100 %."""
    checkout, health = place_tables(views.PLACED)
    assert [(table.source, table.subject) for table in (checkout, health)] == [("journey", "checkout"), ("probe", "health")]
    assert checkout.vitals == ("LCP", "INP", "CLS")
    ams, nyc = checkout.rows
    assert (ams.location, ams.good, ams.failed, ams.mean, ams.longest) == ("ams", "100.00 %", False, "3.39 s", "6.12 s")
    assert (nyc.location, nyc.good, nyc.failed) == ("nyc", "99.10 %", True)
    assert nyc.vitals == (("LCP", "4.31 s", "poor"), ("INP", "–", ""), ("CLS", "0.004", "good"))
    assert [row.good for row in health.rows] == ["100.00 %", "99.99 %"]


@pytest.mark.parametrize("name", ALL)
def test_every_report_shows_them(name: str) -> None:
    """Where there are several locations; where there are not, nothing is said of it."""
    one = with_history(views.empty(), courses.course(4))
    page = html(replace(one, placed=views.PLACED), TEMPLATES, name).decode()
    assert page.index("By location") < page.index('aria-label="checkout by location"') < page.index("4.31 s")
    assert "By location" not in html(one, TEMPLATES, name).decode()


def test_programs_read_them() -> None:
    """`verdicts.json` by its schema, and the summary for a pull request."""
    document = json.loads(json_report(views.undecided()))
    jsonschema.Draft202012Validator(schema()).validate(document)
    first = document["locations"][0]
    assert (first["subject"], first["location"], first["checks"], first["good"]) == ("health", "nyc", 20_160, 20_159)
    assert json.loads(json_report(views.healthy()))["locations"] == []
    lines = openmetrics(views.undecided()).decode()
    assert 'footfall_location_checks{location="nyc",source="probe",subject="health",target="corner"} 20160.0' in lines
    summary = markdown(views.undecided()).decode()
    assert "| **checkout** | nyc | 2,016 | 99.10 % | 5.12 s<br>longest 30 s |" in summary
    assert "By location" not in markdown(views.healthy()).decode()
