"""Other tools that measure pages in a browser, where npm installed them: how each is made to visit pages, and what it then says of them.

    npm install --prefix DIR lighthouse browsertime @elastic/synthetics

`visits.py` and `vitals_truth.py` put them beside footfall (`--peers DIR`). browsertime also needs the browser's chromedriver.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 300
LIGHTHOUSE, BROWSERTIME, ELASTIC = "Lighthouse", "browsertime", "Elastic Synthetics"
_PROGRAMS = {LIGHTHOUSE: "lighthouse", BROWSERTIME: "browsertime", ELASTIC: "elastic-synthetics"}
_NOT_SLOWED = ("--only-categories=performance", "--preset=desktop", "--throttling-method=provided")
_JOURNEY = """
const { journey, step } = require('@elastic/synthetics');
journey('visit', ({ page, params }) => {
  for (const path of PATHS) step(path, async () => {
    await page.goto(params.url + path);
    await page.WAIT;
  });
});
"""
Command = Sequence[str]
Vitals = Mapping[str, float]
"""`lcp` and `ttfb` in ms, `cls`; only those that were told."""


@dataclass(frozen=True)
class Peers:
    """The tools in `folder`, an npm prefix; each is to visit `paths` of a site with the browser `chrome` and may write to `work`."""

    folder: Path
    chrome: str
    work: Path
    paths: Sequence[str]

    @property
    def names(self) -> list[str]:
        """Which of them are there."""
        there = [name for name, program in _PROGRAMS.items() if (self.folder / "node_modules/.bin" / program).exists()]
        return [name for name in there if name != BROWSERTIME or shutil.which("chromedriver")]

    def commands(self, name: str, url: str, *, usual: bool = True, wait: str = "locator('h1').first().waitFor()") -> list[Command]:
        """Return the commands that make one visit.

        Lighthouse visits as it does when nobody says otherwise, or (not `usual`) a desktop's page without simulated slowness. Elastic's
        script waits for what `wait` says before each step's end.
        """
        program = str(self.folder / "node_modules/.bin" / _PROGRAMS[name])
        if name == LIGHTHOUSE:
            own = ["--chrome-flags=--headless=new --no-sandbox", "--quiet", "--output=json", *(() if usual else _NOT_SLOWED)]
            begin = ["env", f"CHROME_PATH={self.chrome}", "CI=1", program, *own]
            return [[*begin, url + path, f"--output-path={self._report(at)}"] for at, path in enumerate(self.paths)]
        if name == BROWSERTIME:
            browser = ["--chrome.binaryPath", self.chrome, "--chrome.chromedriverPath", shutil.which("chromedriver") or ""]
            own = ["-n", "1", "--headless", *browser, "--chrome.args", "no-sandbox", "--resultDir", str(self.work / "browsertime")]
            return [[program, *own, *(url + path for path in self.paths)]]
        self._write_journey(wait)
        options = json.dumps({"executablePath": self.chrome, "chromiumSandbox": False})
        own = ["--reporter", "json", "--params", json.dumps({"url": url}), "--playwright-options", options, "--screenshots", "off"]
        return [[program, str(self.work / "elastic"), *own, *(() if usual else ("--rich-events",))]]

    def _report(self, at: int) -> Path:
        return self.work / f"lighthouse-{at}.json"

    def _write_journey(self, wait: str) -> None:
        """Write Elastic's script; it wants to be in a project that has its modules."""
        (self.work / "elastic").mkdir(exist_ok=True)
        (self.work / "package.json").write_text("{}", "utf-8")
        if not (self.work / "node_modules").exists():
            (self.work / "node_modules").symlink_to(self.folder / "node_modules")
        script = _JOURNEY.replace("PATHS", json.dumps(self.paths)).replace("WAIT", wait)
        (self.work / "elastic/visit.journey.js").write_text(script, "utf-8")

    def told(self, name: str, url: str) -> list[Vitals]:
        """Make one visit, not slowed by the tool; return what it says of each page. Raises CalledProcessError and TimeoutExpired."""
        outputs = [
            subprocess.run(command, cwd=self.work, env=os.environ, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout
            for command in self.commands(name, url, usual=False, wait="waitForTimeout(1500)")
        ]
        if name == LIGHTHOUSE:
            return [_of_lighthouse(_json(self._report(at))) for at in range(len(self.paths))]
        if name == BROWSERTIME:
            return [_of_browsertime(page["googleWebVitals"][0]) for page in _json(self.work / "browsertime/browsertime.json")]
        records = [json.loads(line) for line in "".join(outputs).splitlines() if line.startswith("{")]
        seen = [record["root_fields"]["browser"]["experience"] for record in records if record.get("type") == "step/metrics"
                and "experience" in record["root_fields"].get("browser", {})]  # fmt: skip
        return [_of_elastic(page) for page in seen]


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _of_lighthouse(report: Any) -> Vitals:
    audits = report["audits"]
    names = {"lcp": "largest-contentful-paint", "cls": "cumulative-layout-shift", "ttfb": "server-response-time"}
    return {metric: float(audits[audit]["numericValue"]) for metric, audit in names.items() if "numericValue" in audits.get(audit, {})}


def _of_browsertime(vitals: Any) -> Vitals:
    names = {"lcp": "largestContentfulPaint", "cls": "cumulativeLayoutShift", "ttfb": "ttfb"}
    return {metric: float(vitals[name]) for metric, name in names.items() if name in vitals}


def _of_elastic(experience: Any) -> Vitals:
    found = {"cls": float(experience["cls"])} if "cls" in experience else {}
    return {**found, "lcp": experience["lcp"]["us"] / 1000} if "lcp" in experience else found
