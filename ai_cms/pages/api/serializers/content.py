"""Published content as the public reads it: for the schema alone, the answers are put together from stored text."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ai_cms.pages.api.fields import PublishedDocumentField

__all__ = ["ContentListSerializer", "ContentSerializer", "ContentSummarySerializer"]


class ContentSummarySerializer(serializers.Serializer[object]):
    """A published page in a list; with full=true it has everything that /content/{id}/ has, and no excerpt."""

    id = serializers.IntegerField()
    path = serializers.CharField()
    url = serializers.CharField(help_text=_("Where the HTML page is, on this host."))
    parent = serializers.IntegerField(allow_null=True, help_text=_("The page above; it need not be published."))  # type: ignore[assignment]
    type = serializers.CharField()
    title = serializers.CharField()
    locale = serializers.CharField()
    translation_key = serializers.UUIDField(help_text=_("The same for all translations of a page."))
    first_published_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    excerpt = serializers.CharField(required=False)
    metadata = serializers.DictField()


class SeoSerializer(serializers.Serializer[object]):
    """What search engines are told."""

    title = serializers.CharField()
    description = serializers.CharField()


class ContentSerializer(ContentSummarySerializer):
    """A published page."""

    excerpt = None  # type: ignore[assignment]
    seo = SeoSerializer()
    fields = serializers.DictField(help_text=_("The values of the fields that the page's type adds."))  # type: ignore[assignment]
    provenance = serializers.DictField(help_text=_("How many blocks people, imports, rules and models wrote."))
    content_json = PublishedDocumentField()


class ContentListSerializer(serializers.Serializer[object]):
    """One page of a list of published pages."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ContentSummarySerializer(many=True)
