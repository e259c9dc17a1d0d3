"""Count bots without cookies and without addresses: in memory, and in one write now and then by a thread of its own.

The request that is counted asks no database and waits for no lock but that of a dictionary. What a process had counted when it
was killed is lost: these are figures, not accounts.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import DatabaseError, connections, router, transaction
from django.db.models import F
from django.utils import timezone

from ai_cms.pages.current_site import site_for_host

from .bots import known_bots
from .conf import machine_settings
from .models import BotDay, BotKind

__all__ = ["count", "flush", "pending", "prune"]

logger = logging.getLogger("ai_cms.machines")

#: Keys held in memory; requests for more host names than that, with names that no site has, are not counted.
MAX_KEYS = 5_000

#: Day, host name and bot ("" for one that asks for Markdown and does not say who it is).
Key = tuple[date, str, str]


class _Pending:
    """What was counted since the last write."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[Key, Counter[str]] = {}
        self.timer: threading.Timer | None = None

    def take(self) -> dict[Key, Counter[str]]:
        with self.lock:
            found, self.counts = self.counts, {}
            return found


_pending = _Pending()


def count(host: str, bot: str, *, markdown: bool = False, refused: bool = False) -> None:
    """Count one request; the first since the last write starts the clock of the next."""
    seconds = machine_settings.BOT_TRAFFIC_FLUSH_SECONDS
    if seconds <= 0:
        return
    key = (timezone.localdate(), host[:253].lower(), bot[:60])
    with _pending.lock:
        found = _pending.counts.get(key)
        if found is None:
            if len(_pending.counts) >= MAX_KEYS:
                return
            found = _pending.counts[key] = Counter()
        found["requests"] += 1
        found["markdown"] += markdown
        found["refused"] += refused
        if _pending.timer is None:
            _pending.timer = threading.Timer(seconds, _flush_in_thread)
            _pending.timer.daemon = True
            _pending.timer.start()


def pending() -> dict[Key, Counter[str]]:
    """Return what waits to be written."""
    with _pending.lock:
        return {key: Counter(found) for key, found in _pending.counts.items()}


def _flush_in_thread() -> None:
    with _pending.lock:
        _pending.timer = None
    try:
        flush()
    finally:
        connections.close_all()


def flush() -> int:
    """Write what was counted; returns how many rows. A database that is away costs the figures, nothing else."""
    with _pending.lock:
        if _pending.timer is not None and threading.current_thread() is not _pending.timer:
            _pending.timer.cancel()
            _pending.timer = None
    counts = _pending.take()
    if not counts:
        return 0
    try:
        return _write(counts)
    except DatabaseError:
        logger.warning("The visits of %d bots could not be written and are lost.", len(counts), exc_info=True)
        return 0


def _write(counts: Mapping[Key, Counter[str]]) -> int:
    kinds = known_bots()
    sites = {host: site_for_host(host) for host in {key[1] for key in counts}}
    rows: dict[tuple[date, int, str], Counter[str]] = {}
    for (day, host, bot), found in counts.items():
        site = sites[host]
        if site is not None:
            rows.setdefault((day, site.pk, bot), Counter()).update(found)
    with transaction.atomic(using=router.db_for_write(BotDay)):
        # In one order, so that two processes do not wait for each other's rows.
        for (day, site_id, bot), found in sorted(rows.items(), key=lambda item: item[0]):
            row = BotDay.objects.filter(day=day, bot=bot, site_id=site_id)
            values = {name: F(name) + found[name] for name in ("requests", "markdown", "refused")}
            if not row.update(**values):
                made = BotDay(day=day, site_id=site_id, bot=bot, kind=kinds.get(bot, BotKind.OTHER))
                # Another process may be faster; the counts go on top of whatever row is there.
                BotDay.objects.bulk_create([made], ignore_conflicts=True)
                row.update(**values)
        prune()
    return len(rows)


def prune() -> int:
    """Delete figures that are older than ``BOT_TRAFFIC_KEEP_DAYS``; returns how many rows."""
    oldest = timezone.localdate() - timedelta(days=machine_settings.BOT_TRAFFIC_KEEP_DAYS)
    return BotDay.objects.filter(day__lt=oldest).delete()[0]
