"""Long work: a Run, and the numbered events that its watchers read."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.llm.querysets import RunQuerySet

from .call import Targeted

__all__ = ["Run", "RunEvent", "RunStatus"]


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    REQUIRES_ACTION = "requires_action", _("waiting for approval")
    CANCELLING = "cancelling", _("being cancelled")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    ERROR = "error", _("failed")
    INTERRUPTED = "interrupted", _("interrupted")


class Run(Targeted):
    """One piece of long work, done by a registered handler on behalf of a user.

    ``attempt`` is the fence: each claim raises it, and every write of a worker names the attempt it was claimed with,
    so that a worker which was given up cannot write into its successor's run. ``text`` is all text so far.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handler = models.CharField(_("handler"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    scopes = models.JSONField(null=True, blank=True, editable=False)
    via = models.CharField(max_length=10, default="session", editable=False)
    # Who acts for the user, as histories name it, and what it keeps to.
    label = models.CharField(max_length=200, blank=True, editable=False)
    agent = models.JSONField(null=True, blank=True, editable=False)
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED)
    text = models.TextField(_("text"), blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error detail"), max_length=500, blank=True)

    idempotency_key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    last_seq = models.PositiveIntegerField(default=0, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="ai_cms_llm_run_key",
            )
        ]
        indexes = [
            models.Index(
                fields=["status", "created_at"],
                condition=models.Q(finished_at__isnull=True),
                name="ai_cms_llm_run_open",
            ),
            models.Index(fields=["user", "-created_at"], name="ai_cms_llm_run_user"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None


class RunEvent(models.Model):
    """One event of a run; ``seq`` counts from 1 without gaps and is the id a client resumes from."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("run event")
        verbose_name_plural = _("run events")
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="ai_cms_llm_event_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
