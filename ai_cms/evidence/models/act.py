"""The journal of what programs and models did, and what was taken back of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.assets import get_asset_model_string
from ai_cms.pages import get_page_model_string

__all__ = ["Act", "ActKind", "Undo"]


class ActKind(models.TextChoices):
    """What was done."""

    CREATED = "created", _("Page made")
    EDITED = "edited", _("Draft changed")
    MOVED = "moved", _("Page moved")
    RENAMED = "renamed", _("Page renamed")
    REORDERED = "reordered", _("Pages put in another order")
    DELETED = "deleted", _("Page put into the bin")
    RESTORED = "restored", _("Page brought back from the bin")
    PURGED = "purged", _("Page deleted for good")
    PUBLISHED = "published", _("Page published")
    UNPUBLISHED = "unpublished", _("Page taken off")
    SCHEDULED = "scheduled", _("Page scheduled")
    PROPOSED = "proposed", _("Changes proposed")
    UPLOADED = "uploaded", _("File uploaded")
    ASSET_EDITED = "asset_edited", _("File described anew")
    ASSET_REPLACED = "asset_replaced", _("File replaced")
    ASSET_DELETED = "asset_deleted", _("File deleted")


class Undo(models.Model):
    """One act that took back others. ``report``: what became of each, as it was shown."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    label = models.CharField(max_length=200, blank=True)
    selection = models.JSONField(_("what was chosen"), default=dict)
    report = models.JSONField(_("report"), default=dict)
    reverted = models.PositiveIntegerField(_("taken back"), default=0)
    left = models.PositiveIntegerField(_("left alone"), default=0)

    class Meta:
        verbose_name = _("undo")
        verbose_name_plural = _("undone runs")
        ordering = ["-at", "-pk"]
        permissions = [("undo_acts", "Can take back what agents did")]

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.selection.items())


class Act(models.Model):
    """One thing that a program or a model did, with what is needed to turn it round.

    ``via``, ``agent``, ``token``, ``run``: as :class:`ai_cms.core.acting.Facts` has them. ``call``: the logged call of the
    model. ``data``: by kind; ``version`` of an edit, ``before`` and ``after`` of a move.
    """

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    kind = models.CharField(_("what"), max_length=16, choices=ActKind.choices)
    page = models.ForeignKey(
        get_page_model_string(), models.SET_NULL, null=True, related_name="+", verbose_name=_("page")
    )
    asset = models.ForeignKey(
        get_asset_model_string(), models.SET_NULL, null=True, related_name="+", verbose_name=_("file")
    )
    title = models.CharField(_("title"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("in whose name")
    )
    # Of a proposal: the person who accepted it.
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("accepted by")
    )
    via = models.CharField(_("by way of"), max_length=10, blank=True)
    agent = models.CharField(_("agent"), max_length=200, blank=True)
    agent_key = models.CharField(max_length=64, blank=True)
    token = models.CharField(_("token"), max_length=64, blank=True)
    run = models.CharField(_("run"), max_length=64, blank=True)
    call = models.CharField(_("call"), max_length=64, blank=True)
    data = models.JSONField(default=dict)
    undo = models.ForeignKey(Undo, models.SET_NULL, null=True, related_name="acts", verbose_name=_("undone by"))

    class Meta:
        verbose_name = _("act of an agent")
        verbose_name_plural = _("acts of agents")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=[name], name=f"ai_cms_evidence_act_{name}", condition=~models.Q(**{name: ""}))
            for name in ("agent", "token", "run", "call")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"
