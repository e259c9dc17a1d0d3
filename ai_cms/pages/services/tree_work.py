"""Ask for long work on a subtree, and who carries it out after the commit: the setting ``TREE_WORK_RUNNER``.

``thread``: a thread of this process. ``task``: Django's tasks. ``none``: nobody; ``manage.py run_tree_work`` does.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.tasks import enqueue, task

from ..conf import pages_settings
from ..exceptions import TreeTooLarge
from ..models import AbstractPage, TreeWork, WorkKind, WorkStatus
from .long_work import carry_out, carry_out_due

__all__ = ["WorkThread", "cancel_tree_work", "carry_out_due", "go_on", "start_tree_work"]

logger = logging.getLogger(__name__)


def start_tree_work(
    kind: str,
    page: AbstractPage,
    *,
    actor: ActorLike,
    target: AbstractPage | None = None,
    options: Mapping[str, Any] | None = None,
) -> TreeWork:
    """Have ``kind`` (a WorkKind) done to a page and everything below it after the commit, and return the row that tells of it.

    ``target`` and ``options`` (keyword arguments of the service that does it to few pages, as JSON). What that service asks at
    its beginning has been asked. Raises TreeTooLarge above ``TREE_WORK_MAX_PAGES``, Conflict above ``TREE_WORK_PER_USER``.
    """
    who = Actor.of(actor)
    if who.agent is not None:
        raise PermissionRefused(_("An agent starts no long work on the tree; ask a person to do it."))
    right = {WorkKind.COPY: "view", WorkKind.MOVE: "change"}.get(WorkKind(kind), kind)
    policy_for(page).require(who, right, page)
    total = page.get_descendant_count() + 1
    if total > pages_settings.TREE_WORK_MAX_PAGES and not who.is_system:
        raise TreeTooLarge(total, pages_settings.TREE_WORK_MAX_PAGES, "TREE_WORK_MAX_PAGES")
    open_ones = TreeWork.objects.open().filter(user=who.account).count() if who.account is not None else 0
    if open_ones >= pages_settings.TREE_WORK_PER_USER:
        raise Conflict(
            _("You have work on the tree under way already. Wait until it is done, or cancel it."),
            code="tree_work_open",
        )
    work = TreeWork.objects.create(
        kind=kind,
        page=page,
        target=target,
        title=page.title[:255],
        user=who.account,
        scopes=None if who.scopes is None else sorted(who.scopes),
        via="system" if who.is_system else who.via[:10],
        options=dict(options or {}),
        total=total,
    )
    # Robust, and no partial: the request is done by then, and Django before 6.1 logs what one raises by its name.
    transaction.on_commit(lambda: _wake(work.pk), robust=True)
    return work


def cancel_tree_work(work: TreeWork) -> TreeWork:
    """Stop work before its next part; what has not begun ends at once. Does nothing to what has ended."""
    rows = TreeWork.objects.open().filter(pk=work.pk)
    waiting = rows.filter(status=WorkStatus.QUEUED)
    if not waiting.update(status=WorkStatus.CANCELLED, finished_at=timezone.now(), cancel_requested=True):
        rows.update(cancel_requested=True)
    work.refresh_from_db()
    return work


@task()
def tree_work_task(pk: str) -> None:
    """Carry out one piece of work on the tree."""
    carry_out(UUID(pk))


def go_on(work: TreeWork) -> None:
    """Have work taken up again whose process is gone, where a thread does it: whoever asks how far it is waits for it."""
    if pages_settings.TREE_WORK_RUNNER == "thread" and TreeWork.objects.due().filter(pk=work.pk).exists():
        work_thread.wake()


def _wake(pk: UUID) -> None:
    runner = pages_settings.TREE_WORK_RUNNER
    if runner == "thread":
        work_thread.wake()
    elif runner == "task":
        enqueue(tree_work_task, str(pk))


class WorkThread:
    """One thread a process that does what is due, one piece after the other. It ends when nothing is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._news = False

    def wake(self) -> None:
        """Have the thread look; start it if there is none."""
        with self._lock:
            self._news = True
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ai-cms-tree", daemon=True)
                self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait until the thread has ended, at most ``timeout`` seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _work(self) -> None:
        try:
            while self._is_wanted():
                close_old_connections()
                carry_out_due()
        except Exception:
            # A database that is away, most likely. The rows are still there, and the next who asks starts anew.
            logger.exception("The thread for work on the tree could not go on.")
        finally:
            connections.close_all()

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._news:
                self._thread = None
                return False
            self._news = False
            return True


work_thread = WorkThread()


def _forget_thread() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global work_thread
    work_thread = WorkThread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_thread)
