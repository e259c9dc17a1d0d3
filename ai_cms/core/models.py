"""The abstract models that other apps build on, and the few tables of core itself."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .conf import core_settings
from .permissions import SCOPES, AgentLimits, reach_of, scopes_up_to

__all__ = [
    "AbstractApproval",
    "AgentAccount",
    "ApiToken",
    "ApprovalStatus",
    "ContainedModel",
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


class ContainedModel(models.Model):
    """Know until when what a program wants to write is only proposed, since it has read text from outside."""

    outside_until = models.DateTimeField(_("contained until"), null=True, blank=True, editable=False)
    outside_source = models.CharField(_("contained because of"), max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True

    def is_contained(self, now: datetime | None = None) -> bool:
        """Return whether text from outside was read a short while ago."""
        return self.outside_until is not None and self.outside_until > (now or timezone.now())


class ApprovalStatus(models.TextChoices):
    """What became of something that a program may only do once a person has said so."""

    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    EXPIRED = "expired", _("expired")
    USED = "used", _("carried out")


class AbstractApproval(models.Model):
    """Something that a program may only do once a person has said so: once, for a while.

    ``digest`` binds the decision to exactly these arguments and to the state of what they are about.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether a person may still decide."""
        return self.status == ApprovalStatus.PENDING and self.expires_at > timezone.now()

    def settle(self, status: str, **also: Any) -> bool:
        """Give an open approval ``status``, and columns ``also``; return whether it was open. Of two who decide, one does."""
        now = timezone.now()
        mine = type(self)._default_manager.filter(pk=self.pk, status=ApprovalStatus.PENDING, expires_at__gt=now)
        settled = bool(mine.update(status=status, decided_at=now, **also))
        self.refresh_from_db()
        return settled


class AgentAccount(ContainedModel):
    """A program that acts for its owner under a name of its own, with less than the owner's rights.

    ``scope``: the widest of its tokens' scopes. ``subtrees``: keys of the pages it keeps to, with all below them;
    ``block_types``: what it may write; empty lists limit nothing. ``rate_per_minute`` and ``max_calls`` count all its requests.
    """

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("For whom it acts. It may never do more than this person."),
    )
    scope = models.CharField(
        _("scope"), max_length=10, default="propose", choices=[(scope, scope) for scope in SCOPES if scope != "admin"]
    )
    subtrees = models.JSONField(_("pages"), default=list, blank=True)
    block_types = models.JSONField(_("block types"), default=list, blank=True)
    rate_per_minute = models.PositiveIntegerField(
        _("requests a minute"), default=120, validators=[MinValueValidator(1)]
    )
    max_calls = models.PositiveIntegerField(
        _("requests altogether"), null=True, blank=True, help_text=_("Empty for no end.")
    )
    calls = models.PositiveIntegerField(_("requests so far"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("agent of others")
        verbose_name_plural = _("agents of others")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """How histories name it: with the person it acts for."""
        return f"{self.name} (for {self.owner.get_username()[:100]})"

    @property
    def limits(self) -> AgentLimits:
        """What it keeps to."""
        return AgentLimits(
            self.pk,
            frozenset(self.subtrees) if self.subtrees else None,
            frozenset(self.block_types) if self.block_types else None,
        )

    def is_alive(self, now: datetime | None = None) -> bool:
        """Return whether it may act: neither stopped nor expired, and its owner active."""
        moment = now or timezone.now()
        in_time = self.expires_at is None or self.expires_at > moment
        return self.stopped_at is None and in_time and bool(self.owner.is_active)


class ApiToken(ContainedModel):
    """Let a program act for a user; only the digest of the secret is stored. ``agent``: the agent whose token it is."""

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
    agent = models.ForeignKey(
        AgentAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="tokens",
        verbose_name=_("agent"),
    )

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

    @property
    def effective_scopes(self) -> list[str]:
        """The scopes that are left: of an agent's those that the site allows, and no writing after text from outside."""
        left = set(reach_of(self.scopes))
        if self.agent is not None:
            left &= set(scopes_up_to(self.agent.scope)) & set(reach_of(core_settings.AGENT_SCOPES))
        if (self.agent or self).is_contained():
            left &= set(scopes_up_to("propose"))
        return [scope for scope in SCOPES if scope in left]

    @property
    def agent_limits(self) -> AgentLimits | None:
        """What the token's agent keeps to."""
        return None if self.agent is None else self.agent.limits

    @property
    def agent_label(self) -> str:
        """How histories name the token's agent; "" without one."""
        return "" if self.agent is None else self.agent.label


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
