"""`footfall alerts`: try the channels before they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from footfall.cli.output import say

if TYPE_CHECKING:
    from footfall.cli.workplace import Workplace
    from footfall.config.alerts import Route
    from footfall.monitor.channels.base import Sender

app = typer.Typer(help="Try the channels of [alerts].", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _alerts() -> None:
    """Make `test` a command of its own, although it is the only one."""


@app.command("test")
def try_them(
    route: Annotated[list[str] | None, typer.Option("--route", help="Only this route; repeatable.")] = None,
) -> int:
    """Send a test through every channel of every route, escalations and fallbacks included.

    Nothing is left open: PagerDuty's alert is resolved at once. Exits 1 when a channel failed.
    """
    import os  # noqa: PLC0415

    from footfall.cli.workplace import chosen, open_workplace  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415
    from footfall.monitor.channels.make import senders  # noqa: PLC0415

    workplace = open_workplace()
    spec = workplace.suite.alerts
    known = {each.name: each for each in spec.routes}
    if not known:
        raise UsageError("footfall.toml has no [alerts.routes.NAME] and no [alerts.channels.NAME]")
    made, wrong = senders(spec, os.environ)
    if wrong:
        raise UsageError("\n".join(wrong))
    wanted = chosen("route", route or known, known)
    return _send(workplace, [known[name] for name in wanted], made)


def _send(workplace: Workplace, routes: list[Route], made: dict[str, Sender]) -> int:
    import os  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from footfall.cli import signals  # noqa: PLC0415
    from footfall.config.secrets import Masker, secret_values  # noqa: PLC0415
    from footfall.monitor.letter import Writer  # noqa: PLC0415
    from footfall.monitor.trial import try_routes  # noqa: PLC0415

    masker = Masker(secret_values(workplace.suite, os.environ))
    tried = signals.run(try_routes(workplace.suite.alerts, routes, made, Writer(workplace.root), datetime.now(UTC)))
    for each in tried:
        say(f"{'✓' if not each.error else '✗'} {each.route} → {each.channel}{': ' + masker.mask(each.error) if each.error else ''}")
    return 1 if any(each.error for each in tried) else 0
