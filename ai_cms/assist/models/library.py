"""What writing tasks are told of a site: its voice, words, facts, what it does not say, prompts of its own; in versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import TimestampedModel
from ai_cms.pages import get_page_model_string

__all__ = ["LibraryItem", "LibraryKind", "LibraryUse", "LibraryVersion"]


class LibraryKind(models.TextChoices):
    """What an item of the library is."""

    VOICE = "voice", _("Voice: how the site speaks")
    GLOSSARY = "glossary", _("Glossary: which words it uses")
    FACTS = "facts", _("Facts: what is true of it")
    DO_NOT = "do_not", _("Do not: what it never says")
    PROTECTED = "protected", _("Protected phrases: kept to the letter, one a line")
    PROMPT = "prompt", _("Prompt: the instructions of one writing task, instead of the shipped ones")


class LibraryItem(TimestampedModel):
    """An item as its editors see it. Models get its published version, where its scope fits; empty scopes fit everywhere."""

    kind = models.CharField(_("kind"), max_length=10, choices=LibraryKind.choices)
    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(_("text"), max_length=4_000, help_text=_("The draft; models get it once it is published."))
    below = models.ForeignKey(
        get_page_model_string(),
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("below the page"),
        help_text=_("Only for this page and what is below it."),
    )
    page_type = models.CharField(
        _("page type"), max_length=120, blank=True, help_text=_("Such as ai_cms_posts.post; empty for all.")
    )
    locale = models.CharField(_("language"), max_length=12, blank=True, help_text=_("Such as en; empty for all."))
    task = models.CharField(_("writing task"), max_length=60, blank=True, help_text=_("Its name; empty for all."))
    # None: nothing is published, or no longer.
    published = models.OneToOneField(
        "ai_cms_assist.LibraryVersion",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("published version"),
    )

    class Meta:
        verbose_name = _("library item")
        verbose_name_plural = _("library")
        ordering = ["kind", "name", "pk"]
        permissions = [
            ("publish_libraryitem", "Can publish library items"),
            ("publish_prompt", "Can publish prompts of writing tasks"),
        ]

    def __str__(self) -> str:
        return self.name


class LibraryVersion(models.Model):
    """What an item said from a time on, with the scope it had; it never changes."""

    item = models.ForeignKey(LibraryItem, models.CASCADE, related_name="versions", verbose_name=_("item"))
    number = models.PositiveIntegerField(_("version"))
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    text = models.TextField(_("text"))
    scope = models.JSONField(_("scope"), default=dict)
    published_at = models.DateTimeField(_("published"), auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )

    class Meta:
        verbose_name = _("version of a library item")
        verbose_name_plural = _("versions of library items")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="ai_cms_assist_library_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class LibraryUse(models.Model):
    """That a call of a model was told a version. ``call``: the call's id; ``run``: of the run it was part of."""

    version = models.ForeignKey(LibraryVersion, models.CASCADE, related_name="uses")
    call = models.CharField(_("call"), max_length=64, db_index=True)
    run = models.CharField(_("run"), max_length=64, blank=True, db_index=True)
    task = models.CharField(_("task"), max_length=100)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("use of the library")
        verbose_name_plural = _("uses of the library")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.task}: {self.version}"
