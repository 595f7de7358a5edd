"""Deployments counted: how often they succeed, and how often a change makes things worse (DORA's change-failure rate)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SUCCEEDED, FAILED, ROLLED_BACK = OUTCOMES = ("succeeded", "failed", "rolled_back")
BLAMED_FOR = timedelta(days=1)
"""How long after a deployment a failure counts as its own, if no other deployment came in between."""


@dataclass(frozen=True)
class Deployment:
    """Something put on a target at a moment, UTC-aware; `outcome` is succeeded, failed or rolled_back."""

    id: str
    at: datetime
    target: str
    outcome: str = SUCCEEDED
    commit: str = ""
    branch: str = ""
    version: str = ""
    url: str = ""
    source: str = ""


@dataclass(frozen=True)
class DeploymentFigures:
    """How `count` deployments fared.

    `success_rate` is the share that succeeded; `change_failure_rate` that of those which reached the target and were rolled back or
    followed by a failed gate, an incident or a change for the worse before the next one. Both are None without deployments.
    """

    count: int
    success_rate: float | None
    change_failure_rate: float | None
    blamed: tuple[str, ...] = ()


def figures(deployments: Iterable[Deployment], troubles: Collection[datetime] = ()) -> DeploymentFigures:
    """Count one target's deployments; `troubles` are the moments at which something began to be wrong there."""
    ordered = sorted(deployments, key=lambda deployment: deployment.at)
    if not ordered:
        return DeploymentFigures(0, None, None)
    arrived = [deployment for deployment in ordered if deployment.outcome != FAILED]
    blamed = tuple(found.id for index, found in enumerate(arrived) if _is_blamed(index, arrived, troubles))
    succeeded = sum(deployment.outcome == SUCCEEDED for deployment in ordered)
    return DeploymentFigures(len(ordered), succeeded / len(ordered), len(blamed) / len(arrived) if arrived else None, blamed)


def _is_blamed(index: int, arrived: Sequence[Deployment], troubles: Collection[datetime]) -> bool:
    deployment = arrived[index]
    end = deployment.at + BLAMED_FOR
    if index + 1 < len(arrived):
        end = min(end, arrived[index + 1].at)
    return deployment.outcome == ROLLED_BACK or any(deployment.at <= trouble < end for trouble in troubles)
