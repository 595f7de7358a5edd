"""What measuring costs a journey: the same walk with footfall and in bare Playwright, in turns (ABBA), in one browser.

Walks the suite's own journeys through Corner's shop, which runs beside it. Counted for each walk is all that it takes, from the first
fixture to the last: wall time, and CPU of this Python, of Playwright's driver and of the browser's processes, those that ended included.
The ratio of a journey is the geometric mean of its pairs', which stand next to each other: a machine that is slower for a while is so
for both. Told is the median journey's, with a bootstrap interval over the pairs. The bare walk is the same script with its own context,
and without any fixture but the browser: its steps are nothing, its clean-ups are done by the page's own requests. It looks as often as
footfall does whether what it waits for is there (waiting.py): by itself it would often be the slower one. With `--peers`, what
visits of the same shop cost with others that measure pages in a browser stands beneath (visits.py). Corner's pages are light, and answer
at once. With `--site heavy` the walk is one through pages of the web's median weight (heavy.py), with `--site truth` they are two through
pages that wait for their server, their picture and a click (vitals_truth.py).

    python bench/journey_overhead.py                       # 5 pairs of each of eight journeys: about five minutes
    python bench/journey_overhead.py --journey booking --pairs 40 --json
    python bench/journey_overhead.py --site heavy --pairs 30    # three minutes
    python bench/journey_overhead.py --site truth --pairs 15    # three minutes
    npm install --prefix DIR lighthouse browsertime @elastic/synthetics
    python bench/journey_overhead.py --peers DIR           # ten minutes more
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import heavy
import visits
import vitals_truth

from footfall.config.suite import Target
from footfall.target import open_target

SUITE = Path(__file__).parents[1] / "journeys"
BARE = '''

from contextlib import nullcontext

import pytest

from footfall.browser.waiting import looking_closely


class Bare:
    """The face of the fixture `journey`, with nothing behind it."""

    def __init__(self, page):
        self.page, self.tag, self.plans = page, "bare", []

    def step(self, name):
        return nullcontext()

    def check(self, condition, text):
        assert condition, text

    def measure(self, name, value, unit):
        pass

    def cleanup(self, name, **arguments):
        self.plans.append((globals()[name], arguments))


@pytest.fixture
def page(browser, base_url):
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    with looking_closely(page):
        yield page
    context.close()


@pytest.fixture
def bare(page, base_url):
    page.context.add_cookies([{"name": "footfall_run", "value": "bare", "url": base_url}])
    made = Bare(page)
    yield made
    for function, arguments in reversed(made.plans):
        function(page.request, **arguments)


def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("turn")
    metafunc.parametrize("turn", range(PAIRS + 1))
'''
"""What the copies of the journeys' own conftest.py have besides."""

CONFTEST = '''
"""Takes the two in turns and counts what each takes."""
import json
import os
import time

import psutil
import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    of = {}
    *walks, end = items  # with the last test the browser goes, and what it took
    for item in walks:
        of.setdefault((item.path.stem, item.path.parent.name), []).append(item)
    pairs = {name: list(zip(of[name, "bare"], of[name, "journeys"], strict=True)) for name, _ in of}
    rounds = zip(*pairs.values(), strict=True)
    items[:-1] = [item for turn, each in enumerate(rounds) for pair in each for item in (pair if turn % 2 else pair[::-1])]


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
    row = {"journey": item.path.stem.removeprefix("test_"), "way": item.path.parent.name, "wall": wall, "cpu": cpu() - before}
    with open(os.environ["OVERHEAD_OUT"], "a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\\n")
    return result
'''
Pair = tuple[float, float]
Pairs = Mapping[str, Sequence[Pair]]
"""Of each journey: seconds bare, and with footfall."""


def without_footfall(script: str) -> str:
    """Return a journey's script, or its conftest.py, without footfall."""
    script = script.replace("@cleanup\n", "").replace("from footfall.browser.cleanup import cleanup\n", "")
    return re.sub(r"(?<!browser\.)\bjourney\b", "bare", script)


def names_in(suite: Path) -> list[str]:
    """Return the names of a suite's journeys."""
    return sorted(path.stem.removeprefix("test_") for path in suite.glob("test_*.py"))


def laid_out(folder: Path, suite: Path, journeys: Sequence[str], pairs: int) -> None:
    """Write a suite's journeys twice: as they are, and bare."""
    for way in ("journeys", "bare"):
        (folder / way).mkdir()
    for name in ("conftest", *(f"test_{journey}" for journey in journeys)):
        source = suite / f"{name}.py"
        script = source.read_text(encoding="utf-8") if source.exists() else ""
        more = BARE.replace("PAIRS", str(pairs)) if name == "conftest" else ""
        (folder / "journeys" / f"{name}.py").write_text(script, encoding="utf-8")
        (folder / "bare" / f"{name}.py").write_text(without_footfall(script) + more, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_end.py").write_text("def test_end():\n    pass\n", encoding="utf-8")


@contextmanager
def corner() -> Iterator[tuple[Path, str]]:
    """Run Corner; yield the folder of the suite's journeys and Corner's address."""
    with open_target(Target("corner", demo=True)) as live:
        yield SUITE, live.url


SITES = {"corner": corner, "heavy": heavy.site, "truth": vitals_truth.site}


def measured(suite: Path, url: str, journeys: Sequence[str], pairs: int) -> dict[str, Pairs]:
    """Walk, and return the pairs of each journey's `wall` and `cpu` seconds; the warm-up pair is left out."""
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name), Path(name, "out.jsonl")
        laid_out(folder, suite, journeys, pairs)
        command = [sys.executable, "-m", "pytest", "-q", "--import-mode", "importlib", "-p", "no:cacheprovider", "--rootdir", name]
        done = subprocess.run(
            [*command, "--base-url", url, "--iterations", str(pairs), "journeys", "bare", "test_end.py"],
            cwd=folder,
            env={**os.environ, "OVERHEAD_OUT": str(out)},
            capture_output=True,
            text=True,
            timeout=60 + 20 * pairs * len(journeys),
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-3000:] + done.stderr[-2000:])
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    def of(journey: str, what: str) -> list[Pair]:
        ways = [[row[what] for row in rows if (row["journey"], row["way"]) == (journey, way)][1:] for way in ("bare", "journeys")]
        return list(zip(*ways, strict=True))

    return {what: {journey: of(journey, what) for journey in journeys} for what in ("wall", "cpu")}


def ratio(pairs: Sequence[Pair]) -> float:
    """Return the geometric mean of the pairs' ratios."""
    return statistics.geometric_mean([ours / bare for bare, ours in pairs])


def middle(found: Pairs) -> float:
    """Return the median journey's ratio."""
    return statistics.median(ratio(pairs) for pairs in found.values())


def interval(found: Pairs, times: int = 4000) -> Pair:
    """Return the middle 90 % of the median journey's ratio over pairs drawn again."""
    dice = random.Random(4)
    drawn = sorted(middle({name: dice.choices(pairs, k=len(pairs)) for name, pairs in found.items()}) for _ in range(times))
    return drawn[times // 20], drawn[-times // 20]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="of each journey")
    parser.add_argument("--site", choices=SITES, default="corner", help="whose pages are walked through")
    parser.add_argument("--journey", action="append", metavar="NAME", help="only this one, or these")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where npm installed the others")
    parser.add_argument("--json", action="store_true", help="the pairs themselves, as JSON")
    options = parser.parse_args()
    with SITES[options.site]() as (suite, url):
        known = names_in(suite)
        if unknown := set(options.journey or ()) - set(known):
            parser.error(f"{options.site} has no journey {', '.join(sorted(unknown))}; it has {', '.join(known)}")
        found = measured(suite, url, options.journey or known, options.pairs)
    if options.json:
        print(json.dumps(found))
        return
    print(f"{options.pairs} pairs of each, medians per walk; load average {os.getloadavg()[0]:.1f}")
    for what, journeys in found.items():
        for name, pairs in journeys.items():
            bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
            print(f"{what:5} {name:14} bare {bare:6.3f} s   footfall {ours:6.3f} s   {ratio(pairs):.3f}")
        low, high = interval(journeys)
        print(f"{what:5} the median journey {middle(journeys):.3f} (90 % interval {low:.3f} to {high:.3f})")
    if options.peers:
        visits.compare(3, options.peers)


if __name__ == "__main__":
    main()
