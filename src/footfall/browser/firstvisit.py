"""A first look at a site that nobody has written a journey for: what stands on its first page, and where its main links lead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Locator, Page, sync_playwright

from footfall.browser.find import start
from footfall.errors import TargetUnreachableError

MOST_LINKS = 3
_PATIENCE_MS = 15_000
_LONGEST_NAME = 40
_NOT_FOLLOWED = re.compile(r"log[ _-]?out|sign[ _-]?out|delete|remove|unsubscribe|\b(pdf|zip|rss)\b", re.IGNORECASE)
_LAST = re.compile(r"log[ _-]?in|sign[ _-]?(in|up)|regist|account|basket|cart\b|cookie|privacy|imprint|terms", re.IGNORECASE)
_FIELDS = "input:visible:not([type=hidden]):not([type=submit]):not([type=button]), textarea:visible, select:visible"


@dataclass(frozen=True)
class Seen:
    """A page: its path, its title, and its one visible main heading (empty where there is none, or several)."""

    path: str
    title: str
    heading: str


@dataclass(frozen=True)
class Followed:
    """A link of the site's own, by the name that customers read, and the page behind it; `first` of several that lead there."""

    name: str
    page: Seen
    first: bool = False


@dataclass(frozen=True)
class Visit:
    """What was found: `origin` is where the site really is, after redirects; `forms` are the labels of each form's fields."""

    origin: str
    home: Seen
    links: tuple[Followed, ...]
    forms: tuple[tuple[str, ...], ...]


def visit(url: str, environment: Mapping[str, str]) -> Visit:
    """Open `url` in a browser, look at it, and follow its main links, each from the page before, as a walk does.

    Raises TargetUnreachableError and BrowserMissingError.
    """
    with sync_playwright() as playwright:
        browser, _ = start(playwright.chromium, {}, environment)
        try:
            return _looked_at(browser.new_context(), url)
        except Error as error:  # a page that moves on while one looks at it, say
            raise TargetUnreachableError(f"{url} could not be looked at: {error.message.splitlines()[0]}", hint="try again") from error
        finally:
            browser.close()


def _looked_at(context: BrowserContext, url: str) -> Visit:
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    try:
        answer = page.goto(url)
    except Error as error:
        raise TargetUnreachableError(
            f"{url} does not open: {error.message.splitlines()[0].removeprefix('Page.goto: ')}",
            hint="is the address right, with http:// or https://?",
        ) from error
    if answer is not None and answer.status >= 400:
        hint = "is the address right?" if answer.status < 500 else "the site is in trouble: look at its own log, then try again"
        raise TargetUnreachableError(f"{url} answers {answer.status} {answer.status_text}", hint=hint)
    place = urlsplit(page.url)
    origin = f"{place.scheme}://{place.netloc}"
    home, forms = _seen(page), _forms(page)
    return Visit(origin, home, tuple(_followed(page, origin)), forms)


def _seen(page: Page) -> Seen:
    heading = page.get_by_role("heading", level=1)
    text = " ".join(heading.inner_text().split()) if heading.count() == 1 and heading.is_visible() else ""
    return Seen(_path(page.url), page.title().strip(), text)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _followed(page: Page, origin: str) -> list[Followed]:
    """Follow links that lead to other pages of the site; each must be on the page where the one before led, by a name of its own."""
    found: list[Followed] = []
    been = {_path(page.url)}
    for name in _names(page):
        if len(found) == MOST_LINKS:
            break
        links = page.get_by_role("link", name=name, exact=True)
        link = links.first
        if not _one_way(links) or not _leads_on(link, origin, been):
            continue
        before, several = page.url, links.count() > 1
        try:
            link.click()
            page.wait_for_load_state("load")
        except Error:  # covered by something, or it never loads: no step for a first journey
            if page.url == before:
                continue
            break
        if not page.url.startswith(origin) or _path(page.url) in been:
            break
        been.add(_path(page.url))
        found.append(Followed(name, _seen(page), first=several))
    return found


def _one_way(links: Locator) -> bool:
    """Whether all links of a name lead to one page: a shop's picture and title of a product do."""
    return len(set(links.evaluate_all("links => links.map(link => link.href)"))) == 1


def _names(page: Page) -> list[str]:
    """Return the names of the first page's visible links: those of its navigation first, what few customers come for last."""
    everywhere = page.get_by_role("link")
    names = [*page.get_by_role("navigation").get_by_role("link").all_inner_texts(), *everywhere.all_inner_texts()]
    plain = (" ".join(name.split()) for name in names)
    names = list(dict.fromkeys(name for name in plain if 0 < len(name) <= _LONGEST_NAME and not _NOT_FOLLOWED.search(name)))
    return sorted(names, key=lambda name: _LAST.search(name) is not None)


def _leads_on(link: Locator, origin: str, been: set[str]) -> bool:
    target = str(link.evaluate("link => link.href"))
    if "?" in target or _NOT_FOLLOWED.search(target):  # it may do something, in whatever language its name is
        return False
    opens_here = link.get_attribute("target") in {None, "", "_self"} and link.get_attribute("download") is None
    return link.is_visible() and opens_here and target.startswith(f"{origin}/") and _path(target.partition("#")[0]) not in been


def _forms(page: Page) -> tuple[tuple[str, ...], ...]:
    """Return what each form asks for, by its labels."""
    forms = [
        form.locator(_FIELDS).evaluate_all("fields => fields.map(f => f.labels?.[0]?.innerText || f.ariaLabel || f.placeholder || f.name)")
        for form in page.locator("form").all()
    ]
    return tuple(tuple(" ".join(str(label).split()) for label in labels) for labels in forms if labels)
