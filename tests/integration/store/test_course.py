"""How series went over many runs, read in one go from either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from footfall.cli.course import Span, read_course
from footfall.gate.deployments import Deployment
from footfall.samples import RunEnd, Sample
from footfall.store import course
from footfall.store.deployments import record
from footfall.store.schema import summaries
from footfall.store.spool import begin_run
from footfall.store.writer import Store, take_in
from tests.integration.store.test_store import BEGAN, LCP, LCP_FIELDS, RUN, measured, stored


def test_the_figures_of_many_runs_come_as_numbers(store: Store, tmp_path: Path) -> None:
    """Series, run and figure, for the runs since a moment; a figure that summaries do not hold is refused."""
    stored(store, tmp_path, 500.0, 600.0, 700.0)
    (known,) = (each for each in course.known_series(store, RUN.target, BEGAN) if each.series == LCP)
    runs = course.past_runs(store, RUN.target)
    found = course.cells(store, {known.number: "p75"}, BEGAN + timedelta(minutes=1))
    assert known.unit == "ms"
    assert sorted(found.tolist()) == [[known.number, run.number, figure] for run, figure in zip(runs[1:], (600.0, 700.0), strict=True)]
    assert course.known_series(store, RUN.target, BEGAN + timedelta(days=1)) == []
    with pytest.raises(ValueError, match="p97"):
        course.cells(store, {known.number: "p97"}, BEGAN)


def test_figures_come_with_every_digit(store: Store, tmp_path: Path) -> None:
    """Each series by the figure that its budget judges, all in one reading, none rounded on the way: values are compared raw."""
    stored(store, tmp_path, 0.1 + 0.2, 1 / 3, 123456.78901234567, 5e-300, 1.7e300)
    with begin_run(tmp_path, replace(RUN, id="PHONE", started=BEGAN + timedelta(minutes=9))) as begun:
        begun.recorder.write(Sample("PHONE", BEGAN, *LCP_FIELDS, 2 / 3, iteration=1, labels={"device": "phone"}))
        begun.recorder.write(Sample("PHONE", BEGAN, *LCP_FIELDS, 0.7, iteration=2, labels={"device": "phone"}))
        begun.recorder.write(RunEnd("PHONE", BEGAN + timedelta(minutes=10), "finished"))
    take_in(store, begun.directory)
    fields = {known.number: "p75" if known.series == LCP else "total" for known in course.known_series(store, RUN.target, BEGAN)}
    assert set(fields.values()) == {"p75", "total"}
    told = course.cells(store, fields, BEGAN).tolist()
    with store.reading() as connection:
        kept = connection.execute(select(summaries.c.series, summaries.c.run, summaries.c.p75, summaries.c.total)).all()
    assert sorted(told) == sorted([row.series, row.run, getattr(row, fields[row.series])] for row in kept)
    assert course.cells(store, {}, BEGAN).shape == (0, 3)


def test_drills_and_what_helped_to_judge_are_no_part_of_a_course(store: Store, tmp_path: Path) -> None:
    """A run with a fault switched on, one that was interrupted and a round of confirmation stay out, with their figures."""
    stored(store, tmp_path, 500.0, 510.0)
    for number, labels in enumerate(({"fault": "slow-payment"}, {"part_of": RUN.id})):
        odd = replace(RUN, id=f"ODD{number}", started=BEGAN + timedelta(seconds=20 + number), labels=labels)
        take_in(store, measured(tmp_path, odd, 9000.0))
    take_in(store, measured(tmp_path, replace(RUN, id="CUT", started=BEGAN + timedelta(seconds=40)), 9000.0, outcome="aborted"))
    found = read_course(store, RUN.target, (), BEGAN + timedelta(hours=1), Span(7))
    assert found is not None
    assert [run.id for run in found.runs] == [f"{RUN.id}000", f"{RUN.id}001"]
    assert sorted(cell[2] for cell in found.cells.tolist()) == [500.0, 510.0]


def test_a_course_ends_with_its_run_and_is_as_long_as_asked(store: Store, tmp_path: Path) -> None:
    """Neither later runs nor more than the newest so many; deployments stand between them; no run at all is no course."""
    stored(store, tmp_path, *(500.0 + n for n in range(6)))
    record(store, Deployment("d1", BEGAN + timedelta(seconds=90), RUN.target, version="v42", outcome="rolled_back"))
    until = BEGAN + timedelta(minutes=4)
    found = read_course(store, RUN.target, (), until, Span(7, last=4))
    assert found is not None
    assert [run.started for run in found.runs] == [BEGAN + timedelta(minutes=n) for n in (2, 3, 4)]
    assert [(mark.kind, mark.text) for mark in found.marks] == [("deployment", "deployed v42, rolled back")]
    assert read_course(store, "elsewhere", (), until, Span(7)) is None
