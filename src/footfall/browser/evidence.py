"""What is kept of a walk that failed."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error

from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.iteration import Iteration

_EACH_S = 5.0


def keep_failure(iteration: Iteration) -> None:
    """Keep a screenshot and the DOM of every page that is open, and what the browser told; 5 s each at most."""
    walk, part = iteration.walk, iteration.last_part
    folder = f"failures/{walk.journey}-{walk.number}"
    pages = [page for context in iteration.watch.contexts for page in context.pages]
    for index, page in enumerate(pages, 1):
        with suppress(DeadlinePassedError), deadline(_EACH_S, "no screenshot"):
            iteration.keep_picture(page, f"{folder}/page-{index}.png", part)
        with suppress(Error, DeadlinePassedError), deadline(_EACH_S, "no DOM"):
            path = iteration.artifact_path(f"{folder}/page-{index}.html")
            path.write_text(iteration.secrets.mask(page.content()), encoding="utf-8")
            iteration.record_artifact("dom", path, part)
    if iteration.notebook.told:
        path = iteration.artifact_path(f"{folder}/browser.log")
        path.write_text(iteration.secrets.mask("\n".join(iteration.notebook.told) + "\n"), encoding="utf-8")
        iteration.record_artifact("log", path, part)
