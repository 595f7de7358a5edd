"""A first look at a site that nobody has written a journey for: what stands on its first page, and where its main links lead."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Locator, Page, sync_playwright

from footfall.browser.find import start
from footfall.errors import TargetUnreachableError, UsageError

AUTHORIZATION = "SITE_AUTHORIZATION"
"""The variable that opens a site behind HTTP basic authentication: `Basic`, a space, and user:password in base64."""
MOST_LINKS = 3
AS_BASIC = """"Basic $(printf '%s' 'USER:PASSWORD' | base64)\""""
"""How a shell writes it."""
_REFUSED = {
    401: f"it wants a user: export {AUTHORIZATION}={AS_BASIC}, and see `footfall docs how-to/closed-sites`",
    403: "a bot filter, or a list of addresses that may come? see `footfall docs how-to/closed-sites`",
}
_UNOPENED = {
    "ERR_INVALID_AUTH_CREDENTIALS": _REFUSED[401],
    "ERR_CERT_": "let this machine trust its certificate: see `footfall docs how-to/closed-sites`",
}
_PATIENCE_MS = 15_000
_MOMENT_MS = 3_000
"""How long a link may be covered, and a page may go on building itself after it was loaded."""
_MOST_REFUSALS = 3
_LONGEST_NAME = 40
_NOT_FOLLOWED = re.compile(r"log[ _-]?out|sign[ _-]?out|delete|remove|unsubscribe|\b(pdf|zip|rss)\b", re.IGNORECASE)
_LAST = re.compile(r"log[ _-]?in|sign[ _-]?(in|up)|regist|account|basket|cart\b|cookie|privacy|imprint|terms", re.IGNORECASE)
_CONSENT = re.compile(r"accept|agree|allow|consent|got it|akzept|zustimm|einverstanden|accett|acept|concord|godta|hyväksy", re.IGNORECASE)
_COVERS = re.compile(r"(<[^>]+>).* intercepts pointer events")
_READ = """links => links.map(link => {
  for (const part of [link, ...link.querySelectorAll("*")]) part.style.textTransform = "none";
  return link.ariaLabel || link.innerText;
})"""
"""What a link is found by: its label or its text as it is written, whatever a style makes of its letters."""
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
class Cover:
    """What lies over a page's links, as its tag, and the name of the button that may take it away; empty where none is known."""

    tag: str
    button: str


@dataclass(frozen=True)
class Visit:
    """What was found: `origin` is where the site really is, after redirects; `forms` are the labels of each form's fields."""

    origin: str
    home: Seen
    links: tuple[Followed, ...]
    forms: tuple[tuple[str, ...], ...]
    cover: Cover | None = None


def visit(url: str, environment: Mapping[str, str]) -> Visit:
    """Open `url` in a browser, look at it, and follow its main links, each from the page before, as a walk does.

    Raises TargetUnreachableError, BrowserMissingError, and UsageError for a variable AUTHORIZATION that is written wrong.
    """
    with sync_playwright() as playwright:
        browser, _ = start(playwright.chromium, {}, environment)
        try:
            return _looked_at(browser.new_context(**_credentials(url, environment)), url)
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
            hint=next(
                (hint for sign, hint in _UNOPENED.items() if sign in error.message), "is the address right, with http:// or https://?"
            ),
        ) from error
    if answer is not None and answer.status >= 400:
        raise TargetUnreachableError(f"{url} answers {answer.status} {answer.status_text}".rstrip(), hint=_hint(answer.status))
    _settle(page)
    origin = _origin(page.url)
    home, forms = _seen(page), _forms(page)
    links, cover = _followed(page, origin)
    return Visit(origin, home, tuple(links), forms, cover)


def _hint(status: int) -> str:
    """Return what may be the matter with a site that refuses."""
    if status >= 500:
        return "the site is in trouble: look at its own log, then try again"
    return _REFUSED.get(status, "is the address right?")


def _credentials(url: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what a browser's context answers with when this site asks for a user, and no other. Raises UsageError."""
    given = environment.get(AUTHORIZATION, "")
    if not given:
        return {}
    kind, _, encoded = given.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if kind != "Basic" or not colon:
        raise UsageError(f"{AUTHORIZATION} is not what HTTP basic authentication takes", hint=f"export {AUTHORIZATION}={AS_BASIC}")
    return {"http_credentials": {"username": user, "password": password, "origin": _origin(url)}}


def _settle(page: Page) -> None:
    """Give a page that fetches what it shows, after it was loaded, a moment for it."""
    with suppress(Error):
        page.wait_for_load_state("networkidle", timeout=_MOMENT_MS)
    with suppress(Error):
        page.get_by_role("heading").or_(page.get_by_role("link")).first.wait_for(timeout=_MOMENT_MS)


def _seen(page: Page) -> Seen:
    heading = page.get_by_role("heading", level=1)
    text = " ".join(heading.inner_text().split()) if heading.count() == 1 and heading.is_visible() else ""
    return Seen(_path(page.url), page.title().strip(), text)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _followed(page: Page, origin: str) -> tuple[list[Followed], Cover | None]:
    """Follow links that lead to other pages of the site; each must be on the page where the one before led, by a name of its own.

    Return them, and where there are none because something lies over the links, that.
    """
    found: list[Followed] = []
    covers: list[Cover] = []
    been = {_path(page.url)}
    for name in _names(page):
        if len(found) == MOST_LINKS or len(covers) == _MOST_REFUSALS:
            break
        links = page.get_by_role("link", name=name, exact=True)
        link = links.first
        if not _one_way(links) or not _leads_on(link, origin, been):
            continue
        several = links.count() > 1
        try:
            link.click(trial=True, timeout=_MOMENT_MS)
        except Error as error:  # no step for a first journey
            covers.append(_cover(page, error))
            continue
        try:
            link.click()
            page.wait_for_load_state("load")
        except Error:  # it never loads
            break
        if not page.url.startswith(origin) or _path(page.url) in been:
            break
        _settle(page)
        been.add(_path(page.url))
        found.append(Followed(name, _seen(page), first=several))
    return found, None if found else next((cover for cover in covers if cover.tag), None)


def _cover(page: Page, refused: Error) -> Cover:
    """Return what lies over a link, from what the browser said when it could not be clicked."""
    tag = _COVERS.search(refused.message)
    buttons = page.get_by_role("button", name=_CONSENT).filter(visible=True)
    return Cover(tag[1] if tag else "", " ".join(buttons.first.inner_text().split()) if buttons.count() else "")


def _one_way(links: Locator) -> bool:
    """Whether all links of a name lead to one page: a shop's picture and title of a product do."""
    return len(set(links.evaluate_all("links => links.map(link => link.href)"))) == 1


def _names(page: Page) -> list[str]:
    """Return the names of the first page's visible links: those of its navigation first, what few customers come for last."""
    everywhere = page.get_by_role("link")
    names = [*page.get_by_role("navigation").get_by_role("link").evaluate_all(_READ), *everywhere.evaluate_all(_READ)]
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
