"""Comment on blocks, answer, resolve, open again, delete."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.limits import check_limit
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.core.strictjson import is_clean_text
from ai_cms.pages.models import AbstractPage

from ..exceptions import CommentClosed, CommentRefused
from ..mentions import mentioned
from ..models import Comment

__all__ = ["MOST_CHARACTERS", "Said", "add_comment", "delete_comment", "reopen_thread", "resolve_thread"]

MOST_CHARACTERS = 4_000
#: Comments of one person, and in how many seconds; `RATE_LIMITS` replaces them.
COMMENTS = (60, 600)
_BLOCK = re.compile(r"[a-z0-9-]{0,64}")


@dataclass(frozen=True)
class Said:
    """A comment as it was kept. ``unknown``: handles in it that name nobody who may read the page."""

    comment: Comment
    unknown: tuple[str, ...]


def add_comment(
    page: AbstractPage,
    *,
    actor: ActorLike,
    body: str,
    block_id: str = "",
    parent: Comment | None = None,
    now: datetime | None = None,
) -> Said:
    """Say something about a block of a page's draft (``block_id`` "" for the page), or answer the thread of ``parent``.

    An answer opens a thread that was resolved. Who is mentioned by ``@handle`` and may read the draft finds it on their first
    page of the studio. Raises CommentRefused, LimitExceeded and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    get_policy(Comment).require(who, "add", Comment(page=page))
    text = body.strip() if isinstance(body, str) else ""
    if not text:
        raise CommentRefused(errors={"body": [_("Write something first.")]})
    if len(text) > MOST_CHARACTERS:
        raise CommentRefused(
            errors={"body": [_("A comment has at most %(most)d characters.") % {"most": MOST_CHARACTERS}]}
        )
    if not is_clean_text(text):
        raise CommentRefused(errors={"body": [_("The text holds characters that cannot be kept.")]})
    if not isinstance(block_id, str) or not _BLOCK.fullmatch(block_id):
        raise CommentRefused(errors={"block": [_("This is no id of a block.")]})
    if parent is not None and parent.page_id != page.pk:
        raise CommentRefused(errors={"parent": [_("There is no such comment on this page.")]})
    if who.account is not None:
        check_limit("studio_comments", f"user:{who.account.pk}", *COMMENTS)
    users, unknown = mentioned(text, page)
    moment = now or timezone.now()
    with transaction.atomic(using=router.db_for_write(Comment)):
        # One level of answers: an answer to an answer is one to the thread.
        top = None if parent is None else Comment.objects.select_for_update().filter(pk=parent.parent_id or parent.pk)
        thread = None if top is None else top.first()
        if top is not None and thread is None:
            raise CommentRefused(errors={"parent": [_("There is no such comment on this page.")]})
        comment = Comment.objects.create(
            page_id=page.pk,
            block_id=block_id if thread is None else thread.block_id,
            parent=thread,
            author=who.account,
            body=text,
            created_at=moment,
            last_at=moment,
            last_by=who.account,
        )
        comment.mentions.set(users)
        if thread is not None:
            thread.last_at, thread.last_by = moment, who.account
            thread.resolved_at = thread.resolved_by = None
            thread.save(update_fields=["last_at", "last_by", "resolved_at", "resolved_by"])
    return Said(comment, tuple(unknown))


def resolve_thread(comment: Comment, *, actor: ActorLike, now: datetime | None = None) -> Comment:
    """Put a thread away as dealt with. Raises CommentClosed if it is already, and what permissions raise."""
    return _settle(comment, Actor.of(actor), now or timezone.now())


def reopen_thread(comment: Comment, *, actor: ActorLike) -> Comment:
    """Bring a thread back that was resolved. Raises CommentClosed if it is open, and what permissions raise."""
    return _settle(comment, Actor.of(actor), None)


def _settle(comment: Comment, who: Actor, moment: datetime | None) -> Comment:
    get_policy(Comment).require(who, "resolve", comment)
    top = comment.parent_id or comment.pk
    # One UPDATE decides who was first; the other is told.
    rows = Comment.objects.filter(pk=top, resolved_at__isnull=moment is not None)
    if not rows.update(resolved_at=moment, resolved_by=who.account if moment is not None else None):
        raise CommentClosed
    settled: Comment = Comment.objects.select_related("author", "resolved_by", "page").get(pk=top)
    return settled


def delete_comment(comment: Comment, *, actor: ActorLike) -> None:
    """Delete a comment; with the first of a thread go its answers. Raises what permissions raise."""
    get_policy(Comment).require(Actor.of(actor), "delete", comment)
    comment.delete()
