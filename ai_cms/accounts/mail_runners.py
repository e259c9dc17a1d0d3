"""Who sends queued mail after the commit: the setting ``MAIL_RUNNER``.

``thread``: a thread of this process, which also comes back for mail that has to be tried again; it never holds up an
answer. ``task``: Django's tasks. ``inline``: the caller. ``none``: nobody; ``manage.py send_account_mail`` does.
"""

from __future__ import annotations

import logging
import os
import threading

from django.db import close_old_connections, connection, connections, transaction
from django.utils import timezone

from ai_cms.core.tasks import enqueue, task

from .conf import accounts_settings
from .delivery import deliver, deliver_due, next_due

__all__ = ["MailThread", "wake_after_commit"]

logger = logging.getLogger("ai_cms.accounts")

#: Seconds an idle thread waits for more mail before it ends.
IDLE_SECONDS = 5.0
#: The longest it sleeps until mail is due again; mail that other processes queued is looked for as often.
LONGEST_WAIT = 60.0


@task()
def send_one(pk: int) -> None:
    """Try to send one mail; what fails waits for ``send_account_mail``."""
    deliver(pk)


def wake_after_commit(pk: int | None) -> None:
    """See to it that a mail goes out once the current transaction has been committed; ``None`` is nothing to send."""
    # Robust, and no partial: the request is done by then, and Django before 6.1 logs what one raises by its name.
    transaction.on_commit(lambda: _wake(pk), robust=True)


def _wake(pk: int | None) -> None:
    runner = accounts_settings.MAIL_RUNNER
    if pk is None or runner == "none":
        return
    if runner == "thread":
        mail_thread.wake()
    elif runner == "task":
        enqueue(send_one, pk)
    else:
        deliver(pk)


class MailThread:
    """One thread a process that sends what is due, and waits for what is due later. It ends when nothing waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._wakes = 0

    def wake(self) -> None:
        """Have the thread look now; start it if there is none."""
        with self._lock:
            self._wakes += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ai-cms-mail", daemon=True)
                self._thread.start()
            else:
                self._news.notify()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended, at most ``timeout`` seconds; return whether it has (for tests)."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _work(self) -> None:
        try:
            while True:
                with self._lock:
                    seen = self._wakes
                wait = self._send()
                if not self._sleep(seen, wait):
                    return
        finally:
            connections.close_all()

    def _send(self) -> float | None:
        """Send what is due; return the seconds until more is, ``None`` if nothing waits."""
        try:
            close_old_connections()
            while deliver_due() > 0:
                pass
            due = next_due()
            return None if due is None else max((due - timezone.now()).total_seconds(), 0.2)
        except Exception:
            # A busy database, most likely. The rows are still there.
            logger.exception("The mail thread could not look into the outbox.")
            connection.close()
            return LONGEST_WAIT / 10

    def _sleep(self, seen: int, wait: float | None) -> bool:
        """Wait for news or for what is due; return whether to look again. Without either the thread is over."""
        connections.close_all()
        with self._lock:
            if self._wakes != seen:
                return True
            timeout = IDLE_SECONDS if wait is None else min(wait, LONGEST_WAIT)
            self._news.wait_for(lambda: self._wakes != seen, timeout=timeout)
            if self._wakes != seen or wait is not None:
                return True
            self._thread = None
            return False


mail_thread = MailThread()


def _forget_thread() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global mail_thread
    mail_thread = MailThread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_thread)
