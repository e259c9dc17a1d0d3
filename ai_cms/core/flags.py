"""Switches for all processes: rows of :class:`RuntimeFlag`, looked at every two seconds at most."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from threading import Lock

from django.db import DatabaseError, connections, router, transaction

from .lane.watching import forgets, watch
from .models import RuntimeFlag
from .redaction import one_line
from .signals import maintenance_changed

__all__ = ["MAINTENANCE", "MEMO_SECONDS", "flag_enabled", "forget_flags", "peek_flag", "set_flag"]

MAINTENANCE = "maintenance"
#: Seconds a process trusts what it read.
MEMO_SECONDS = 2.0

logger = logging.getLogger(__name__)
_memo: tuple[float, frozenset[str]] | None = None
_forgotten = 0
_lock = Lock()
_memo_lock = Lock()


def flag_enabled(name: str) -> bool:
    """Return whether the flag is on. A database that cannot answer counts as the last known state, else as off."""
    global _memo
    fresh = peek_flag(name)
    if fresh is not None:
        return fresh
    known = _memo
    # One thread asks, the others go on with what was known.
    if known is not None and not _lock.acquire(blocking=False):
        return name in known[1]
    if known is None:
        _lock.acquire()
    try:
        forgotten = _forgotten
        found = (time.monotonic(), _read(known[1] if known else frozenset()))
        with _memo_lock:
            # What was read before somebody had it forgotten may be what is to be forgotten.
            if forgotten == _forgotten:
                _memo = found
        return name in found[1]
    finally:
        _lock.release()


def peek_flag(name: str) -> bool | None:
    """Return what this process knows without asking the database; ``None`` when that is too old."""
    known = _memo
    if known is None or time.monotonic() - known[0] >= MEMO_SECONDS:
        return None
    return name in known[1]


def set_flag(name: str, enabled: bool) -> RuntimeFlag:
    """Switch the flag and return its row; this process knows at once, others within two seconds."""
    with transaction.atomic():
        flag, _created = RuntimeFlag.objects.update_or_create(name=name, defaults={"enabled": enabled})
        if name == MAINTENANCE:
            maintenance_changed.send(sender=RuntimeFlag, enabled=enabled)
        transaction.on_commit(forget_flags)
    forget_flags()
    return flag


@forgets
def forget_flags() -> None:
    """Make the next question go to the database."""
    global _memo, _forgotten
    with _memo_lock:
        _memo = None
        _forgotten += 1


def _read(known: frozenset[str]) -> frozenset[str]:
    connection = connections[router.db_for_read(RuntimeFlag)]
    # Never a transaction of its own: on SQLite one takes the write lock when it begins, and readers are not to wait for
    # writers. Within one, a savepoint, so that a failure leaves it usable.
    guard = transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()
    try:
        with guard:
            return frozenset(RuntimeFlag.objects.filter(enabled=True).values_list("name", flat=True))
    except DatabaseError as error:
        logger.warning("Could not read the runtime flags: %s", one_line(str(error)))
        return known


watch(lambda: RuntimeFlag)
