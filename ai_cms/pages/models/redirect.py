"""The redirect: where a path leads that no page has any more."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Redirect"]


class Redirect(models.Model):
    """Send visitors of ``old_path`` to a page, wherever it is now, or to a URL."""

    site = models.ForeignKey(
        "ai_cms_pages.Site", on_delete=models.CASCADE, related_name="redirects", verbose_name=_("site")
    )
    old_path = models.CharField(_("old path"), max_length=2000)
    page = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="redirects",
        verbose_name=_("page"),
    )
    target = models.CharField(_("or URL"), max_length=2000, blank=True)
    permanent = models.BooleanField(_("permanent"), default=True)
    automatic = models.BooleanField(_("made by a move"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["old_path"]
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        constraints = [
            models.UniqueConstraint(fields=["site", "old_path"], name="ai_cms_pages_redirect_path"),
            models.CheckConstraint(
                condition=Q(page__isnull=False, target="") | (Q(page__isnull=True) & ~Q(target="")),
                name="ai_cms_pages_redirect_one_target",
            ),
        ]

    def __str__(self) -> str:
        return self.old_path
