"""What one visit of three pages costs with footfall, and with others that measure pages in a browser.

Each way opens Corner's first page, its services and its shop in a browser of its own, says what it saw, and ends: start-up is counted,
for CI pays it too. Told for each: the median of wall time and of CPU (its processes and the browser's), and how often as much as bare
Playwright. `journey_overhead.py` compares walk with walk, in one browser.

    python bench/visits.py                       # bare Playwright and footfall
    npm install --prefix DIR lighthouse browsertime @elastic/synthetics
    python bench/visits.py --peers DIR           # and those of them that could be installed
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from browser_peers import PATIENCE_S, Command, Peers
from playwright.sync_api import sync_playwright

from footfall.browser.find import start
from footfall.config.suite import Target
from footfall.target import open_target

PAGES = ("/", "/book", "/shop")
PLAIN = """
import sys
from playwright.sync_api import sync_playwright
url, executable = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(**({"executable_path": executable} if executable else {}))
    page = browser.new_page()
    for path in PAGES:
        page.goto(url + path)
        page.get_by_role("heading", level=1).first.wait_for()
    browser.close()
"""
JOURNEY = """
def test_visit(journey):
    for path in PAGES:
        with journey.step(path.strip("/") or "home"):
            journey.page.goto(path)
            journey.page.get_by_role("heading", level=1).first.wait_for()
"""


def ways(folder: Path, url: str, executable: str, peers: Path | None) -> Iterator[tuple[str, list[Command]]]:
    """Yield each way's name and the commands that make one visit."""
    (folder / "plain.py").write_text(PLAIN.replace("PAGES", repr(PAGES)), "utf-8")
    yield "Playwright", [[sys.executable, "plain.py", url, executable]]
    (folder / "journeys").mkdir()
    (folder / "journeys/test_visit.py").write_text(JOURNEY.replace("PAGES", repr(PAGES)), "utf-8")
    yield "footfall", [[sys.executable, "-m", "pytest", "journeys", "-q", "-p", "no:cacheprovider", "--base-url", url]]
    if peers is None:
        return
    others = Peers(peers, executable or shutil.which("chromium") or "", folder, PAGES)
    yield from ((name, others.commands(name, url)) for name in others.names)


def taken(commands: Sequence[Command], folder: Path) -> tuple[float, float]:
    """Run commands one after the other; return the seconds of wall time and of CPU that they took. Raises SystemExit when one fails."""
    began, before = time.perf_counter(), os.times()
    for command in commands:
        done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-1500:]}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, cpu


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_RUN")}


def compare(visits: int, peers: Path | None) -> None:
    """Visit in turns, and tell."""
    with sync_playwright() as playwright:
        browser, name = start(playwright.chromium, {}, os.environ)
        browser.close()
    executable = "" if name.startswith("Playwright") else name
    with tempfile.TemporaryDirectory() as made, open_target(Target("corner", demo=True)) as live:
        folder = Path(made)
        all_ways = dict(ways(folder, live.url, executable, peers and peers.resolve()))
        rows: dict[str, list[tuple[float, float]]] = {way: [] for way in all_ways}
        for visit in range(visits + 1):
            for way, commands in all_ways.items():
                cost = taken(commands, folder)
                if visit:  # the first warms caches
                    rows[way].append(cost)
    print(f"{visits} visits of {len(PAGES)} pages, start-up included, medians; load average {os.getloadavg()[0]:.1f}")
    bare = [statistics.median(side) for side in zip(*rows["Playwright"], strict=True)]
    for way, costs in rows.items():
        wall, cpu = (statistics.median(side) for side in zip(*costs, strict=True))
        print(f"{way:18}  wall {wall:6.2f} s  × {wall / bare[0]:5.2f}   cpu {cpu:6.2f} s  × {cpu / bare[1]:5.2f}")


def main() -> None:
    """Read the command line, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where npm installed the others")
    options = parser.parse_args()
    compare(options.visits, options.peers)


if __name__ == "__main__":
    main()
