"""The tables of the store. `migrations/` builds them; a test holds the two together.

Moments are whole milliseconds since 1970 (UTC). A run and a series have a number beside their name, because samples are many
and names are long.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import JSON, BigInteger, Boolean, Column, Dialect, Double, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

HEAD = "0005"
"""The newest migration: what a store must be at to be read and written."""

VERSION_TABLE = "footfall_version"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Moment(TypeDecorator[datetime]):
    """A UTC-aware moment, kept as whole milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Write: what is finer than a millisecond is cut off, as in the interchange form."""
        return None if value is None else (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read."""
        return None if value is None else _EPOCH + value * _MILLISECOND


metadata = MetaData()


def _of_run() -> Column[int]:
    return Column("run", Integer, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)


def _of_series(*, primary_key: bool = False) -> Column[int]:
    return Column("series", Integer, ForeignKey("series.number"), nullable=False, primary_key=primary_key)


def _seq() -> Column[int]:
    """The order in which a run's records were read; it breaks ties between equal moments."""
    return Column("seq", Integer, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _json(name: str) -> Column[dict[str, object]]:
    return Column(name, JSON, nullable=False)


def _at(name: str = "at") -> Column[datetime]:
    return Column(name, Moment, nullable=False)


runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _text("target"),
    _text("kind"),
    _at("started"),
    Column("ended", Moment),
    _text("git_commit"),
    _text("git_branch"),
    _text("machine"),
    _text("location"),
    _text("config_digest"),
    _json("versions"),
    _json("labels"),
    Column("faulted", Boolean, nullable=False),  # the target was told to misbehave: never part of a baseline
    _text("outcome"),  # finished, failed, aborted, interrupted
    _text("verdict"),  # the gate's worst one; empty until it was judged
    Column("exit_code", Integer),
    Column("part_of", Text, nullable=False, server_default=""),  # the run that this one helped to judge: never shown or counted by itself
    Index("runs_by_whole", "part_of"),
    Index("runs_by_target", "target", "started"),
    Index("runs_by_time", "started"),
)

series = Table(
    "series",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # a digest of the columns below: names may be longer than an index allows
    _text("target"),
    _text("source"),
    _text("subject"),
    _text("part"),
    _text("metric"),
    _json("labels"),
)

summaries = Table(
    "summaries",
    metadata,
    _of_run(),
    _of_series(primary_key=True),
    _at("started"),  # the run's, so that a trend is one walk along an index
    _text("comparable"),  # equal for runs whose figures may be compared (see summary.comparable_key)
    _text("kind"),
    _text("unit"),
    Column("count", BigInteger, nullable=False),
    *(Column(name, Double, nullable=False) for name in ("mean", "min", "max", "p50", "p75", "p90", "p95", "p99", "total", "last")),
    Column("hdr", Text),  # all of the run's histograms of this series in one
    Index("summaries_by_time", "series", "started"),
    Index("summaries_by_likeness", "series", "comparable", "started"),
)

samples = Table(
    "samples",
    metadata,
    _of_run(),
    _seq(),
    _of_series(),
    _at(),
    Column("value", Double, nullable=False),
    Column("iteration", Integer, nullable=False),
    _text("unit"),  # set for a script's own metric only
    _json("detail"),
    sqlite_with_rowid=False,
)

histograms = Table(
    "histograms",
    metadata,
    _of_run(),
    _seq(),
    _of_series(),
    _at(),
    Column("window_s", Double, nullable=False),
    _text("hdr"),
    sqlite_with_rowid=False,
)

events = Table("events", metadata, _of_run(), _seq(), _at(), _text("kind"), _text("text"), _json("detail"), sqlite_with_rowid=False)

artifacts = Table(
    "artifacts",
    metadata,
    _of_run(),
    _seq(),
    _at(),
    _text("kind"),
    _text("path"),
    _text("subject"),
    _text("part"),
    Column("iteration", Integer, nullable=False),
    sqlite_with_rowid=False,
)

baselines = Table(
    "baselines",
    metadata,
    Column("target", Text, primary_key=True),
    Column("branch", Text),  # null: the suite's own, or the usual names
    Column("since", Moment),  # when the first run that counts began
    _text("since_run"),
    _text("note"),
    _at(),
)

deployments = Table(
    "deployments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _at(),
    _text("target"),
    _text("outcome"),  # succeeded, failed, rolled_back
    _text("git_commit"),
    _text("git_branch"),
    _text("version"),
    _text("url"),
    _text("source"),
    Index("deployments_by_target", "target", "at"),
)

changes = Table(
    "changes",
    metadata,
    _of_series(primary_key=True),
    _of_run(),  # the first run after the change, or the first of a drift
    _at(),
    Column("before", Double, nullable=False),
    Column("after", Double, nullable=False),
    Column("chance", Double, nullable=False),
    _text("statistic"),
    _text("last_commit"),  # the last before the change
    _text("first_commit"),  # the first after it; of a drift that of its last run
    Column("points", Integer, nullable=False),  # since the change, when it was found
    _at("found"),
    Column("until", Moment),  # when the last run of a drift began; null: a step
    Column("last_run", Text, nullable=False, server_default=""),  # its id
    Column("commits", JSON, nullable=False, server_default="{}"),  # between the two: {"listed": [[name, first line], …], "more": n}
    Index("changes_by_time", "at"),
)
