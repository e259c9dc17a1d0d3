"""Who answers for what: acceptances, and what publications hold that no person wrote."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.pages import get_page_model_string

__all__ = ["Acceptance", "AcceptedBlock", "Authored", "AuthoredPage"]


class Acceptance(models.Model):
    """One decision by which a person takes the responsibility for what a model, an import or an agent suggested.

    Nothing of it is ever changed, and it outlives the page, the proposal and the account: names are kept as they were.
    ``shown``: the changes as they were shown, block by block; ``shown_digest``: of these. ``shown_to_person``: the digest that
    the person's screen sent with the decision; "" where it sent none. ``changes``: what was left out, had no place any more or
    was changed before it was accepted. ``by_policy``: a rule of the site decided, no person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    page = models.ForeignKey(
        get_page_model_string(), models.SET_NULL, null=True, related_name="+", verbose_name=_("page")
    )
    page_key = models.BigIntegerField(_("page id"), db_index=True)
    page_title = models.CharField(_("title"), max_length=255)
    page_path = models.CharField(_("path"), max_length=2000)
    proposal = models.ForeignKey(
        "ai_cms_pages.Proposal", models.SET_NULL, null=True, related_name="+", verbose_name=_("proposal")
    )
    proposal_title = models.CharField(_("proposal"), max_length=255, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("responsible")
    )
    person_key = models.CharField(max_length=64, blank=True)
    person_name = models.CharField(_("responsible"), max_length=255, blank=True)
    by_policy = models.BooleanField(_("decided by a rule"), default=False)
    asked_by = models.CharField(_("asked for by"), max_length=255, blank=True)
    agent = models.CharField(_("agent"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=10, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    call = models.CharField(_("call"), max_length=64, blank=True)
    run = models.CharField(_("run"), max_length=64, blank=True)
    base_version = models.PositiveIntegerField(_("made for version"))
    version = models.PositiveIntegerField(_("version made"))
    revision = models.PositiveIntegerField(_("revision made"))
    shown = models.JSONField(_("shown"), default=list)
    shown_digest = models.CharField(_("digest of what was shown"), max_length=64)
    shown_to_person = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(_("changed before accepting"), default=dict)

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.page_title}"


class AcceptedBlock(models.Model):
    """A block that an acceptance is about. ``mark``: of its provenance, so that what a model writes anew is not covered."""

    acceptance = models.ForeignKey(Acceptance, models.CASCADE, related_name="blocks")
    page_key = models.BigIntegerField()
    block = models.CharField(_("block"), max_length=64)
    mark = models.CharField(max_length=64)
    by_person = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("accepted block")
        verbose_name_plural = _("accepted blocks")
        indexes = [models.Index(fields=["page_key", "block", "mark"], name="ai_cms_evidence_answers")]

    def __str__(self) -> str:
        return self.block


class AuthoredPage(models.Model):
    """Which state of a publication has been counted, and how many blocks it has of each source."""

    publication = models.OneToOneField("ai_cms_pages.Publication", models.CASCADE, related_name="authored_page")
    revision = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    blocks = models.PositiveIntegerField(default=0)
    human = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    rules = models.PositiveIntegerField(default=0)
    model = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("authorship of a publication")
        verbose_name_plural = _("authorship of publications")

    def __str__(self) -> str:
        return str(self.publication)


class Authored(models.Model):
    """A published block that a model wrote."""

    publication = models.ForeignKey("ai_cms_pages.Publication", models.CASCADE, related_name="authored")
    page_key = models.BigIntegerField()
    block = models.CharField(_("block"), max_length=64)
    type = models.CharField(_("type"), max_length=64)
    model = models.CharField(_("model"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=200, blank=True)
    call = models.CharField(_("call"), max_length=64, blank=True)
    written_at = models.DateTimeField(_("written"), null=True)
    edited = models.BooleanField(_("changed since by a person"), default=False)
    mark = models.CharField(max_length=64)
    excerpt = models.CharField(_("text"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("block by a model")
        verbose_name_plural = _("blocks by models")
        indexes = [
            models.Index(fields=["page_key", "block", "mark"], name="ai_cms_evidence_by_block"),
            models.Index(fields=["model"], name="ai_cms_evidence_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.block}"
