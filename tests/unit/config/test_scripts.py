"""The names in a suite's scripts, read without running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.config.scripts import Names, Scripts, journey_names, journeys_in, scan

CHECKOUT = """
raise SystemExit("a script that runs when imported")

def test_checkout(page, journey):
    with journey.step("browse"):
        page.goto("/")
    with journey.step("pay"):
        with journey.step(name="confirm"):
            journey.measure("cart_value", 39.9, unit="EUR")
            journey.measure("wait", 1.5, unit="s")
    async_part = lambda: None

def test_checkout_as_guest(page, journey): ...

class TestMore:
    async def test_voucher(self, journey):
        async with journey.step("voucher"), other():
            ...
"""
USERS = """
class Buyer(User):
    def buy(self):
        self.client.get("/api/products")
        self.client.post("/api/orders", json={})
        self.client.put(f"/api/carts/{cart}", name="/api/carts/{id}")
        self.client.request("PATCH", "/api/things")
        {}.get("not a request")
"""


def scripts(root: Path, **files: str) -> Scripts:
    """Write files (`journeys__test_x`) and scan them."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return scan(root)


def test_finds_journeys_steps_and_measurements(tmp_path: Path) -> None:
    """The first test is the journey of the module's name; nested steps are paths; units are base units."""
    found = scripts(tmp_path, journeys__test_checkout=CHECKOUT)
    assert list(found.journeys) == ["checkout", "checkout-checkout_as_guest", "checkout-voucher"]
    assert found.journeys["checkout"] == Names(frozenset({"browse", "pay", "pay/confirm", "voucher"}))
    assert found.measures == {"cart_value": "EUR", "wait": "ms"}


def test_finds_profiles_and_requests(tmp_path: Path) -> None:
    """Users live beside the profiles that use them, so all requests are every profile's."""
    found = scripts(tmp_path, loadtests__users=USERS, loadtests__ci="from users import Buyer", loadtests___own="")
    assert set(found.profiles) == {"ci"}
    assert found.profiles["ci"] == Names(frozenset({"GET /api/products", "POST /api/orders", "PUT /api/carts/{id}", "PATCH /api/things"}))


@pytest.mark.parametrize(
    ("ci", "users", "profiles"),
    [
        ("from users import Buyer", USERS, {"ci"}),
        ("import users", USERS, {"ci"}),
        ("from . import users", USERS, {"ci"}),
        ("from users.buyers import Buyer", USERS, {"ci"}),
        ("from locust import User", USERS, {"ci", "users"}),
        ("from users import Buyer", USERS + "class Ramp(StagedShape): ...", {"ci", "users"}),
        ("from users import Buyer", "class Buyer(:", {"ci", "users"}),
        ("(", USERS, {"ci", "users"}),
    ],
)
def test_a_module_that_profiles_share_is_none_itself(tmp_path: Path, ci: str, users: str, profiles: set[str]) -> None:
    """What others import is no profile unless it has a shape; what cannot be read is taken for one, and its fault is told."""
    assert set(scripts(tmp_path, loadtests__users=users, loadtests__ci=ci).profiles) == profiles


@pytest.mark.parametrize(
    ("body", "known", "unknown"),
    [
        ('with journey.step(f"page {n}"): ...', True, True),
        ("with journey.step(NAME): ...", True, True),
        ("with journey.step('x'): ...", True, False),
    ],
)
def test_names_made_at_run_time_are_not_warned_about(tmp_path: Path, body: str, *, known: bool, unknown: bool) -> None:
    """What cannot be read cannot be called wrong."""
    names = scripts(tmp_path, journeys__test_a=f"def test_a(journey):\n    {body}\n").journeys["a"]
    assert (names.allow("x"), names.allow("y")) == (known, unknown)


def test_steps_of_a_helper_module_are_every_journey_s(tmp_path: Path) -> None:
    """Page objects may hold the steps."""
    helper = "def log_in(journey):\n    with journey.step('log in'): ...\n"
    found = scripts(tmp_path, journeys__pages=helper, journeys__test_a="def test_a(): ...")
    assert found.journeys["a"].names == {"log in"}


def test_a_script_with_an_error_is_a_fault_and_no_obstacle(tmp_path: Path) -> None:
    """The journey is known by its file; what is in it is not."""
    found = scripts(tmp_path, journeys__test_a="def test_a(:\n", journeys__test_b="def test_b(): ...")
    assert set(found.journeys) == {"a", "b"}
    assert found.journeys["a"].open
    assert [str(fault) for fault in found.faults] == ["journeys/test_a.py:1: not Python: invalid syntax (the line is: def test_a(:)"]


@pytest.mark.parametrize("content", [b"x = '\xff'", b"\x00", b"(" * 300, b"# -*- coding: klingon -*-"])
def test_no_file_raises(tmp_path: Path, content: bytes) -> None:
    """Whatever a file holds, the others are read."""
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "test_a.py").write_bytes(content)
    found = scan(tmp_path)
    assert len(found.faults) == 1
    assert list(found.journeys) == ["a"]


def test_a_suite_without_scripts_has_no_names(tmp_path: Path) -> None:
    """Only probes is a suite too."""
    assert scan(tmp_path) == Scripts()


def test_journeys_are_named_after_their_module() -> None:
    """The first test takes the module's name, whatever it is called."""
    assert journey_names("test_booking", ["test_it", "test_it_late"]) == ("booking", "booking-it_late")
    assert journey_names("test_booking", []) == ("booking",)


CLASSES = """
class TestShop:
    def test_home(self, journey): ...
    def test_pay(self, journey): ...

class TestCafe:
    def test_pay(self, journey): ...
"""


def test_tests_of_classes_are_named_with_their_class(tmp_path: Path) -> None:
    """Pytest is told where each stands; of two that would have one name, the second says its class."""
    places = scripts(tmp_path, journeys__test_shop=CLASSES).places
    assert places == {
        "shop": "journeys/test_shop.py::TestShop::test_home",
        "shop-pay": "journeys/test_shop.py::TestShop::test_pay",
        "shop-Cafe-pay": "journeys/test_shop.py::TestCafe::test_pay",
    }
    assert journeys_in(tmp_path / "journeys" / "test_shop.py")["TestCafe::test_pay"] == "shop-Cafe-pay"


MARKED = """
from pytest import mark
import pytest as pt

pytestmark = [pt.mark.slow, mark.journey(every="1h", owner="shop")]

def test_a(journey): ...

@mark.journey(every="2m")
class TestMore:
    pytestmark = pt.mark.journey(owner="payments")
    def test_b(self, journey): ...
    @pt.mark.journey(every="1m")
    @mark.usefixtures("order")
    def test_c(self, journey): ...
"""


def test_facts_are_read_wherever_a_marker_may_stand(tmp_path: Path) -> None:
    """On the module, the class or the test, however it is imported; fact by fact the nearest wins."""
    assert scripts(tmp_path, journeys__test_a=MARKED).facts == {
        "a": {"every": "1h", "owner": "shop"},
        "a-b": {"every": "2m", "owner": "payments"},
        "a-c": {"every": "1m", "owner": "payments"},
    }
