"""Pages as they are read and written over REST."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from ai_cms.pages.addresses import public_url
from ai_cms.pages.api.examples import BLOCKS, example
from ai_cms.pages.api.fields import DocumentField, IdField, SlugField, StoredDocumentField, UserIdField
from ai_cms.pages.models import AbstractPage, PageStatus, RevisionKind
from ai_cms.pages.snapshots import document_problems, field_values, missing_required

from ....core.jsontypes import JsonObject

__all__ = [
    "PageCreateSerializer",
    "PageReplaceSerializer",
    "PageSerializer",
    "PageSummarySerializer",
    "PageUpdateSerializer",
    "WarningSerializer",
]

LOCALE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"
POSITIONS = ("last-child", "first-child")


class WarningSerializer(serializers.Serializer[object]):
    """Something a draft may have and a publication may not."""

    loc = serializers.ListField(
        child=serializers.CharField(),
        help_text=_("The path in content_json; for a field of the page type: fields and its name."),
    )
    type = serializers.CharField(help_text=_("Stable, for programs."))
    msg = serializers.CharField(help_text=_("A sentence for a person."))


def warnings_of(page: AbstractPage) -> list[JsonObject]:
    """Return what publishing the draft would be refused for."""
    found: list[JsonObject] = []
    for name, problems in document_problems(page).items():
        before = () if name == "content_json" else ("fields", name)
        found += [problem.under(*before).to_json() for problem in problems]
    for name, messages in missing_required(page).items():
        loc = [name] if name == "title" else ["fields", name]
        found += [{"loc": loc, "type": "missing", "msg": str(message)} for message in messages]
    return found


def type_of(page: Any) -> str:
    """Return the page's type, also of a row that was fetched as a base page."""
    model = ContentType.objects.get_for_id(page.polymorphic_ctype_id).model_class()
    return str((model or type(page))._meta.label_lower)


class PageSummarySerializer(serializers.Serializer[object]):
    """A page in a list: everything but its document and the fields of its type."""

    id = serializers.IntegerField(source="pk", read_only=True)
    type = serializers.SerializerMethodField()
    title = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    path = serializers.CharField(read_only=True, help_text=_("The path of the public page within its site."))
    url = serializers.SerializerMethodField()
    parent = serializers.IntegerField(source="parent_id", read_only=True, allow_null=True)  # type: ignore[assignment]
    site = serializers.IntegerField(source="site_id", read_only=True)
    locale = serializers.CharField(read_only=True)
    status = serializers.SerializerMethodField()
    live = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(
        read_only=True, help_text=_("Counts the writes of the draft; the ETag names it.")
    )
    published_version = serializers.IntegerField(read_only=True, allow_null=True)
    has_unpublished_changes = serializers.BooleanField(read_only=True)
    owner = UserIdField(source="owner_id")
    template = serializers.IntegerField(source="template_id", read_only=True, allow_null=True)
    metadata = serializers.DictField(read_only=True)
    seo_title = serializers.CharField(read_only=True)
    seo_description = serializers.CharField(read_only=True)
    in_menus = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    go_live_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expire_at = serializers.DateTimeField(read_only=True, allow_null=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_type(self, page: AbstractPage) -> str:
        return type_of(page)

    def get_url(self, page: AbstractPage) -> str:
        return public_url(page.path)

    @extend_schema_field({"type": "string", "enum": list(PageStatus.values)})
    def get_status(self, page: AbstractPage) -> str:
        return str(page.status)


class PageSerializer(PageSummarySerializer):
    """A page with its working document."""

    fields = serializers.SerializerMethodField(  # type: ignore[assignment]
        method_name="get_type_fields", help_text=_("The values of the fields that the page's type adds.")
    )
    content_json = StoredDocumentField(read_only=True)
    warnings = serializers.SerializerMethodField(help_text=_("What publishing the draft would be refused for."))

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_type_fields(self, page: AbstractPage) -> JsonObject:
        return field_values(page)

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, page: AbstractPage) -> list[JsonObject]:
        return warnings_of(page)


class _PageFields(serializers.Serializer[object]):
    """The fields a client writes. What it does not name stays as it is."""

    title = serializers.CharField(max_length=255)
    slug = SlugField(required=False, help_text=_("Letters, digits, hyphens and underscores; empty to have one made."))
    content_json = DocumentField(required=False)
    metadata = serializers.DictField(required=False, help_text=_("Free data, such as tags and categories."))
    seo_title = serializers.CharField(required=False, allow_blank=True, max_length=255)
    seo_description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    in_menus = serializers.BooleanField(required=False)
    locale = serializers.RegexField(LOCALE, required=False, max_length=12)
    fields = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text=_("Values of the fields that the page's type adds, see /pages/types/.")
    )


@extend_schema_serializer(
    examples=[
        example("A page with two blocks", {"title": "Bread", "metadata": {"tags": ["baking"]}, "content_json": BLOCKS}),
        example("Published at once", {"title": "Rolls", "parent": 1, "slug": "rolls", "publish": True}),
    ]
)
class PageCreateSerializer(_PageFields):
    """A new page."""

    type = serializers.CharField(
        required=False, max_length=200, help_text=_("A name of /pages/types/; default: the plain page.")
    )
    parent = IdField(required=False, help_text=_("Default: the home page of the site."))  # type: ignore[assignment]
    position = serializers.ChoiceField(POSITIONS, required=False, default="last-child")
    template = IdField(
        required=False, allow_null=True, help_text=_("Its layout is the content unless content_json is given.")
    )
    publish = serializers.BooleanField(required=False, default=False, help_text=_("Publish the page at once."))


class PageUpdateSerializer(_PageFields):
    """Changes of a page's draft."""

    kind = serializers.ChoiceField(
        [RevisionKind.MANUAL.value, RevisionKind.AUTOSAVE.value],
        required=False,
        help_text=_("Autosaves of one author within some minutes share one revision."),
    )
    message = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text=_("Kept with the revision.")
    )
    parent = IdField(required=False, allow_null=True, help_text=_("Only as it is; /pages/{id}/move/ changes it."))  # type: ignore[assignment]


class PageReplaceSerializer(PageUpdateSerializer):
    """A page's draft with its whole document."""

    content_json = DocumentField()
