"""What users and agents may spend: accounts with a ledger, and budgets.

The unit of a text account is one token, of an image account one image; what people see as credits is derived from it
(:mod:`ai_cms.llm.credits.ledger`). All amounts are integers.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.llm.querysets import CreditAccountQuerySet

__all__ = ["AgentBudget", "BudgetPeriod", "CreditAccount", "CreditEntry", "CreditKind", "EntryKind"]


class CreditKind(models.TextChoices):
    TEXT = "text", _("text")
    IMAGE = "image", _("image")


class EntryKind(models.TextChoices):
    ALLOWANCE = "allowance", _("monthly allowance")
    LAPSE = "lapse", _("allowance lapsed")
    GRANT = "grant", _("grant")
    CHARGE = "charge", _("charge")
    REFUND = "refund", _("refund")


class CreditAccount(models.Model):
    """The credits of one user and kind.

    ``balance`` equals the sum of the entries. ``reserved`` is what open calls hold of it. ``allowance_left`` is the
    part of the balance that came with the month's allowance and lapses with the month. Only
    :mod:`ai_cms.llm.credits.ledger` changes these, by conditional updates.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=10, choices=CreditKind.choices)
    balance = models.BigIntegerField(_("balance"), default=0)
    reserved = models.BigIntegerField(_("reserved"), default=0)
    allowance_left = models.BigIntegerField(_("left of the allowance"), default=0)
    allowance_month = models.CharField(max_length=7, blank=True, editable=False)
    low_notified = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = CreditAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit account")
        verbose_name_plural = _("credit accounts")
        ordering = ["user", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="ai_cms_llm_account_user"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="ai_cms_llm_account_reserved"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_kind_display()})"

    @property
    def available(self) -> int:
        """What a new call may hold, in the unit of the account; never below zero."""
        return max(self.balance - self.reserved, 0)


class CreditEntry(models.Model):
    """One line of the ledger; written once, never changed. ``key`` makes a repeated grant one grant."""

    account = models.ForeignKey(CreditAccount, models.CASCADE, related_name="entries", verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind.choices)
    amount = models.BigIntegerField(_("amount"))
    tokens = models.PositiveBigIntegerField(_("tokens"), default=0)
    call = models.ForeignKey(
        "ai_cms_llm.LLMCall", models.SET_NULL, null=True, blank=True, related_name="entries", verbose_name=_("call")
    )
    key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit ledger")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "kind"], condition=models.Q(call__isnull=False), name="ai_cms_llm_entry_call"
            ),
            models.UniqueConstraint(
                fields=["account", "key"], condition=models.Q(key__isnull=False), name="ai_cms_llm_entry_key"
            ),
        ]
        indexes = [models.Index(fields=["account", "-created_at"], name="ai_cms_llm_entry_account")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount:+d}"


class BudgetPeriod(models.TextChoices):
    DAY = "day", _("a day")
    MONTH = "month", _("a month")
    TOTAL = "total", _("in all")


class AgentBudget(models.Model):
    """What the calls made under one key (an agent, a feature, a customer) may use together, whoever pays for them.

    ``limit``, ``used`` and ``reserved`` are tokens or images, by ``kind``.
    """

    key = models.CharField(_("key"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=CreditKind.choices, default=CreditKind.TEXT)
    period = models.CharField(_("period"), max_length=10, choices=BudgetPeriod.choices, default=BudgetPeriod.MONTH)
    limit = models.PositiveBigIntegerField(_("limit"))
    used = models.BigIntegerField(_("used"), default=0, editable=False)
    reserved = models.BigIntegerField(_("reserved"), default=0, editable=False)
    period_key = models.CharField(max_length=10, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("agent budget")
        verbose_name_plural = _("agent budgets")
        ordering = ["key", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["key", "kind"], name="ai_cms_llm_budget_key"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="ai_cms_llm_budget_reserved"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.get_kind_display()})"
