"""`footfall init`: lay out a suite, for the embedded shop or for one's own site, and try it once."""

from __future__ import annotations

import base64
import os
import re
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

import typer

from footfall.cli.output import counted, say
from footfall.cli.schema import write_schemas
from footfall.config.address import at, check_address, host_of
from footfall.errors import UsageError

if TYPE_CHECKING:
    import httpx

    from footfall.browser.firstvisit import Visit
    from footfall.cli.drafts import Checks, Took
    from footfall.gate.evidence import Observation
    from footfall.samples import Series

SUITE, BUDGETS = "footfall.toml", "thresholds.toml"
REPORT = "out/latest/index.html"
_ABOUT_REPORTS = "README.md"
DEMO = "demo"
_IGNORED = ".footfall/\n.footfall-*/\nout/\n__pycache__/\n"
_LOCAL = re.compile(r"(localhost|127\.|\[::1\])")
_CODE = (".py", ".csv", ".toml")


def init(
    folder: Annotated[Path, typer.Argument(help="Where the suite shall be (default: here).", show_default=False)] = Path(),
    url: Annotated[
        str, typer.Option("--url", help="Your site: it is visited once, and a first journey is drafted from what is there.")
    ] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Lay out the suite of the embedded shop instead, to learn from.")] = False,
    allow_load: Annotated[int, typer.Option("--allow-load", min=0, help="The most users that a load test may send to your site.")] = 0,
    reports: Annotated[bool, typer.Option("--reports", help="Also copy the reports' templates, to change them.")] = False,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Measure once, and propose budgets for what that took.")] = True,
    open_it: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the report in a browser (default: on a terminal with a screen).")
    ] = None,
) -> int:
    """Lay out a suite and try it once.

    Writes footfall.toml, thresholds.toml, journeys/, loadtests/ and reports/. Nothing that is there already is changed: in a suite it adds
    what is missing. Exits as `footfall gate` does; with --no-run 0.
    """
    root = folder.resolve()
    if demo and url:
        raise UsageError("--demo and --url are two different suites", hint="choose one")
    if not demo and not url:
        url = _url_of(root) or _asked()
    files = _starter_files() if demo or url == DEMO else _drafted(root, url, allow_load)
    files |= _report_files(templates=reports)
    written = _lay_out(root, {**files, ".gitignore": _IGNORED.encode()})
    write_schemas(root)
    if not run or not any(name.startswith("journeys/") for name in written):
        return 0
    code = _tried(root, written)
    if _has_screen() if open_it is None else open_it:
        import webbrowser  # noqa: PLC0415

        webbrowser.open((root / REPORT).resolve().as_uri())
    return code


def _has_screen() -> bool:
    """Whether somebody sits before this, who could look at a report."""
    window = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stdout.isatty() and bool(window)


def _url_of(root: Path) -> str:
    """Return where the default target of the suite that is there already lives; nothing where there is none. Raises ConfigError."""
    if not (root / SUITE).is_file():
        return ""
    from footfall.config.secrets import resolve  # noqa: PLC0415
    from footfall.config.suite import load_suite  # noqa: PLC0415

    target = load_suite(root).target(None)
    return DEMO if target.demo else resolve(target.url or "", os.environ, f"targets.{target.name}.url")


def _asked() -> str:
    """Ask for the address, where somebody is there to answer. Raises UsageError."""
    if not sys.stdin.isatty():
        hint = "`footfall init --url https://www.example.com`, or `footfall init --demo` to learn with the embedded shop"
        raise UsageError("which site?", hint=hint)
    return str(typer.prompt("The address of your site", err=True)).strip()


def _starter_files() -> dict[str, bytes]:
    from footfall.starter import starter  # noqa: PLC0415

    root = starter()
    scripts = [path for name in ("journeys", "loadtests") for path in sorted((root / name).rglob("*")) if path.suffix in _CODE]
    return {str(path.relative_to(root)): path.read_bytes() for path in (root / SUITE, root / BUDGETS, *scripts)}


def _report_files(*, templates: bool) -> dict[str, bytes]:
    """Return what reports/ begins with: the page that says what may stand there. Copied templates no longer keep up with footfall."""
    from footfall.starter import starter  # noqa: PLC0415

    root = starter()
    paths = (path for path in sorted((root / "reports").iterdir()) if path.is_file() and (templates or path.name == _ABOUT_REPORTS))
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def _drafted(root: Path, url: str, allow_load: int) -> dict[str, bytes]:
    """Visit the site and return the files of its suite. Raises UsageError, TargetUnreachableError or BrowserMissingError."""
    from footfall.browser.firstvisit import AUTHORIZATION, visit  # noqa: PLC0415
    from footfall.cli import drafts  # noqa: PLC0415

    address = _opened(url if "://" in url else f"{'http' if _LOCAL.match(url) else 'https'}://{url}")
    say(f"visiting {address}")
    visited = visit(address, os.environ)
    _tell(visited, address)
    closed = AUTHORIZATION in os.environ
    checks = _checks(visited, {"Authorization": os.environ[AUTHORIZATION]} if closed else {})
    texts = {
        SUITE: drafts.suite_text(root.name, visited, checks, allow_load, closed=closed),
        BUDGETS: drafts.budgets_text(loaded=allow_load > 0 and not checks.refused),
        f"journeys/test_{drafts.JOURNEY}.py": drafts.journey_text(visited),
        **({"journeys/conftest.py": drafts.conftest_text()} if closed else {}),
        f"loadtests/{drafts.PROFILE}.py": drafts.profile_text(visited, allow_load),
    }
    return {name: text.encode() for name, text in texts.items()}


def _opened(address: str) -> str:
    """Return an address without the user and the password in it, which go where the suite's own words look for them.

    Raises UsageError for what no browser could go to.
    """
    from footfall.browser.firstvisit import AS_BASIC, AUTHORIZATION  # noqa: PLC0415

    check_address(address)
    parts = urlsplit(address)
    if parts.password is None:
        return address
    both = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
    os.environ[AUTHORIZATION] = f"Basic {base64.b64encode(both.encode()).decode()}"
    say(f"  user and password are written nowhere: for later runs export {AUTHORIZATION}={AS_BASIC}")
    return at(address, host_of(address))


def _tell(visited: Visit, address: str) -> None:
    if not address.startswith(visited.origin):
        say(f"  it leads to {visited.origin}, which is taken as the target")
    say(f"  {visited.home.title or visited.home.heading or 'a page without a title'}")
    for link in visited.links:
        say(f"  → {link.name}: {link.page.heading or link.page.title or link.page.path}")
    if visited.cover:
        say(f"  {visited.cover.tag} lies over the links (a cookie banner?): none was followed, and the journey says how to accept it")
    for form in visited.forms:
        say(f"  a form asks for {', '.join(label or '?' for label in form)}")


def _checks(visited: Visit, headers: Mapping[str, str]) -> Checks:
    """Look at a site as probes do, with a plain client: what is refused to it gets no probe."""
    import httpx  # noqa: PLC0415

    from footfall.cli.drafts import Checks  # noqa: PLC0415

    with httpx.Client(base_url=visited.origin, timeout=15.0, headers=headers, verify=ssl.create_default_context()) as site:
        health = _health(site)
        try:
            answer = site.get(visited.home.path, follow_redirects=True)
        except httpx.HTTPError as error:
            return _refused(health, str(error) or type(error).__name__)
        if answer.status_code != 200:
            return _refused(health, f"it answers {answer.status_code}")
        return Checks(health, _grade(answer))


def _refused(health: str, why: str) -> Checks:
    from footfall.cli.drafts import Checks  # noqa: PLC0415

    say(f"  it opens for a browser, and not for what is none ({why}): its first page gets no probe and no load yet")
    return Checks(health, refused=" ".join(why.split()))


def _health(site: httpx.Client) -> str:
    """Return the path of an address that says whether the site is well, or nothing."""
    import httpx  # noqa: PLC0415

    from footfall.cli.drafts import HEALTH_PATHS  # noqa: PLC0415

    for path in HEALTH_PATHS:
        try:
            answer = site.get(path, timeout=5.0)
        except httpx.HTTPError:
            continue
        if answer.status_code == 200 and "html" not in answer.headers.get("content-type", ""):
            say(f"  {path} says how it is: it gets a probe")
            return path
    return ""


def _grade(answer: httpx.Response) -> str:
    """Return the grade of the first page's security headers."""
    from footfall.probe.web import grade_of, weaknesses  # noqa: PLC0415

    wrong = weaknesses(answer.headers, secure=answer.url.scheme == "https")
    grade = grade_of(max(0, 100 - sum(wrong.values())))
    say(f"  its security headers are worth {grade}{': ' if wrong else ''}{'; '.join(wrong)}")
    return grade


def _lay_out(root: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write what is not there yet; return its names. Raises UsageError when the folder cannot be written."""
    written = []
    for name, content in files.items():
        path = root / name
        try:
            if path.exists():
                if path.read_bytes() != content and name != ".gitignore":
                    say(f"  kept     {name}, which is there already")
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise UsageError(f"{path} cannot be read or written: {error.strerror}") from error
        written.append(name)
        say(f"  written  {name}")
    if not written:
        say("nothing was missing")
    return written


def _tried(root: Path, written: list[str]) -> int:
    """Measure once, write budgets for what the drafted journey took, and judge by them."""
    from footfall.cli import drafts  # noqa: PLC0415
    from footfall.cli.gate import gate  # noqa: PLC0415

    os.chdir(root)
    say("")
    drafted = BUDGETS in written and f"journeys/test_{drafts.JOURNEY}.py" in written
    code = _measured_first(root) if drafted else gate()
    say("next: `footfall new journey NAME` records what your customers come for; `footfall gate` judges;")
    say("      `footfall new ci github|gitlab|jenkins` writes the pipeline that does it for each change;")
    say("      `footfall watch` goes on looking, and tells the people whom [alerts] names (`footfall docs how-to/alerts`)")
    return code


def _measured_first(root: Path) -> int:
    """Measure, then judge by budgets that the site holds today: what is true now must not be the first thing that fails."""
    from footfall.cli.gate import gate, measure_all  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.workplace import open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    with progress() as shown:
        workplace = open_workplace(shown)
        run = measure_all(workplace, shown, workplace.suite.gate, None, ()).run
        seen = reader.evidence(workplace.store, run)
    _propose(root, seen)
    return gate(run=run)


def _propose(root: Path, seen: Sequence[Observation]) -> None:
    """Add budgets for what the drafted journey took: its steps, and the vitals that Google's bands are too strict for."""
    from footfall.browser.draft import quoted  # noqa: PLC0415
    from footfall.cli import drafts  # noqa: PLC0415

    taken = [(each.series.metric, each.series.part, each.figures.p75) for each in seen if each.series.subject == drafts.JOURNEY]
    walk = (root / "journeys" / f"test_{drafts.JOURNEY}.py").read_text("utf-8")
    steps = {each.series.part: _took(each) for each in seen if each.series.subject == drafts.JOURNEY and _is_step(each.series)}
    ordered = {step: steps[step] for step in sorted(steps, key=lambda step: walk.find(f"step({quoted(step)})"))}
    worst = {vital: max((each[2] for each in taken if each[0] == vital), default=0.0) for vital in drafts.BANDS}
    path = root / BUDGETS
    drafted = path.read_text("utf-8")
    budgets = drafts.raised_for_load(drafts.raised(drafted, worst), _load_p95(seen))
    path.write_text(budgets + (drafts.step_budgets(ordered) if ordered else ""), "utf-8")
    if ordered:
        say(f"{BUDGETS} has budgets for {counted(len(ordered), 'step')} now, each with room to be twice as slow; change them as you like")
    if budgets != drafted:
        say("  the site is beyond the usual limits, or near; it may be twice as slow as it is now: lower them as it gets better")


def _is_step(series: Series) -> bool:
    return bool(series.part) and series.metric == "duration"


def _took(seen: Observation) -> Took:
    """Return a step's p75 and the upper end of what it may truly be."""
    from footfall.cli.drafts import Took  # noqa: PLC0415
    from footfall.gate.uncertainty import lognormal  # noqa: PLC0415

    p75 = seen.figures.p75
    interval = lognormal(seen.values, 75.0, p75, upper=True).interval if seen.values and min(seen.values) > 0 else None
    return Took(p75, max(p75, interval[1]) if interval else p75)


def _load_p95(seen: Sequence[Observation]) -> float:
    """Return the slowest p95 of a load's latency; 0 where nothing was loaded."""
    return max((each.figures.p95 for each in seen if each.series.source == "load" and each.series.metric == "latency"), default=0.0)
