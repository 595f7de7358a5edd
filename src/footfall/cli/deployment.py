"""`footfall deployment`: tell footfall what was put on a target, so that trends show it and failures can be counted."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from footfall.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from footfall.cli.workplace import Workplace
    from footfall.gate.deployments import Deployment, DeploymentFigures
    from footfall.store.reader import RunRow

app = typer.Typer(help="Deployments: record, list and count them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("record")
def record(
    target: Annotated[str | None, typer.Option("--target", "-t", help="Where it was put: a target of footfall.toml.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="How it went: succeeded (as a rule), failed or rolled_back.")] = None,
    commit: Annotated[str | None, typer.Option("--commit", help="What was put there; else what CI or git says.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="Its version or tag; else CI's tag.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where to read more; else CI's own page.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="When: `2026-11-21T05:00:00Z`; now without it.")] = None,
    name: Annotated[str | None, typer.Option("--id", help="An id of yours: recording it again changes that deployment.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the deployment as JSON.")] = False,
) -> int:
    """Record a deployment; what no option says comes from GitHub's, GitLab's or Jenkins's variables, or from git."""
    import os  # noqa: PLC0415

    from ulid import ULID  # noqa: PLC0415

    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.gate.deployments import SUCCEEDED, Deployment  # noqa: PLC0415
    from footfall.store.deployments import from_ci  # noqa: PLC0415
    from footfall.store.deployments import record as keep  # noqa: PLC0415
    from footfall.store.provenance import commit_and_branch  # noqa: PLC0415

    how = _outcome(outcome)
    moment = _moment(at)
    workplace = open_workplace()
    said = from_ci(os.environ)
    git_commit, git_branch = commit_and_branch(workplace.root, os.environ)
    made = Deployment(
        id=name or str(ULID.from_datetime(moment)),
        at=moment,
        target=workplace.suite.target(target).name,
        outcome=how or said.outcome or SUCCEEDED,
        commit=commit or said.commit or git_commit,
        branch=said.branch or git_branch,
        version=version or said.version,
        url=url or said.url,
        source=said.source,
    )
    new = keep(workplace.store, made)
    if json:
        say(json_module.dumps(_as_json(made), indent=2))
    else:
        say(f"{'recorded' if new else 'changed'} deployment {made.id}: {_words(made)}")
    return 0


def note_deployment(workplace: Workplace, run: RunRow, environment: Mapping[str, str]) -> str:
    """Record the deployment that the CI job around a gate is about, once, as of the gate's start; return its id, or nothing."""
    from footfall.gate.deployments import SUCCEEDED, Deployment  # noqa: PLC0415
    from footfall.store.deployments import from_ci, is_known, job_deployment  # noqa: PLC0415
    from footfall.store.deployments import record as keep  # noqa: PLC0415

    name, target = job_deployment(environment), workplace.suite.targets.get(run.run.target)
    if not name or (target and target.demo) or is_known(workplace.store, name):
        return ""
    said, of = from_ci(environment), run.run
    outcome, commit, branch = said.outcome or SUCCEEDED, said.commit or of.commit, said.branch or of.branch
    keep(workplace.store, Deployment(name, of.started, of.target, outcome, commit, branch, said.version, said.url, said.source))
    return name


def _outcome(text: str | None) -> str:
    from footfall.errors import UsageError, did_you_mean  # noqa: PLC0415
    from footfall.gate.deployments import OUTCOMES  # noqa: PLC0415

    word = (text or "").replace("-", "_")
    if word and word not in OUTCOMES:
        raise UsageError(f"a deployment cannot be {text!r}", hint=did_you_mean(word, OUTCOMES))
    return word


def _moment(text: str | None) -> datetime:
    from datetime import UTC, datetime  # noqa: PLC0415

    from footfall.clock import from_text  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415

    if text is None:
        return datetime.now(UTC)
    try:
        return from_text(text)
    except ValueError as error:
        raise UsageError(f"--at: {error}", hint="write a moment with its zone, such as 2026-11-21T05:00:00Z") from error


@app.command("list")
def list_deployments(
    target: Annotated[str | None, typer.Option("--target", "-t", help="Only deployments to this target.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print deployments and figures as JSON.")] = False,
) -> int:
    """List the newest deployments to a target, the last one last, with their success rate and change-failure rate."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store.deployments import deployments  # noqa: PLC0415

    workplace = open_workplace()
    name = workplace.suite.target(target).name
    found = deployments(workplace.store, target=name, limit=last)
    counted = deployment_figures(workplace, name, found)
    if json:
        say(json_module.dumps({"deployments": [_as_json(made) for made in found], "figures": asdict(counted)}, indent=2))
        return 0
    for made in found:
        blame = "  ✗ followed by trouble" if made.id in counted.blamed else ""
        say(f"{made.id}  {made.at:%Y-%m-%d %H:%M} UTC  {_words(made)}{blame}")
    say(_told(name, counted))
    return 0


def deployment_figures(workplace: Workplace, target: str, found: list[Deployment]) -> DeploymentFigures:
    """Count a target's deployments, with what went wrong there since the first of them: failed gates, incidents, changes for the worse."""
    from footfall.gate.deployments import figures  # noqa: PLC0415
    from footfall.gate.verdict import Outcome  # noqa: PLC0415
    from footfall.store import incidents, reader  # noqa: PLC0415
    from footfall.store.changes import stored_changes  # noqa: PLC0415
    from footfall.store.summary import FAULT_LABEL, WATCH_KIND  # noqa: PLC0415

    if not found:
        return figures(found)
    since = found[0].at
    gates = [row for row in reader.runs(workplace.store, limit=None, target=target, kind="gate") if not row.run.labels.get(FAULT_LABEL)]
    failed = [row.run.started for row in gates if row.verdict in (Outcome.FAIL, Outcome.MISSING)]
    with workplace.store.reading() as connection:
        opened = incidents.listed(connection, since=since, last=None, target=target)
    began = [incident.began for incident in opened if incident.source != WATCH_KIND]  # the watch's own troubles are no deployment's
    worse = [change.at for change in stored_changes(workplace.store, target=target, since=since) if change.worse and not change.drift]
    return figures(found, [moment for moment in (*failed, *began, *worse) if moment >= since])


def _told(target: str, counted: DeploymentFigures) -> str:
    from footfall.metrics import format_quantity  # noqa: PLC0415

    if counted.success_rate is None:
        return f"no deployment to {target} is recorded yet: `footfall deployment record`"
    deployments = f"{counted.count} deployment{'' if counted.count == 1 else 's'}"
    said = f"{deployments} to {target}: {format_quantity(counted.success_rate, 'ratio')} succeeded"
    if counted.change_failure_rate is None:
        return said
    return f"{said}; {format_quantity(counted.change_failure_rate, 'ratio')} of those that arrived made things worse"


def _words(made: Deployment) -> str:
    what = " ".join(part for part in (made.version, made.commit[:9]) if part) or "something"
    return f"{what} to {made.target}, {made.outcome.replace('_', ' ')}"


def _as_json(made: Deployment) -> dict[str, Any]:
    from footfall.clock import to_text  # noqa: PLC0415

    return {**asdict(made), "at": to_text(made.at)}
