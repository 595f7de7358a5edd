"""What measuring costs a journey: the same walk with footfall and in bare Playwright, in turns (ABBA), in one browser.

Walks the booking of Corner's shop, which runs beside it. Counted for each walk is all that it takes, from the first fixture to the
last: wall time, and CPU of this Python, of Playwright's driver and of the browser's processes, those that ended included. The ratio is
that of the medians, with a bootstrap interval over the pairs. The bare walk makes its own context, without any fixture
but the browser. With `--peers`, what visits of the same shop cost with others that measure pages in a browser stands beneath (visits.py).

    python bench/journey_overhead.py                       # 15 pairs: about three minutes
    python bench/journey_overhead.py --pairs 40 --json
    npm install --prefix DIR lighthouse browsertime @elastic/synthetics
    python bench/journey_overhead.py --peers DIR           # ten minutes more
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import visits

from footfall.config.suite import Target
from footfall.target import open_target

MODULE = '''
"""Two ways to walk the same."""
from contextlib import nullcontext

import pytest
from playwright.sync_api import expect


def walk(page, step):
    with step("home"):
        page.goto("/")
        expect(page.get_by_role("heading", name="Your neighbourhood, around the corner")).to_be_visible()
    with step("service"):
        page.get_by_role("link", name="Book a service").click()
        page.get_by_role("link", name="Haircut").click()
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
    with step("time"):
        page.get_by_role("radio", name="09:30").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    with step("details"):
        page.get_by_label("Name").fill("Ada Example")
        page.get_by_label("Email").fill("ada@example.org")
        page.get_by_role("button", name="Continue to payment").click()
        expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    with step("pay"):
        frame = page.frame_locator("iframe[title='Card payment']")
        frame.get_by_label("Card number").fill("4242 4242 4242 4242")
        frame.get_by_label("Expiry date").fill("12/34")
        frame.get_by_label("Security code").fill("123")
        frame.get_by_role("button", name="Pay").click()
        expect(page.get_by_role("heading", name="Booking confirmed")).to_be_visible(timeout=15_000)


def test_footfall(journey):
    walk(journey.page, journey.step)


@pytest.mark.parametrize("turn", range(PAIRS + 1))
def test_bare(browser, base_url, turn):
    context = browser.new_context(base_url=base_url)
    walk(context.new_page(), lambda name: nullcontext())
    context.close()
'''

CONFTEST = '''
"""Takes the two in turns and counts what each takes."""
import json
import os
import time

import psutil
import pytest


def pytest_collection_modifyitems(items):
    ways = [[item for item in items if item.name.startswith(name)] for name in ("test_bare", "test_footfall")]
    items[:] = [item for turn, pair in enumerate(zip(*ways, strict=True)) for item in (pair if turn % 2 else pair[::-1])]


def cpu():
    own = psutil.Process()
    total = 0.0
    for process in [own, *own.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    before, began = cpu(), time.perf_counter()
    result = yield
    wall = time.perf_counter() - began
    time.sleep(0.3)  # what a closed context's processes still have to do is counted with it
    with open(os.environ["OVERHEAD_OUT"], "a", encoding="utf-8") as out:
        out.write(json.dumps({"name": item.name, "wall": wall, "cpu": cpu() - before}) + "\\n")
    return result
'''
Pair = tuple[float, float]


def measured(pairs: int) -> dict[str, list[Pair]]:
    """Walk, and return (bare, footfall) pairs of `wall` and `cpu` seconds; the warm-up pair is left out."""
    with tempfile.TemporaryDirectory() as name, open_target(Target("corner", demo=True)) as live:
        folder = Path(name)
        (folder / "journeys").mkdir()
        (folder / "journeys" / "test_pairs.py").write_text(MODULE.replace("PAIRS", str(pairs)), encoding="utf-8")
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        out = folder / "out.jsonl"
        command = [sys.executable, "-m", "pytest", "journeys", "-q", "-p", "no:cacheprovider", "--rootdir", name, "--base-url", live.url]
        done = subprocess.run(
            [*command, "--iterations", str(pairs)],
            cwd=folder,
            env={**os.environ, "OVERHEAD_OUT": str(out)},
            capture_output=True,
            text=True,
            timeout=60 + 20 * pairs,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-3000:] + done.stderr[-2000:])
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()][2:]
    ways = [[row for row in rows if row["name"].startswith(name)] for name in ("test_bare", "test_footfall")]
    return {what: [(bare[what], ours[what]) for bare, ours in zip(*ways, strict=True)] for what in ("wall", "cpu")}


def ratio(pairs: Sequence[Pair]) -> float:
    """Return the ratio of the medians."""
    return statistics.median(ours for _, ours in pairs) / statistics.median(bare for bare, _ in pairs)


def interval(pairs: Sequence[Pair], of: Callable[[Sequence[Pair]], float] = ratio, times: int = 4000) -> Pair:
    """Return the middle 90 % of the ratio over pairs drawn again."""
    dice = random.Random(4)
    drawn = sorted(of(dice.choices(pairs, k=len(pairs))) for _ in range(times))
    return drawn[times // 20], drawn[-times // 20]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where npm installed the others")
    parser.add_argument("--json", action="store_true", help="the pairs themselves, as JSON")
    options = parser.parse_args()
    found = measured(options.pairs)
    if options.json:
        print(json.dumps(found))
        return
    print(f"{options.pairs} pairs, medians per walk; ratio with its 90 % interval; load average {os.getloadavg()[0]:.1f}")
    for what, pairs in found.items():
        low, high = interval(pairs)
        bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"{what:5} bare {bare:6.3f} s   footfall {ours:6.3f} s   {ratio(pairs):.3f} ({low:.3f} to {high:.3f})")
    if options.peers:
        visits.compare(3, options.peers)


if __name__ == "__main__":
    main()
