"""The abstract models that other apps build on, and the few tables of core itself."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

__all__ = [
    "ApiToken",
    "IdempotencyRecord",
    "OwnedModel",
    "RateLimitCounter",
    "RuntimeFlag",
    "SoftDeleteManager",
    "SoftDeleteModel",
    "SoftDeleteQuerySet",
    "TimestampedModel",
]


class TimestampedModel(models.Model):
    """Know when a row was made and last saved."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class OwnedModel(models.Model):
    """Belong to a user; what a deleted user owned stays, ownerless."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )

    class Meta:
        abstract = True


class SoftDeleteQuerySet(models.QuerySet[Any]):
    """Delete by marking."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Mark the rows as deleted; return what Django's ``delete()`` returns."""
        marked = self.filter(deleted_at=None).update(deleted_at=timezone.now())
        return marked, {self.model._meta.label: marked} if marked else {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def hard_delete(self) -> tuple[int, dict[str, int]]:
        """Remove the rows and what cascades from them for good."""
        return super().delete()

    hard_delete.alters_data = True  # type: ignore[attr-defined]
    hard_delete.queryset_only = True  # type: ignore[attr-defined]

    def restore(self) -> int:
        """Bring the deleted rows back; return their number."""
        return self.exclude(deleted_at=None).update(deleted_at=None)

    restore.alters_data = True  # type: ignore[attr-defined]

    def alive(self) -> SoftDeleteQuerySet:
        """Return the rows that are not deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> SoftDeleteQuerySet:
        """Return the rows that are deleted."""
        return self.exclude(deleted_at=None)


class SoftDeleteManager(models.Manager.from_queryset(SoftDeleteQuerySet)):  # type: ignore[misc]
    """Show the rows that are not deleted."""

    def get_queryset(self) -> SoftDeleteQuerySet:
        found: SoftDeleteQuerySet = super().get_queryset().filter(deleted_at=None)
        return found


class SoftDeleteModel(models.Model):
    """Be deleted by a mark, so that it can be restored.

    ``objects`` hides deleted rows, ``all_objects`` shows them; ``obj.delete()`` marks, ``obj.hard_delete()`` removes.
    """

    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False, db_index=True)

    objects = SoftDeleteManager()
    all_objects: ClassVar[Any] = SoftDeleteQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Mark the row as deleted; deleting it again changes nothing."""
        if self.is_deleted:
            return 0, {}
        self.deleted_at = timezone.now()
        self.save(using=using, update_fields=["deleted_at"])
        return 1, {self._meta.label: 1}

    delete.alters_data = True  # type: ignore[attr-defined]

    def restore(self, using: str | None = None) -> None:
        """Bring the row back."""
        self.deleted_at = None
        self.save(using=using, update_fields=["deleted_at"])

    restore.alters_data = True  # type: ignore[attr-defined]

    def hard_delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove the row and what cascades from it for good."""
        return super().delete(using=using, keep_parents=keep_parents)

    hard_delete.alters_data = True  # type: ignore[attr-defined]


class ApiToken(models.Model):
    """Let a program act for a user; only the digest of the secret is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, blank=True, help_text=_("What the token is for."))
    hint = models.CharField(_("beginning"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)" if self.name else f"{self.hint}…"

    def is_valid(self, now: datetime | None = None) -> bool:
        """Return whether the token is neither revoked nor expired."""
        moment = now or timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > moment)


class IdempotencyRecord(models.Model):
    """Remember one request with an ``Idempotency-Key`` and, once it is done, its answer."""

    principal = models.CharField(_("principal"), max_length=100)
    key = models.CharField(_("key"), max_length=255)
    request_hash = models.CharField(_("hash of the request"), max_length=64)
    # Which attempt holds the key: a request that was taken over finds another claim here and undoes its work.
    claim = models.UUIDField(default=uuid.uuid4)
    leased_until = models.DateTimeField(_("leased until"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)
    status_code = models.PositiveSmallIntegerField(_("status code"), null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    replayable = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(fields=["principal", "key"], name="ai_cms_core_idempotency_unique"),
        ]

    def __str__(self) -> str:
        # Without the key: this is what the admin calls the row.
        return f"{self.principal} #{self.pk}"

    @property
    def is_done(self) -> bool:
        return self.status_code is not None


class RateLimitCounter(models.Model):
    """Count what one account or address did in the current window of one limit."""

    scope = models.CharField(max_length=100)
    # A keyed hash: counters shall not become a list of e-mail addresses.
    key = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("rate limit counter")
        verbose_name_plural = _("rate limit counters")
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="ai_cms_core_rate_limit_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.count}"


class RuntimeFlag(models.Model):
    """Switch something for all processes without a new start."""

    name = models.SlugField(_("name"), max_length=50, unique=True)
    enabled = models.BooleanField(_("enabled"), default=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("runtime flag")
        verbose_name_plural = _("runtime flags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
