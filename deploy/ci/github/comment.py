"""Write a gate's summary under the pull request that it is about: one comment a gate, brought up to date by every run.

python3 comment.py [--name gate] [--link URL] out/latest/summary.md

What it is about comes from GitHub's own variables; GITHUB_TOKEN needs the right to write to pull requests. A comment that cannot be written
is told and fails nothing: the verdict is the gate's. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PAGE = 100
_MOST_PAGES = 20
_PATIENCE_S = 30


def main() -> int:
    """Read the command line, write the comment, and always return 0."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("summary", type=Path)
    options.add_argument("--name", default="gate", help="tells several gates apart")
    options.add_argument("--link", default="", help="where the whole report is")
    given = options.parse_args()
    try:
        said = comment(given.summary, given.name, given.link)
    except (OSError, KeyError, ValueError) as error:  # a refused or lost request is an OSError
        reason = f"{error}: {error.url}" if isinstance(error, urllib.error.HTTPError) else f"{type(error).__name__}: {error}"
        said = f"::warning title=footfall::The comment could not be written. {reason}"
    sys.stdout.write(said + "\n")
    return 0


def comment(summary: Path, name: str, link: str) -> str:
    """Write or rewrite the comment; say what was done. Raises OSError, KeyError or ValueError when that cannot be done."""
    if not summary.is_file():
        return "no summary was written, so there is nothing to comment"
    number = _pull_request()
    if number is None:
        return "this run is about no open pull request"
    mark = f"<!-- footfall: {name} -->"
    body = "\n".join(filter(None, (mark, summary.read_text("utf-8"), f"[The whole report]({link})" if link else "")))
    earlier = next((each["url"] for each in _listed(f"issues/{number}/comments") if each["body"].startswith(mark)), "")
    _ask(earlier or _address(f"issues/{number}/comments"), "PATCH" if earlier else "POST", {"body": body})
    return f"{'rewrote' if earlier else 'wrote'} the comment of pull request {number}"


def _pull_request() -> int | None:
    """Return the number of the pull request that the event names, or else of an open one whose head is this commit."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    if "pull_request" in event:
        return int(event["pull_request"]["number"])
    commit = os.environ["GITHUB_SHA"]
    found = (each for each in _listed(f"commits/{commit}/pulls") if each["state"] == "open" and each["head"]["sha"] == commit)
    return next((int(each["number"]) for each in found), None)


def _listed(path: str) -> Iterator[Any]:
    for page in range(1, _MOST_PAGES + 1):
        entries = _ask(_address(f"{path}?per_page={_PAGE}&page={page}"))
        yield from entries
        if len(entries) < _PAGE:
            return


def _address(path: str) -> str:
    return f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"


def _ask(url: str, method: str = "GET", content: object = None) -> Any:
    headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "Accept": "application/vnd.github+json"}
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  # GitHub's own address
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
