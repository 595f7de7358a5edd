"""`footfall alerts`: try the channels before they are needed."""

from __future__ import annotations

import sys
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
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only this kind: opened, digest, reminder, escalated, acknowledged, resolved; repeatable."),
    ] = None,
) -> int:
    """Send one of each message that a route may come to send, through every channel of it, escalations and fallbacks included.

    Each is marked as a test. Nothing is left open: PagerDuty's alert is resolved at the end. Exits 1 when a message was not taken.
    """
    import os  # noqa: PLC0415

    from footfall.cli.workplace import chosen, open_workplace  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415
    from footfall.monitor.channels.make import senders  # noqa: PLC0415
    from footfall.monitor.trial import KINDS, kinds_of  # noqa: PLC0415

    workplace = open_workplace()
    spec = workplace.suite.alerts
    known = {each.name: each for each in spec.routes}
    if not known:
        raise UsageError("footfall.toml has no [alerts.routes.NAME] and no [alerts.channels.NAME]")
    made, wrong = senders(spec, os.environ)
    if wrong:
        raise UsageError("\n".join(wrong))
    routes = [known[name] for name in chosen("route", route or known, known)]
    kinds = chosen("kind of message", kind or KINDS, KINDS)
    if not any(set(each) & set(kinds) for one in routes for each in kinds_of(spec, one).values()):
        raise UsageError(f"{', '.join(one.name for one in routes)}: no message of the kind {', '.join(kinds)} is ever sent there")
    return _send(workplace, routes, made, kinds)


def _send(workplace: Workplace, routes: list[Route], made: dict[str, Sender], kinds: tuple[str, ...]) -> int:
    import os  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from footfall.cli import signals  # noqa: PLC0415
    from footfall.config.secrets import Masker, secret_values  # noqa: PLC0415
    from footfall.monitor.letter import Writer  # noqa: PLC0415
    from footfall.monitor.ready import only_channel  # noqa: PLC0415
    from footfall.monitor.trial import try_routes  # noqa: PLC0415

    masker = Masker(secret_values(workplace.suite, os.environ))
    tried = signals.run(try_routes(workplace.suite.alerts, routes, made, Writer(workplace.root), datetime.now(UTC), kinds))
    lines: dict[tuple[str, str, str], list[str]] = {}
    for each in tried:
        lines.setdefault((each.route, each.channel, masker.mask(each.error)), []).append(each.kind)
    for (name, channel, error), told in lines.items():
        say(f"{'✗' if error else '✓'} {name} → {channel}: {', '.join(told)}{': ' + error if error else ''}")
    failed = any(each.error for each in tried)
    if failed and (name := only_channel(workplace.suite.alerts)):
        sys.stderr.write(f"note: {name} is the only channel: while it fails, nobody can be told of anything\n")
    return 1 if failed else 0
