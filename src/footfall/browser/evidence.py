"""What is kept of a walk that failed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Error

from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.iteration import Iteration

_EACH_S = 5.0


def keep_failure(iteration: Iteration) -> None:
    """Keep a screenshot and the DOM of every page that is open, and what the browser told; 5 s a page at most."""
    walk, part = iteration.walk, iteration.last_part
    folder = f"failures/{walk.journey}-{walk.number}"
    pages = [page for context in iteration.watch.contexts for page in context.pages]
    for index, page in enumerate(pages, 1):
        with suppress(Error, DeadlinePassedError), deadline(_EACH_S, "the page gives nothing"):
            if not iteration.keep_picture(page, f"{folder}/page-{index}.png", part):
                continue  # a page that hangs has no DOM to give either
            path = iteration.artifact_path(f"{folder}/page-{index}.html")
            path.write_text(iteration.secrets.mask(page.content()), encoding="utf-8")
            iteration.record_artifact("dom", path, part)
    if iteration.notebook.told:
        path = iteration.artifact_path(f"{folder}/browser.log")
        path.write_text(iteration.secrets.mask("\n".join(iteration.notebook.told) + "\n"), encoding="utf-8")
        iteration.record_artifact("log", path, part)


def keep_playwrights(iteration: Iteration, properties: Iterable[tuple[str, object]], folder: Path) -> None:
    """Keep what pytest-playwright kept (`playwright_trace`, `_video`, `_screenshot`: its report's properties) with the run."""
    walk = iteration.walk
    for name, value in properties:
        kind = name.removeprefix("playwright_")
        source = folder / str(value)
        if name.startswith("playwright_") and source.is_file():
            path = iteration.artifact_path(f"{kind}s/{walk.journey}-{walk.number}-{source.name}")
            shutil.copyfile(source, path)
            iteration.record_artifact(kind, path, "")
