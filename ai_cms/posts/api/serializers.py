"""Posts and categories as they are read and written over REST."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ai_cms.pages.api.fields import IdField, SlugField

from .fields import CategoriesField, TagNamesField

__all__ = [
    "CategorySerializer",
    "CategoryWriteSerializer",
    "PostCreateSerializer",
    "PostReplaceSerializer",
    "PostRestoreSerializer",
    "PostRowSerializer",
    "PostSerializer",
    "PostUpdateSerializer",
    "PostWrittenSerializer",
]


class AuthorSerializer(serializers.Serializer[object]):
    """An author, as everybody sees them."""

    id = serializers.JSONField(help_text=_("The user's id, whatever kind the user model has; null if there is none."))
    username = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()


class PostCategorySerializer(serializers.Serializer[object]):
    """A category of a post."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class PostRowSerializer(serializers.Serializer[object]):
    """A post in a list."""

    id = serializers.IntegerField(help_text=_("The id of the page, for everything under /pages/."))
    title = serializers.CharField()
    slug = serializers.CharField()
    url = serializers.CharField(help_text=_("Where the HTML page is, on this host, once the post is published."))
    excerpt = serializers.CharField(help_text=_("As given, else the first 40 words."))
    thumbnail = serializers.CharField(allow_null=True, help_text=_("The address of the picture."))
    author = AuthorSerializer()
    coauthors = AuthorSerializer(many=True)
    categories = PostCategorySerializer(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    series = serializers.CharField()
    sticky = serializers.BooleanField()
    is_published = serializers.BooleanField()
    has_unpublished_changes = serializers.BooleanField(help_text=_("The public sees an older version."))
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PostSerializer(PostRowSerializer):
    """A post."""

    body = serializers.CharField(help_text=_("The blocks as HTML."))


@extend_schema_serializer(component_name="PostWritten")
class PostWrittenSerializer(PostSerializer):
    """A post as it was just written: categories by id."""

    categories = serializers.ListField(child=serializers.IntegerField())  # type: ignore[assignment]


class _PostFields(serializers.Serializer[object]):
    title = serializers.CharField(max_length=255)
    body = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, help_text=_("HTML; it becomes blocks.")
    )
    excerpt = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    slug = SlugField(required=False, help_text=_("Empty for the title with six random digits."))
    tags = TagNamesField(required=False)
    categories = CategoriesField(required=False, help_text=_("By id or slug."))
    author = serializers.CharField(required=False, max_length=200, help_text=_("The slug of another one, for editors."))
    coauthors = TagNamesField(required=False, help_text=_("Slugs of further authors, for editors."))
    series = serializers.CharField(required=False, allow_blank=True, max_length=100)
    series_position = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=32_767)
    sticky = serializers.BooleanField(required=False)
    is_published = serializers.BooleanField(
        required=False, help_text=_("True publishes what is saved, false takes the post off; absent leaves it.")
    )


class PostCreateSerializer(_PostFields):
    """A new post. As multipart/form-data it takes the picture itself."""

    thumbnail = serializers.FileField(required=False, max_length=2_000, help_text=_("A picture; only as multipart."))
    thumbnail_id = IdField(required=False, allow_null=True, help_text=_("A picture that is there: the asset's id."))


class PostUpdateSerializer(PostCreateSerializer):
    """Changes of a post. What it does not name stays as it is."""


class PostReplaceSerializer(PostCreateSerializer):
    """Title and body of a post anew. What it does not name beside stays as it is."""

    body = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text=_("HTML; it becomes blocks."))


class PostRestoreSerializer(serializers.Serializer[object]):
    """How a post comes back."""

    slug = SlugField(required=False, help_text=_("Another slug, where the old one has been taken since."))


class CategorySerializer(serializers.Serializer[object]):
    """A category."""

    id = serializers.IntegerField(source="pk", read_only=True)
    name = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    parent = serializers.IntegerField(source="parent_id", read_only=True, allow_null=True)  # type: ignore[assignment]


class CategoryWriteSerializer(serializers.Serializer[object]):
    """What is written of a category."""

    name = serializers.CharField(max_length=100)
    slug = serializers.CharField(required=False, allow_blank=True, max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=5_000)
    parent = IdField(required=False, allow_null=True, help_text=_("The category above."))  # type: ignore[assignment]
