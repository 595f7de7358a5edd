"""Journeys while a crowd is there: a profile's peak is held for as long as they take, and all that is seen carries `under_load`."""

from __future__ import annotations

from collections.abc import Sequence

from footfall.cli.measure import JourneyPlan, walk_journeys
from footfall.cli.progress import Tally
from footfall.cli.session import Session
from footfall.errors import CannotJudgeError
from footfall.load.launcher import LoadEnd, LoadOptions, check_profile, launched
from footfall.metrics import Source
from footfall.samples import Record, Sample
from footfall.store.spool import UNDER_LOAD_VARIABLE

_LONGEST = "24h"
"""The crowd stays until it is sent away."""


def walk_under_load(session: Session, plan: JourneyPlan, profile: str) -> None:
    """Hold a profile's peak, walk the journeys meanwhile, and send the crowd away.

    Raises CannotJudgeError when the crowd was not there all the time, else what `walk_journeys` and `load_the_site` raise.
    """
    tally, there = Tally(), list[bool]()

    def watch(records: Sequence[Record]) -> None:
        for record in records:
            tally.add(record)
            if isinstance(record, Sample) and record.source == Source.LOAD and "phase" not in record.labels:
                there.append(True)
        session.progress.update("crowd", f"{profile} · {tally.load_line()}")

    path = check_profile(session.workplace.root, profile)
    session.under_load = profile
    try:
        environment = {**session.run.environment(), UNDER_LOAD_VARIABLE: profile}
        with launched(path, session.live, environment, LoadOptions(hold=_LONGEST)) as process:
            end = session.follow(lambda: process.poll() or (LoadEnd("there") if there else None), watch)
            if end is not None and end.outcome == "there":
                session.progress.done("crowd", f"{profile} · {tally.load_line()}")
                walk_journeys(session, plan)
                end = process.poll()
                if end is None:
                    process.stop()
                    return
    finally:
        session.under_load = ""
    why = "the time cap was reached" if end is None else end.reason or "it ended"
    raise CannotJudgeError(f"the profile {profile} was not there for the journeys under load: {why}")
