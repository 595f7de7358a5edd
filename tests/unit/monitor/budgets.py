"""Budgets as `thresholds.toml` has them, without a file, and plans that hold them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from footfall.gate.budget import Budget, Place, read_budgets
from footfall.metrics import CATALOGUE, Source
from footfall.monitor.plan import Plan, Subject
from footfall.monitor.promises import with_budgets


def budgets(where: str, **values: Any) -> list[Budget]:
    """The budgets of one table: `probes.shop`, `journeys.checkout.steps.pay`."""
    kind, subject, *rest = where.split(".")
    source = Source(kind.removesuffix("s"))
    place = Place(source, subject, rest[1] if rest else None)
    read = [read_budgets(value, place, CATALOGUE[source][name], f"{where}.{name}") for name, value in values.items()]
    assert [problem for _, problems in read for problem in problems] == []
    return [budget for found, _ in read for _, budget in found]


def holding(plan: Plan, *found: list[Budget]) -> Plan:
    """A plan that holds budgets."""
    return with_budgets(plan, [budget for each in found for budget in each])


def plan_for(*subjects: Subject) -> Plan:
    """A plan of these subjects alone."""
    return Plan("tried", {each.key: each for each in subjects})


def milder(subject: Subject, **more: Any) -> Subject:
    """A subject that is watched otherwise."""
    return replace(subject, watched=replace(subject.watched, **more))
