"""Put a watch together for a suite: its plan, its channels, its checks; and mind the signals while it runs."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx

from footfall.cli.output import counted, say
from footfall.cli.retention import forget, sweep
from footfall.cli.scheduled import Drawer, unknown_reports
from footfall.cli.watched import Measuring, resolved_probes
from footfall.cli.workplace import Workplace, budgets_if_any
from footfall.clock import SystemClock
from footfall.config.dashboard import check_tokens
from footfall.config.fields import is_web_address
from footfall.config.secrets import Masker, resolve, resolve_all, secret_values
from footfall.config.suite import ProbeSpec, Target
from footfall.errors import UsageError
from footfall.gate.budget import Budget
from footfall.monitor import status
from footfall.monitor.channels.base import Sender
from footfall.monitor.channels.make import senders
from footfall.monitor.dashboard.access import Access
from footfall.monitor.dashboard.app import Dashboard
from footfall.monitor.deliver import Deliverer
from footfall.monitor.judge import Judge
from footfall.monitor.letter import Writer
from footfall.monitor.location import Location
from footfall.monitor.plan import INBOUND_KINDS, PROBE, Plan, plan_of
from footfall.monitor.promises import left_out, with_budgets
from footfall.monitor.ready import only_channel, problems, untold
from footfall.monitor.serve import SHUT, Desk, Inbound, serving, shut
from footfall.monitor.watch import Chore, Parts, Watch
from footfall.store import incidents
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.provenance import describe_machine
from footfall.store.writer import take_in_abandoned
from footfall.target import LiveTarget, open_target
from footfall.threads import Loop

_THREADS = 16
_PAGE_S = 30.0
_HOUR_S = 3600.0


@dataclass(frozen=True)
class Wanted:
    """What the command's options say; `serve` is an address to listen on."""

    place: str = ""
    faults: tuple[str, ...] = ()
    once: bool = False
    serve: tuple[str, int] | None = None


def address_of(text: str) -> tuple[str, int]:
    """Read `[HOST:]PORT`; without a host only this machine can reach it. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--serve {text} is no address", hint="write a port, or host:port such as 0.0.0.0:9464")
    return host.strip("[]") or "127.0.0.1", int(port)


def run(workplace: Workplace, target: Target, wanted: Wanted, *, verbose: bool) -> int:
    """Watch until a signal comes, or check everything once; return the exit code.

    Raises ConfigError with every fault of thresholds.toml, UsageError with all else that is wrong at once.
    """
    _log(verbose=verbose)
    budgets = budgets_if_any(workplace.suite)
    plan, channels, wrong = _prepared(workplace, target, budgets)
    if wrong:
        raise UsageError("\n".join(wrong), hint="the watch does not start before all of this is mended")
    place = wanted.place or platform.node() or "here"
    with ExitStack() as stack:
        # A site that is down now is what a watch is for: it need not answer.
        live = stack.enter_context(open_target(target, wanted.faults)) if target.demo else LiveTarget(target.name, _address(target))
        probes, _ = resolved_probes(workplace.suite.probes)
        headers = {**_headers(target), "X-Footfall-Run": f"watch-{place}"}
        measuring = Measuring(workplace, plan, target, live, place, headers, probes, threading.Event())
        held = {level.budget.key for promise in plan.promises.values() for level in promise.levels}
        what = ", ".join(counted(*each) for each in ((len(plan.subjects), "thing"), (len(held), "budget"), (len(channels), "channel")))
        sys.stderr.write(f"watching {live.shown} ({target.name}) from {place}: {what}\n")
        _note_inbound(plan, probes, served=wanted.serve is not None)
        _note_untold(plan)
        _note_left_out(budgets)
        sys.stderr.flush()
        with asyncio.Runner(loop_factory=Loop) as runner:
            return runner.run(_run(workplace, plan, channels, measuring, wanted))


def _note_inbound(plan: Plan, probes: Mapping[str, ProbeSpec], *, served: bool) -> None:
    """Say what is odd about what others are to call."""
    if plan.inbound and not served:
        sys.stderr.write(f"note: {len(plan.inbound)} probes are called by others, but this watch has no --serve to be called at\n")
    anybody = [name for name, probe in probes.items() if probe.kind in INBOUND_KINDS and not probe.options.get("secret")]
    if anybody and served:
        sys.stderr.write(f"note: anybody may call {', '.join(anybody)}, for they have no secret; that something failed is not believed\n")


def _note_untold(plan: Plan) -> None:
    """Say of whose incidents nobody will hear: a suite may mean it so, but should not learn of it from an outage."""
    if found := untold(plan):
        sys.stderr.write(f"note: nobody is told of {'; '.join(found)}: no route takes them\n")
    if name := only_channel(plan.alerts):
        sys.stderr.write(f"note: {name} is the only channel: when it is dead, that is said here and in `footfall incidents list` alone\n")


def _note_left_out(budgets: Sequence[Budget]) -> None:
    """Say which budgets ask for a watch that they do not get."""
    if found := left_out(budgets):
        sys.stderr.write(f"note: the gate alone holds {', '.join(found)}\n")


def _log(*, verbose: bool) -> None:
    formatter = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logger = logging.getLogger("footfall.watch")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO if verbose else logging.WARNING)


def _prepared(workplace: Workplace, target: Target, budgets: Iterable[Budget] = ()) -> tuple[Plan, dict[str, Sender], list[str]]:
    """Return the plan, the channels, and everything that is wrong."""
    plan = with_budgets(plan_of(workplace.suite, target.name), budgets)
    made, wrong = senders(plan.alerts, os.environ)
    _, unset = resolved_probes(workplace.suite.probes)
    found = [*wrong, *unset, *problems(workplace.suite, plan, target), *unknown_reports(workplace)]
    spec = workplace.suite.watch
    wanted: list[Callable[[], object]] = [
        lambda: _address(target),
        lambda: _headers(target),
        *_loaded_elsewhere(workplace, plan),
        lambda: _web_address(spec.control, "watch.control"),
        lambda: _web_address(spec.call, "watch.call"),
        lambda: resolve(spec.serve_token, os.environ, "watch.serve_token"),
        lambda: check_tokens(resolve_all(spec.dashboard.tokens, os.environ, "watch.dashboard")),
    ]
    for needed in wanted:
        try:
            needed()
        except UsageError as error:
            found.append(error.message)
    return plan, made, list(dict.fromkeys(found))


def _loaded_elsewhere(workplace: Workplace, plan: Plan) -> list[Callable[[], object]]:
    """What the targets of load tests need that have one of their own."""
    targets = [workplace.suite.target(each.watched.target) for each in plan.subjects.values() if each.watched.target]
    return [needed for target in targets for needed in (partial(_address, target), partial(_headers, target))]


def _address(target: Target) -> str:
    return resolve(target.url or "", os.environ, f"targets.{target.name}.url").rstrip("/")


def _web_address(text: str, where: str) -> str:
    """Resolve an optional address. Raises UsageError for one that cannot work; it may be secret, and is not shown."""
    found = resolve(text, os.environ, where)
    if found and not is_web_address(found):
        raise UsageError(f"{where}: what {text} stands for is not a web address", hint="expected https:// or http:// and a host")
    return found


def _headers(target: Target) -> dict[str, str]:
    return resolve_all(target.headers, os.environ, f"targets.{target.name}.headers")


async def _run(workplace: Workplace, plan: Plan, channels: dict[str, Sender], measuring: Measuring, wanted: Wanted) -> int:
    # What the server's pages need. The store, channels, journeys, name look-ups and queries have threads of their own.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    stop, hurry = asyncio.Event(), asyncio.Event()
    code = _mind_signals(stop, hurry, measuring.abandoned)
    built = _build(workplace, plan, channels, measuring)
    if wanted.once:
        if await _stopped(built.once(), stop, measuring.abandoned):
            return code[0]
        if publish := _publisher(workplace, plan):
            publish()
        return _anything_down(workplace, plan.target)
    if wanted.serve is None:
        await built.run(stop, hurry)
    else:
        desk = _served(workplace, plan)
        if shut(desk, wanted.serve[0]):
            sys.stderr.write(f"note: {SHUT}\n")
        await serving(desk, *wanted.serve, lambda: built.run(stop, hurry))
    return code[0]


def _served(workplace: Workplace, plan: Plan) -> Desk:
    probes, _ = resolved_probes(workplace.suite.probes)
    inbound = {
        name: Inbound(probe.kind, str(probe.options.get("secret", "")), str(probe.options.get("signature", "")))
        for name, probe in probes.items()
        if probe.kind in INBOUND_KINDS
    }
    token = resolve(workplace.suite.watch.serve_token, os.environ, "watch.serve_token")
    return Desk(workplace.store, plan, SystemClock(), inbound, token, _dashboard(workplace, plan))


def _dashboard(workplace: Workplace, plan: Plan) -> Dashboard | None:
    suite, clock = workplace.suite, SystemClock()
    spec = suite.watch.dashboard
    if not spec.enabled:
        return None
    operators, viewers = (resolve_all(tokens, os.environ, "watch.dashboard") for tokens in (spec.operators, spec.viewers))
    access = Access(operators, viewers, clock, spec.session_s)
    limits = {f"{PROBE}:{name}": {of: limit.text for of, limit in probe.figures.items()} for name, probe in suite.probes.items()}
    masker = Masker(secret_values(suite, os.environ))
    return Dashboard(workplace.store, plan, clock, workplace.root, access, masker, limits, suite.watch.url)


async def _stopped(work: Coroutine[None, None, None], stop: asyncio.Event, abandoned: threading.Event) -> bool:
    """Do something until it is done or a signal comes; say whether one came."""
    doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if doing.done():
        stopping.cancel()
        await doing
        return False
    abandoned.set()
    doing.cancel()
    return True


def _mind_signals(stop: asyncio.Event, hurry: asyncio.Event, abandoned: threading.Event) -> list[int]:
    """The first signal stops, the second hurries. Returns where the exit code will stand."""
    code = [0]

    def told(number: int) -> None:
        code[0] = 128 + number
        if stop.is_set():
            hurry.set()
            abandoned.set()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    return code


def _build(workplace: Workplace, plan: Plan, channels: dict[str, Sender], measuring: Measuring) -> Watch:
    root, store, clock, name = workplace.root, workplace.store, SystemClock(), measuring.location
    masker = Masker(secret_values(workplace.suite, os.environ))
    inbox = Inbox(root, name, plan.target)
    reach = workplace.suite.watch
    location = Location(name, plan, measuring.measure, inbox, clock, control=_asker(reach.control), masker=masker)
    judge = Judge(store, plan, clock, target=measuring.target.name, root=root)
    deliverer = Deliverer(store, plan, channels, clock, writer=Writer(root), holder=f"{name}:{os.getpid()}", masker=masker)
    parts = Parts(plan, store, location, inbox, judge, deliverer, Election(store, root, plan.target), clock, describe_machine())
    parts.chores = _chores(workplace, plan, name)
    parts.call = _caller(reach.call)
    return Watch(parts)


def _chores(workplace: Workplace, plan: Plan, location: str) -> list[Chore]:
    """Retention, runs whose spools stayed while the store was away, the status page, reports at their times."""

    def tidy() -> None:
        take_in_abandoned(workplace.store, workplace.root)
        sweep(workplace, datetime.now(UTC))

    publish = _publisher(workplace, plan)
    page = [Chore("the status page", _PAGE_S, publish)] if publish else []
    drawer = Drawer(workplace, plan.target, location)
    reports = [Chore("drawing reports", _PAGE_S, drawer.draw)] if workplace.suite.watch.reports else []
    retention = Chore("retention", _HOUR_S, lambda: forget(workplace, datetime.now(UTC)))
    return [retention, Chore("tidying up", _HOUR_S, tidy, judge_only=False), *page, *reports]


def _publisher(workplace: Workplace, plan: Plan) -> Callable[[], None] | None:
    """Return what writes the status page, or None where the suite wants none."""
    spec, uptime = workplace.suite.watch, status.Uptime()
    usual = spec.target or workplace.suite.default_target
    folder = workplace.root / spec.status_page / ("" if plan.target == usual else plan.target)

    def publish() -> None:
        found = status.status_of(workplace.store, plan, datetime.now(UTC), uptime, workplace.root)
        status.write(found, folder, workplace.root, plan.alerts.link)

    return publish if spec.status_page else None


def _asker(address: str) -> Callable[[], Awaitable[bool]] | None:
    """Return what asks the control address: any answer will do."""
    if not address:
        return None
    url = _web_address(address, "watch.control")

    async def ask() -> bool:
        try:
            async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
                await client.head(url)
        except httpx.HTTPError:
            return False
        return True

    return ask


def _caller(address: str) -> Callable[[], Awaitable[None]] | None:
    """Return what calls the dead man's switch."""
    if not address:
        return None
    url = _web_address(address, "watch.call")

    async def call() -> None:
        async with httpx.AsyncClient(timeout=10.0) as client:
            (await client.get(url)).raise_for_status()

    return call


def _anything_down(workplace: Workplace, target: str) -> int:
    """Say what is down; 1 when anything is."""
    with workplace.store.reading() as connection:
        found = incidents.listed(connection, only_open=True, last=None, target=target)
    for incident in reversed(found):
        say(f"✗ #{incident.number} {incident.severity} {incident.title}: {incident.problem}")
    if not found:
        say("✓ nothing is broken")
    return 1 if found else 0
