"""The shapes of the portfolio API."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import public_url
from ai_cms.pages.api.fields import SlugField, UserIdField
from ai_cms.pages.api.serializers.pages import LOCALE, WarningSerializer, warnings_of
from ai_cms.pages.models import AbstractPage
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.arrays import array_problems, pages_array
from ai_cms.portfolio.models import Goal
from ai_cms.portfolio.services import guide_of

__all__ = [
    "ImportSerializer",
    "ImportedSerializer",
    "PortfolioSerializer",
    "PortfolioSummarySerializer",
    "PortfolioWriteSerializer",
    "ProjectSerializer",
    "PublicPortfolioSerializer",
    "ResumeSerializer",
    "SkillSerializer",
]

_BLOCKS = {"type": "array", "items": {"$ref": "#/components/schemas/Block"}}
_STORED = {"type": "array", "items": {"$ref": "#/components/schemas/StoredBlock"}}
_PUBLISHED = {"type": "array", "items": {"$ref": "#/components/schemas/PublishedBlock"}}


def _pages_schema(blocks: JsonObject, *, written: bool = False) -> JsonObject:
    texts = {name: {"type": "string"} for name in ("id", "title", "slug", "description")}
    required = ["title"] if written else [*texts, "blocks"]
    page = {"type": "object", "properties": {**texts, "blocks": blocks}, "required": required}
    return {"type": "array", "items": page}


@extend_schema_field(_pages_schema(_BLOCKS, written=True))
class PagesField(serializers.Field):  # type: ignore[type-arg]
    """The pages as a client writes them; what is in them is for the service to judge."""

    default_error_messages = {"not_a_list": _("Pages are a list.")}

    def to_internal_value(self, data: object) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return data

    def to_representation(self, value: object) -> Any:
        return value


class DesignField(serializers.JSONField):
    """The tokens of a design; what is in them is for the service to judge."""


class PortfolioSummarySerializer(serializers.Serializer[object]):
    """A portfolio in a list."""

    id = serializers.IntegerField(source="pk", read_only=True)
    user = UserIdField(source="owner_id")
    title = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    url = serializers.SerializerMethodField(help_text=_("Where the public finds it once it is published."))
    design = DesignField(read_only=True)
    is_published = serializers.BooleanField(read_only=True)
    has_unpublished_changes = serializers.BooleanField(read_only=True)
    is_guided = serializers.BooleanField(read_only=True)
    goal = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True)
    locale = serializers.CharField(read_only=True)
    seo_title = serializers.CharField(read_only=True)
    seo_description = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True, help_text=_("Counts the writes; the ETag names it."))
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_url(self, portfolio: AbstractPage) -> str:
        return public_url(portfolio.path)


class GuideStepSerializer(serializers.Serializer[object]):
    """A step of the guide."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    done = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField(), help_text=_("What is to be done."))


class GuideSerializer(serializers.Serializer[object]):
    """The guided steps."""

    next = serializers.CharField(allow_null=True, help_text=_("The first step that is not done; null at the end."))
    steps = GuideStepSerializer(many=True)


class PortfolioSerializer(PortfolioSummarySerializer):
    """A portfolio with its pages."""

    pages = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField(help_text=_("What publishing it would be refused for."))
    guide = serializers.SerializerMethodField()

    @extend_schema_field(_pages_schema(_STORED))
    def get_pages(self, portfolio: AbstractPage) -> list[JsonObject]:
        return pages_array(portfolio.pages)

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, portfolio: AbstractPage) -> list[JsonObject]:
        found: list[JsonObject] = []
        for problem in warnings_of(portfolio):
            loc = problem["loc"]
            in_document = bool(loc) and loc[0].isdecimal()
            found.append(
                {**problem, "loc": ["pages", *array_problems([problem])[0]["loc"]]} if in_document else problem
            )
        return found

    @extend_schema_field(GuideSerializer)
    def get_guide(self, portfolio: AbstractPage) -> JsonObject:
        return guide_of(portfolio).to_json()


class PortfolioWriteSerializer(serializers.Serializer[object]):
    """What a client writes; what it does not name stays as it is."""

    title = serializers.CharField(max_length=255)
    slug = SlugField(
        required=False, help_text=_("Letters, digits, hyphens and underscores; made of the title if empty.")
    )
    design = DesignField(required=False, help_text=_("Tokens that differ from the layout's own."))
    pages = PagesField(required=False, help_text=_("All pages with their blocks; the first is the home page."))
    is_published = serializers.BooleanField(required=False)
    is_guided = serializers.BooleanField(required=False)
    goal = serializers.ChoiceField(Goal.choices, required=False, allow_blank=True)
    role = serializers.CharField(required=False, allow_blank=True, max_length=100)
    locale = serializers.RegexField(LOCALE, required=False, max_length=12)
    seo_title = serializers.CharField(required=False, allow_blank=True, max_length=255)
    seo_description = serializers.CharField(required=False, allow_blank=True, max_length=500)


class PublicPortfolioSerializer(serializers.Serializer[object]):
    """A published portfolio; for the schema alone, the answer is made of the publication."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    slug = serializers.CharField()
    url = serializers.CharField()
    locale = serializers.CharField()
    role = serializers.CharField()
    design = serializers.DictField()
    pages = serializers.SerializerMethodField()
    seo = serializers.DictField()
    first_published_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    provenance = serializers.DictField()

    @extend_schema_field(_pages_schema(_PUBLISHED))
    def get_pages(self, value: Any) -> Any:
        return value["pages"]


def _extra(model: type[Model], known: list[str]) -> list[str]:
    """Return the fields that a host's own model adds."""
    hidden = {"id", "owner", *known}
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in hidden and field.editable and not field.primary_key
    ]


_PROJECT = [
    "title", "description", "image_url", "image_alt", "technologies", "link", "start_date", "end_date", "position",
    "created_at", "updated_at",
]  # fmt: skip
_SKILL = ["name", "category", "level", "years", "position", "created_at", "updated_at"]
_RESUME = ["title", "content", "created_at", "updated_at"]
#: The smallest of what the databases hold, so that the schema is the same on each.
_POSITION = {"position": {"max_value": 2**31 - 1}}


class ProjectSerializer(serializers.ModelSerializer[Any]):
    """Something somebody made."""

    user = UserIdField(source="owner_id")
    technologies = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50, required=False)

    class Meta:
        model = get_project_model()
        fields = ["id", "user", *_PROJECT, *_extra(model, _PROJECT)]
        extra_kwargs = _POSITION


class SkillSerializer(serializers.ModelSerializer[Any]):
    """Something somebody can do."""

    user = UserIdField(source="owner_id")
    years = serializers.DecimalField(
        max_digits=3,
        decimal_places=1,
        min_value=0,
        max_value=80,
        allow_null=True,
        required=False,
        coerce_to_string=False,
    )

    class Meta:
        model = get_skill_model()
        fields = ["id", "user", *_SKILL, *_extra(model, _SKILL)]
        extra_kwargs = _POSITION


@extend_schema_field({"type": "object", "additionalProperties": True, "description": "A JSON Resume 1.0.0."})
class ResumeContentField(serializers.JSONField):
    """A JSON Resume; judged by the service, so that each problem comes with its path."""


class ResumeSerializer(serializers.ModelSerializer[Any]):
    """A résumé."""

    user = UserIdField(source="owner_id")
    content = ResumeContentField(required=False)

    class Meta:
        model = get_resume_model()
        fields = ["id", "user", *_RESUME, *_extra(model, _RESUME)]


class ImportSerializer(serializers.Serializer[object]):
    """A résumé to take in: a file, or a JSON Resume as it is."""

    file = serializers.FileField(
        required=False, max_length=2_000, help_text=_("A JSON Resume, or the ZIP that LinkedIn exports.")
    )
    content = ResumeContentField(required=False)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    rows = serializers.BooleanField(
        required=False, default=False, help_text=_("Also make projects and skills of those it names.")
    )


class ImportedSerializer(serializers.Serializer[object]):
    """What an import made."""

    resume = ResumeSerializer()
    projects = ProjectSerializer(many=True)
    skills = SkillSerializer(many=True)
