"""What stays of a post for those who read it elsewhere: its id, its dates, and the lists it stands in.

A record is written when a post is first published and outlives its publication, so that a post that was taken off and comes
back is no new one, wherever the site has moved meanwhile.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.pages import get_page_model_string

__all__ = ["PostRecord", "PostTerm"]


class PostRecord(models.Model):
    """A post as feeds know it. ``digest``: of what its readers get; ``updated_at`` moves only when that changes."""

    page = models.OneToOneField(
        get_page_model_string(),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="post_record",
        verbose_name=_("page"),
    )
    uid = models.UUIDField(unique=True, editable=False)
    published_at = models.DateTimeField(_("published"))
    updated_at = models.DateTimeField(_("updated"))
    digest = models.CharField(max_length=64, editable=False)
    minutes = models.PositiveSmallIntegerField(_("minutes to read"), default=1)

    class Meta:
        verbose_name = _("post in feeds")
        verbose_name_plural = _("posts in feeds")
        indexes = [models.Index(fields=["-published_at", "-page"], name="ai_cms_posts_newest")]

    def __str__(self) -> str:
        return self.uid.urn


class PostTerm(models.Model):
    """One list that a post stands in, with its date, so that the newest of a list are found in the index alone.

    ``value``: the key of the category, tag or author, in categories those above too; the name of the series.
    """

    record = models.ForeignKey(PostRecord, on_delete=models.CASCADE, related_name="terms")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=100)
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("list of posts")
        verbose_name_plural = _("lists of posts")
        constraints = [models.UniqueConstraint(fields=["record", "kind", "value"], name="ai_cms_posts_term")]
        indexes = [
            models.Index(fields=["kind", "value", "-published_at", "-record"], name="ai_cms_posts_term_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"
