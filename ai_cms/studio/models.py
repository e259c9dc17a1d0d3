"""What people say about a page's blocks, and who is at work on a page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.pages import get_page_model_string

from .querysets import CommentQuerySet, PresenceQuerySet

__all__ = ["Comment", "Presence"]


class Comment(models.Model):
    """A remark on a block of a page's draft, or an answer to one.

    ``block_id``: "" for the page as a whole; answers have that of the comment they answer. A thread is the first comment
    with its answers; it is what is resolved. A block that is gone leaves its comments.
    """

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="studio_comments", verbose_name=_("page")
    )
    block_id = models.CharField(_("block"), max_length=64, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="answers", verbose_name=_("answers")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    body = models.TextField(_("text"), max_length=4_000)
    mentions = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("mentions")
    )
    created_at = models.DateTimeField(_("created"))
    # Of the whole thread, moved on by each answer; lists are in its order.
    last_at = models.DateTimeField(_("last said"))
    last_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("resolved by")
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["-last_at"],
                condition=models.Q(parent=None, resolved_at=None),
                name="ai_cms_studio_comment_open",
            ),
        ]

    def __str__(self) -> str:
        return self.body[:80]


class Presence(models.Model):
    """That somebody has a page open, and which block. A row is good for ``STUDIO_PRESENCE_SECONDS``."""

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="+", verbose_name=_("page")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    block_id = models.CharField(_("block"), max_length=64, blank=True)
    seen_at = models.DateTimeField(_("last seen"), db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["page", "user"], name="ai_cms_studio_presence_one")]

    def __str__(self) -> str:
        return f"{self.user} at {self.page}"
