"""`footfall probe`: make the suite's checks once, now."""

from __future__ import annotations

from typing import Annotated

import typer


def probe(
    names: Annotated[list[str] | None, typer.Argument(help="Probes of footfall.toml; all of them without a name.")] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to probe: a target of footfall.toml.")] = None,
    checks: Annotated[int, typer.Option("--checks", "-n", min=1, help="How often to check each.")] = 1,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Make the suite's checks now and show what they saw.

    Exits 1 when a check did not hold.
    """
    from dataclasses import replace  # noqa: PLC0415

    from footfall.cli.measure import run_probes  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.session import session  # noqa: PLC0415
    from footfall.cli.tables import print_figures, problems  # noqa: PLC0415
    from footfall.cli.workplace import chosen, open_workplace  # noqa: PLC0415

    with progress() as shown:
        workplace = open_workplace(shown)
        known = workplace.suite.probes
        wanted = [replace(known[name], checks=checks) for name in chosen("probe", names or known, known)]
        with session(workplace, workplace.suite.target(target), shown, kind="probe", faults=fault or ()) as opened:
            run_probes(opened, wanted)
    print_figures(workplace.store, opened.id, json=json)
    return 1 if problems(workplace.store, opened.id) else 0
