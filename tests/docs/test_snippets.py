"""What the documentation shows is true: every block is read by what it is meant for."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import jinja2
import pytest
import typer

from footfall.cli.main import application
from footfall.config.suite import load_suite
from footfall.config.thresholds import known_names, read_thresholds
from tests.docs.blocks import REPOSITORY, RUN_IN_ORDER, Block, all_blocks, merged, toml_text

LANGUAGES = {"console", "sh", "python", "toml", "json", "jinja", "text", "yaml"}

MINIMAL: dict[str, Any] = {
    "suite": {"default_target": "shop"},
    "targets": {"shop": {"url": "https://shop.example.com"}, "staging": {"url": "https://staging.example.com"}},
    "probes": {"health": {"url": "/api/health"}, "stripe": {"url": "/api/health/stripe"}},
    "alerts": {"channels": {name: {"kind": "slack", "url": "env:SLACK_URL"} for name in ("team", "mail", "duty")}},
}
"""What a fragment of `footfall.toml` is completed by: the targets, probes and channels that the pages speak of."""
JOURNEYS = {"booking": ("home", "pay"), "checkout": ("cart", "pay"), "search": ("home", "search"), "shop": ("product",), "look": ("home",)}
PROFILES = ("ci", "peak", "stress", "visitors")
REQUESTS = 'def asked(self):\n    self.client.get("/api/products")\n    self.client.post("/api/orders")\n'


def test_every_block_says_what_it_is() -> None:
    """A block names its language, so that some test here reads it."""
    unknown = [f"{block}: {block.language!r}" for block in all_blocks() if block.language not in LANGUAGES]
    assert not unknown, f"write one of {sorted(LANGUAGES)} behind ```: {unknown}"


def test_what_is_not_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Blocks of commands are run, or say why not; here is the list of these."""
    found = all_blocks("console", "sh")
    kept = [block for block in found if block.not_run is not None]
    listed = "\n".join(f"{block}: {block.not_run}" for block in kept)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(kept)} of {len(found)} blocks of commands are not run:\n{listed}\n")
    assert all(len(block.not_run or "") > 10 for block in kept), listed
    named = re.findall(r"tests/[\w/.]+\w", listed)
    assert not [path for path in named if not (REPOSITORY / path).exists()], "these tests run what the pages do not, but they are not there"


def test_every_block_of_commands_has_its_turn() -> None:
    """Commands on pages that are not run in order would be run by nobody."""
    forgotten = [str(block) for block in all_blocks("console", "sh") if block.page not in RUN_IN_ORDER and block.not_run is None]
    assert not forgotten, f"write `<!-- not run: why -->` above them, or add their pages to RUN_IN_ORDER: {forgotten}"


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite with the names that the pages speak of."""
    root = tmp_path_factory.mktemp("minimal")
    for name, steps in JOURNEYS.items():
        body = "".join(f"    with journey.step({step!r}):\n        pass\n" for step in steps)
        (root / "journeys").mkdir(exist_ok=True)
        (root / f"journeys/test_{name}.py").write_text(f"def test_{name}(journey):\n{body}")
    (root / "loadtests").mkdir()
    for name in PROFILES:
        (root / f"loadtests/{name}.py").write_text(REQUESTS)
    return root


def _file_of(block: Block, document: dict[str, Any]) -> str:
    """Say which of the two files a fragment is of: by its first line, else by its tables."""
    if "thresholds.toml" in block.place or "footfall.toml" in block.place:
        return block.place
    checks = any({"url", "kind", "checks"} & probe.keys() for probe in document.get("probes", {}).values())
    return "footfall.toml" if checks or {"suite", "targets", "gate", "watch", "alerts"} & document.keys() else "thresholds.toml"


@pytest.mark.parametrize("block", all_blocks("toml"), ids=str)
def test_toml_is_what_the_loaders_take(block: Block, minimal: Path) -> None:
    """A fragment, completed by the minimal suite, is read by the loader of its file without a fault and without a note."""
    document = tomllib.loads(block.text)
    own = _file_of(block, document)
    suite = merged(MINIMAL, document) if own.endswith("footfall.toml") else dict(MINIMAL)
    if "suite" in document or "targets" in document:
        suite["suite"] = {**suite["suite"], "default_target": next(iter(suite["targets"])), **document.get("suite", {})}
    (minimal / "footfall.toml").write_text(toml_text(suite))
    loaded = load_suite(minimal)
    if own.endswith("thresholds.toml"):
        (minimal / "thresholds.toml").write_text(block.text)
        assert not read_thresholds(minimal / "thresholds.toml", known_names(loaded)).notes


def test_json_and_templates_can_be_parsed() -> None:
    """Each block of these is what it says."""
    for block in all_blocks("json"):
        json.loads(block.text)
    for block in all_blocks("jinja"):
        jinja2.Environment(autoescape=True).parse(block.text)


def test_python_names_exist(tmp_path: Path) -> None:
    """What the pages import is there, what they call of a journey exists and takes these arguments."""
    found = {str(block): block.text for block in all_blocks("python")}
    (tmp_path / "found.json").write_text(json.dumps(found))
    script = Path(__file__).with_name("names.py")
    done = subprocess.run([sys.executable, script, tmp_path / "found.json"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_journeys_are_collected_by_pytest(tmp_path: Path) -> None:
    """Each journey that a page shows in full is a test that pytest finds."""
    (tmp_path / "footfall.toml").write_text(toml_text(MINIMAL))
    shown = [block for block in all_blocks("python") if block.place.startswith("journeys/")]
    for number, block in enumerate(shown):
        path = tmp_path / f"page{number}" / block.place
        path.parent.mkdir(parents=True)
        path.write_text(block.text)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    for number, block in enumerate(shown):
        for name in re.findall(r"^def (test_\w+)\(", block.text, re.MULTILINE):
            assert f"page{number}/{block.place}::{name}" in done.stdout, f"{block}: {done.stdout}{done.stderr}"


def _footfall_commands() -> list[Any]:
    """Return every `footfall …` command line of the pages, in blocks and in running text."""
    found = []
    for block in all_blocks("console", "sh"):
        for command, _ in block.commands():
            for line in command.splitlines():
                found += [pytest.param(words, id=f"{block}: {line[:50]}") for words in _words(line)]
    return found


_ENDS = frozenset({"&&", ";", "|", "||", "(", ")", ">", ">>", "&", "<"})


def _words(line: str) -> list[list[str]]:
    """Return the words of each `footfall` command in a line of shell."""
    lexed = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexed.whitespace_split = True
    try:
        words = list(lexed)
    except ValueError:  # a line of a longer text in quotes
        return []
    starts = [index for index, word in enumerate(words) if word == "footfall" and (not index or words[index - 1] in _ENDS)]
    return [_until(words[start + 1 :], _ENDS) for start in starts]


def _until(words: list[str], ends: Collection[str]) -> list[str]:
    return words[: next((index for index, word in enumerate(words) if word in ends), len(words))]


@pytest.mark.parametrize("words", _footfall_commands())
def test_commands_and_options_exist(words: list[str]) -> None:
    """The command line takes every command that a page shows; nothing is run."""
    command: Any = typer.main.get_command(application(words))
    path = ["footfall"]
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no command {' '.join([*path, words[0]])}"
        path.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    known = {"-h", "--help", "--version"}
    known |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = [word.partition("=")[0] for word in _until(words, {"--"}) if word.startswith("-") and len(word) > 1]
    assert set(used) <= known, f"{' '.join(path)} has no {set(used) - known}"
