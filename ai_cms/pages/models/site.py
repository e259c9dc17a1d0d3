"""The site: a host name and the root of its page tree."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Site"]


class Site(models.Model):
    """Map a host name to a page tree; one of them is the default for every other host."""

    name = models.CharField(_("name"), max_length=100)
    hostname = models.CharField(
        _("host name"),
        max_length=255,
        unique=True,
        help_text=_("Without scheme, with the port if it is not 80 or 443."),
    )
    locale = models.CharField(_("language"), max_length=12, default="en")
    is_default = models.BooleanField(_("default site"), default=False)
    root = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("home page"),
    )
    # Counts changes that other pages may show (menus, lists, breadcrumbs); part of the key of stored HTML.
    generation = models.PositiveBigIntegerField(default=1, editable=False)

    #: Titles and paths of the main menu, where the reader that found the site brought them along.
    main_menu: list[tuple[str, str]] | None = None

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="ai_cms_pages_one_default_site"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the site, and count the change so that stored HTML that shows its name or address is rendered anew."""
        names = kwargs.get("update_fields")
        if self._state.adding or args or kwargs.get("force_insert"):
            super().save(*args, **kwargs)
            return
        if names is None:
            # Not the counter: it may be old, and going back would bring stored HTML to life again.
            names = [field.name for field in self._meta.concrete_fields if not field.primary_key]
        names = {*names} - {"generation"} - self.get_deferred_fields()
        super().save(**{**kwargs, "update_fields": names})
        if names:
            type(self).objects.filter(pk=self.pk).update(generation=F("generation") + 1)
