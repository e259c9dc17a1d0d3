"""A call of a model: the request with what it has reserved (LLMCall), and one row for each attempt at it (AILog)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.llm.querysets import AILogQuerySet, LLMCallQuerySet

__all__ = ["AILog", "CallKind", "CallStatus", "LLMCall", "UsageSource"]


class CallKind(models.TextChoices):
    TEXT = "text", _("text")
    IMAGE = "image", _("image")
    EMBEDDING = "embedding", _("embedding")


class CallStatus(models.TextChoices):
    RESERVED = "reserved", _("reserved")
    RUNNING = "running", _("running")
    COMPLETE = "complete", _("complete")
    INCOMPLETE = "incomplete", _("incomplete")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    REFUSED = "refused", _("refused")


class UsageSource(models.TextChoices):
    NONE = "", _("none")
    REPORTED = "reported", _("reported by the provider")
    ESTIMATED = "estimated", _("estimated")


class Targeted(models.Model):
    """What a call or run is about: any object, or only a label."""

    content_type = models.ForeignKey(
        "contenttypes.ContentType", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    object_id = models.CharField(_("object id"), max_length=64, blank=True, editable=False)
    target_label = models.CharField(_("target"), max_length=200, blank=True)

    target = GenericForeignKey("content_type", "object_id")

    class Meta:
        abstract = True


class LLMCall(Targeted):
    """One request to the gateway. While it is open it holds credits; closing it settles them exactly once.

    ``hold`` and ``charged`` are in the unit of ``account`` (tokens for text, images for images). ``lease_until`` is
    moved on by the process that carries the call out; a call whose lease has run out belongs to nobody and is swept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    run = models.ForeignKey("ai_cms_llm.Run", models.SET_NULL, null=True, blank=True, related_name="calls")
    kind = models.CharField(_("kind"), max_length=10, choices=CallKind.choices, default=CallKind.TEXT)
    task = models.CharField(_("task"), max_length=100, blank=True)
    alias = models.CharField(_("alias"), max_length=100)
    agent = models.CharField(_("agent"), max_length=100, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CallStatus.choices, default=CallStatus.RESERVED)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)

    idempotency_key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)

    account = models.ForeignKey(
        "ai_cms_llm.CreditAccount", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    budget = models.ForeignKey(
        "ai_cms_llm.AgentBudget", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    hold = models.BigIntegerField(_("held"), default=0)
    charged = models.BigIntegerField(_("charged"), default=0)
    prompt_estimate = models.PositiveBigIntegerField(default=0, editable=False)
    partial_text = models.TextField(blank=True, editable=False)

    worker = models.CharField(max_length=200, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    result = models.JSONField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)

    objects = LLMCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("model call")
        verbose_name_plural = _("model calls")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="ai_cms_llm_call_key",
            ),
            models.CheckConstraint(condition=models.Q(hold__gte=0), name="ai_cms_llm_call_hold"),
        ]
        indexes = [
            # Open calls are few: the counts behind the limits and the sweeper read only these.
            models.Index(
                fields=["alias", "user"],
                condition=models.Q(finished_at__isnull=True),
                name="ai_cms_llm_call_open",
            ),
            models.Index(fields=["user", "-created_at"], name="ai_cms_llm_call_user"),
        ]

    def __str__(self) -> str:
        return f"{self.task or self.kind} {self.id}"


class AILog(Targeted):
    """One attempt at a call: what was asked, what came back, what it cost.

    ``cost_micro`` is in micro-dollars, ``None`` where no price is known: an unknown price is not zero. ``price`` is the
    row of the price table the cost was reckoned with, so that a later change of prices rewrites nothing.
    """

    call = models.ForeignKey(LLMCall, models.CASCADE, related_name="logs", verbose_name=_("call"))
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    is_repair = models.BooleanField(_("repair"), default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CallKind.choices, default=CallKind.TEXT)
    task = models.CharField(_("task"), max_length=100, blank=True)
    agent = models.CharField(_("agent"), max_length=100, blank=True)
    alias = models.CharField(_("alias"), max_length=100)
    backend = models.CharField(_("backend"), max_length=200)
    model_asked = models.CharField(_("model asked"), max_length=200, blank=True)
    model_answered = models.CharField(_("model that answered"), max_length=200, blank=True)

    prompt = models.JSONField(_("prompt"), default=list, blank=True)
    output = models.TextField(_("output"), blank=True)

    tokens_in = models.PositiveBigIntegerField(_("tokens in"), default=0)
    tokens_out = models.PositiveBigIntegerField(_("tokens out"), default=0)
    tokens_cached = models.PositiveBigIntegerField(_("tokens cached"), default=0)
    images = models.PositiveIntegerField(_("images"), default=0)
    usage_source = models.CharField(
        _("usage"), max_length=10, choices=UsageSource.choices, default=UsageSource.NONE, blank=True
    )
    cost_micro = models.PositiveBigIntegerField(_("cost (micro-dollars)"), null=True, blank=True)
    price = models.JSONField(_("price"), default=dict, blank=True)
    charged = models.BigIntegerField(_("charged"), default=0)

    latency_ms = models.PositiveIntegerField(_("latency (ms)"), null=True, blank=True)
    first_byte_ms = models.PositiveIntegerField(_("first byte (ms)"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=CallStatus.choices, default=CallStatus.RESERVED)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error detail"), max_length=500, blank=True)
    request_id = models.CharField(_("request id"), max_length=200, blank=True)
    finish_reason = models.CharField(_("finish reason"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)

    objects = AILogQuerySet.as_manager()

    class Meta:
        verbose_name = _("AI log entry")
        verbose_name_plural = _("AI log")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["call", "attempt"], name="ai_cms_llm_log_attempt")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="ai_cms_llm_log_user"),
            models.Index(fields=["content_type", "object_id"], name="ai_cms_llm_log_target"),
            models.Index(fields=["task", "-created_at"], name="ai_cms_llm_log_task"),
        ]

    def __str__(self) -> str:
        return f"{self.task or self.kind} {self.call_id} ({self.attempt})"

    @property
    def is_finished(self) -> bool:
        return self.status not in (CallStatus.RESERVED, CallStatus.RUNNING)
