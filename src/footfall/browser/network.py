"""Slow networks and slow processors, as Chromium emulates them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Error, Page

from footfall.config.networks import NETWORKS
from footfall.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Conditions:
    """What the browser is slowed down to: a name of `NETWORKS`, and how many times slower its processor is."""

    network: str | None = None
    cpu: float = 1.0

    @classmethod
    def of(cls, network: str | None, cpu: float | None) -> Conditions:
        """Check what the command line asks for. Raises UsageError."""
        if network is not None and network not in NETWORKS:
            raise UsageError(f"no network is called {network!r}", hint=did_you_mean(network, NETWORKS))
        if cpu is not None and not 1 <= cpu <= 100:
            raise UsageError(
                f"--cpu-throttle {cpu:g} will not do", hint="it says how many times slower, from 1 to 100: 4 is a mid-range phone"
            )
        return cls(network, cpu or 1.0)

    @property
    def labels(self) -> dict[str, str]:
        """What tells these figures apart from those of an unhindered browser."""
        return {**({"network": self.network} if self.network else {}), **({"cpu": f"{self.cpu:g}x"} if self.cpu != 1 else {})}

    def apply(self, context: BrowserContext) -> None:
        """Slow down the pages of a context from now on; a pop-up is slowed down as soon as it is known. Raises UsageError."""
        if not self.labels:
            return
        browser = context.browser
        if browser is not None and browser.browser_type.name != "chromium":
            raise UsageError("--network and --cpu-throttle need Chromium", hint="leave out --browser, or these")
        slowed: set[Page] = set()

        def slow(page: Page) -> None:
            if page not in slowed:
                slowed.add(page)
                with suppress(Error):  # a page that is closed by now
                    self._slow(context, page)

        context.on("page", slow)
        new_page = context.new_page

        def slow_page() -> Page:
            page = new_page()
            slow(page)  # before its first navigation, which an event might miss
            return page

        context.new_page = slow_page  # type: ignore[method-assign]

    def _slow(self, context: BrowserContext, page: Page) -> None:
        session = context.new_cdp_session(page)
        if self.network:
            network = NETWORKS[self.network]
            rates = {"downloadThroughput": network.down * 125, "uploadThroughput": network.up * 125}
            session.send("Network.emulateNetworkConditions", {"offline": False, "latency": network.latency_ms, **rates})
        if self.cpu != 1:
            session.send("Emulation.setCPUThrottlingRate", {"rate": self.cpu})
