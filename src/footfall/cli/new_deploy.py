"""`footfall new deploy`: lay out what runs a suite in containers."""

from __future__ import annotations

from typing import Annotated

import typer

from footfall.cli.new_ci import written
from footfall.errors import UsageError, did_you_mean

_IMAGE = ("deploy/Dockerfile", "deploy/Dockerfile.dockerignore")
PLACES = {"docker": (*_IMAGE, "deploy/compose.yaml"), "kubernetes": (*_IMAGE, "deploy/watch.yaml", "deploy/kubernetes.yaml")}
"""By place: the starter's files, which go where they are there."""


def deploy(
    place: Annotated[str, typer.Argument(help="`docker` or `kubernetes`.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> int:
    """Lay out an image of the suite, and what runs it: the watch (compose, Kubernetes) and a crowd (Kubernetes).

    Files go to deploy/ in the suite's folder. One that is there already is kept. Each says at its top how it is used, and what to change.
    """
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_suite  # noqa: PLC0415
    from footfall.starter import starter  # noqa: PLC0415

    if place not in PLACES:
        raise UsageError(f"there is nothing for {place!r}", hint=did_you_mean(place, PLACES))
    root = open_suite().root
    for name in PLACES[place]:
        say(written(root / name, name, (starter() / name).read_text("utf-8"), force=force))
    return 0
