"""The revision: what a page was at one time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.blocks.fields import BlocksField

from ...core.jsontypes import JsonObject
from .. import get_page_model_string

__all__ = ["Revision", "RevisionKind"]


class RevisionKind(models.TextChoices):
    """Why a revision was made."""

    AUTOSAVE = "autosave", _("Autosave")
    MANUAL = "manual", _("Saved")
    PUBLISH = "publish", _("Published")
    RESTORE = "restore", _("Restored")
    IMPORT = "import", _("Imported")
    PROPOSAL = "proposal", _("Proposal accepted")
    # What a refused write wanted: nothing typed is lost.
    CONFLICT = "conflict", _("Refused: someone else was faster")
    UNDO = "undo", _("Undone: what an agent did")


class Revision(models.Model):
    """A numbered snapshot of a page's document and fields."""

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="revisions", verbose_name=_("page")
    )
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=10, choices=RevisionKind.choices, default=RevisionKind.MANUAL)
    # The page's version that this revision made; for a conflict the version the refused write was based on.
    version = models.PositiveIntegerField(_("version"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    agent = models.CharField(
        _("made by"), max_length=200, blank=True, help_text=_("Agent, importer or command, if no person.")
    )
    # By which way in it was written (an actor's ``via``), with which API token, in which run of a model; "" where unknown.
    via = models.CharField(max_length=10, default="", editable=False)
    token = models.CharField(max_length=64, default="", editable=False)
    run = models.CharField(max_length=64, default="", editable=False)
    message = models.CharField(_("message"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"))
    title = models.CharField(_("title"), max_length=255)
    content_json = BlocksField(verbose_name=_("content"), blank=True, drafts=True)
    fields = models.JSONField(_("fields"), default=dict)
    # Versions that later autosaves of this revision have overwritten, the oldest first, each with the operations that lead
    # back to it: [[version, [operation, …]], …]. Edits made for such a version find what they were made for.
    overwritten = models.JSONField(default=list, editable=False)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="ai_cms_pages_revision_number")]

    def __str__(self) -> str:
        return f"{self.title} #{self.number}"

    @property
    def snapshot(self) -> JsonObject:
        """The fields with the title among them, as ``services`` write them."""
        return {"title": self.title, **self.fields}
