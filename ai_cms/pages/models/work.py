"""Long work on a subtree: what is to be done for whom, how far it is, and how it ended."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["TreeWork", "WorkKind", "WorkQuerySet", "WorkStatus"]


class WorkKind(models.TextChoices):
    COPY = "copy", _("copy")
    MOVE = "move", _("move")
    DELETE = "delete", _("delete")
    RESTORE = "restore", _("restore")
    PUBLISH = "publish", _("publish")


class WorkStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class WorkQuerySet(models.QuerySet["TreeWork"]):
    def open(self) -> WorkQuerySet:
        """Return the work that has not ended."""
        return self.filter(finished_at=None)

    def due(self, now: datetime | None = None) -> WorkQuerySet:
        """Return the work that nobody is doing: not begun, or begun by a process that is gone."""
        abandoned = Q(status=WorkStatus.RUNNING, lease_until__lte=now or timezone.now())
        return self.open().filter(Q(status=WorkStatus.QUEUED) | abandoned)


class TreeWork(models.Model):
    """One piece of work on a page and everything below it that is too long for one request.

    ``attempt`` is the fence: each claim raises it, and every write of a worker names the attempt it has claimed. ``done``
    of ``total`` are pages. ``result``: the page that came of it, how many pages, and what was left out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=WorkKind.choices)
    status = models.CharField(_("status"), max_length=10, choices=WorkStatus.choices, default=WorkStatus.QUEUED)
    page = models.ForeignKey(
        get_page_model_string(), models.SET_NULL, null=True, related_name="+", verbose_name=_("page")
    )
    target = models.ForeignKey(
        get_page_model_string(), models.SET_NULL, null=True, related_name="+", verbose_name=_("target")
    )
    title = models.CharField(_("title"), max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", verbose_name=_("user")
    )
    scopes = models.JSONField(null=True, editable=False)
    via = models.CharField(max_length=10, default="session", editable=False)
    options = models.JSONField(default=dict, editable=False)
    total = models.PositiveIntegerField(_("pages"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    result = models.JSONField(_("result"), null=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error"), max_length=500, blank=True)
    cancel_requested = models.BooleanField(default=False, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work on the tree")
        verbose_name_plural = _("work on the tree")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(finished_at=None), name="ai_cms_pages_work_open"),
            models.Index(fields=["user", "-created_at"], name="ai_cms_pages_work_user"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"
