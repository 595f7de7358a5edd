"""`footfall journey`: walk one journey, or a few, and show what each step took."""

from __future__ import annotations

from typing import Annotated

import typer


def journey(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Journeys: `booking` is journeys/test_booking.py.")],
    iterations: Annotated[int, typer.Option("--iterations", "-n", min=1, help="Counted iterations, after one that warms up.")] = 1,
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to measure: a target of footfall.toml.")] = None,
    device: Annotated[str, typer.Option(help="`desktop`, or a device that Playwright knows (`iPhone 15`).")] = "desktop",
    headed: Annotated[bool, typer.Option("--headed", help="Show the browser.")] = False,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Walk journeys in a browser and show what each step took.

    Everything after -- goes to pytest: `footfall journey booking -- --tracing on`. `pytest journeys` works too, without footfall.
    """
    from footfall.cli.measure import JourneyPlan, walk_journeys  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.session import session  # noqa: PLC0415
    from footfall.cli.tables import journey_failed, print_figures  # noqa: PLC0415
    from footfall.cli.workplace import check_scripts, chosen, open_workplace  # noqa: PLC0415
    from footfall.config.scripts import scan  # noqa: PLC0415

    arguments = (*(["--headed"] if headed else []), *context.args)
    with progress() as shown:
        workplace = open_workplace(shown)
        check_scripts(workplace.suite)
        plan = JourneyPlan(chosen("journey", names, scan(workplace.root).journeys), iterations, (device,), arguments)
        labels = {"iterations": str(iterations)}
        with session(workplace, workplace.suite.target(target), shown, kind="journey", faults=fault or (), labels=labels) as opened:
            walk_journeys(opened, plan)
    print_figures(workplace.store, opened.id, json=json)
    return 1 if journey_failed(workplace.store, opened.id) else 0
