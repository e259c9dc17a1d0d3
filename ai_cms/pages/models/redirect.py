"""The redirect: where a path leads that no page has any more."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string
from ..addresses import host_names, normalise_path, public_url

__all__ = ["Redirect"]

#: So many redirects are followed in search of a circle; browsers give up at about as many.
MAX_STEPS = 20


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

    def clean(self) -> None:
        """Bring the old path into the form paths have. Raises ValidationError for a redirect that leads back to itself."""
        super().clean()
        # Copied from the line of a browser it is written with percent signs, which no request's path has any more.
        self.old_path = normalise_path(unquote(self.old_path))
        path = self._local_path(self.target)
        for _step in range(MAX_STEPS):
            if path == self.old_path:
                raise ValidationError(
                    {"target": _("This leads back to where it comes from, so visitors would go in circles.")}
                )
            row = Redirect.objects.filter(site_id=self.site_id, old_path=path).exclude(pk=self.pk)
            target = row.values_list("target", flat=True).first() if path else None
            if not target:
                return
            path = self._local_path(target)

    def _local_path(self, target: str) -> str:
        """Return the page path that a target has on the redirect's own site, "" if it lies elsewhere."""
        parts = urlsplit(target)
        if parts.netloc and (self.site_id is None or parts.netloc.lower() not in host_names(self.site.hostname)):
            return ""
        start = unquote(public_url("/"))
        path = unquote(parts.path)
        return normalise_path(path.removeprefix(start)) if target and path.startswith(start) else ""
