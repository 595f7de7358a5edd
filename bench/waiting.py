"""How late a step is told of that waits for something: what comes after a known time, looked for as a journey does and as Playwright does.

A button shows a text after so many milliseconds; the time from the click until `expect(…)` (of what is visible, of a text) or
`locator.wait_for()` says that it is there is measured by the page's own clock, in turns. Told is by how much that is later than the text
was: the mean and the most.

    python bench/waiting.py              # half a minute
    python bench/waiting.py --times 40
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from contextlib import nullcontext

from playwright.sync_api import Page, expect, sync_playwright

from footfall.browser.find import start
from footfall.browser.waiting import looking_closely

PAGE = """<button>show</button><p></p><script>
document.querySelector("button").onclick = () => setTimeout(() => {
  document.querySelector("p").textContent = "here";
  window.shown = performance.now();
}, window.wait);
</script>"""
WAYS = {
    "expect": lambda page: expect(page.get_by_text("here")).to_be_visible(),
    "text": lambda page: expect(page.locator("p")).to_have_text("here"),
    "wait_for": lambda page: page.get_by_text("here").wait_for(),
}


def late(page: Page, way: str, wait: float, *, closely: bool) -> float:
    """Return by how many milliseconds a text that comes after `wait` was found too late."""
    page.set_content(PAGE)
    page.evaluate("wait => { window.wait = wait }", wait)
    with looking_closely(page) if closely else nullcontext():
        page.get_by_role("button").click()
        WAYS[way](page)
    return float(page.evaluate("() => performance.now() - window.shown"))


def main() -> None:
    """Measure all of them in turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=10, help="how often each is measured")
    times = parser.parse_args().times
    dice = random.Random(1)
    found: dict[tuple[str, bool], list[float]] = {(way, closely): [] for way in WAYS for closely in (False, True)}
    with sync_playwright() as playwright:
        browser, _ = start(playwright.chromium, {}, os.environ)
        page = browser.new_page()
        for _ in range(times):
            wait = dice.uniform(300, 2000)
            for (way, closely), lates in found.items():
                lates.append(late(page, way, wait, closely=closely))
        browser.close()
    print(f"texts that come after 300 to 2000 ms, {times} of each: found too late by (ms)")
    for (way, closely), lates in found.items():
        print(f"  {way:9} {'in a journey' if closely else 'in Playwright':14} mean {statistics.mean(lates):4.0f}   most {max(lates):4.0f}")


if __name__ == "__main__":
    main()
