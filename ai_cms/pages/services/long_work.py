"""Carry out long work on a subtree, in parts.

A copy is made part by part, each part a transaction that holds the tree for a moment; copies are drafts, so nobody sees half
of one. A move, a deletion and a restoration are seen whole or not at all: what takes long, asking for the rights to each page,
is done in parts before, and the change itself is the same few statements as for one page. Publishing is page by page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonObject
from .. import get_page_model, tree
from ..exceptions import PageNotFound, PublishRefused
from ..models import AbstractPage, TreeWork, WorkKind, WorkStatus
from .bin import delete_page, restore_page
from .copying import copy_page, copy_part
from .publishing import publish_page
from .rights import Asked, require_each, require_publish_of_live
from .structure import move_page

__all__ = ["carry_out", "carry_out_due"]

logger = logging.getLogger(__name__)

#: Pages of one part: a tenth of a second of the tree's lock, or a little more.
PART = 200
#: Seconds without a sign of life after which another process takes over.
LEASE_SECONDS = 300
#: What was left out is listed up to here.
MAX_FAILED = 100


class _Lost(Exception):
    """Another process has taken the work over."""


class _Cancelled(Exception):
    """Somebody does not want it any more."""


def carry_out_due() -> int:
    """Carry out all work that nobody is doing; return how much. Two at once do each once."""
    count = 0
    while (pk := TreeWork.objects.due().order_by("created_at").values_list("pk", flat=True).first()) is not None:
        count += carry_out(pk)
    return count


def carry_out(pk: UUID) -> bool:
    """Claim work and do it to its end; return whether this did. What goes wrong is written down, not raised."""
    claimed = (
        TreeWork.objects.due()
        .filter(pk=pk)
        .update(status=WorkStatus.RUNNING, attempt=F("attempt") + 1, lease_until=_lease())
    )
    if not claimed:
        return False
    work = TreeWork.objects.select_related("user").get(pk=pk)
    try:
        result = _Job(work).run()
    except _Lost:
        logger.warning("Work on the tree %s was taken over before it was done.", pk)
        return False
    except _Cancelled:
        _finish(work, WorkStatus.CANCELLED)
    except RequestRefused as error:
        _finish(work, WorkStatus.FAILED, error_code=error.code[:60], error_detail=str(error.detail)[:500])
    except Exception:
        logger.exception("Work on the tree %s (%s) failed.", pk, work.kind)
        if not connection.in_atomic_block:
            connection.close()
        detail = _("Something went wrong on our side.")
        _finish(work, WorkStatus.FAILED, error_code="internal_error", error_detail=detail)
    else:
        _finish(work, WorkStatus.DONE, result=result, done=work.total)
    return True


def _lease() -> Any:
    return timezone.now() + timedelta(seconds=LEASE_SECONDS)


def _finish(work: TreeWork, status: str, **fields: Any) -> None:
    mine = TreeWork.objects.open().filter(pk=work.pk, attempt=work.attempt)
    mine.update(status=status, finished_at=timezone.now(), lease_until=None, **fields)


class _Job:
    """The carrying out of one piece of work."""

    def __init__(self, work: TreeWork) -> None:
        self.work = work
        self.actor = _actor_of(work)
        self.options: dict[str, Any] = work.options

    def run(self) -> JsonObject:
        """Do it and return what came of it. Raises RequestRefused, _Cancelled, _Lost."""
        page = self._page(self.work.page_id)
        steps: dict[str, Callable[[AbstractPage], JsonObject]] = {
            WorkKind.COPY: self._copy,
            WorkKind.MOVE: self._move,
            WorkKind.DELETE: self._delete,
            WorkKind.RESTORE: self._restore,
            WorkKind.PUBLISH: self._publish,
        }
        return steps[self.work.kind](page)

    def _page(self, pk: int | None) -> AbstractPage:
        page: AbstractPage | None = get_page_model().all_objects.filter(pk=pk).first()
        if page is None:
            raise PageNotFound
        return page

    def _progress(self, done: int, **fields: Any) -> None:
        """Tell how far it is. Raises _Cancelled, _Lost."""
        mine = TreeWork.objects.open().filter(pk=self.work.pk, attempt=self.work.attempt)
        if not mine.update(done=done, lease_until=_lease(), **fields):
            raise _Lost
        if TreeWork.objects.filter(pk=self.work.pk, cancel_requested=True).exists():
            raise _Cancelled

    def _keys(self, page: AbstractPage, **conditions: Any) -> list[int]:
        """Return the keys of a page and of those below it, in the order of the tree."""
        rows = get_page_model().all_objects.non_polymorphic()
        rows = rows.filter(tree_id=page.tree_id, lft__gte=page.lft, lft__lte=page.rght, **conditions)
        keys = list(rows.order_by("lft").values_list("pk", flat=True))
        TreeWork.objects.filter(pk=self.work.pk).update(total=len(keys))
        self.work.total = len(keys)
        return keys

    def _ask(self, page: AbstractPage, action: str, *, deleted: bool = False) -> Asked:
        """Ask, part by part, whether the actor may do ``action`` to each page, and publish those that the public sees."""
        asked = Asked()
        if self.actor.is_superuser:
            return asked
        conditions = {"deletion": page.deletion} if deleted else {}
        keys = self._keys(page, **conditions)
        for done, part in _parts(keys):
            # Under the lock, since rights go by where a page stands.
            with tree.locked_trees(type(page), page.pk) as lock:
                rows = tree.subtree(lock.rows, lock.node(page.pk, deleted=True)).filter(pk__in=part)
                require_each(self.actor, action, rows)
                require_publish_of_live(self.actor, rows, deleted=deleted)
                for name in (action, "publish"):
                    asked.note(name, rows if name == action else _seen_by_public(rows, deleted))
            self._progress(done)
        return asked

    def _move(self, page: AbstractPage) -> JsonObject:
        asked = self._ask(page, "change")
        # Read now, both: where they stand decides who may do what, and the tree has moved on since the questions began.
        page, target = self._page(page.pk), self._page(self.work.target_id)
        moved = move_page(page, target, actor=self.actor, asked=asked, **self.options)
        return {"page": moved.pk, "pages": moved.get_descendant_count() + 1}

    def _delete(self, page: AbstractPage) -> JsonObject:
        asked = self._ask(page, "delete")
        return {
            "page": page.pk,
            "pages": delete_page(self._page(page.pk), actor=self.actor, asked=asked, **self.options),
        }

    def _restore(self, page: AbstractPage) -> JsonObject:
        asked = self._ask(page, "restore", deleted=True)
        restored = restore_page(self._page(page.pk), actor=self.actor, asked=asked, **self.options)
        return {"page": restored.pk, "pages": restored.get_descendant_count() + 1}

    def _copy(self, page: AbstractPage) -> JsonObject:
        # What a process that is gone had made of it.
        self._undo(self.options.get("partial"))
        target = self._page(self.work.target_id)
        keys = self._keys(page, deleted_at=None)
        options = {name: value for name, value in self.options.items() if name != "partial"}
        first = copy_page(page, target, actor=self.actor, recursive=False, **options)
        self.options = {**options, "partial": first.pk}
        try:
            self._progress(1, options=self.options)
            copies = {page.pk: first.pk}
            for done, part in _parts(keys[1:]):
                copies.update(copy_part(copies, part, actor=self.actor))
                self._progress(done + 1)
        except _Lost:
            raise
        except BaseException:
            self._undo(first.pk)
            raise
        return {"page": first.pk, "pages": len(copies)}

    def _undo(self, pk: int | None) -> None:
        """Put a copy that was not finished into the bin."""
        copy = get_page_model().objects.filter(pk=pk).first() if pk else None
        if copy is not None:
            delete_page(copy, actor=Actor.system("tree work"))

    def _publish(self, page: AbstractPage) -> JsonObject:
        keys = self._keys(page, deleted_at=None)
        failed: list[JsonObject] = []
        published = refused = 0
        for done, part in _parts(keys):
            changed = get_page_model().objects.filter(pk__in=part).order_by("lft")
            for found in changed.filter(~Q(published_version=F("version")) | Q(published_version=None)):
                try:
                    publish_page(found, actor=self.actor)
                    published += 1
                except (PublishRefused, PermissionRefused, NotFound) as error:
                    refused += 1
                    # Not the name of a page that this actor may not see.
                    if len(failed) < MAX_FAILED and not isinstance(error, NotFound):
                        failed.append({"page": found.pk, "code": error.code, "detail": str(error.detail)})
            self._progress(done)
        return {"page": page.pk, "pages": published, "refused": refused, "failed": failed}


def _actor_of(work: TreeWork) -> Actor:
    if work.via == "system":
        return Actor.system("tree work")
    if work.user is None:
        return Actor.anonymous()
    return Actor(user=work.user, scopes=None if work.scopes is None else frozenset(work.scopes), via=work.via)


def _parts(keys: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield the parts of ``keys``, each with how many are done after it."""
    for start in range(0, len(keys), PART):
        part = keys[start : start + PART]
        yield start + len(part), part


def _seen_by_public(rows: Any, deleted: bool) -> Any:
    wanted = Q(publication__isnull=False) if deleted else Q(publication__active=True)
    return rows.filter(wanted)
