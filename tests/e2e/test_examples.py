"""The five platforms' examples against Corner: healthy it passes, and a fault breaks the budget of the promise that it touches.

`make test` tries one main promise of each, on few iterations and a short load; `make test-all` all of them, and each suite as it stands.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Ended, SuiteCopy, be_patient, processes_of
from tests.examples.suites import EXAMPLES, NAMES

Copy = Callable[[str], SuiteCopy]
UNDECIDED = 3
NO_LOAD = ("--profile", "none")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    """Copy an example out, as its team would; nothing that it started outlives the test."""

    def copied(name: str) -> SuiteCopy:
        root = tmp_path / f"copy of {name}"
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("__pycache__", "out", ".footfall"))
        return SuiteCopy(root)

    yield copied
    left = processes_of(tmp_path)
    for process in left:
        process.kill()
    assert not left, f"left behind: {[process.cmdline() for process in left]}"


def shortened(suite: SuiteCopy) -> SuiteCopy:
    """Let an example be quick: on one device, and a load just long enough for one kind of user's errors to be beyond chance.

    What its pages and walks may take is not its promise, and a busy machine needs more.
    """
    light = suite.root / "loadtests/light.py"
    light.write_text(re.sub(r"stages = .*", 'stages = (ramp(to=20, over="1s"), hold("20s"))', light.read_text()))
    settings = suite.root / "footfall.toml"
    one_device = re.sub(r'devices = \["desktop", .*\]', 'devices = ["desktop"]', settings.read_text())
    settings.write_text(re.sub(r"(?<=^\[journeys\]\n)timeout = .*", 'timeout = "2m"', one_device, flags=re.MULTILINE))
    be_patient(suite.root)
    return suite


def gate(suite: SuiteCopy, *arguments: str, iterations: int) -> Ended:
    """Run the gate; where that few iterations leave something open, ask for three times as many, as the report says."""
    ended = suite.footfall("gate", *arguments, "--iterations", str(iterations))
    return suite.footfall("gate", *arguments, "--iterations", str(3 * iterations)) if ended.code == UNDECIDED else ended


def broken(suite: SuiteCopy) -> set[str]:
    """Return the keys of all budgets that failed or had nothing to be held against."""
    return {verdict["key"] for verdict in suite.verdicts()["verdicts"] if verdict["outcome"] in {"fail", "missing"}}


@dataclass(frozen=True)
class Promise:
    """What one of the plans promises: the fault that breaks it, the budgets that must then fail, and what is measured to see it."""

    example: str
    fault: str
    budgets: tuple[str, ...]
    journey: str
    iterations: int = 2
    load: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `footfall gate` is told, but for the iterations."""
        return ("--journey", self.journey, *(() if self.load else NO_LOAD))


SOLD = ("probes.business.payment_success", "probes.business.booking_conversion")
"""What tells at a gate's end of walks that could not pay."""
MAIN = (
    Promise("mariia-hub", "payment-declined", ("journeys.booking.success", *SOLD), "booking", iterations=1),
    Promise("distri-night", "errors=/api/supplier:1", ("load.light.errors[1]", "load.light.errors[2]"), "admin_management", 1, load=True),
    Promise("event-pros-nz", "layout-shift=0.5", ('journeys."*".cls',), "vendor_registration", iterations=5),
    Promise("driplo", "slow=/api/listings:1s", ("probes.search.latency",), "registration", iterations=1),
    Promise("wedsync", "slow=/api/jobs:2s", ("load.light.latency[2]",), "form_submission", iterations=1, load=True),
)
HEALTHY = {
    "mariia-hub": "booking",
    "distri-night": "supplier_fulfillment",
    "event-pros-nz": "job_to_booking",
    "driplo": "purchase",
    "wedsync": "pdf_upload",
}


@pytest.mark.alone
@pytest.mark.parametrize("name", NAMES)
def test_an_example_passes_on_a_healthy_shop(copy: Copy, name: str) -> None:
    """Journey, load and probes: exit 0 and no budget broken."""
    suite = shortened(copy(name))
    ended = gate(suite, "--journey", HEALTHY[name], iterations=2)
    assert ended.code == 0, ended.out + ended.err
    assert {verdict["source"] for verdict in suite.verdicts()["verdicts"]} >= {"journey", "load", "probe"}


@pytest.mark.parametrize("promise", MAIN, ids=lambda promise: promise.example)
def test_a_broken_promise_breaks_its_budget_alone(copy: Copy, promise: Promise) -> None:
    """Exit 1, and no other budget than the one that speaks of it has failed."""
    assert_breaks(shortened(copy(promise.example)), promise)


def assert_breaks(suite: SuiteCopy, promise: Promise) -> None:
    """Turn the fault on, and hold what breaks against what must."""
    ended = gate(suite, "--fault", promise.fault, *promise.arguments, iterations=promise.iterations)
    assert ended.code == 1, ended.out + ended.err
    assert broken(suite) == set(promise.budgets), ended.out


MATRIX = (
    # Mariia Hub: LCP, layout, clicks, payments, the API, errors under load
    Promise("mariia-hub", "late-hero=6s", ('journeys."*".lcp', 'probes."*".latency'), "booking"),
    Promise("mariia-hub", "layout-shift=0.5", ('journeys."*".cls',), "booking", iterations=6),
    Promise("mariia-hub", "block-click=1200ms", ('journeys."*".fid',), "booking", iterations=3),
    Promise("mariia-hub", "payment-down", ('probes."*".success', "journeys.booking.success", *SOLD), "booking", iterations=1),
    Promise("mariia-hub", "slow=/api/services:4s", ('probes."*".latency',), "booking", iterations=1),
    Promise("mariia-hub", "errors=/api/bookings:0.9", ("load.light.errors",), "booking", load=True),
    # DISTRI-NIGHT: P0 and P1, pages, the order list
    Promise("distri-night", "payment-declined", ("journeys.client_order.success", SOLD[0]), "client_order", iterations=1),
    Promise("distri-night", "late-hero=6s", ('journeys."*".page_load',), "client_order"),
    Promise("distri-night", "slow=/api/orders:2s", ("load.light.latency",), "client_order", load=True),
    Promise("distri-night", "slow=/cart:1s", ("journeys.client_order.steps.cart.duration",), "client_order"),
    Promise(
        "distri-night",
        "slow=/admin/orders:6s",
        ('journeys."*".page_load', "journeys.admin_management.steps.orders.duration"),
        "admin_management",
    ),
    Promise("distri-night", "slow=/api/products:2s", ('probes."*".latency',), "client_order", iterations=1),
    # Event Pros NZ: vitals, services, errors
    Promise("event-pros-nz", "slow=/events:2s", ('journeys."*".fcp', 'journeys."*".lcp'), "job_to_booking"),
    Promise("event-pros-nz", "payment-down", ('probes."*".success', 'journeys."*".success'), "job_to_booking", iterations=1),
    Promise("event-pros-nz", "errors=/api/places:0.5", ("load.light.errors[2]", 'probes."*".success'), "vendor_registration", load=True),
    Promise("event-pros-nz", "slow=/api/places:8s", ('probes."*".latency[2]',), "vendor_registration", iterations=1),
    # Driplo: product page, pictures, search, chat, errors
    Promise("driplo", "slow=/market/:3s", ("journeys.purchase.steps.view.lcp",), "purchase"),
    Promise("driplo", "payment-declined", ('journeys."*".success',), "purchase", iterations=1),
    Promise("driplo", "drop-websocket=1", ('journeys."*".success',), "purchase", iterations=1),
    Promise("driplo", "errors=/api/listings:0.9", ("load.light.errors", 'probes."*".success'), "registration", load=True),
    Promise("driplo", "payment-down", ('probes."*".success',), "registration", iterations=1),
    # WedSync: payments, PDFs, errors, services
    Promise("wedsync", "payment-declined", ("journeys.payment.success",), "payment", iterations=1),
    Promise("wedsync", "errors=/forms:1", ("journeys.pdf_upload.success",), "pdf_upload", iterations=1),
    Promise("wedsync", "errors=/api/jobs:0.03", ("load.light.errors[1]",), "payment", load=True),
    Promise("wedsync", "slow-payment=2s", ('probes."*".latency[2]',), "form_submission", iterations=1),
    Promise("wedsync", "payment-down", ('probes."*".success', "journeys.payment.success"), "payment", iterations=1),
)


@pytest.mark.matrix
@pytest.mark.parametrize("promise", MATRIX, ids=lambda promise: f"{promise.example}-{promise.fault}")
def test_every_promise_and_its_fault(copy: Copy, promise: Promise) -> None:
    """The other promises of the plans, with the whole light load where it is needed."""
    assert_breaks(copy(promise.example), promise)


@pytest.mark.matrix
@pytest.mark.parametrize("name", NAMES)
def test_an_example_passes_as_it_stands(copy: Copy, name: str) -> None:
    """All of its journeys on all of its devices, its whole load, its probes."""
    ended = copy(name).footfall("gate")
    assert ended.code == 0, ended.out + ended.err
