"""The site: it builds strictly, needs no network, what is made from the code is current, and errors point to what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from footfall import errors
from footfall.cli import docs, explained
from scripts.reference import renewed
from tests.docs.blocks import DOCS, REPOSITORY, pages

_ROOMS = ("browser", "load", "probe", "report", "monitor", "store", "config", "target")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class _Fetched(HTMLParser):
    """Notes what a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts, pictures, style sheets and frames."""
        for name, value in attrs:
            if (name == "src" or (name == "href" and tag == "link")) and value and ("rel", "canonical") not in attrs:
                self.addresses.append(value)


def test_the_site_needs_no_network(site: Path) -> None:
    """No page and no style sheet fetches anything from another site."""
    for path in site.rglob("*.html"):
        page = _Fetched()
        page.feed(path.read_text("utf-8"))
        assert not [address for address in page.addresses if re.match(r"(https?:)?//", address)], path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", path.read_text("utf-8")), path


def test_every_page_is_in_the_navigation(site: Path) -> None:
    """Nothing that is written can only be found by those who know that it is there."""
    assert site.is_dir()
    text = (REPOSITORY / "mkdocs.yml").read_text("utf-8")
    named = set(re.findall(r"([\w/-]+)\.md", yaml.safe_dump(yaml.safe_load(text)["nav"])))
    assert named == set(docs.pages(DOCS)), "give it a place in the nav of mkdocs.yml"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link within the repository leads to a file, and to a heading where it names one."""
    for link in _LINK.findall(path.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{path.name}: {link}"


def _anchors(path: Path) -> set[str]:
    return {docs.slug(words) for _, words, _ in docs.headings(path.read_text("utf-8"))}


def test_what_is_made_from_the_code_is_current() -> None:
    """`python scripts/reference.py` would change nothing."""
    stale = [path.name for path in pages() if renewed(path.read_text("utf-8")) != path.read_text("utf-8")]
    assert not stale, f"run `make reference`: {stale}"


def test_errors_point_to_pages_that_are_there() -> None:
    """Every page and section that an error may name exists."""
    for page in explained.pages():
        name, _, anchor = page.partition("#")
        assert (DOCS / f"{name}.md").is_file(), page
        assert not anchor or anchor in _anchors(DOCS / f"{name}.md"), page


def test_every_room_has_a_page() -> None:
    """Whichever module raises an error for users, its room has a page of its own."""
    package = REPOSITORY / "src/footfall"
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package).with_suffix("").parts)
        if module.split(".")[0] in _ROOMS and re.search(r"raise \w+Error\(", path.read_text("utf-8")):
            assert explained.page_of_module(module) != "reference/commands", module


def test_an_error_names_its_page() -> None:
    """By its file and key, by its type, or by the room that raised it."""
    fault = errors.Fault("footfall.toml", 3, "gate.iteration", "unknown key")
    assert explained.page_of(errors.ConfigError([fault])) == "configuration#gate"
    budget = errors.Fault("thresholds.toml", 3, "load.ci.errors.fial", "unknown key of a budget")
    assert explained.page_of(errors.ConfigError([budget])) == "budgets#the-keys-of-a-budget"
    expression = errors.Fault("thresholds.toml", 3, "load.ci.errors", "in 'p75 =< 2s': …")
    assert explained.page_of(errors.ConfigError([expression])) == "budgets#expressions"
    assert explained.page_of(errors.StoreError("broken")) == "data#when-the-store-breaks"
    assert explained.page_of(errors.FootfallError("a fault of ours")) == ""
    with pytest.raises(errors.UsageError) as raised:
        footfall_raises()
    assert explained.page_of(raised.value) == "configuration"


def footfall_raises() -> None:
    """Let a room of footfall raise an error."""
    from footfall.config.suite import find_suite  # noqa: PLC0415

    find_suite(Path("/"))


def test_a_section_ends_where_the_next_begins() -> None:
    """`footfall docs PAGE#SECTION` prints the section with what is below it, and headings in code are none."""
    text = "# A\n\n## First one\n\n```sh\n# no heading\n```\n\n### Below\n\nx\n\n## Second\n\ny\n"
    assert docs.section(text, "first-one", "a") == "## First one\n\n```sh\n# no heading\n```\n\n### Below\n\nx"
    assert docs.section(text, "", "a") == text.rstrip("\n")
    with pytest.raises(errors.UsageError, match="no section 'secnd'") as raised:
        docs.section(text, "secnd", "a")
    assert raised.value.hint == "did you mean 'second'?"
