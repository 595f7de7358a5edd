"""`footfall watch`: the suite's journeys and probes around the clock; what breaks becomes an incident, and the right people hear of it."""

from __future__ import annotations

from typing import Annotated

import typer


def watch(
    location: Annotated[str, typer.Option("--location", "-l", help="Where this watch stands: `ams`. One store may have many.")] = "",
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to watch; else [watch] target, else the default one.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Check everything once, judge, tell, and exit: 1 when something is down.")] = False,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    serve: Annotated[
        str, typer.Option("--serve", metavar="[HOST:]PORT", help="Serve the dashboard, /metrics, heartbeats and webhooks there.")
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say every change.")] = False,
) -> int:
    """Watch the suite's probes and journeys as footfall.toml schedules them, until Ctrl-C or SIGTERM.

    The first signal lets what runs come to its end; a second one ends it. A restart resumes: states, incidents and what is
    still to be told are in the store.
    """
    from footfall.cli.watching import Wanted, address_of, run  # noqa: PLC0415
    from footfall.cli.workplace import check_scripts, open_workplace  # noqa: PLC0415

    workplace = open_workplace()
    check_scripts(workplace.suite)
    watched = workplace.suite.target(target or workplace.suite.watch.target or None)
    wanted = Wanted(location, tuple(fault or ()), once, address_of(serve) if serve else None)
    return run(workplace, watched, wanted, verbose=verbose)
