"""The approval: what a program wants done to a page that only a person may do."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import AbstractApproval

from .. import get_page_model_string

__all__ = ["PageAct", "PageApproval"]


class PageAct(models.TextChoices):
    """What may be asked for."""

    PUBLISH = "publish", _("Publish the page")
    UNPUBLISH = "unpublish", _("Take the page off the public site")
    DELETE = "delete", _("Put the page into the bin")
    CREATE = "create", _("Make a new page below this one, as a draft")


class PageApproval(AbstractApproval):
    """An act that a program asked for; it is carried out by whoever approves it, with that person's rights.

    ``page``: for a new page the one above it. ``base_version``: of the page that was looked at. ``agent``: how histories name
    the program.
    """

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="approvals", verbose_name=_("page")
    )
    act = models.CharField(_("act"), max_length=10, choices=PageAct.choices, editable=False)
    arguments = models.JSONField(_("arguments"), default=dict, editable=False)
    base_version = models.PositiveIntegerField(_("version"), editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("asked for by")
    )
    agent = models.CharField(_("agent"), max_length=200, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    # The page that was made or changed.
    result = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.page}"
