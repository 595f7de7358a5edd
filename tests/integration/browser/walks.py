"""Pages whose vitals are known, and what a pytest of its own left that walked through them."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from footfall.samples import Artifact, Event, Record, Run, RunEnd, Sample
from footfall.store.spool import read_spool

BLOCK = "const until = performance.now() + 300; while (performance.now() < until);"
# Large enough for its area: a picture of less than 0.05 bits a pixel is no contentful paint.
PICTURE = f"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='500'><!--{'·' * 20_000}--><rect width='900' height='500'/></svg>"
STRICT = "default-src 'none'; script-src 'nonce-n'; img-src 'self' data:; style-src 'nonce-n'"

PAGES: Mapping[str, str] = {
    "/": "<h1>Home</h1><a href='/plain'>plain</a>",
    "/plain": "<h1>Plain</h1><p>Nothing moves here.</p>",
    # The window is 1280 × 720: 320 px push a block that fills it, so the impact is 1 and the distance 320/1280 = 0.25.
    "/shift": "<style nonce=n>* { margin: 0 } main { height: 900px; background: teal } .late { height: 320px }</style><div id=late></div>"
    "<main>block</main><script nonce=n>setTimeout(() => { late.className = 'late'; requestAnimationFrame(() => requestAnimationFrame("
    "() => { document.title = 'shifted'; })); }, 100)</script>",
    "/slow": "<h1>Slow</h1>",
    "/late-image": "<h1>Late</h1><img id=hero width=900 height=500 alt=hero src='/image.svg?delay=0.7'>",
    "/click": "<h1>Click</h1><button id=stay>stay</button>"
    f"<script nonce=n>stay.onclick = () => {{ {BLOCK} stay.textContent = 'done'; }}</script>",
    "/leave": f"<h1>Leave</h1><a id=go href='/plain'>go</a><script nonce=n>go.onclick = () => {{ {BLOCK} }}</script>",
    "/leave-far": f"<h1>Leave</h1><a id=go href='FAR/plain'>go</a><script nonce=n>go.onclick = () => {{ {BLOCK} }}</script>",
    # Its press takes long to paint: longer than the mouse is down, shorter than the handler runs.
    "/leave-pressed": "<style>a { display: block; height: 500px; background: repeating-conic-gradient(red 0 1deg, blue 1deg 2deg) }"
    "a:active { filter: blur(60px) hue-rotate(90deg) }</style>"
    f"<a id=go href='/plain'>go</a><script nonce=n>go.onclick = () => {{ {BLOCK} }}</script>",
    "/framed": "<h1>Framed</h1><iframe title=far src='FAR/shift' width=600 height=400></iframe>",
    "/broken": "<h1>Broken</h1><img src='/missing.svg' alt=''>"
    "<script nonce=n>console.error('oh no'); console.warn('outdated'); console.log('chatter'); throw new Error('bad script')</script>",
    # All that its button does wrong comes to pass when the click is long done.
    "/late-faults": "<h1>Faults</h1><button id=go>go</button><script nonce=n>go.onclick = () => setTimeout(() => {"
    " Promise.reject(new Error('not kept')); Promise.reject({ code: 1 }); fetch('http://127.0.0.1:9/').catch(() => 0);"
    " Array.prototype.toJSON = () => 'mine'; throw 'late fault'; }, 200)</script>",
    "/refused": "<h1>Refused</h1><img src='FAR/missing.svg' alt=''><img src='/missing.svg' alt=''>"
    "<iframe title=own src='/refused-frame'></iframe><script nonce=n>fetch('FAR/missing.json', { mode: 'no-cors' })</script>",
    "/refused-frame": "<img src='/missing-too.svg' alt=''>",
    "/consent": "<h1>Consent</h1><script>Object.defineProperty(document, 'cookie', { get: () => '', set: () => {} })</script>",
    "/clears": "<h1>Clears</h1><p id=seen></p><script>seen.textContent = sessionStorage.length;"
    " addEventListener('pagehide', () => sessionStorage.clear())</script>",
    "/app": "<h1>App</h1><button id=go>go</button><p id=view></p><script nonce=n>go.onclick = () => {"
    " history.pushState(0, '', '/app/route'); view.textContent = 'Wait'; setTimeout(() => { view.innerHTML ="
    " '<h2>Here is what was asked for</h2>'; }, 200); }</script>",
    "/written": "<h1>Written</h1><button id=go>go</button><script>go.onclick = () => {"
    " document.open(); document.write('<h1>Anew</h1><a id=next href=/plain>next</a>'); document.close(); }</script>",
    "/emptied": "<h1>Emptied</h1><button id=go>go</button><script>go.onclick = () => { location = 'about:blank'; }</script>",
    "/travels": "<h1>Travels</h1><button id=go>go</button><script>go.onclick = () => history.go(-2)</script>",
    "/stalls": "<h1>Stalls</h1><button id=go>go</button><script>go.onclick = () => setTimeout(() => {"
    " const until = performance.now() + 3500; while (performance.now() < until); }, 30)</script>",
    "/hurries": "<h1>Hurries</h1><img src='/image.svg?delay=1.2' alt=''><script>setTimeout(() => { location = '/plain'; }, 600)</script>",
    "/ask": "<h1>Ask</h1><button onclick=\"alert('Really?')\">ask</button>",
    "/busy": "<h1>Busy</h1><script>for (let one = 0; one < 6; one++)"
    " (async () => { for (;;) await fetch('/style.css?' + Math.random()); })()</script>",
    "/hang": "<h1>Hang</h1><button id=loop>loop</button><script nonce=n>loop.onclick = () => { for (;;); }</script>",
    "/parts": "<link rel=stylesheet href='/style.css'><h1>Parts</h1><img src='/image.svg?hit' alt=''><img src='FAR/image.svg' alt=''>"
    "<script src='/script.js'></script>",
    "/open": "<h1>Open</h1><img src='FAR/image.svg?timed' alt=''>",
    "/fetches": "<h1>Fetches</h1><button id=more>more</button>"
    f"<script nonce=n>more.onclick = async () => {{ {BLOCK} await fetch('/image.svg?miss'); more.textContent = 'done'; }}</script>",
    # Its button is still at work when the page closes itself, so that nothing of the click is ever painted.
    "/closing": "<h1>Closing</h1><p>The window of a bank.</p><button id=done>done</button>"
    f"<script nonce=n>done.onclick = () => {{ {BLOCK} window.close(); }}</script>",
    "/opens": "<h1>Opens</h1><button id=open>open</button><script nonce=n>document.getElementById('open').onclick ="
    " () => window.open('/closing')</script>",
    "/popup": "<h1>Popup</h1><a href='/plain' target=_blank>open</a>",
}
TOLD = {"hit": ("X-Cache", "HIT"), "miss": ("Cache-Status", "edge; fwd=miss"), "timed": ("Timing-Allow-Origin", "*")}
"""Headers that an address asks for by its query."""
FILES = {
    "/image.svg": (PICTURE, "image/svg+xml"),
    "/script.js": (f"// {'-' * 300}", "text/javascript"),
    "/style.css": ("@font-face { font-family: F; src: url(/font.woff2) } h1 { font-family: F }", "text/css"),
    "/font.woff2": ("no font", "font/woff2"),
}


class Handler(BaseHTTPRequestHandler):
    """Serves `PAGES`; `far` is the address of the other site."""

    protocol_version = "HTTP/1.1"
    far = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:
        """Serve a page of `PAGES`, or a picture that takes its time."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        time.sleep(float(query.get("delay", ["0"])[0]) + (0.4 if address.path == "/slow" else 0))
        if address.path in FILES:
            self._send(*FILES[address.path])
        elif address.path in PAGES:
            self._send(
                "<!doctype html><html lang=en><title>truth</title><link rel=icon href='data:,'>"
                + PAGES[address.path].replace("FAR", self.far),
                "text/html",
            )
        else:
            self._send("no such page", "text/plain", 404)

    def _send(self, text: str, kind: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if "strict" in self.path:
            self.send_header("Content-Security-Policy", STRICT)
        for word, (header, value) in TOLD.items():
            if self.path.endswith(f"?{word}"):
                self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True)
class Walked:
    """What a pytest of its own said and left."""

    code: int
    output: str
    folder: Path
    spool: Path
    records: tuple[Record, ...]

    @property
    def samples(self) -> list[Sample]:
        """All samples, in order."""
        return [record for record in self.records if isinstance(record, Sample)]

    @property
    def events(self) -> list[Event]:
        """All events, in order."""
        return [record for record in self.records if isinstance(record, Event)]

    @property
    def artifacts(self) -> list[Artifact]:
        """All artifacts, in order."""
        return [record for record in self.records if isinstance(record, Artifact)]

    @property
    def run(self) -> Run | None:
        """The run's own record, if this process began it."""
        return next((record for record in self.records if isinstance(record, Run)), None)

    @property
    def outcome(self) -> str | None:
        """How the run ended, if this process ended it."""
        return next((record.outcome for record in self.records if isinstance(record, RunEnd)), None)

    def values(self, part: str, metric: str) -> list[float]:
        """The values of one metric of one part, in order."""
        return [sample.value for sample in self.samples if (sample.part, sample.metric) == (part, metric)]


Walk = Callable[..., Walked]


def command(folder: Path, site: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that walks a suite, as a user would type it."""
    return [sys.executable, "-m", "pytest", "journeys", "-p", "no:cacheprovider", "--base-url", site, "--rootdir", str(folder), *arguments]


def write_suite(folder: Path, modules: Mapping[str, str]) -> Path:
    """Lay out a suite whose journeys are `modules` (file name → text); return its folder."""
    (folder / "journeys").mkdir(parents=True)
    (folder / "footfall.toml").write_text('[suite]\nname = "Truth"\n[targets.truth]\nurl = "http://localhost:9"\n', encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    for name, text in modules.items():
        (folder / "journeys" / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def read_walked(folder: Path, code: int, output: str, spool: Path | None = None) -> Walked:
    """Read what a session left in the spool named, or else in the only one of the suite."""
    place = spool or next(iter(sorted((folder / ".footfall" / "spool").glob("[!.]*"))), folder / "none")
    return Walked(code, output, folder, place, tuple(read_spool(place)))


def clean_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what footfall or pytest put into it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FOOTFALL_RUN", "FOOTFALL_SPOOL", "FOOTFALL_TARGET", "PYTEST_"))
    }
    return {**kept, **more}


def new_test_run() -> Run:
    """Return a run as a parent process would begin one."""
    return Run("01KTESTRUN", "truth", datetime(2026, 11, 21, 5, tzinfo=UTC))
