"""Forget what a watch kept for long enough: in the store by the judge, on its own disk by every location."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from ulid import ULID

from footfall.cli.watched import KIND
from footfall.cli.workplace import Workplace
from footfall.errors import UsageError
from footfall.store import reader, watch
from footfall.store.prune import prune


def forget(workplace: Workplace, now: datetime) -> None:
    """Delete old results, hours, incidents and runs of the watch, these with their folders. Raises StoreError."""
    spec = workplace.suite.watch
    with workplace.store.writing() as connection:
        watch.forget(connection, now, results_d=spec.keep_results_d, hours_d=spec.keep_hours_d, incidents_d=spec.keep_incidents_d)
    for run in prune(workplace.store, before=now - timedelta(days=spec.runs_kept_d), kind=KIND):
        shutil.rmtree(workplace.results(run), ignore_errors=True)


def sweep(workplace: Workplace, now: datetime) -> None:
    """Delete the artifacts that lie here of old runs which the store has forgotten: the judge may be elsewhere. Raises StoreError.

    A folder that holds anything beside `artifacts`, such as a gate's report, is left alone.
    """
    oldest = now - timedelta(days=workplace.suite.watch.runs_kept_d)
    for folder in (workplace.root / "out").glob("*"):
        if _is_older(folder, oldest) and {each.name for each in folder.iterdir()} <= {"artifacts"} and not _known(workplace, folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def _is_older(folder: Path, moment: datetime) -> bool:
    """Whether a folder's name is that of a run which began before a moment."""
    try:
        return folder.is_dir() and not folder.is_symlink() and ULID.from_str(folder.name).datetime < moment
    except ValueError:
        return False


def _known(workplace: Workplace, run: str) -> bool:
    try:
        reader.run(workplace.store, run)
    except UsageError:
        return False
    return True
