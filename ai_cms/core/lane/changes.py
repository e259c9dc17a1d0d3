"""Read how often watched tables have changed, over a connection of the lane's own: one raw statement a request.

A count that was read after a request began is at least that of every change acknowledged before it. Whatever is in the way (no
database, no triggers, a silent server) is ``None``: then nothing kept is looked at.
"""

from __future__ import annotations

import contextlib
import os
import select
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from django.db import connections

from ..postgresql.deadlines import KEPT_DEADLINE
from ..redaction import one_line
from .triggers import COUNT, TABLE, installed, wanted
from .watching import database_of_watched

__all__ = ["ChangeReader"]

#: Seconds until a connection that failed is tried again.
_REST = 1.0
#: Rows of the count that are drawn together; there are as many as writers were at work at the same time.
_MANY_ROWS = 100
_TOGETHER = (
    f"WITH gone AS (DELETE FROM {TABLE} WHERE id IN "
    f"(SELECT id FROM {TABLE} ORDER BY id OFFSET 1 FOR UPDATE SKIP LOCKED) RETURNING number) "
    f"INSERT INTO {TABLE} (number) SELECT sum(number) FROM gone HAVING count(*) > 0"
)


class _Unfit(Exception):
    """The count cannot be read, for a reason that people can mend."""


class _Source(Protocol):
    blocking: bool

    def read(self) -> object: ...

    def close(self) -> None: ...


class ChangeReader:
    """The count of changes, for all threads of a process; ``trouble``: why it could not be read last, "" if it could."""

    def __init__(self) -> None:
        self.trouble = "nothing was asked yet"
        self._lock = threading.Lock()
        self._source: _Source | None = None
        self._pid = 0
        self._rests_until = 0.0
        self._opened = 0

    @property
    def blocking(self) -> bool:
        """Whether reading waits for another process: an event loop is not to wait."""
        source = self._source
        return source is None or source.blocking

    def read(self) -> object:
        """Return what is another after each change, or None where that cannot be told."""
        with self._lock:
            source = self._source
            if source is None or self._pid != os.getpid():
                source = self._open()
                if source is None:
                    return None
            try:
                # Of another connection, what was counted before may have been of another database.
                return self._opened, source.read()
            except Exception as error:  # a driver's, whichever is in use: the long way tells visitors what is wrong
                self._fail(error)
                return None

    def close(self) -> None:
        """Close the connection; the next reading opens another."""
        with self._lock:
            if self._source is not None and self._pid == os.getpid():
                self._source.close()
            self._source = None
            self._rests_until = 0.0

    def _open(self) -> _Source | None:
        if time.monotonic() < self._rests_until:
            return None
        # One that a parent process opened is the parent's: it is neither used nor closed.
        self._source, self._pid = None, os.getpid()
        try:
            self._source = _source()
        except Exception as error:  # as above
            self._fail(error)
            return None
        self._opened += 1
        self.trouble = ""
        return self._source

    def _fail(self, error: Exception) -> None:
        self.trouble = one_line(str(error))[:300] or type(error).__name__
        self._rests_until = time.monotonic() + _REST
        if self._source is not None:
            with contextlib.suppress(Exception):
                self._source.close()
            self._source = None


def _source() -> _Source:
    """Return a connection to the database of the watched tables. Raises _Unfit, and the driver's errors."""
    alias = database_of_watched()
    if alias is None:
        raise _Unfit("The watched tables are not all read from and written to one database.")
    wrapper: Any = connections[alias]
    if wrapper.vendor == "postgresql":
        return _Postgres(wrapper)
    if wrapper.vendor != "sqlite":
        raise _Unfit(f"Changes are not counted on {wrapper.vendor}.")
    if wrapper.is_in_memory_db():
        raise _Unfit("A database in memory has no second connection.")
    return _Sqlite(wrapper)


def _expect_triggers(cursor: Any, vendor: str) -> None:
    if installed(cursor, vendor).keys() != wanted(vendor).keys():
        raise _Unfit("The triggers that count changes are not in place: run manage.py migrate.")


class _Postgres:
    """psycopg 3, by the functions of libpq: a prepared statement and its deadline, without a cursor."""

    blocking = True

    def __init__(self, wrapper: Any) -> None:
        parameters = wrapper.get_connection_params()
        # By the wrapper, whose own deadlines hold here too; but never one of a pool, which would lack it for good.
        pooled = "pool" in wrapper.settings_dict.get("OPTIONS", {})
        self.connection = wrapper.Database.connect(**parameters) if pooled else wrapper.get_new_connection(parameters)
        try:
            self.connection.autocommit = True
            with self.connection.cursor() as cursor:
                _expect_triggers(cursor, "postgresql")
            driver: Any = getattr(self.connection, "pgconn", None)
            self.driver: Any = None
            if hasattr(driver, "send_query_prepared") and hasattr(select, "poll"):
                self.poll = select.poll()
                self.poll.register(driver.socket, select.POLLIN)
                driver.prepare(b"ai_cms_changes", COUNT.encode())
                self.driver = driver
        except BaseException:
            self.connection.close()
            raise

    def read(self) -> object:
        if self.driver is None:
            with self.connection.cursor() as cursor:
                cursor.execute(COUNT)
                return self._count(*cursor.fetchone())
        driver = self.driver
        driver.send_query_prepared(b"ai_cms_changes", None)
        deadline = 0.0
        while driver.flush() or driver.is_busy():
            now = time.monotonic()
            deadline = deadline or now + KEPT_DEADLINE
            if now >= deadline or not self.poll.poll((deadline - now) * 1000):
                raise _Unfit(f"The database did not answer within {KEPT_DEADLINE} seconds.")
            driver.consume_input()
        result = driver.get_result()
        driver.get_result()
        if result.status != 2:  # TUPLES_OK of libpq's ExecStatusType
            raise _Unfit(result.error_message.decode("utf-8", "replace") or "The count could not be read.")
        return self._count(result.get_value(0, 0), int(result.get_value(0, 1)))

    def _count(self, total: object, rows: int) -> object:
        if not total:
            raise _Unfit("The count of changes is empty: run manage.py migrate.")
        if rows > _MANY_ROWS:
            # Transactions of another isolation than the usual add a row each. The sum stays, and with it what is kept.
            with contextlib.suppress(Exception), self.connection.cursor() as cursor:
                cursor.execute(_TOGETHER)
        return total

    def close(self) -> None:
        self.connection.close()


class _Sqlite:
    """A connection that writes nothing: what is asked of the file is whether another one has committed."""

    blocking = False

    def __init__(self, wrapper: Any) -> None:
        self.path = str(wrapper.get_connection_params()["database"])
        if self.path.startswith("file:"):
            raise _Unfit("A database that is named by a URI is not counted on.")
        self.file = self._file()
        address = f"file:{quote(str(Path(self.path).absolute()))}?mode=rw"
        # It never waits: a reader that would have to takes the long way.
        self.connection = sqlite3.connect(
            address, uri=True, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=8
        )
        try:
            _expect_triggers(self.connection.cursor(), "sqlite")
        except BaseException:
            self.connection.close()
            raise
        self.version = -1
        self.total: object = None

    def read(self) -> object:
        if self._file() != self.file:
            raise _Unfit("The file of the database is another one.")
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self.version:
            total = self.connection.execute(COUNT).fetchone()[0]
            if total is None:
                raise _Unfit("The count of changes is empty: run manage.py migrate.")
            # In this order: what was committed between the two is counted, and asked for once more.
            self.version, self.total = version, total
        return self.total

    def _file(self) -> tuple[int, int]:
        found = os.stat(self.path)
        return found.st_dev, found.st_ino

    def close(self) -> None:
        self.connection.close()
