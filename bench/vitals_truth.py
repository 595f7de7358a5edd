"""Whether what footfall reports is true: pages whose vitals are known, walked twenty times, beside what other tools say of them.

Two sites on this machine serve pages with a shift of 0.25, a click's handler of 300 ms, a picture that arrives after 900 ms and a server
that takes 400 ms. Each page is left at once by a link: for a page of its own site in one journey, of the other site in the other. Told for
each: in how many of the iterations a value was observed at all, was not below what is certain, and lay within the tolerance; the upper
bounds are those of a quiet machine, but for the shift's, which no machine makes larger.

    python bench/vitals_truth.py                    # about three minutes
    python bench/vitals_truth.py --iterations 5 --peers DIR
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from browser_peers import Peers

from footfall.browser.find import installed
from footfall.samples import Sample
from footfall.store.spool import read_spool

BUSY = "const until = performance.now() + 300; while (performance.now() < until);"
# Large enough for its area: a picture of less than 0.05 bits a pixel is no contentful paint.
PICTURE = f"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='500'><!--{'·' * 20_000}--><rect width='900' height='500'/></svg>"
PAGES: Mapping[str, str] = {
    # The window is 1280 wide: 320 px push a block that fills it by a quarter of its width.
    "/shift": "<style>* { margin: 0 } main { height: 900px; background: teal } .late { height: 320px }</style><div id=late></div>"
    "<main>block</main><script>setTimeout(() => { late.className = 'late'; requestAnimationFrame(() => requestAnimationFrame("
    "() => { document.title = 'shifted' })) }, 100)</script>",
    "/handler": f"<h1>Handler</h1><script>addEventListener('click', () => {{ {BUSY} }})</script>",
    "/picture": "<h1>Picture</h1><img width=900 height=500 alt='' src='/slow.svg'>",
    "/server": "<h1>Server</h1>",
    "/end": "<h1>End</h1>",
}
LATE_S = {"/slow.svg": 0.9, "/server": 0.4}

JOURNEY = """
from playwright.sync_api import expect


def test_LEFT(journey):
    page = journey.page
    for name in ("shift", "handler", "picture", "server"):
        with journey.step(name):
            page.goto(f"/{name}")
            if name == "shift":
                expect(page).to_have_title("shifted")
        page.evaluate("url => { const a = document.createElement('a'); a.href = url; a.textContent = 'leave'; a.id = 'leave';"
                      "a.style = 'position: fixed; inset: auto 0 0 auto'; document.body.append(a) }", "END")
        with journey.step(f"leave {name}"):
            page.locator("#leave").click()
            expect(page.get_by_role("heading")).to_have_text("End")
"""
"""Leaves each page for another at `END`, of its own site (near) or another (far)."""


@dataclass(frozen=True)
class Truth:
    """A value that is known: of a step's metric, between `least` (certain) and `most` (on a quiet machine)."""

    step: str
    metric: str
    least: float
    most: float


TRUTHS = (
    Truth("shift", "cls", 0.248, 0.252),
    # The browser rounds to 8 ms. What is known is the handler; the paint after it, which counts too, waits while the browser starts the
    # process of another site. The upper bound is what was seen on two cores, not what is known: it shows a change, and proves no truth.
    Truth("leave handler", "inp", 296, 376),
    Truth("picture", "lcp", 900, 1150),
    Truth("server", "ttfb", 400, 480),
)


class Handler(BaseHTTPRequestHandler):
    """Serves `PAGES` and the picture, each as late as it is known to be."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:  # the base class names it so
        """Serve one of them."""
        path = urlsplit(self.path).path
        time.sleep(LATE_S.get(path, 0))
        picture = path == "/slow.svg"
        head = "<!doctype html><html lang=en><title>truth</title><link rel=icon href='data:,'>"
        body = (PICTURE if picture else head + PAGES.get(path, "")).encode()
        self.send_response(200 if picture or path in PAGES else 404)
        self.send_header("Content-Type", "image/svg+xml" if picture else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def sites() -> Iterator[tuple[str, str]]:
    """Serve the pages at two addresses that a browser holds for different sites."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    near, far = (server.server_address[1] for server in servers)
    yield f"http://localhost:{near}", f"http://127.0.0.1:{far}"
    for server in servers:
        server.shutdown()
        server.server_close()


def laid_out(folder: Path, far: str) -> None:
    """Write both journeys into a folder."""
    for left, end in (("near", "/end"), ("far", f"{far}/end")):
        (folder / f"test_{left}.py").write_text(JOURNEY.replace("LEFT", left).replace("END", end), encoding="utf-8")


@contextmanager
def site() -> Iterator[tuple[Path, str]]:
    """Serve the pages; yield a folder with the journeys through them, `near` and `far`, and the site's address."""
    with sites() as (near, far), tempfile.TemporaryDirectory() as name:
        laid_out(Path(name), far)
        yield Path(name), near


def walked(near: str, far: str, iterations: int) -> list[Sample]:
    """Walk both journeys; return all samples."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "journeys").mkdir()
        laid_out(folder / "journeys", far)
        command = [sys.executable, "-m", "pytest", "journeys", "-q", "-p", "no:cacheprovider", "--rootdir", name, "--base-url", near]
        limit = 60 + 60 * iterations
        done = subprocess.run(
            [*command, "--iterations", str(iterations)], cwd=folder, capture_output=True, text=True, timeout=limit, check=False
        )
        if done.returncode:
            raise SystemExit(done.stdout[-3000:] + done.stderr[-2000:])
        (spool,) = (folder / ".footfall" / "spool").glob("[!.]*")
        return [record for record in read_spool(spool) if isinstance(record, Sample)]


def said(folder: Path, url: str) -> Iterator[str]:
    """Ask each other tool once about the pages; none of them clicks, so none has an INP."""
    known = [truth for truth in TRUTHS if truth.metric != "inp"]
    with tempfile.TemporaryDirectory() as work:
        peers = Peers(folder.resolve(), str(next(installed(), "")), Path(work), [f"/{truth.step}" for truth in known])
        for name in peers.names:
            pages = zip(known, peers.told(name, url), strict=True)
            told = [f"{page[truth.metric]:.4g}" if truth.metric in page else "–" for truth, page in pages]
            yield f"{name:18} says " + ", ".join(f"{truth.step} {truth.metric} {value}" for truth, value in zip(known, told, strict=True))


def line(truth: Truth, journey: str, values: Sequence[float], iterations: int) -> str:
    """Tell of one truth in one journey."""
    sure = sum(value >= truth.least for value in values)
    within = sum(truth.least <= value <= truth.most for value in values)
    digits = 3 if truth.metric == "cls" else 0
    seen = [f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values))] if values else ["–"] * 3
    known = f"{truth.least:g} to {truth.most:g}"
    row = (f"{truth.step:14}", f"{truth.metric:5}", f"{journey:5}", f"{known:15}", *(f"{one:>7}" for one in seen))
    return " ".join((*row, *(f"{count:4}/{iterations}" for count in (len(values), sure, within))))


def is_false(truth: Truth, values: Sequence[float], iterations: int, *, strict: bool = False) -> bool:
    """Whether a value is missing or below what is certain; a layout shift also above it, for no busy machine makes one larger.

    `strict`, on a quiet machine: or above its tolerance, whatever it is of.
    """
    most = truth.most if strict or truth.metric == "cls" else math.inf
    return sum(truth.least <= value <= most for value in values) < iterations


def main() -> None:
    """Walk and tell; exits 1 where a value is false."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="also ask others, where npm installed them (see browser_peers.py)")
    parser.add_argument("--strict", action="store_true", help="fail above the upper bounds too, which a busy machine does not keep")
    options = parser.parse_args()
    false = 0
    with sites() as (near, far):
        samples = walked(near, far, options.iterations)
        print(f"{options.iterations} iterations, load average {os.getloadavg()[0]:.1f}; left for its own site (near) or another (far)")
        print(f"{'step':14} {'':5} {'left':5} {'truth':15} {'min':>7} {'median':>7} {'max':>7} {'seen':>7} {'sure':>7} {'within':>7}")
        for truth in TRUTHS:
            for left in ("near", "far"):
                place = (left, truth.step, truth.metric)
                values = [sample.value for sample in samples if (sample.subject, sample.part, sample.metric) == place]
                print(line(truth, left, values, options.iterations))
                false += is_false(truth, values, options.iterations, strict=options.strict)
        if options.peers:
            print("\n".join(said(options.peers, near)))
    raise SystemExit(1 if false else 0)


if __name__ == "__main__":
    main()
