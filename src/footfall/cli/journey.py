"""`footfall journey`: walk one journey, or a few, and show what each step took. `footfall cleanup`: what crashed walks left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footfall.cli.progress import Progress


def journey(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Journeys: `booking` is journeys/test_booking.py.")],
    iterations: Annotated[int, typer.Option("--iterations", "-n", min=1, help="Counted iterations, after one that warms up.")] = 1,
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to measure: a target of footfall.toml.")] = None,
    device: Annotated[str, typer.Option(help="`desktop`, or a device that Playwright knows (`iPhone 15`).")] = "desktop",
    devices: Annotated[str, typer.Option(help='On each of these: `desktop,"iPhone 15"`.')] = "",
    network: Annotated[str | None, typer.Option(help="Slow the network down: `slow-4g`, `fast-4g`, `3g`, `lte`, …")] = None,
    cpu_throttle: Annotated[float | None, typer.Option(help="Slow the processor down so many times: 4 is a mid-range phone.")] = None,
    retries: Annotated[int, typer.Option(min=0, help="Walk again what failed, so often; what passes then is flaky.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Walk so many iterations side by side, which falsifies the vitals.")] = 1,
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

    names, passed_on = _split(names)
    wanted = _checked(devices or device, network, cpu_throttle)
    options = {
        "--network": network,
        "--cpu-throttle": cpu_throttle,
        "--retries": retries or None,
        "--workers": workers if workers > 1 else None,
    }
    given = [text for name, value in options.items() if value is not None for text in (name, str(value))]
    arguments = (*given, *(["--headed"] if headed else []), *passed_on, *context.args)
    labels = {"iterations": str(iterations), **{name.strip("-"): str(value) for name, value in options.items() if value is not None}}
    with progress() as shown:
        workplace = open_workplace(shown)
        check_scripts(workplace.suite)
        plan = JourneyPlan(chosen("journey", names, scan(workplace.root).journeys), iterations, wanted, arguments)
        if workers > 1:
            _warn_of(workers, shown)
        with session(workplace, workplace.suite.target(target), shown, kind="journey", faults=fault or (), labels=labels) as opened:
            walk_journeys(opened, plan)
    print_figures(workplace.store, opened.id, json=json)
    return 1 if opened.failed or journey_failed(workplace.store, opened.id) else 0


def _warn_of(workers: int, shown: Progress) -> None:
    """Say that walks side by side falsify the vitals: pytest says so too, but in a log that nobody reads."""
    import os  # noqa: PLC0415

    from footfall.browser.workers import side_by_side  # noqa: PLC0415  # pytest and Playwright, only where they are needed

    shown.say(f"! {side_by_side(workers, os.cpu_count() or 1)}")


def _split(names: list[str]) -> tuple[list[str], list[str]]:
    """Part the journeys from what stands after `--`, which the parser adds to them: from its first option on it is pytest's."""
    first = next((index for index, name in enumerate(names) if name.startswith("-")), len(names))
    return names[:first], names[first:]


def _checked(devices: str, network: str | None, cpu: float | None) -> tuple[str, ...]:
    """Return the devices. Raises UsageError with the nearest name for a device or network that is not known, before anything starts."""
    if devices != "desktop":
        from footfall.browser.devices import check_device, device_names, listed  # noqa: PLC0415  # Playwright, only where it is needed

        names = listed(devices)
        known = device_names()
        for name in names:
            check_device(name, known)
    else:
        names = (devices,)
    if network is not None or cpu is not None:
        from footfall.browser.network import Conditions  # noqa: PLC0415

        Conditions.of(network, cpu)
    return names


def cleanup(
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The target whose settings to use where the ledger names none.")
    ] = None,
) -> int:
    """Clean up what journeys left behind whose process crashed, or whose clean-up failed.

    Every start of journeys does this first by itself. Exits 0 when nothing is left to do, 1 when something is.
    """
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from footfall.cli.workplace import open_suite  # noqa: PLC0415
    from footfall.errors import UsageError  # noqa: PLC0415

    suite = open_suite()
    command = [sys.executable, "-m", "pytest", "journeys", "--clean-up", "-q", "--no-header", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, *(["--target", target] if target else [])], cwd=suite.root, check=False)
    if done.returncode > 1:
        raise UsageError("the journeys could not be read, so their clean-ups are not known", hint="what pytest said stands above")
    return done.returncode
