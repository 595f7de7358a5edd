"""Deployments: what was put where and when, and how that went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select, update

from footfall.gate.deployments import Deployment
from footfall.store import schema
from footfall.store.database import Store


@dataclass(frozen=True)
class FromCI:
    """What continuous integration says of a deployment by its variables; texts are empty where it says nothing."""

    source: str = ""
    commit: str = ""
    branch: str = ""
    url: str = ""
    outcome: str = ""
    version: str = ""


_OUTCOMES = {"success": "succeeded", "failed": "failed", "failure": "failed", "error": "failed", "canceled": "failed", "aborted": "failed"}


def from_ci(environment: Mapping[str, str]) -> FromCI:
    """Read the variables of GitHub Actions, GitLab CI or Jenkins; elsewhere everything is empty."""
    get = environment.get
    if get("GITHUB_ACTIONS"):
        url = f"{get('GITHUB_SERVER_URL', '')}/{get('GITHUB_REPOSITORY', '')}/actions/runs/{get('GITHUB_RUN_ID', '')}"
        tag = get("GITHUB_REF_NAME", "") if get("GITHUB_REF_TYPE") == "tag" else ""
        outcome = _OUTCOMES.get(_github_deployment(environment)[1], "")
        return FromCI("github", get("GITHUB_SHA", ""), get("GITHUB_REF_NAME", ""), url, outcome, tag)
    if get("GITLAB_CI"):
        outcome = _OUTCOMES.get(get("CI_JOB_STATUS", ""), "")
        url = get("CI_PIPELINE_URL", "")
        return FromCI("gitlab", get("CI_COMMIT_SHA", ""), get("CI_COMMIT_REF_NAME", ""), url, outcome, get("CI_COMMIT_TAG", ""))
    if get("JENKINS_URL"):
        branch = get("BRANCH_NAME") or get("GIT_BRANCH", "").removeprefix("origin/")
        return FromCI("jenkins", get("GIT_COMMIT", ""), branch, get("BUILD_URL", ""), "", get("TAG_NAME", ""))
    return FromCI()


def job_deployment(environment: Mapping[str, str]) -> str:
    """Return an id for the deployment that this CI job made or checks; empty where its variables tell of none.

    That is a GitLab job with an `environment` (unless it stops or prepares one), or a GitHub workflow on `deployment` or, where it has
    come to its end, on `deployment_status`: however many statuses it has, it is one deployment.
    """
    get = environment.get
    if get("GITLAB_CI") and get("CI_ENVIRONMENT_NAME") and get("CI_ENVIRONMENT_ACTION") not in {"stop", "prepare"}:
        return f"gitlab-{get('CI_PIPELINE_ID', '')}-{get('CI_ENVIRONMENT_NAME', '')}"
    if get("GITHUB_ACTIONS") and get("GITHUB_EVENT_NAME") in {"deployment", "deployment_status"}:
        number, state = _github_deployment(environment)
        under_way = state and state not in _OUTCOMES
        return "" if under_way else f"github-deployment-{number}" if number else f"github-{get('GITHUB_RUN_ID', '')}"
    return ""


def _github_deployment(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the number of the deployment that a GitHub workflow is about, and the state that its status tells; empty where it has none.

    No variable says either: they stand in the event's own file.
    """
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        return str(event["deployment"]["id"]), str(event.get("deployment_status", {}).get("state", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def record(store: Store, deployment: Deployment) -> bool:
    """Keep a deployment; one of that id is changed, not added. Says whether it is new."""
    table = schema.deployments
    values = _values(deployment)
    with store.writing() as connection:
        if connection.execute(update(table).where(table.c.id == deployment.id).values(values)).rowcount:
            return False
        connection.execute(insert(table).values(values))
    return True


def is_known(store: Store, name: str) -> bool:
    """Say whether a deployment of that id is kept."""
    with store.reading() as connection:
        return connection.execute(select(schema.deployments.c.number).where(schema.deployments.c.id == name)).first() is not None


def deployments(store: Store, *, target: str | None = None, since: datetime | None = None, limit: int | None = None) -> list[Deployment]:
    """List deployments, oldest first: of one target, since a moment, the newest `limit` of them, where these are named."""
    table = schema.deployments
    query = select(table).order_by(table.c.at.desc(), table.c.number.desc()).limit(limit)
    if target is not None:
        query = query.where(table.c.target == target)
    if since is not None:
        query = query.where(table.c.at >= since)
    with store.reading() as connection:
        return [_deployment(row) for row in reversed(connection.execute(query).all())]


def _values(deployment: Deployment) -> dict[str, Any]:
    values = dict(vars(deployment))
    values["git_commit"], values["git_branch"] = values.pop("commit"), values.pop("branch")
    return values


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(row.id, row.at, row.target, row.outcome, row.git_commit, row.git_branch, row.version, row.url, row.source)
