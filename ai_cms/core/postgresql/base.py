"""``ENGINE = "ai_cms.core.postgresql"``: Django's PostgreSQL, but the health check of a kept connection has a deadline.

A server, or a proxy before it, that takes what is sent and never answers is alive for TCP, and it stops no statement. Django's
health check (``CONN_HEALTH_CHECKS``) asks it and waits for ever; here it waits :data:`DEADLINE` seconds. With
``connect_timeout`` for new connections a request is then told in time that the database is away.
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

__all__ = ["DEADLINE", "DatabaseWrapper"]

#: Seconds that a kept connection may take to answer ``SELECT 1``.
DEADLINE = 1.5


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with a health check that ends."""

    def is_usable(self) -> bool:
        """Return whether the connection answers. Raises OperationalError for a silent one, which is closed."""
        driver: Any = getattr(self.connection, "pgconn", None)
        if driver is None:
            # No connection, or psycopg2, which has no such handle.
            return bool(super().is_usable())
        try:
            usable = _answers(driver, time.monotonic() + DEADLINE)
        except self.Database.Error:
            return False
        if usable is None:
            self.close()
            # Not a new connection at once: it would wait for the same server once more.
            raise OperationalError(f"the database did not answer within {DEADLINE} seconds")
        return usable


def _answers(driver: Any, deadline: float) -> bool | None:
    """Return whether libpq's connection carries out a statement, or ``None`` if it is silent until ``deadline``."""
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
            return None
        if readable:
            driver.consume_input()
