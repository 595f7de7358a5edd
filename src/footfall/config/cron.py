"""Cron expressions and time zones, as `[watch]` and `[alerts]` write them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from footfall.config.fields import Table, shown

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_RANGE = re.compile(r"([0-7])(?:-([0-7])(?:/([1-9]))?)?")


def cron_trigger(cron: str, zone: str) -> CronTrigger:
    """Return the trigger of a cron expression in a time zone. Raises ValueError for one that cannot be read.

    As in every crontab 0 and 7 are Sunday; APScheduler counts from Monday, so days are given to it by name.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  # only suites with cron expressions need it

    fields = cron.split()
    if len(fields) == 5:
        fields[4] = ",".join(map(_days, fields[4].split(",")))
    return CronTrigger.from_crontab(" ".join(fields), timezone=zone)


def _days(text: str) -> str:
    found = _DAY_RANGE.fullmatch(text)
    if found is None:
        return text
    first, last = int(found[1]), int(found[2] or found[1])
    return ",".join(dict.fromkeys(_DAYS[day] for day in range(first, last + 1, int(found[3] or 1)))) or text


def check_zone(table: Table, key: str, zone: str) -> None:
    """Note a time zone that does not exist."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fault(key, f"{shown(zone)} is no time zone", 'expected one such as "Europe/Warsaw"')


def check_cron(table: Table, key: str, cron: str) -> None:
    """Note a cron expression that cannot be read, or that never comes."""
    if not cron:
        return
    try:
        comes = cron_trigger(cron, "UTC").get_next_fire_time(None, datetime.now(ZoneInfo("UTC")))
    except (ValueError, KeyError) as error:
        table.fault(key, f"{shown(cron)} is no cron expression: {error}", 'expected five fields, such as "*/5 8-18 * * mon-fri"')
        return
    if comes is None:
        table.fault(key, f"{shown(cron)} never comes", "the 30th of February, perhaps?")
