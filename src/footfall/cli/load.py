"""`footfall load`: run one load profile and show what the crowd felt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from footfall.errors import UsageError

if TYPE_CHECKING:
    from footfall.cli.progress import Progress
    from footfall.load.launcher import LoadOptions

UI_PORT = 8089


def load(
    context: typer.Context,
    profile: Annotated[str, typer.Argument(help="A profile: `ci` is loadtests/ci.py.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to load: a target of footfall.toml.")] = None,
    users: Annotated[int | None, typer.Option("--users", "-u", min=1, help="Scale the profile to this many users at its peak.")] = None,
    rate: Annotated[float | None, typer.Option("--rate", min=0.1, help="Scale an open profile to this many arrivals a second.")] = None,
    hold: Annotated[str, typer.Option("--hold", help="Hold --users or --rate for this long, in the place of the stages: `30s`.")] = "",
    run_time: Annotated[str, typer.Option("--run-time", help="End early: `30s`, `5m`.")] = "",
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="Spread the users over this many processes.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="As many workers; processes here, or elsewhere.")] = None,
    expect_workers: Annotated[bool, typer.Option("--expect-workers", help="Wait for --workers from other machines.")] = False,
    join: Annotated[str, typer.Option("--join", metavar="HOST[:PORT]", help="Be a worker of the master there.")] = "",
    ui: Annotated[bool, typer.Option("--ui", help="Open Locust's web page while it runs.")] = False,
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
    from footfall.cli.workplace import open_suite, open_workplace  # noqa: PLC0415
    from footfall.load.launcher import LoadOptions, check_profile, free_port  # noqa: PLC0415
    from footfall.load.launcher import join as join_master  # noqa: PLC0415

    if expect_workers and workers is None:
        raise UsageError("--expect-workers does not say how many", hint="say --workers N, too")
    if join:
        suite = open_suite()
        return join_master(check_profile(suite.root, profile), join, suite.target(target).name, context.args)
    with progress() as shown:
        workplace = open_workplace(shown)
        check_profile(workplace.root, profile)
        here = processes if expect_workers else workers or processes
        options = LoadOptions(
            users, run_time, here, tuple(context.args), rate, workers if expect_workers else None, free_port(UI_PORT) if ui else None, hold
        )
        chosen = workplace.suite.target(target).name
        _announce(shown, profile, options, chosen if chosen != workplace.suite.target(None).name else "")
        labels = {"profile": profile, "users": str(users or ""), "processes": str(here or ""), "workers": str(options.workers or "")}
        labels |= {"hold": hold} if hold else {}
        labels |= {"rate": f"{rate:g}"} if rate else {}
        with session(workplace, workplace.suite.target(target), shown, kind="load", faults=fault or (), labels=labels) as opened:
            load_the_site(opened, profile, options)
    print_figures(workplace.store, opened.id, json=json)
    return 0


def _announce(shown: Progress, profile: str, options: LoadOptions, target: str) -> None:
    """Say what somebody has to do or may look at meanwhile; `target` is empty for the default one."""
    if options.workers is not None:
        named = f" --target {target}" if target else ""
        shown.say(f"waiting for {options.workers} workers: start each with `footfall load {profile} --join <this machine>{named}`")
    if options.ui_port is not None:
        shown.say(f"Locust's page: http://127.0.0.1:{options.ui_port}")
