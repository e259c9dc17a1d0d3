"""What is written at the end of a call, although the database may be away for a moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection

__all__ = ["afterwards", "persistently"]

T = TypeVar("T")

logger = logging.getLogger("ai_cms.llm")


def persistently(work: Callable[[], T]) -> T:
    """Do what must not be lost, again where the database was away for a moment."""
    for pause in (0.2, 1.0, 3.0):
        try:
            return work()
        except (DatabaseError, InterfaceError):
            if connection.in_atomic_block:
                raise
            logger.warning("The database failed at the end of a call, trying again.", exc_info=True)
            connection.close()
            time.sleep(pause)
    return work()


def afterwards(work: Callable[[], None]) -> None:
    """Do what follows a settled call; without a database it is left out, for the answer has been paid for."""
    try:
        work()
    except (DatabaseError, InterfaceError):
        if connection.in_atomic_block:
            raise
        logger.warning("A call was settled, but not all that follows could be done.", exc_info=True)
        connection.close()
