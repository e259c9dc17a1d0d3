"""``ENGINE = "ai_cms.core.postgresql"``: Django's PostgreSQL, with deadlines for a server that is silent.

A server, or a proxy before it, that takes what is sent and never answers is alive for TCP, and it stops no statement. Django's
health check (``CONN_HEALTH_CHECKS``) asks it and waits for ever; here it waits :data:`KEPT_DEADLINE` seconds, and a new
connection is tried. libpq gives each address of the server two seconds at least, one behind the other; here the server is
greeted first, at all its addresses at once, and has :data:`NEW_DEADLINE` seconds. What else the request, or another one, wants
of the database in the next :data:`REST` seconds is refused at once. So a request is told within two seconds.
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from .deadlines import KEPT_DEADLINE, NEW_DEADLINE, REST
from .greeting import answers_greeting

__all__ = ["DatabaseWrapper"]

#: Until when a server rests, by its host and port. Each value is set whole: threads need no lock.
_resting: dict[tuple[str, str], float] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with a health check and a beginning that end."""

    def is_usable(self) -> bool:
        """Return whether the connection answers in time."""
        driver: Any = getattr(self.connection, "pgconn", None)
        if driver is None:
            # No connection, or psycopg2, which has no such handle.
            return bool(super().is_usable())
        try:
            return _answers(driver, time.monotonic() + KEPT_DEADLINE)
        except self.Database.Error:
            return False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection. Raises OperationalError at once or in time for a server that is silent."""
        where = (str(conn_params.get("host") or ""), str(conn_params.get("port") or "5432"))
        if self.pool or not where[0] or "," in where[0]:
            # A pool waits by its own settings; of several servers libpq chooses.
            return super().get_new_connection(conn_params)
        if time.monotonic() < _resting.get(where, 0.0):
            raise OperationalError("the database was silent a moment ago and is not asked again yet")
        if not answers_greeting(*where, NEW_DEADLINE):
            _resting[where] = time.monotonic() + REST
            raise OperationalError(f"the database did not answer within {NEW_DEADLINE} seconds")
        return super().get_new_connection(conn_params)


def _answers(driver: Any, deadline: float) -> bool:
    """Return whether libpq's connection carries out a statement before ``deadline``."""
    driver.send_query(b"SELECT 1")
    succeeded = True
    while True:
        unsent = driver.flush()
        if not unsent:
            while not driver.is_busy():
                result = driver.get_result()
                if result is None:
                    return succeeded
                # TUPLES_OK of libpq's ExecStatusType.
                succeeded = succeeded and result.status == 2
        writers = [driver.socket] if unsent else []
        readable, writable, _ = select.select([driver.socket], writers, [], max(deadline - time.monotonic(), 0))
        if not readable and not writable:
            return False
        if readable:
            driver.consume_input()
