"""Changes of a résumé that wait for its owner. A résumé is no page: it has no history, so the proposal keeps what it was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.models import TimestampedModel

from .. import get_resume_model_string

__all__ = ["ResumeProposal", "ResumeProposalStatus"]


class ResumeProposalStatus(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", _("open")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")


class ResumeProposal(TimestampedModel):
    """Changes by JSON Resume paths, made for one state of a résumé (``base``), each claim with the rows it comes from.

    ``changes`` and ``refused`` are as ``resumes.changes.judge()`` returns them; ``accepted`` the ids of those in the résumé by
    now, ``digest`` of the content that the résumé has to have for the others. With some accepted and the rest rejected it counts
    as accepted.
    """

    resume = models.ForeignKey(
        get_resume_model_string(), on_delete=models.CASCADE, related_name="proposals", verbose_name=_("résumé")
    )
    title = models.CharField(_("title"), max_length=255)
    job_advert = models.TextField(_("job advertisement"), blank=True)
    base = models.JSONField(_("made for"), default=dict, editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    changes = models.JSONField(_("changes"), default=list, editable=False)
    accepted = models.JSONField(_("accepted changes"), default=list, editable=False)
    refused = models.JSONField(_("refused changes"), default=list, editable=False)
    missing = models.JSONField(_("asked for and not there"), default=list, editable=False)
    provenance = models.JSONField(_("provenance"), default=dict, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ResumeProposalStatus.choices, default=ResumeProposalStatus.OPEN
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("proposal for a résumé")
        verbose_name_plural = _("proposals for résumés")

    def __str__(self) -> str:
        return self.title

    def state_of(self, change: JsonObject) -> str:
        """Return what became of a change: open, accepted or rejected."""
        if change["id"] in self.accepted:
            return ResumeProposalStatus.ACCEPTED
        return ResumeProposalStatus.OPEN if self.status == ResumeProposalStatus.OPEN else ResumeProposalStatus.REJECTED
