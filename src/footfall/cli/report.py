"""`footfall report`: draw the reports of a stored run again."""

from __future__ import annotations

from typing import Annotated

import typer


def report(
    names: Annotated[list[str] | None, typer.Argument(help="More reports beside index.html: `executive`, `trends`…")] = None,
    run: Annotated[str, typer.Option("--run", help="Which run: its id, the beginning of it, or `latest`.")] = "latest",
    json: Annotated[bool, typer.Option("--json", help="Print verdicts.json on stdout instead of words.")] = False,
) -> int:
    """Draw the reports of a stored run again.

    The run is judged by today's thresholds.toml. Exits 0 whatever the verdict is; `footfall gate --run` exits with it.
    """
    from footfall.cli.judge import judge  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.tell import tell  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    with progress() as shown:
        workplace = open_workplace(shown)
        view = judge(workplace, reader.run(workplace.store, run), budgets_of(workplace.suite).budgets)
    tell(workplace, view, json=json, more=[name for name in dict.fromkeys(names or ()) if name != "index"])
    return 0
