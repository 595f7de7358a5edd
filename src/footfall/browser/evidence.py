"""What is kept of a walk that failed: of the failure itself as it was, and of the walk repeated with a trace."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, Error, Page

from footfall import __version__
from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.iteration import Iteration

Answer = TypeVar("Answer")
EACH_S = 5.0
"""What one question to a page that may hang may take."""
_NETWORK_LINES = 500

# Without scripts, with the styles and the values of fields in it, so that it shows offline what the customer saw; open shadow roots too,
# as templates that a browser puts back. Copied into a document of its own, where no image is fetched and no component is made anew.
_DOM = """() => {
  const inert = document.implementation.createHTMLDocument();
  const rules = (root, sheets) => [...sheets, ...root.adoptedStyleSheets ?? []].flatMap((sheet) => {
    try { return [...sheet.cssRules].map((rule) => rule.cssText); } catch { return []; }
  }).join('\\n');
  const linked = (root) => [...root.styleSheets].filter((sheet) => sheet.href);
  const pairs = (root, copy, which) => {
    const twins = copy.querySelectorAll(which);
    return [...root.querySelectorAll(which)].map((element, index) => [element, twins[index]]);
  };
  const shadows = [];
  const shadow = (root, twin) => {
    const copy = twin.shadowRoot ?? twin.attachShadow({ mode: root.mode, slotAssignment: root.slotAssignment });
    copy.replaceChildren(...[...root.childNodes].map((node) => inert.importNode(node, true)));
    shadows.push(copy);
    fill(root, copy);
    const style = inert.createElement('style');
    style.textContent = rules(root, linked(root));
    if (style.textContent) copy.prepend(style);
  };
  const fill = (root, copy) => {
    for (const [field, twin] of pairs(root, copy, 'input, textarea, option')) {
      if (field.type === 'checkbox' || field.type === 'radio') twin.toggleAttribute('checked', field.checked);
      else if (field.tagName === 'OPTION') twin.toggleAttribute('selected', field.selected);
      else if (field.tagName === 'TEXTAREA') twin.textContent = field.value;
      else if (field.type !== 'password' && field.type !== 'file') twin.setAttribute('value', field.value);
    }
    if (inert.body.getHTML)
      for (const [element, twin] of pairs(root, copy, '*')) if (element.shadowRoot) shadow(element.shadowRoot, twin);
    copy.querySelectorAll('script, link[rel~=preload], link[rel~=modulepreload]').forEach((element) => element.remove());
  };
  const copy = inert.importNode(document.documentElement, true);
  fill(document.documentElement, copy);
  const head = copy.querySelector('head') ?? copy.insertBefore(inert.createElement('head'), copy.firstChild);
  head.querySelectorAll('base, meta[charset], meta[http-equiv]').forEach((element) => element.remove());
  const quiet = `<meta http-equiv="Content-Security-Policy" content="script-src 'none'">`;
  head.insertAdjacentHTML('afterbegin', `<meta charset="utf-8">${quiet}<base><style></style>`);
  head.querySelector('base').setAttribute('href', document.baseURI);
  head.querySelector('style').textContent = rules(document, linked(document));
  const holder = inert.createElement('div');
  holder.append(copy);
  const text = holder.getHTML ? holder.getHTML({ serializableShadowRoots: true, shadowRoots: shadows }) : holder.innerHTML;
  return `<!doctype html>\\n<!-- ${location.href.replaceAll('--', '- -')} -->\\n${text}`;
}"""

_NETWORK = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map((entry) => [
  entry.startTime, entry.duration, entry.responseStatus ?? 0, entry.transferSize ?? 0, entry.initiatorType, entry.name])"""

_TRACEPARENT = """() => performance.getEntriesByType('navigation').flatMap((entry) => entry.serverTiming ?? [])
  .find((timing) => timing.name === 'traceparent')?.description ?? ''"""


def traceparent_told(iteration: Iteration) -> str:
    """Return the `traceparent` that walks send, or that the page's own answer names (`Server-Timing: traceparent;desc="00-…"`), or ""."""
    if iteration.traceparent:
        return iteration.traceparent
    for page in _pages(iteration):
        told = _asked(iteration, page, lambda page: str(page.evaluate(_TRACEPARENT)))
        if told:
            return told
    return ""


def keep_failure(iteration: Iteration) -> None:
    """Keep a screenshot, the DOM and the requests of every page that is open, and what the browser told; 5 s each at most."""
    for index, page in enumerate(_pages(iteration), 1):
        _keep_page(iteration, page, index)
    if iteration.notebook.told:
        _write(iteration, "console", "console.log", "\n".join(iteration.notebook.told) + "\n")


def _keep_page(iteration: Iteration, page: Page, index: int) -> None:
    part, picture = iteration.last_part, f"{iteration.walk.folder}/page-{index}.png"
    if not _asked(iteration, page, lambda page: iteration.keep_picture(page, picture, part)):
        _asked(iteration, page, lambda page: page.evaluate("0"))  # perhaps only a frame in it hangs; else it has nothing to give either
        _keep_surface(iteration, page, picture, part)
    dom = _asked(iteration, page, lambda page: page.evaluate(_DOM))
    if dom:
        _write(iteration, "dom", f"page-{index}.html", dom)
    entries = _asked(iteration, page, lambda page: page.evaluate(_NETWORK))
    if entries:
        _write(iteration, "network", f"network-{index}.txt", _network_log(page.url, entries))


def _keep_surface(iteration: Iteration, page: Page, name: str, part: str) -> None:
    """Keep what the screen shows of a page whose own thread hangs; not where a secret would show, for nobody could cover it.

    The film of the screen is the one thing that Chromium draws without asking the page.
    """
    if iteration.secrets.values:
        return
    frames: list[str] = []
    with suppress(Error, DeadlinePassedError), deadline(EACH_S, "the screen shows nothing"):
        session = page.context.new_cdp_session(page)
        session.on("Page.screencastFrame", lambda frame: frames.append(frame["data"]))
        session.send("Page.startScreencast", {"format": "png"})
        while not frames:
            page.wait_for_timeout(20)
    if frames:
        path = iteration.keeper.path(name)
        path.write_bytes(base64.b64decode(frames[0]))
        iteration.keeper.keep("screenshot", path, iteration.place(part))


def _pages(iteration: Iteration) -> list[Page]:
    return [page for context in iteration.watch.contexts for page in context.pages]


def _asked(iteration: Iteration, page: Page, question: Callable[[Page], Answer]) -> Answer | None:
    """Ask a page something; one that gave no answer within `EACH_S` is not asked again."""
    if page in iteration.watch.stuck:
        return None
    try:
        with suppress(Error), deadline(EACH_S, "the page gives nothing"):
            return question(page)
    except DeadlinePassedError:
        iteration.watch.stuck.add(page)
    return None


def _write(iteration: Iteration, kind: str, name: str, text: str) -> None:
    place = iteration.place(iteration.last_part)
    iteration.keeper.write(kind, f"{iteration.walk.folder}/{name}", iteration.secrets.mask(text), place)


def _network_log(url: str, entries: Iterable[tuple[float, float, int, int, str, str]]) -> str:
    """Write a page's requests as a table: when (ms after its start), how long, answer, bytes, what asked for it, address."""
    rows = [
        f"{start:9.0f} ms {duration:8.0f} ms  {status or '—':>4} {size:10,} B  {kind:<14} {name}"
        for start, duration, status, size, kind, name in list(entries)[:_NETWORK_LINES]
    ]
    return "\n".join([f"requests of {url}", f"{'start':>12} {'took':>11}  {'answer':>4} {'bytes':>10}", *rows, ""])


def begin_trace(iteration: Iteration, context: Any) -> None:
    """Record a trace of a context of a repeat from now on."""
    context.tracing.start(title=f"{iteration.walk.journey} {iteration.walk.number}", screenshots=True, snapshots=True, sources=True)


LATER = "of a later walk"
"""What is said of a trace that was recorded because a budget failed, when that was known: of the whole journey, not of one iteration."""


def keep_trace(iteration: Iteration, *, later: bool = False) -> bool:
    """Keep the traces of a repeat, and of each one the requests as a HAR file; a `later` walk's say so. Says whether any was kept."""
    folder, variant = (f"traces/{iteration.walk.file_name}", iteration.walk.variant) if later else (iteration.walk.folder, "")
    place = (iteration.walk.journey, "", 0) if later else iteration.place(iteration.last_part)
    trace, requests = (f"{kind} {LATER}" if later else kind for kind in ("trace", "har"))
    kept = False
    for index, context in enumerate(iteration.watch.contexts, 1):
        path = iteration.keeper.path(f"{folder}/trace-{index}{variant}.zip")
        raw = path.with_name(f".raw-{path.name}")  # whatever goes wrong, nothing that is not masked stays
        with ExitStack() as removing, suppress(Error, DeadlinePassedError, zipfile.BadZipFile, ValueError):
            removing.callback(raw.unlink, missing_ok=True)
            with deadline(EACH_S, "the trace takes too long"):  # a browser may hang; what follows is our own work, and ends
                context.tracing.stop(path=raw)
            iteration.secrets.mask_archive(raw)
            har = har_of(raw)
            raw.replace(path)
            if iteration.keeper.keep(trace, path, place):
                iteration.keeper.write(requests, f"{folder}/network-{index}{variant}.har", har, place)
                kept = True
    return kept


def har_of(trace: Path) -> str:
    """Return the requests of a Playwright trace as an HTTP Archive 1.2, without bodies."""
    with zipfile.ZipFile(trace) as archive:
        names = [name for name in archive.namelist() if name.endswith(".network")]
        lines = [line for name in names for line in archive.read(name).decode("utf-8", "replace").splitlines() if line.strip()]
    told = [json.loads(line) for line in lines]
    entries = [record["snapshot"] for record in told if record.get("type") == "resource-snapshot"]
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "footfall", "version": __version__}, "pages": [], "entries": entries}})


def keep_playwrights(iteration: Iteration, properties: Iterable[tuple[str, object]], folder: Path) -> None:
    """Keep what pytest-playwright kept (`playwright_trace`, `_video`, `_screenshot`: its report's properties) with the run.

    Its trace is masked in its own place too. A video cannot be masked: it is not kept where the journey asked for a secret.
    """
    for name, value in properties:
        kind = name.removeprefix("playwright_")
        source = folder / str(value)
        if not name.startswith("playwright_") or not source.is_file():
            continue
        if kind == "trace":
            iteration.secrets.mask_archive(source)
        elif iteration.secrets.values:
            source.unlink()
            iteration.event("note", f"the {kind} was not kept: the journey asked for a secret, which cannot be covered in it")
            continue
        _copy(iteration, kind, source)


def can_film(browser: Browser) -> bool:
    """Whether the browser can record videos: Playwright needs an ffmpeg of its own for them."""
    with tempfile.TemporaryDirectory() as folder:
        context = browser.new_context(record_video_dir=folder)
        try:
            context.new_page()
        except Error:
            return False
        finally:
            context.close()
    return True


def keep_videos(iteration: Iteration, *, wanted: bool) -> None:
    """Keep the videos of a repeat, whose contexts are closed by now; none where the journey asked for a secret."""
    folder, iteration.film_folder = iteration.film_folder, None
    if folder is None:
        return
    for source in folder.glob("*.webm") if wanted and not iteration.secrets.values else ():
        _copy(iteration, "video", source)
    shutil.rmtree(folder, ignore_errors=True)


def _copy(iteration: Iteration, kind: str, source: Path) -> None:
    walk = iteration.walk
    path = iteration.keeper.path(f"{kind}s/{walk.folder.removeprefix('failures/')}-{source.name}")
    shutil.copyfile(source, path)
    iteration.keeper.keep(kind, path, iteration.place(""))
