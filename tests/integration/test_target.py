"""A target is open while it is measured: the embedded shop is started and stopped, any other site must answer."""

from __future__ import annotations

import httpx
import pytest

from footfall.config.suite import Target
from footfall.errors import TargetUnreachableError, UsageError
from footfall.target import LiveTarget, check_reachable, open_target


def test_the_embedded_shop_is_started_and_stopped() -> None:
    """It answers within the block and is gone after it."""
    with open_target(Target("corner", demo=True)) as live:
        assert live.demo
        assert httpx.get(f"{live.url}/api/health", timeout=60).json()["status"] == "ok"
    with pytest.raises(httpx.ConnectError):
        httpx.get(live.url, timeout=60)


def test_the_embedded_shop_can_be_started_with_a_fault() -> None:
    """The fault is on from the start."""
    with open_target(Target("corner", demo=True), ["errors=1"]) as live:
        assert httpx.get(f"{live.url}/api/services", timeout=60).status_code >= 500


def test_an_unknown_fault_is_a_usage_error() -> None:
    """The shop's own words say what is wrong."""
    with pytest.raises(UsageError, match="slow-paymnt"), open_target(Target("corner", demo=True), ["slow-paymnt"]):
        pass


def test_any_answer_will_do_from_another_site() -> None:
    """A 404 is an answer; what it means is for probes and journeys."""
    with open_target(Target("corner", demo=True)) as shop, open_target(Target("other", url=f"{shop.url}/no-such-page")) as live:
        assert live.url == f"{shop.url}/no-such-page"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://127.0.0.1:99999"])
def test_a_site_that_does_not_answer_cannot_be_measured(url: str) -> None:
    """The message names the URL."""
    with pytest.raises(TargetUnreachableError, match="does not answer"), open_target(Target("gone", url=url)):
        pass


@pytest.mark.parametrize("url", ["http://qa:S3cret@127.0.0.1:9", "http://qa:S3/cret@127.0.0.1"])
def test_a_password_in_an_address_is_not_told(url: str) -> None:
    """Not where a site does not answer, and not where one does."""
    with pytest.raises(TargetUnreachableError, match="does not answer") as raised:
        check_reachable(url)
    assert "cret" not in raised.value.message
    assert LiveTarget("staging", url).shown == url.replace(url[7 : url.index("@")], "***")


def test_only_the_embedded_shop_has_faults() -> None:
    """Nobody's site is broken by a typo in --target."""
    with pytest.raises(UsageError, match="not the embedded shop"), open_target(Target("other", url="http://127.0.0.1:9"), ["slow-payment"]):
        pass
