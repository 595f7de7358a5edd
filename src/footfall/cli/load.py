"""`footfall load`: run one load profile and show what the crowd felt."""

from __future__ import annotations

from typing import Annotated

import typer


def load(
    context: typer.Context,
    profile: Annotated[str, typer.Argument(help="A profile: `ci` is loadtests/ci.py.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to load: a target of footfall.toml.")] = None,
    users: Annotated[int | None, typer.Option("--users", "-u", min=1, help="Scale the profile to this many users at its peak.")] = None,
    run_time: Annotated[str, typer.Option("--run-time", help="End early: `30s`, `5m`.")] = "",
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="Spread the users over this many processes.")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Run a load profile and show what the crowd felt.

    Everything after -- goes to Locust: `footfall load ci -- --loglevel DEBUG`. `locust -f loadtests/ci.py` works too, without footfall.
    """
    from footfall.cli.measure import load_the_site  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.session import session  # noqa: PLC0415
    from footfall.cli.tables import print_figures  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.load.launcher import LoadOptions, check_profile  # noqa: PLC0415

    with progress() as shown:
        workplace = open_workplace(shown)
        check_profile(workplace.root, profile)
        options = LoadOptions(users, run_time, processes, tuple(context.args))
        labels = {"profile": profile, "users": str(users or ""), "processes": str(processes or "")}
        with session(workplace, workplace.suite.target(target), shown, kind="load", faults=fault or (), labels=labels) as opened:
            load_the_site(opened, profile, options)
    print_figures(workplace.store, opened.id, json=json)
    return 0
