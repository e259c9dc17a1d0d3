"""Which bots came on which day: counts, and nothing of anybody."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["BotDay", "BotKind"]


class BotKind(models.TextChoices):
    """What bots come for."""

    SEARCH = "search", _("Search")
    TRAINING = "training", _("Training")
    USER = "user", _("Asked by a person")
    # Programs that ask for Markdown and do not say who they are.
    OTHER = "other", _("Other that ask for Markdown")


class BotDay(models.Model):
    """What one bot asked of one site on one day. There are as many rows as there are known bots, sites and days."""

    day = models.DateField(_("day"))
    site = models.ForeignKey("ai_cms_pages.Site", models.CASCADE, related_name="+", verbose_name=_("site"))
    bot = models.CharField(_("bot"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=BotKind.choices)
    requests = models.PositiveBigIntegerField(_("requests"), default=0)
    markdown = models.PositiveBigIntegerField(_("of these Markdown"), default=0)
    refused = models.PositiveBigIntegerField(_("of these not found"), default=0)

    class Meta:
        verbose_name = _("visits of a bot")
        verbose_name_plural = _("visits of bots")
        ordering = ["-day", "-requests", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["day", "site", "bot"], name="ai_cms_machines_bot_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.bot or self.get_kind_display()}"
