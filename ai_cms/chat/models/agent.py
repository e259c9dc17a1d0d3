"""Agents: a model with a name, instructions and tools, that belongs to one person."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import TimestampedModel

from ..querysets import AgentQuerySet

__all__ = ["AbstractAgent", "Agent", "BudgetSpan"]


class BudgetSpan(models.TextChoices):
    """How long a budget lasts before it begins anew."""

    DAY = "day", _("a day")
    MONTH = "month", _("a month")
    TOTAL = "total", _("in all")


class AbstractAgent(TimestampedModel):
    """Someone to talk to.

    ``llm_provider`` is an alias of ``AI_CMS["LLM"]``; an empty ``model`` is the alias's own. ``tools`` are names of registered
    tools. ``budget``: credits that all its calls may use together in a ``budget_period``, whoever pays; ``None`` for no limit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2_000)
    llm_provider = models.CharField(_("AI service"), max_length=100, default="default")
    model = models.CharField(_("model"), max_length=200, blank=True)
    temperature = models.FloatField(
        _("temperature"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text=_("From 0, always the likeliest word, to 2. Empty: as the service has it."),
    )
    max_tokens = models.PositiveIntegerField(
        _("longest answer (tokens)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    system_prompt = models.TextField(_("instructions"), blank=True, max_length=20_000)
    personality = models.TextField(
        _("personality"), blank=True, max_length=1_000, help_text=_("A few words on the tone: warm, exact, brief.")
    )
    tools = models.JSONField(_("tools"), default=list, blank=True, help_text=_("Names of what it may use."))
    budget = models.PositiveBigIntegerField(_("budget (credits)"), null=True, blank=True)
    budget_period = models.CharField(
        _("budget for"), max_length=10, choices=BudgetSpan.choices, default=BudgetSpan.MONTH
    )
    is_default = models.BooleanField(_("default"), default=False, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        abstract = True
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="%(app_label)s_%(class)s_name"),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(is_default=True), name="%(app_label)s_%(class)s_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def budget_key(self) -> str:
        """The key under which its calls are counted."""
        return f"agent:{self.pk}"


class Agent(AbstractAgent):
    """The default agent."""

    class Meta(AbstractAgent.Meta):
        swappable = "AI_CMS_AGENT_MODEL"
