"""`footfall incidents`: what is or was broken; acknowledge, resolve, note; who did what; the draft of a post-mortem."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from footfall.cli.output import say, write_out

if TYPE_CHECKING:
    from footfall.monitor.incidents import Desk
    from footfall.store.incidents import Incident

app = typer.Typer(help="What is or was broken: list, show, acknowledge, resolve, note.", no_args_is_help=True, rich_markup_mode=None)

NAME = Annotated[str, typer.Argument(help="An incident: its number, its id (or its beginning), or `latest`.")]
TEXT = Annotated[str, typer.Argument(help="What to say of it.")]
ACTOR = Annotated[str, typer.Option("--as", help="Who does it; else the user of this machine.")]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_incidents(
    every: Annotated[bool, typer.Option("--all", "-a", help="Those that ended, too.")] = False,
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 20,
    json: JSON = False,
) -> int:
    """List open incidents, or all, newest first, with the mean times to detect and to repair.

    MTTD is counted from the first failed check to the incident, MTTR from there to its end.
    """
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store import incidents  # noqa: PLC0415

    with open_workplace().store.reading() as connection:
        found = incidents.listed(connection, only_open=not every, last=last)
    times = incidents.mean_times(found)
    if json:
        say(json_module.dumps({"incidents": [_as_json(incident) for incident in found], **times}, indent=2))
        return 0
    for incident in found:
        say(_line(incident))
    if not found:
        say("✓ nothing is broken" if not every else "there was no incident")
    elif every:
        say(f"MTTD {_seconds(times['mttd_s'])} · MTTR {_seconds(times['mttr_s'])}")
    return 0


def _line(incident: Incident) -> str:
    ended = f"ended {incident.resolved:%H:%M}" if incident.resolved else "acknowledged" if incident.acknowledged else "open"
    head = f"{'✓' if incident.resolved else '✗'} #{incident.number:<4} {incident.severity} {incident.opened:%Y-%m-%d %H:%M} UTC"
    return f"{head}  {ended:<12} {incident.title}: {incident.problem}"


def _seconds(value: float | None) -> str:
    from footfall.metrics import format_quantity  # noqa: PLC0415

    return "–" if value is None else format_quantity(value * 1000, "ms")


def _as_json(incident: Incident) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import datetime  # noqa: PLC0415

    from footfall.clock import to_text  # noqa: PLC0415

    return {name: to_text(value) if isinstance(value, datetime) else value for name, value in asdict(incident).items()}


@app.command("show")
def show(name: NAME = "latest", json: JSON = False) -> int:
    """Show an incident with its timeline."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.clock import to_text  # noqa: PLC0415
    from footfall.store import incidents  # noqa: PLC0415

    with open_workplace().store.reading() as connection:
        incident = incidents.find(connection, name)
        timeline = incidents.timeline(connection, incident)
    if json:
        told = [{"at": to_text(entry.at), "kind": entry.kind, "actor": entry.actor, "text": entry.text} for entry in timeline]
        say(json_module.dumps({**_as_json(incident), "timeline": told}, indent=2))
        return 0
    say(_line(incident))
    for label, value in _facts(incident):
        say(f"  {label:<12} {value}")
    for entry in timeline:
        by = f" {entry.actor}" if entry.actor else ""
        say(f"  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.kind}{by}: {entry.text}")
    return 0


def _facts(incident: Incident) -> list[tuple[str, str]]:
    detail = incident.detail
    facts = [
        ("subject", incident.subject),
        ("target", incident.target),
        ("began", f"{incident.began:%Y-%m-%d %H:%M:%S} UTC"),
        ("seen from", ", ".join(detail.get("locations", ()))),
        ("owner", incident.owner),
        ("broken", detail.get("impact", {}).get("broken", "")),
        ("runbook", detail.get("runbook", "")),
        *(("evidence", path) for path in detail.get("evidence", ())),
    ]
    return [(label, value) for label, value in facts if value]


@contextmanager
def _desk() -> Iterator[Desk]:
    """Open one transaction in which a person acts on incidents."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.monitor.incidents import Desk  # noqa: PLC0415
    from footfall.monitor.plan import plan_of  # noqa: PLC0415

    workplace = open_workplace()
    with workplace.store.writing() as connection:
        yield Desk(connection, plan_of(workplace.suite), datetime.now(UTC))


def _actor(given: str) -> str:
    import getpass  # noqa: PLC0415

    return given or getpass.getuser()


@app.command("ack")
def acknowledge(name: NAME, text: TEXT = "", actor: ACTOR = "") -> int:
    """Say that you look after it: it escalates and reminds no more, and those who were told hear who."""
    from footfall.store import incidents  # noqa: PLC0415

    with _desk() as desk:
        found = desk.acknowledge(incidents.find(desk.connection, name), _actor(actor), text)
    say(f"#{found.number} is acknowledged by {found.acknowledged_by}")
    return 0


@app.command("resolve")
def resolve(name: NAME, text: TEXT = "", actor: ACTOR = "") -> int:
    """Say that it is over. If it still fails, that opens a new incident."""
    from footfall.store import incidents  # noqa: PLC0415

    with _desk() as desk:
        found = desk.resolve_by_hand(incidents.find(desk.connection, name), _actor(actor), text)
    say(f"#{found.number} is resolved by {found.resolved_by}")
    return 0


@app.command("note")
def note(name: NAME, text: TEXT, actor: ACTOR = "") -> int:
    """Add to an incident's timeline."""
    from footfall.store import incidents  # noqa: PLC0415

    with _desk() as desk:
        found = incidents.find(desk.connection, name)
        desk.comment(found, _actor(actor), text)
    say(f"#{found.number}: noted")
    return 0


@app.command("audit")
def audit(last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest.")] = 50, json: JSON = False) -> int:
    """Show who did what, oldest first."""
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.clock import to_text  # noqa: PLC0415
    from footfall.store import incidents  # noqa: PLC0415

    with open_workplace().store.reading() as connection:
        found = incidents.recorded(connection, last)
    if json:
        say(json_module.dumps([{**vars(action), "at": to_text(action.at)} for action in found], indent=2))
        return 0
    for action in found:
        say(f"{action.at:%Y-%m-%d %H:%M:%S} UTC  {action.actor}  {action.action} {action.subject}  {action.text}".rstrip())
    return 0


@app.command("postmortem")
def postmortem(name: NAME = "latest") -> int:
    """Print the draft of a post-mortem in Markdown: what footfall knows is filled in, what only people know is asked."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.monitor.postmortem import postmortem as draft  # noqa: PLC0415
    from footfall.store import incidents  # noqa: PLC0415

    workplace = open_workplace()
    with workplace.store.reading() as connection:
        incident = incidents.find(connection, name)
        timeline = incidents.timeline(connection, incident)
    write_out(draft(incident, timeline, datetime.now(UTC), workplace.root))
    return 0
