"""Comments and presence for the editor's script, and the threads that wait as a page.

All bodies are JSON in UTF-8; POST needs the CSRF token in ``X-CSRFToken``. Refusals are ``{"detail", "code"}`` or messages by
field (``{"body": ["…"]}``) with 400, 401 (with ``login``: where to log in), 403, 404, 409 or 429. A *person* is
``{"id", "handle", "name", "initials"}``. A *comment* is::

    {"id": 7, "thread": 5, "block": "b-1", "body": "Is this so, @ada?", "author": person, "mine": true,
     "created": "2026-11-30T10:00:00Z", "mentions": [person], "can_delete": true}

and a *thread* is its first comment with ``"answers": [comment]``, ``"resolved": null`` or ``{"at": "…", "by": person}``, and
``"last": "…"``, when somebody last said something. Times are ISO 8601 in UTC. ``body`` is plain text: show it as such.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import get_policy

from ..conf import studio_settings
from ..links import edit_url
from ..mentions import person_json, suggested
from ..models import Comment
from ..services import add_comment, delete_comment, keep_present, leave_page, reopen_thread, resolve_thread
from .base import DeskJSONView, DeskView

__all__ = ["CommentView", "CommentsView", "MentionView", "PresenceView", "SettleView", "ThreadsView"]

#: Threads of a page that are told at once, the open ones first.
MOST_THREADS = 500


class TalkView(DeskJSONView):
    """A view of the comments of one page."""

    def thread_json(self, thread: Comment, answers: list[Comment]) -> JsonObject:
        """Return a thread as the module says."""
        resolved = None
        if thread.resolved_at is not None:
            resolved = {"at": _moment(thread.resolved_at), "by": person_json(thread.resolved_by)}
        return {
            **self.comment_json(thread),
            "answers": [self.comment_json(answer) for answer in answers],
            "resolved": resolved,
            "last": _moment(thread.last_at),
        }

    def comment_json(self, comment: Comment) -> JsonObject:
        """Return a comment as the module says."""
        mine = comment.author_id is not None and comment.author_id == self.actor.user.pk
        return {
            "id": comment.pk,
            "thread": comment.parent_id or comment.pk,
            "block": comment.block_id,
            "body": comment.body,
            "author": person_json(comment.author),
            "mine": mine,
            "created": _moment(comment.created_at),
            "mentions": [person_json(user) for user in comment.mentions.all()],
            "can_delete": mine or self._may_delete(comment),
        }

    def _may_delete(self, comment: Comment) -> bool:
        return get_policy(Comment).can(self.actor, "delete", comment)

    def comment(self, pk: int, number: int) -> Comment:
        """Return a comment of a page that the person may read. Raises NotFound."""
        page = self.page(pk)
        rows = Comment.objects.visible_to(self.actor).select_related("author", "resolved_by")
        found: Comment | None = rows.filter(page_id=page.pk, pk=number).first()
        if found is None:
            raise NotFound
        found.page = page
        return found

    def thread_of(self, comment: Comment) -> JsonObject:
        """Return the whole thread that a comment belongs to."""
        rows = Comment.objects.select_related("author", "resolved_by").prefetch_related("mentions")
        thread = rows.get(pk=comment.parent_id or comment.pk)
        answers = list(rows.filter(parent=thread))
        for row in (thread, *answers):
            row.page = comment.page
        return self.thread_json(thread, answers)


class CommentsView(TalkView):
    """The comments of a page.

    ``GET <mount>/comments/<page>/`` answers ``{"threads": [thread], "open": 3}``, the open ones first, then by time;
    ``?block=<id>`` those of one block. ``POST`` with ``{"body": "…", "block": "b-1"}`` begins a thread (without ``block``: on
    the page as a whole), with ``{"body": "…", "parent": 5}`` answers one; 201 ``{"thread": thread, "comment": 8, "unknown":
    ["bob"]}``, where ``unknown`` are handles that name nobody who may read the page.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk)
        rows = Comment.objects.visible_to(self.actor).filter(page_id=page.pk)
        if request.GET.get("block"):
            rows = rows.filter(block_id=request.GET["block"][:64])
        rows = rows.select_related("author", "resolved_by").prefetch_related("mentions")
        found = list(rows[: MOST_THREADS * 4])
        answers: dict[int, list[Comment]] = {}
        for row in found:
            row.page = page
            if row.parent_id is not None:
                answers.setdefault(row.parent_id, []).append(row)
        threads = [row for row in found if row.parent_id is None]
        threads.sort(key=lambda row: row.resolved_at is not None)
        shown = [self.thread_json(row, answers.get(row.pk, [])) for row in threads[:MOST_THREADS]]
        still_open = sum(row.resolved_at is None for row in threads)
        return self.answered(lambda: ({"threads": shown, "open": still_open}, 200))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.answered(lambda: self._add(pk))

    def _add(self, pk: int) -> tuple[JsonObject, int]:
        page = self.page(pk)
        sent = self.body()
        parent = None
        if sent.get("parent") is not None:
            if not isinstance(sent["parent"], int):
                raise InvalidInput(errors={"parent": [_("Send the number of a comment.")]})
            parent = self.comment(pk, sent["parent"])
        said = add_comment(
            page, actor=self.actor, body=sent.get("body", ""), block_id=sent.get("block") or "", parent=parent
        )
        said.comment.page = page
        body = {"thread": self.thread_of(said.comment), "comment": said.comment.pk, "unknown": list(said.unknown)}
        return body, 201


class CommentView(TalkView):
    """One comment: ``DELETE <mount>/comments/<page>/<comment>/`` answers 204; with the first of a thread go its answers."""

    def delete(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        delete_comment(self.comment(pk, number), actor=self.actor)
        return HttpResponse(status=204)


class SettleView(TalkView):
    """``POST <mount>/comments/<page>/<comment>/resolve/`` and ``…/reopen/``, without a body, answer ``{"thread": thread}``.

    409 ``comment_closed`` where somebody else was faster.
    """

    def post(self, request: HttpRequest, pk: int, number: int, step: str) -> HttpResponse:
        comment = self.comment(pk, number)

        def work() -> tuple[JsonObject, int]:
            settle = resolve_thread if step == "resolve" else reopen_thread
            settle(comment, actor=self.actor)
            return {"thread": self.thread_of(comment)}, 200

        return self.answered(work)


class MentionView(TalkView):
    """``GET <mount>/comments/<page>/people/?q=ad`` answers ``{"people": [person]}``: those who may read the draft, to mention."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk)
        people = suggested(request.GET.get("q", "").replace("\x00", "")[:60], page)
        return self.answered(lambda: ({"people": people}, 200))


class PresenceView(DeskJSONView):
    """Who else is at work on a page.

    ``POST <mount>/presence/<page>/`` with ``{"block_id": "b-1"}`` ("" for no block) says that the person is there and answers
    ``{"others": [{"person": person, "block_id": "b-2", "seen": "…"}], "every": 10, "talk": "…"}``; send it again after
    ``every`` seconds. ``talk`` is another word once the page's comments are others.
    Whoever gave no sign for ``STUDIO_PRESENCE_SECONDS`` is left out. ``{"leave": true}`` says that the page was closed;
    a tab that could not say so runs out.
    """

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.page(pk)

        def work() -> tuple[JsonObject, int]:
            sent = self.body()
            every = max(1, studio_settings.STUDIO_PRESENCE_SECONDS // 3)
            if sent.get("leave") is True:
                leave_page(page, actor=self.actor)
                return {"others": [], "every": every, "talk": ""}, 200
            rows = keep_present(page, actor=self.actor, block_id=sent.get("block_id") or "")
            others = [
                {"person": person_json(row.user), "block_id": row.block_id, "seen": _moment(row.seen_at)}
                for row in rows
            ]
            talk = Comment.objects.visible_to(self.actor).filter(page_id=page.pk).stamp()
            return {"others": others, "every": every, "talk": talk}, 200

        return self.answered(work)


class ThreadsView(DeskView):
    """The open threads that wait for the person, as a page."""

    room = "today"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Comment.objects.waiting_for(self.actor).select_related("page", "author", "last_by")
        rows = rows.prefetch_related("answers__author").defer("page__content_json", "page__metadata")
        threads = [
            {
                "thread": row,
                "person": person_json(row.author),
                "answers": [{"answer": answer, "person": person_json(answer.author)} for answer in row.answers.all()],
                "edit": f"{edit_url(row.page_id)}#comment-{row.pk}",
            }
            for row in rows[:100]
        ]
        return self.show("threads.html", _("Comments"), threads=threads)


def _moment(value: datetime) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
