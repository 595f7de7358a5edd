"""Probes of figures: a read-only SQL query or preset, a PromQL query."""

from __future__ import annotations

import asyncio
import json
import math
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from footfall.config.suite import ProbeSpec
from footfall.probe.body import read
from footfall.probe.client import client_of
from footfall.probe.found import Found, ms_since
from footfall.threads import Threads

PRESETS: Mapping[str, str] = {
    "connections": """
        SELECT count(*) AS connections,
               count(*) FILTER (WHERE state = 'active') AS active,
               count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
               count(*)::float / current_setting('max_connections')::int AS connection_use
        FROM pg_stat_activity WHERE backend_type = 'client backend'""",
    "locks": """
        SELECT count(*) FILTER (WHERE NOT granted) AS waiting_locks, count(*) AS locks FROM pg_locks""",
    "slow_queries": """
        SELECT count(*) AS slow_queries, coalesce(max(mean_exec_time), 0) AS slowest_mean_ms
        FROM pg_stat_statements WHERE mean_exec_time > :slow_over_ms""",
    "unused_indexes": """
        SELECT count(*) AS unused_indexes, coalesce(sum(pg_relation_size(s.indexrelid)), 0) AS unused_index_bytes
        FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid) WHERE s.idx_scan = 0 AND NOT i.indisunique""",
    "cache_hit_ratio": """
        SELECT coalesce(sum(blks_hit)::float / nullif(sum(blks_hit) + sum(blks_read), 0), 1) AS cache_hit_ratio
        FROM pg_stat_database WHERE datname = current_database()""",
    "dead_tuples": """
        SELECT coalesce(sum(n_dead_tup), 0) AS dead_tuples,
               coalesce(sum(n_dead_tup)::float / nullif(sum(n_live_tup + n_dead_tup), 0), 0) AS dead_ratio
        FROM pg_stat_user_tables""",
}
"""PostgreSQL's own views (PostgreSQL docs, "The Cumulative Statistics System"); the columns become figures."""


_THREADS = Threads("footfall-sql", 32)
_ASKING: Counter[str] = Counter()
_LEFT: set[str] = set()
"""Probes whose queries nobody waits for any more, though they still run."""
_ROWS = re.compile(r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL)
"""Queries whose rows PostgreSQL can hand over one by one; `SHOW` and `EXPLAIN` it cannot, and their answers are short."""
_STATEMENTS_ARE_OFF = (
    "slow_queries reads pg_stat_statements, which this database does not have: put shared_preload_libraries = 'pg_stat_statements' "
    "into postgresql.conf, restart the server, and run CREATE EXTENSION pg_stat_statements in this database"
)
_CONNECT_LIMITS = {"postgresql": "connect_timeout", "mysql": "connect_timeout", "mariadb": "connect_timeout", "sqlite": "timeout"}


async def sql(spec: ProbeSpec, _base_url: str, _headers: Mapping[str, str]) -> Found:
    """Run a query that may only read; the columns of its first row become figures (`measure` picks and renames them).

    No more rows than the first are taken from a database that hands them over one by one, as PostgreSQL, MySQL and SQLite do. The query
    is ended when its time is up, on any database. One whose driver does not let go keeps its probe from asking again, and nobody else
    from anything.
    """
    if spec.name in _LEFT:
        return Found({}, "the query of an earlier check has not ended yet")
    try:
        return await _THREADS.run(lambda: _asked(spec))
    except asyncio.CancelledError:
        if _ASKING[spec.name]:
            _LEFT.add(spec.name)
        raise


def _asked(spec: ProbeSpec) -> Found:
    _ASKING[spec.name] += 1
    try:
        return _sql(spec)
    finally:
        _ASKING[spec.name] -= 1
        _LEFT.discard(spec.name)


def _sql(spec: ProbeSpec) -> Found:
    options, started, ended = spec.options, time.perf_counter(), threading.Event()
    limit_s = 0.9 * spec.timeout_s  # it ends before we stop listening
    try:
        engine = _engine(options["database"], spec.timeout_s)
        with engine.connect() as connection, _ended_in_time(connection, limit_s - ms_since(started) / 1000, ended):
            figures = {"connect": ms_since(started)}
            _read_only(connection, spec.timeout_s * 1000 - ms_since(started))
            asked = time.perf_counter()
            query = text(PRESETS[options["preset"]] if options["preset"] else options["query"])
            values = {"slow_over_ms": options["slow_over_ms"]} if "slow_over_ms" in query._bindparams else {}  # noqa: SLF001  # no public way
            one_by_one = {"stream_results": bool(_ROWS.match(query.text)), "max_row_buffer": 1}
            row = connection.execute(query, values, execution_options=one_by_one).mappings().first()
            figures["query"] = ms_since(asked)
            connection.rollback()
    except (SQLAlchemyError, ImportError, ValueError) as error:
        if ended.is_set():
            return Found({}, f"the query was ended after {limit_s:.3g} s (timeout: {spec.timeout_s:g} s)")
        return Found({}, _why(error, options["preset"]))
    numbers = {str(name): float(value) for name, value in (row or {}).items() if _is_number(value)}
    return _measured(spec.measure, figures, numbers)


def _why(error: Exception, preset: str) -> str:
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return _STATEMENTS_ARE_OFF if preset == "slow_queries" and "pg_stat_statements" in said else f"the query failed: {said}"


def _engine(url: str, timeout_s: float) -> Engine:
    address = make_url(url)
    if address.drivername in {"postgres", "postgresql"}:
        address = address.set(drivername="postgresql+psycopg")
    waits = {_CONNECT_LIMITS[kind]: max(2, round(timeout_s))} if (kind := address.get_backend_name()) in _CONNECT_LIMITS else {}
    return create_engine(address, poolclass=NullPool, connect_args=waits)


@contextmanager
def _ended_in_time(connection: Connection, left_s: float, ended: threading.Event) -> Iterator[None]:
    """End a connection's query when its time is up, by whatever its driver has for that; the query then fails where it was asked."""
    driver = connection.connection.driver_connection
    end = next((getattr(driver, name) for name in ("interrupt", "cancel", "close") if hasattr(driver, name)), lambda: None)

    def end_it() -> None:
        ended.set()
        end()

    timer = threading.Timer(max(0.05, left_s), end_it)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read_only(connection: Connection, left_ms: float) -> None:
    """Make the database refuse to write: PostgreSQL, MySQL and SQLite can; elsewhere the transaction is rolled back at least.

    PostgreSQL also ends the query by itself after `left_ms`, should we be gone by then.
    """
    kind = connection.dialect.name
    if kind == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {max(100, round(left_ms))}"))
    elif kind == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))
    elif kind in {"mysql", "mariadb"}:
        connection.execute(text("SET TRANSACTION READ ONLY"))


def _is_number(value: Any) -> bool:
    try:
        return value is not None and not isinstance(value, str | bytes) and math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _measured(measure: Mapping[str, str], figures: dict[str, float], numbers: Mapping[str, float]) -> Found:
    wanted = measure or {name: name for name in numbers}
    missing = [f"{name} ({column})" for name, column in wanted.items() if column not in numbers]
    figures.update({name: numbers[column] for name, column in wanted.items() if column in numbers})
    return Found(figures, f"no number at {', '.join(missing)}" if missing else "")


async def promql(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Found:
    """Ask Prometheus (its HTTP API, "instant queries"); `value` is the first sample, `series` how many there are."""
    url = urljoin(urljoin(base_url + "/", spec.options["url"]).rstrip("/") + "/", "api/v1/query")
    query = {"query": spec.options["query"]}
    async with client_of(spec, base_url, headers) as client, client.stream("GET", url, params=query) as answer:
        body = await read(answer)
    try:
        said = json.loads(body)
        if said.get("status") != "success":
            return Found({}, f"Prometheus refuses the query: {said.get('error', answer.status_code)}")
        result = said["data"]["result"]
        samples = [result] if said["data"]["resultType"] in {"scalar", "string"} else [each["value"] for each in result]
        values = [float(sample[1]) for sample in samples]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Found({}, f"the answer ({answer.status_code}) is none of Prometheus")
    finite = [value for value in values if math.isfinite(value)]
    return Found({"series": float(len(values)), **({"value": finite[0]} if finite else {})})
