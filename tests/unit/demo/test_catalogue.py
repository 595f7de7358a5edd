"""What Corner offers is the same on every machine."""

from __future__ import annotations

import datetime as dt

import pytest

from footfall.demo import catalogue, events, market, pictures
from footfall.demo.catalogue import PRODUCTS


def test_the_contract_names_what_is_there() -> None:
    """240 products with their own addresses, the loaf first; 120 listings; a picture for each."""
    assert (len(PRODUCTS), len(catalogue.BY_SLUG), PRODUCTS[1].slug) == (240, 240, "sourdough-loaf")
    assert {product.category for product in PRODUCTS.values()} == set(catalogue.CATEGORIES)
    assert len(market.LISTINGS) == 120
    shown = {product.picture for product in PRODUCTS.values()} | {name for listing in market.LISTINGS.values() for name in listing.pictures}
    assert all(pictures.exists(name, width) for name in shown for width in pictures.WIDTHS)


@pytest.mark.parametrize("slot", ["1-0900", "14-1830", "7-1230"])
def test_slots_are_known(slot: str) -> None:
    """From the first day's morning to the last day's evening."""
    assert catalogue.is_slot(slot)


@pytest.mark.parametrize("slot", ["", "0-0900", "15-0900", "01-0900", "1-0830", "1-1900", "1-09:00", "1", "x-0900", "1-0900 ", "²-0900"])
def test_other_texts_are_no_slots(slot: str) -> None:
    """Off by one, in another form, no number at all."""
    assert not catalogue.is_slot(slot)


def test_days_are_named_from_tomorrow() -> None:
    """The name follows the calendar; the slot's id does not."""
    assert catalogue.day_name(1, dt.date(2026, 12, 31)) == "Fri 1 Jan"


def test_search_wants_every_word() -> None:
    """In any order and case, within the category."""
    names = [product.name for product in catalogue.find_products("loaf RYE")]
    assert names == ["Rye Loaf"]
    assert catalogue.find_products("loaf", "books") == []


@pytest.mark.parametrize(("cents", "text"), [(0, "€0.00"), (5, "€0.05"), (123456, "€1,234.56")])
def test_money_is_written_as_people_read_it(cents: int, text: str) -> None:
    """Two decimals, always."""
    assert catalogue.euros(cents) == text


def test_pictures_are_the_same_every_time() -> None:
    """The same bytes, and a JPEG in the width that was asked for."""
    first = pictures.paint("jar1", 320)
    pictures._painted.clear()
    assert pictures.paint("jar1", 320) == first
    assert first[:2] == b"\xff\xd8"


@pytest.mark.parametrize(("name", "width"), [("jar4", 320), ("jar1", 321), ("hero", 320), ("", 320), ("jar", 320), ("jar11", 320)])
def test_other_pictures_do_not_exist(name: str, width: int) -> None:
    """So that nobody can have the shop paint without end."""
    assert not pictures.exists(name, width)


def test_quotes_come_one_after_the_other_and_stay() -> None:
    """None at once, all in the end, never another one for the same job."""
    job = {"ref": "J1", "created": 100.0, "budget": 90_000}
    came = [events.quotes(job, 100.0 + late) for late in (0.0, 0.5, 0.9, 60.0)]  # type: ignore[arg-type]
    assert [len(quotes) for quotes in came] == [0, 1, 2, 3]
    assert came[3][:2] == came[2]
