"""What `footfall doctor` looks at: the machine, and what a suite needs of its surroundings. Each look is one finding."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from footfall.errors import ConfigError

if TYPE_CHECKING:
    from footfall.config.suite import Suite
    from footfall.store.writer import Store

FILES_WANTED = PORTS_WANTED = 12_000
"""Open files, and ports, that 10,000 concurrent users need, with room for the rest."""
BUSY_LOAD = 1.0
"""Load per core above which figures suffer."""
STOLEN = 0.02
"""Share of the processor's time taken by other guests of the same host above which figures suffer."""
CLOCK_OFF_S = 3.0
"""A clock that is further off is told; an HTTP date is good to a second."""
_LOOK_S = 0.5
_SECRETS = re.compile(r"""(?:\.secret\(\s*|\benviron\[)["'](\w+)["']""")

WHY = {
    "browser": "journeys need one; without it a gate exits 3",
    "suite": "nothing is measured before these are mended",
    "budgets": "nothing is measured before these are mended",
    "store": "without it nothing is kept or compared; a gate exits 2",
    "target": "a target that does not answer cannot be judged; a gate exits 3",
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is ok, warn or fail; `why` says why that matters, `mend` what to do."""

    name: str
    state: str
    found: str
    why: str = ""
    mend: str = ""
    exit_code: int = 0


def python() -> Finding:
    """Which Python this is."""
    from footfall import __version__  # noqa: PLC0415

    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}, footfall {__version__}")


def packages() -> Finding:
    """Whether the packages that footfall asks for are there in versions that it was made for."""
    from importlib.metadata import requires  # noqa: PLC0415  # 40 ms

    wrong, shown = unfit(requires("footfall") or ())
    if not wrong:
        return Finding("packages", "ok", ", ".join(shown))
    why = "footfall is tested with other versions: commands may break, and figures differ"
    asked = " ".join(f"'{wanted}'" for wanted in wrong.values())
    return Finding("packages", "warn", "; ".join(wrong), why, f"pip install --upgrade {asked}")


_SHOWN = ("playwright", "pytest-playwright", "locust", "httpx", "sqlalchemy")


def unfit(requirements: tuple[str, ...] | list[str]) -> tuple[dict[str, str], list[str]]:
    """Return what is missing or of another version, in words, each with its requirement; and the versions worth showing."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    from packaging.requirements import Requirement  # noqa: PLC0415

    wrong: dict[str, str] = {}
    shown = []
    for text in requirements:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        asked = f"{wanted.name}{wanted.specifier}"
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            wrong[f"{wanted.name} is missing"] = asked
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            wrong[f"{wanted.name} is {found}, not {wanted.specifier}"] = asked
        if wanted.name in _SHOWN:
            shown.append(f"{wanted.name} {found}")
    return wrong, shown


def files() -> Finding:
    """How many files a process may open."""
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= FILES_WANTED:
        return Finding("files", "ok", f"{soft:,} open files, raised by itself when users need more")
    why = f"each user of a crowd needs one: 10,000 need about {FILES_WANTED:,} on one process, or more processes"
    return Finding("files", "warn", f"at most {hard:,} open files", why, f"ulimit -Hn {FILES_WANTED} (as root; for good: limits.conf)")


def ports() -> Finding:
    """How many connections to one address this machine can have."""
    from footfall.load.limits import limits_here  # noqa: PLC0415

    there = limits_here().ports
    if there >= PORTS_WANTED:
        return Finding("ports", "ok", f"{there:,} towards one address")
    why = f"each user of a crowd needs one: 10,000 need about {PORTS_WANTED:,}"
    return Finding("ports", "warn", f"{there:,} towards one address", why, 'sysctl -w net.ipv4.ip_local_port_range="1024 65535" (as root)')


def machine() -> Finding:
    """Whether others use the processor: programs here, or other guests of the host."""
    import psutil  # noqa: PLC0415

    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    stolen = float(getattr(psutil.cpu_times_percent(interval=_LOOK_S), "steal", 0.0)) / 100
    text = f"{cores} cores, load {load:.1f}, {stolen:.0%} stolen"
    return judged(text, load / cores, stolen)


def judged(text: str, load: float, stolen: float) -> Finding:
    """Judge the load per core and the share of the processor's time that was stolen."""
    if stolen > STOLEN:
        why = "other guests of this host take the processor away: what is measured here is slower than your site"
        return Finding("machine", "warn", text, why, "measure on a machine with dedicated cores, or at another hour")
    if load > BUSY_LOAD:
        why = "what else runs here makes pages look slow, and load verdicts inconclusive"
        return Finding("machine", "warn", text, why, "wait, or end what else runs (`top` shows it)")
    return Finding("machine", "ok", text)


def secrets(suite: Suite, target: str | None) -> Finding:
    """Whether the environment variables that the suite names are set."""
    from footfall.config.secrets import places  # noqa: PLC0415

    named = {**_asked_by_scripts(suite), **places(suite)}
    unset = {name: where for name, where in named.items() if not os.environ.get(name)}
    if not unset:
        return Finding("secrets", "ok", f"{len(named)} named, all set" if named else "none are named")
    looked_at = f"targets.{suite.target(target).name}."
    needed = any(where.startswith(looked_at) for where in unset.values())
    text = "\n".join(f"{name} is not set ({where})" for name, where in unset.items())
    why = "a run that needs one ends with exit code 2; targets and channels that are not used do not need theirs"
    return Finding("secrets", "fail" if needed else "warn", text, why, f"export {next(iter(unset))}=…", 2 if needed else 0)


def _asked_by_scripts(suite: Suite) -> dict[str, str]:
    """Return the variables that scripts take by `journey.secret("NAME")` or `os.environ["NAME"]`, each with the file that does."""
    paths = sorted(path for folder in ("journeys", "loadtests") for path in (suite.root / folder).glob("*.py"))
    return {name: f"{path.parent.name}/{path.name}" for path in paths for name in _SECRETS.findall(path.read_text("utf-8", "replace"))}


def channels(suite: Suite) -> Finding:
    """Whether alerts could be sent: every address and key there, nothing that can never work."""
    from footfall.monitor.channels.make import senders  # noqa: PLC0415
    from footfall.monitor.ready import only_channel  # noqa: PLC0415

    made, wrong = senders(suite.alerts, os.environ)
    if wrong:
        why = "the watch does not start while one cannot work"
        return Finding("channels", "warn", "\n".join(wrong), why, "mend the lines above, then `footfall alerts test`")
    if not made:
        return Finding("channels", "ok", "none: nobody is told by `footfall watch`")
    alone = "; it is the only one: when it is dead, nobody can be told of that" if only_channel(suite.alerts) else ""
    return Finding("channels", "ok", f"{', '.join(made)}; `footfall alerts test` sends tests through each{alone}")


def watch(suite: Suite, target: str | None) -> Finding:
    """Whether `footfall watch` could do what it is asked to."""
    from footfall.cli.workplace import budgets_if_any  # noqa: PLC0415
    from footfall.monitor.plan import plan_of  # noqa: PLC0415
    from footfall.monitor.promises import with_budgets  # noqa: PLC0415
    from footfall.monitor.ready import problems, untold  # noqa: PLC0415

    plan = plan_of(suite)
    with contextlib.suppress(ConfigError):  # its faults are told as the budgets'
        plan = with_budgets(plan, budgets_if_any(suite))
    if not plan.subjects:
        return Finding("watch", "ok", "there is nothing to watch: no [probes.NAME], no [watch.journeys.NAME]")
    found = problems(suite, plan, suite.target(target or suite.watch.target or None))
    if found:
        return Finding("watch", "warn", "\n".join(found), "the watch does not start before these are mended", "change footfall.toml")
    if unheard := untold(plan):
        why = "no route of [alerts.routes] takes them: the watch sees them break, and nobody hears of it"
        return Finding("watch", "warn", "nobody is told of\n" + "\n".join(unheard), why, "add them to a route, or a route without filters")
    return Finding("watch", "ok", f"{len(plan.subjects)} things to watch")


def store(suite: Suite) -> str:
    """Open the store and say what it holds. Raises StoreError."""
    from footfall.store import reader  # noqa: PLC0415

    opened = _opened(suite)
    newest = reader.runs(opened, limit=1)
    return f"{opened.name}, newest run {newest[0].id}" if newest else f"{opened.name}, no run yet"


def _opened(suite: Suite) -> Store:
    from footfall.cli.workplace import STORE_VARIABLE  # noqa: PLC0415
    from footfall.store.writer import open_store  # noqa: PLC0415

    return open_store(suite.root, os.environ.get(STORE_VARIABLE))


def clock(suite: Suite, target: str | None) -> Finding:
    """How far this machine's clock is from the target's and the store's, where these tell theirs."""
    apart = {**_target_clock(suite, target), **_store_clock(suite)}
    return judged_clock(apart)


def judged_clock(apart: Mapping[str, float]) -> Finding:
    """Judge by how many seconds this machine's clock is ahead of others."""
    if not apart:
        return Finding("clock", "ok", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC; nothing here to compare it with")
    text = "; ".join(f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} {whose}" for whose, off in apart.items())
    if max(map(abs, apart.values())) <= CLOCK_OFF_S:
        return Finding("clock", "ok", f"agrees with that of {' and '.join(apart)}")
    why = "runs and incidents are dated by it, certificates are judged by it, and what several places saw is put together by it"
    return Finding("clock", "warn", text, why, "timedatectl set-ntp true (as root)")


def _target_clock(suite: Suite, name: str | None) -> dict[str, float]:
    """Return by how many seconds this machine is ahead of the target's `Date`, which counts whole seconds."""
    import httpx  # noqa: PLC0415

    from footfall.config.secrets import resolve  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415

    target = suite.target(name)
    if target.demo:
        return {}
    try:
        url = resolve(target.url or "", os.environ)
        answer = httpx.head(url, timeout=10.0, follow_redirects=False, verify=False)  # noqa: S501  # certificates are a probe's business
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp() + 0.5
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, UsageError):
        return {}
    return {f"target {target.name}": time.time() - theirs}


def _store_clock(suite: Suite) -> dict[str, float]:
    """Return by how many seconds this machine is ahead of a PostgreSQL store; SQLite has no clock of its own."""
    from sqlalchemy import text  # noqa: PLC0415

    from footfall.errors import StoreError  # noqa: PLC0415

    try:
        opened = _opened(suite)
        if opened.engine.dialect.name != "postgresql":
            return {}
        with opened.reading() as connection:
            theirs = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    except StoreError:
        return {}
    return {"the store": time.time() - float(theirs)}
