"""Pages as heavy as the web's median page, and a journey through five of them.

HTTP Archive's Web Almanac of 2024 (https://almanac.httparchive.org/en/2024/page-weight) counts for a desktop's median home page 24
scripts of 613 KB in all, 18 pictures of 1,054 KB and 78 KB of style sheets. Here they are served from this machine without delay, as so
many bytes of source; every second function in the scripts is called, for about half of such a page's script is never used. Scripts and
style sheets are the same for all pages, and kept by the browser; pictures are not.
"""

from __future__ import annotations

import random
import struct
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPTS, SCRIPT_BYTES = 24, 613_000
PICTURES, PICTURE_BYTES = 18, 1_054_000
SHEETS, SHEET_BYTES = 8, 78_000
CARDS = 60

JOURNEY = """
from playwright.sync_api import expect


def test_heavy(journey):
    page = journey.page
    with journey.step("page 0"):
        page.goto("/page/0")
        expect(page.get_by_role("heading", level=1)).to_have_text("Page 0")
    for number in range(1, 5):
        with journey.step(f"page {number}"):
            page.get_by_role("link", name=f"Page {number}", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(f"Page {number}")
            page.get_by_role("button", name="Press").click()
            expect(page.locator("#said")).to_have_text("pressed")
"""

FUNCTION = """
function work_NAME(items) {
  const found = new Map();
  for (const { name, kind, count } of items) {
    const key = `${name}-${kind}-NAME`, known = found.get(key);
    if (known) known.count += count;
    else found.set(key, { key, count, label: key.toUpperCase().split('-').reverse().join(' ') });
  }
  return [...found.values()].filter(({ count }) => count % 3 !== REST)
    .map(({ key, label, count }) => ({ id: key, text: label, total: count * 1.2 })).sort((one, other) => other.total - one.total);
}
"""
CALL = "made.push(...work_NAME(Array.from({ length: 12 }, (_, at) => ({ name: `item${at % 5}`, kind: `kind${at % 3}`, count: at }))));\n"
SHOW = """const list = document.createElement('ul');
for (const { text } of made.slice(0, 20)) {
  const item = document.createElement('li');
  item.textContent = text;
  list.append(item);
}
document.body.append(list);
"""


def script(number: str) -> bytes:
    """Return one of the scripts."""
    parts = [f"const on{number} = () => {{ const made = [];\n"]
    while sum(map(len, parts)) < SCRIPT_BYTES / SCRIPTS:
        name = f"{number}_{len(parts)}"
        parts.append((FUNCTION + CALL * (len(parts) % 2)).replace("NAME", name).replace("REST", str(len(parts) % 3)))
    return "".join([*parts, SHOW, "};\n", f"on{number}();"]).encode()


def sheet(number: str) -> bytes:
    """Return one of the style sheets."""
    text, at = "", 0
    while len(text) < SHEET_BYTES / SHEETS:
        text += f".c{number}-{at} > .part-{at % 7} {{ color: #{at * 7919:06x}; margin: {at % 9}px {at % 5}px; display: flex }}\n"
        at += 1
    return text.encode()


def picture(name: str) -> bytes:
    """Return a PNG of noise, which cannot be packed."""
    noise, side = random.Random(name), int((PICTURE_BYTES / PICTURES / 3) ** 0.5)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def page(number: str) -> bytes:
    """Return one of the pages."""
    cards = (
        f"<article class='c{at % SHEETS}-{at}'><h2>Thing {at}</h2><div class=part-{at % 7}><p>{'Some words. ' * 12}</p></div></article>"
        for at in range(CARDS)
    )
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>heavy</title><link rel=icon href='data:,'>",
        *(f"<link rel=stylesheet href='/sheet/{at}'>" for at in range(SHEETS)),
        f"<h1>Page {number}</h1><nav>{' '.join(f'<a href=/page/{at}>Page {at}</a>' for at in range(5))}</nav>",
        "<p id=said></p><button onclick=\"said.textContent = 'pressed'\">Press</button>",
        *(f"<img width=300 height=200 alt='' src='/picture/{number}-{at}'>" for at in range(PICTURES)),
        *cards,
        *(f"<script src='/script/{at}'></script>" for at in range(SCRIPTS)),
    ]
    return "".join(parts).encode()


MADE: Mapping[str, tuple[str, Callable[[str], bytes]]] = {
    "script": ("text/javascript", script),
    "sheet": ("text/css", sheet),
    "picture": ("image/png", picture),
    "page": ("text/html", page),
}


@cache
def made(path: str) -> tuple[str, bytes] | None:
    """Return the type and the bytes of what is at a path."""
    kind, _, name = path.strip("/").partition("/")
    if kind not in MADE:
        return None
    media, make = MADE[kind]
    return media, make(name)


class Handler(BaseHTTPRequestHandler):
    """Serves them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:  # the base class names it so
        """Serve one."""
        found = made(self.path)
        media, body = found or ("text/plain", b"")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache" if media == "text/html" else "max-age=3600")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def site() -> Iterator[tuple[Path, str]]:
    """Serve the pages; yield a folder with the journey through them, `heavy`, and the site's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory() as name:
            Path(name, "test_heavy.py").write_text(JOURNEY, encoding="utf-8")
            yield Path(name), f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
