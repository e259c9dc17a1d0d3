"""Which process works on a call or run, and whether it is still there."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.utils import timezone

__all__ = ["is_gone", "lease", "this_worker"]


def this_worker() -> str:
    """Return a name for this process that no other process has, now or later."""
    return _name(os.getpid())


def lease(seconds: float) -> datetime:
    """Return the time until which this process may go without a sign of life."""
    return timezone.now() + timedelta(seconds=seconds)


def is_gone(worker: str) -> bool:
    """Return whether ``worker`` certainly runs no more.

    Certain it can only be of processes of the same kernel and process namespace; all others are given their lease.
    """
    place, _, process = worker.partition("/")
    if not place or place != _place():
        return False
    pid, _, started = process.partition("/")
    return pid.isdigit() and _started(int(pid)) != started


@lru_cache(maxsize=8)
def _name(pid: int) -> str:
    # By pid, because a server that forks after loading the application would share one name among its workers.
    place = _place()
    return f"{place}/{pid}/{_started(pid)}" if place else f"/{pid}/{os.urandom(8).hex()}"


@lru_cache(maxsize=1)
def _place() -> str:
    """Name the kernel and process namespace; empty where the system does not tell (not Linux)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{os.readlink('/proc/self/ns/pid')}".replace("/", "_")
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when the process began, in clock ticks since the boot; empty if there is none, or only its corpse."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The command in parentheses may contain anything, spaces and parentheses too.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]
