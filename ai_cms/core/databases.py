"""What a client is told of an error that the database raised."""

from __future__ import annotations

import logging

from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from .exceptions import Conflict, InvalidInput, RequestRefused, Unavailable

__all__ = ["database_refusal"]

logger = logging.getLogger(__name__)

# PostgreSQL's codes for "try again": deadlock, serialisation failure, lock not available, statement timeout on a lock.
_BUSY_STATES = {"40P01", "40001", "55P03"}
_CLASHES = {"23505", "23503", "23P01"}
# SQLite's plain error: a statement that does not fit the schema, which no waiting mends.
_SQLITE_MISTAKE = "SQLITE_ERROR"


def database_refusal(error: Exception) -> RequestRefused | None:
    """Return ``error`` as a refusal that a client can act on, logged; ``None`` for mistakes in the code."""
    state = getattr(error.__cause__, "sqlstate", None)
    text = str(error)
    if isinstance(error, IntegrityError):
        clash = state in _CLASHES or text.startswith(("UNIQUE constraint", "FOREIGN KEY constraint"))
        if not clash:
            return None
        logger.warning("A write clashed with another one: %s", error)
        return Conflict("Another write came in between; read the current state and try again.")
    if isinstance(error, DataError):
        logger.warning("The database refused a value: %s", error)
        return InvalidInput("A value does not fit into its field.")
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    if getattr(error.__cause__, "sqlite_errorname", "") == _SQLITE_MISTAKE:
        return None
    if state in _BUSY_STATES or "is locked" in text:
        logger.warning("The database is busy: %s", error)
        return Unavailable("The database is busy, try again.", code="database_busy", retry_after=1)
    if state is None or state.startswith(("08", "53", "57", "58")):
        logger.error("The database is not reachable.", exc_info=error)
        return Unavailable("The database is not reachable.", code="database_unavailable", retry_after=5)
    return None
