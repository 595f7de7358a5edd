"""The commands of the tutorial and the how-to pages, run for real, one after the other in one suite, and what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, REPOSITORY, RUN_IN_ORDER, Block, blocks, lay_down
from tests.servers import serving

PATIENCE_S = 300
_NOT_A_READERS = ("FOOTFALL_", "GITHUB_", "GITLAB_", "CI", "PYTEST_", "COVERAGE_")
_NUMBER = r"\d[\d.,]*"


class _Receiver(BaseHTTPRequestHandler):
    """Takes every message, as a chat's webhook would."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """What a reader has set: the command on the PATH, and the variables that the pages name."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_A_READERS)}
    with serving(_Receiver) as place:
        yield {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "NO_COLOR": "1",
            "COLUMNS": "140",
            "SLACK_URL": f"http://{place}/team",
            "HOOK_URL": f"http://{place}/hook",
            "HOOK_SECRET": "a-secret-of-the-docs",
            "SHOP_PASSWORD": "corner-customer",
        }


def _run(root: Path, block: Block, environment: Mapping[str, str]) -> None:
    """Run the commands of a block in one shell, and look for what is shown after each."""
    commands = block.commands()
    script = "".join(f"{command}\ncode=$?; printf '\\n@@%s\\n' $code; (exit $code)\n" for command, _ in commands)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=root,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    parts = re.split(r"\n@@(\d+)\n", done.stdout)
    for index, (command, shown) in enumerate(commands):
        said, code = parts[2 * index], int(parts[2 * index + 1])
        asked_for = index + 1 < len(commands) and commands[index + 1][0] == "echo $?"
        assert code == 0 or asked_for, f"{block}: {command} exits {code}\n{said}"
        _compare(f"{block}: {command}", said, shown)


def _compare(what: str, said: str, shown: list[str]) -> None:
    """Find each shown line in what was said, in order; figures may differ, and `…` stands for anything."""
    lines = [_plain(line) for line in said.splitlines()]
    at = 0
    for wanted in filter(None, map(_plain, shown)):
        if wanted == "…":
            continue
        pattern = re.compile(r".*?".join(_NUMBER.join(map(re.escape, re.split(_NUMBER, part))) for part in wanted.split("…")))
        found = next((index for index in range(at, len(lines)) if pattern.search(lines[index])), None)
        assert found is not None, f"{what}\ndoes not say: {wanted}\nbut:\n{said}"
        at = found + 1


def _plain(line: str) -> str:
    return " ".join(line.split())


def _walk(root: Path, environment: Mapping[str, str], *, slow: bool) -> None:
    for name in RUN_IN_ORDER:
        for block in blocks(REPOSITORY / name):
            if block.place and block.language in {"python", "toml", "jinja"}:
                lay_down(root, block)
            if block.language in {"console", "sh"} and block.not_run is None and (slow or not block.slow):
                _run(root, block, environment)


def test_the_pages_can_be_followed(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """Who does what the tutorial and the how-to pages say, in their order, sees what they show."""
    _walk(tmp_path, environment, slow=False)


@pytest.mark.matrix
def test_the_long_commands_can_be_followed_too(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """The same with the commands that take minutes."""
    _walk(tmp_path, environment, slow=True)


def test_the_pages_that_are_run_are_there() -> None:
    """Every how-to page is run."""
    assert {f"docs/how-to/{path.name}" for path in (DOCS / "how-to").glob("*.md")} <= set(RUN_IN_ORDER)
