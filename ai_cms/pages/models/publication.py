"""The publication: the one row that the public reads."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string
from ..querysets import PublicationQuerySet

__all__ = ["Publication", "PublicationFacet"]


class Publication(models.Model):
    """A published page, finished: its document, its JSON, its HTML, its search text.

    ``body`` and ``summary`` are the rest of a JSON object after its first keys (id, path, url), which may change by a move
    and are put in front when it is read.
    """

    page = models.OneToOneField(
        get_page_model_string(), on_delete=models.CASCADE, related_name="publication", verbose_name=_("page")
    )
    site = models.ForeignKey("ai_cms_pages.Site", on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    path = models.CharField(_("path"), max_length=2000)
    type = models.CharField(_("type"), max_length=120)
    locale = models.CharField(_("language"), max_length=12)
    title = models.CharField(_("title"), max_length=255)
    in_menus = models.BooleanField(default=False)
    # False while the page is in the bin: restoring it brings the publication back as it was.
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(_("version"))
    revision = models.PositiveIntegerField(_("revision"))
    first_published_at = models.DateTimeField(_("first published"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    expire_at = models.DateTimeField(_("expires"), null=True)
    # When what the visitor gets last changed, moves included; for Last-Modified and the sitemap.
    modified_at = models.DateTimeField(_("modified"))
    content = models.JSONField(_("content"), default=list)
    body = models.TextField()
    summary = models.TextField()
    html = models.TextField(blank=True)
    html_key = models.CharField(max_length=64, blank=True)
    search_title = models.TextField(blank=True)
    search_text = models.TextField(blank=True)
    search_config = models.CharField(max_length=40, default="simple")

    objects = PublicationQuerySet.as_manager()

    #: While it is being written: the number of the revision that it takes the place of.
    replaced: int | None = None

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-first_published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "path"], condition=Q(active=True), name="ai_cms_pages_public_path")
        ]
        indexes = [
            # The expiry is in it so that lists find and count their rows in the index alone.
            models.Index(
                fields=["site", "-first_published_at", "-id", "expire_at"],
                name="ai_cms_pages_pub_newest",
                condition=Q(active=True),
            ),
            models.Index(fields=["type"], name="ai_cms_pages_pub_type"),
            # Every visit asks whether a page of the site has expired since the stored HTML was made; few pages ever do.
            models.Index(
                fields=["site", "-expire_at"],
                name="ai_cms_pages_pub_expiry",
                condition=Q(active=True, expire_at__isnull=False),
            ),
            # Every rendered page asks for its menus, which are few rows of many: only those are in it. A column would not do,
            # because Django before 6.1 asks SQLite for "in_menus" instead of "in_menus = 1".
            models.Index(fields=["site"], name="ai_cms_pages_pub_menu", condition=Q(active=True, in_menus=True)),
        ]

    def __str__(self) -> str:
        return self.title

    @cached_property
    def last_expiry(self) -> datetime | None:
        """The latest expiry on the site that has passed; routing brings it along."""
        rows = Publication.objects.filter(site_id=self.site_id, active=True, expire_at__lte=timezone.now())
        found: datetime | None = rows.order_by("-expire_at").values_list("expire_at", flat=True).first()
        return found


class PublicationFacet(models.Model):
    """One value a public list can be filtered by, with the publication's date: the newest are found in the index alone."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="facets")
    name = models.CharField(max_length=50)
    value = models.CharField(max_length=200)
    first_published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["name", "value", "-first_published_at", "-publication"], name="ai_cms_pages_facet_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
