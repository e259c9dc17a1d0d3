"""What a client is told of an error that the database raised."""

from __future__ import annotations

import errno
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connections

from .exceptions import Conflict, InvalidInput, RequestRefused, Unavailable
from .redaction import one_line

__all__ = ["database_refusal", "without_waiting"]

logger = logging.getLogger(__name__)

# PostgreSQL's codes for "try again": deadlock, serialisation failure, lock not available.
_BUSY_STATES = {"40P01", "40001", "55P03"}
_CLASHES = {"23505", "23503", "23P01"}
#: A standby, or a server that was set so; Django has it as InternalError.
_READ_ONLY_STATE = "25006"
_DISK_FULL_STATE = "53100"
#: A statement that was stopped: by ``statement_timeout``, or by hand.
_STOPPED_STATE = "57014"
# SQLite's plain error: a statement that does not fit the schema, which no waiting mends.
_SQLITE_MISTAKE = "SQLITE_ERROR"
_SQLITE_FILE_TROUBLE = ("SQLITE_IOERR", "SQLITE_CANTOPEN")


def database_refusal(error: Exception) -> RequestRefused | None:
    """Return ``error`` as a refusal that a client can act on, logged; ``None`` for mistakes in the code."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    if isinstance(error, IntegrityError):
        clash = state in _CLASHES or str(error).startswith(("UNIQUE constraint", "FOREIGN KEY constraint"))
        if not clash:
            return None
        logger.warning("A write clashed with another one: %s", _line(error))
        return Conflict("Another write came in between; read the current state and try again.")
    if isinstance(error, DataError):
        logger.warning("The database refused a value: %s", _line(error))
        return InvalidInput("A value does not fit into its field.")
    return _outage(error, state)


def _outage(error: Exception, state: str) -> Unavailable | None:
    """Return what is wrong with the database itself. One line in the log each: an outage meets every request."""
    sqlite = str(getattr(error.__cause__, "sqlite_errorname", ""))
    full = state == _DISK_FULL_STATE or sqlite.startswith("SQLITE_FULL")
    if full or (sqlite.startswith(_SQLITE_FILE_TROUBLE) and _no_room_for_sqlite()):
        logger.error("The database has no room left on its disk: %s", _line(error))
        return Unavailable("The database has no room left on its disk.", code="database_full", retry_after=30)
    if state == _READ_ONLY_STATE or sqlite.startswith("SQLITE_READONLY"):
        logger.error("The database takes no writes: %s", _line(error))
        return Unavailable("The database takes no writes for now.", code="database_read_only", retry_after=5)
    if not isinstance(error, OperationalError | InterfaceError) or sqlite == _SQLITE_MISTAKE:
        return None
    if state in _BUSY_STATES or "is locked" in str(error):
        logger.warning("The database is busy: %s", _line(error))
        return Unavailable("The database is busy, try again.", code="database_busy", retry_after=1)
    if state == _STOPPED_STATE:
        logger.error("The database took too long: %s", _line(error))
        return Unavailable("The database took too long, try again.", code="database_busy", retry_after=1)
    if not state or state.startswith(("08", "53", "57", "58")):
        logger.error("The database is not reachable: %s", _line(error))
        return Unavailable("The database is not reachable.", code="database_unavailable", retry_after=5)
    return None


def _no_room_for_sqlite() -> bool:
    """Return whether nothing can be written beside a SQLite file: SQLite tells a quota, and a log that it cannot begin on a
    full disk, as an error of input and output."""
    for alias in connections:
        if connections[alias].vendor != "sqlite":
            continue
        folder = Path(str(connections[alias].settings_dict["NAME"]).removeprefix("file:").partition("?")[0]).parent
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                # As large as what SQLite begins such a log with.
                probe.write(bytes(64 * 1024))
                probe.flush()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return True
    return False


@contextmanager
def without_waiting(connection: Any) -> Iterator[None]:
    """Have a SQLite ``connection`` refuse at once what another process's write keeps it from; other databases go on as ever.

    For writes that may as well be left out.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    # The driver's own connection: this is no query of the site.
    driver = connection.connection
    before = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(before)}")


def _line(error: Exception) -> str:
    return one_line(str(error))[:500]
