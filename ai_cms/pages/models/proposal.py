"""The proposal: changes somebody or a model suggests, for a person to accept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Proposal", "ProposalStatus"]


class ProposalStatus(models.TextChoices):
    """What became of a proposal."""

    PENDING = "pending", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    PARTIAL = "partial", _("Accepted in part")
    REJECTED = "rejected", _("Rejected")
    STALE = "stale", _("Out of date")


class Proposal(models.Model):
    """Operations on a page's document, and new values of its fields, made for one version of it."""

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="proposals", verbose_name=_("page")
    )
    title = models.CharField(_("title"), max_length=255)
    base_version = models.PositiveIntegerField(_("made for version"))
    operations = models.JSONField(_("operations"), default=list)
    # New values of page fields: {"seo_title": "…"}.
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    # Digest of each existing block the operations touch, as it was at base_version.
    fingerprints = models.JSONField(default=dict, editable=False)
    # One word for each operation once decided: accepted, rejected, stale.
    decisions = models.JSONField(default=list, editable=False)
    provenance = models.JSONField(_("provenance"), default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("asked for by")
    )
    agent = models.CharField(_("made by"), max_length=200, blank=True)
    # By which way in it was made (an actor's ``via``), with which API token, in which run of a model; "" where unknown.
    via = models.CharField(max_length=10, default="", editable=False)
    token = models.CharField(max_length=64, default="", editable=False)
    run = models.CharField(max_length=64, default="", editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.PENDING, db_index=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    revision = models.PositiveIntegerField(_("revision made"), null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")

    def __str__(self) -> str:
        return self.title
