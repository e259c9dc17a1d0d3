"""Who may edit where, and who may look at a draft by a link."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["PageGroupPermission", "PreviewLink"]


class PageGroupPermission(models.Model):
    """Grant a group rights in the subtree of a page."""

    group = models.ForeignKey(
        "auth.Group", on_delete=models.CASCADE, related_name="page_permissions", verbose_name=_("group")
    )
    page = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.CASCADE,
        related_name="group_permissions",
        verbose_name=_("page and below"),
    )
    can_add = models.BooleanField(_("may add pages"), default=False)
    can_change = models.BooleanField(_("may edit and move"), default=False)
    can_delete = models.BooleanField(_("may delete"), default=False)
    can_publish = models.BooleanField(_("may publish"), default=False)

    class Meta:
        verbose_name = _("group page permission")
        verbose_name_plural = _("group page permissions")
        constraints = [models.UniqueConstraint(fields=["group", "page"], name="ai_cms_pages_group_page")]

    def __str__(self) -> str:
        return f"{self.group} → {self.page}"


class PreviewLink(models.Model):
    """Let whoever has the link read one page's draft until it expires or is revoked."""

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="preview_links", verbose_name=_("page")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")

    def __str__(self) -> str:
        return f"{self.page} until {self.expires_at:%Y-%m-%d %H:%M}"
