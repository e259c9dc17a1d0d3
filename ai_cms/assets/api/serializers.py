"""The shapes of the asset API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ai_cms.assets.models import Visibility
from ai_cms.assets.services import BULK_ACTIONS
from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.core.mappings import CleanedData

__all__ = [
    "AltTextDecisionSerializer",
    "AssetSerializer",
    "AssetUpdateSerializer",
    "BulkResultSerializer",
    "BulkSerializer",
    "CropSerializer",
    "DirectUploadSerializer",
    "FetchSerializer",
    "FileSerializer",
    "FileUpdateSerializer",
    "FileUploadSerializer",
    "FolderSerializer",
    "ReplaceSerializer",
    "ReservedSerializer",
    "UploadSerializer",
    "UsageSerializer",
]

MAX_ID = 2**63 - 1


class TagsField(serializers.ListField):
    """Words, as a list; in forms repeated, or one text with commas."""

    child = serializers.CharField(max_length=50)

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and "," in value[0]:
            return [word.strip() for word in value[0].split(",")]
        return value


class AssetValues(serializers.Serializer[object]):
    """What may be said of an asset."""

    title = serializers.CharField(max_length=255, required=False, allow_blank=True)
    alt = serializers.CharField(max_length=500, required=False, allow_blank=True)
    caption = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    credit = serializers.CharField(max_length=255, required=False, allow_blank=True)
    folder = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    tags = TagsField(required=False, max_length=50)


class UploadSerializer(AssetValues):
    file = serializers.FileField(max_length=2_000, help_text="The file; its kind is told by its content.")
    prompt = serializers.CharField(
        max_length=4_000, required=False, allow_blank=True, help_text="What a picture was generated from."
    )


class AssetUpdateSerializer(AssetValues):
    decorative = serializers.BooleanField(required=False)
    focal_x = serializers.FloatField(min_value=0, max_value=1, required=False)
    focal_y = serializers.FloatField(min_value=0, max_value=1, required=False)

    def validate_title(self, value: str) -> str:
        if not value:
            raise serializers.ValidationError(_("A title is needed."))
        return value


class RenditionSerializer(serializers.Serializer[object]):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")


class FocalPointSerializer(serializers.Serializer[object]):
    x = serializers.FloatField()
    y = serializers.FloatField()


class UsageCountsSerializer(serializers.Serializer[object]):
    drafts = serializers.IntegerField()
    publications = serializers.IntegerField()


class AssetSerializer(serializers.Serializer[object]):
    """One asset as it is read. What only pictures have is null for other files, and the other way round."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["image", "file"])
    title = serializers.CharField()
    name = serializers.CharField()
    mime = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes of the file as it came.")
    sha256 = serializers.CharField()
    url = serializers.CharField(help_text="Where it is fetched; of a picture a finished, immutable address.")
    permalink = serializers.CharField(help_text="The address that stays when the file is replaced.")
    reference = serializers.CharField(help_text="How blocks name it, such as asset:42.")
    visibility = serializers.ChoiceField(Visibility.choices)
    owner = serializers.IntegerField(allow_null=True)
    folder = serializers.IntegerField(allow_null=True)
    caption = serializers.CharField()
    credit = serializers.CharField()
    prompt = serializers.CharField()
    digital_source_type = serializers.CharField(
        help_text="IPTC's name of where the picture comes from; empty if unknown."
    )
    provenance = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    frames = serializers.IntegerField(allow_null=True)
    alt = serializers.CharField(allow_null=True)
    alt_proposal = serializers.CharField(allow_null=True, help_text="What a model proposes, for a person to decide on.")
    decorative = serializers.BooleanField(allow_null=True)
    focal_point = FocalPointSerializer(allow_null=True)
    placeholder = serializers.CharField(allow_null=True, help_text="A tiny picture as a data: address.")
    srcset = serializers.CharField(allow_null=True)
    thumbnail = serializers.CharField(allow_null=True)
    renditions = serializers.DictField(child=RenditionSerializer(), help_text="By size and format: large.webp.")
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    tags = serializers.ListField(child=serializers.CharField(), required=False, help_text="Not in lists.")
    usage = UsageCountsSerializer(required=False, help_text="In lists that are asked for it.")
    duplicate_of = serializers.IntegerField(
        required=False, help_text="Of an upload: you have this file already, and this is it."
    )


class FileSerializer(serializers.Serializer[object]):
    """The same objects, in the shape of a simple file gallery."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    file = serializers.CharField(help_text="Where it is fetched.")
    size = serializers.IntegerField(help_text="Bytes.")
    uploaded_at = serializers.DateTimeField()


class FileUploadSerializer(serializers.Serializer[object]):
    file = serializers.FileField(max_length=2_000)
    title = serializers.CharField(max_length=255, required=False, allow_blank=True)


class FileUpdateSerializer(serializers.Serializer[object]):
    title = serializers.CharField(max_length=255, required=False)


class FolderSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    parent = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, source="parent_id"
    )
    owner = serializers.IntegerField(read_only=True, allow_null=True, source="owner_id")
    created_at = serializers.DateTimeField(read_only=True)


class ReplaceSerializer(ActionSerializer):
    file = serializers.FileField(max_length=2_000)
    expected_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", required=False)
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Say what would change, and change nothing."
    )


class CropSerializer(ActionSerializer):
    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)
    title = serializers.CharField(max_length=255, required=False)


class UseSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(["draft", "publication"])
    title = serializers.CharField()
    id = serializers.IntegerField(help_text="The page.")
    url = serializers.CharField(help_text="Where the public reads it; empty for drafts.")


class UsageSerializer(serializers.Serializer[object]):
    drafts = serializers.IntegerField()
    publications = serializers.IntegerField()
    uses = UseSerializer(many=True, help_text="Those that you may see.")


class FetchSerializer(AssetValues, ActionSerializer):
    url = serializers.CharField(max_length=2_000, help_text="On a host of AI_CMS['ASSET_FETCH_HOSTS'].")
    name = serializers.CharField(max_length=255, required=False)


class DirectUploadSerializer(AssetValues, ActionSerializer):
    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Bytes, exactly.")


class ReservedSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="Send the file here: multipart, the fields first, the file last as 'file'.")
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    expires_at = serializers.DateTimeField()


class BulkSerializer(ActionSerializer):
    action = serializers.ChoiceField(BULK_ACTIONS)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=500
    )
    folder = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, help_text="To move into; null: out of all."
    )
    tags = TagsField(required=False)
    force = serializers.BooleanField(required=False, help_text="Delete also what pages use.")

    def validate(self, attrs: CleanedData) -> CleanedData:
        if attrs["action"] == "move" and "folder" not in attrs:
            raise serializers.ValidationError({"folder": _("Name a folder, or null for none.")})
        return attrs


class BulkItemSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    done = serializers.BooleanField()
    code = serializers.CharField(required=False, help_text="Why it was left as it is: not_found, asset_in_use …")
    detail = serializers.CharField(required=False)
    usage = serializers.DictField(child=serializers.IntegerField(), required=False)


class BulkResultSerializer(serializers.Serializer[object]):
    changed = serializers.IntegerField()
    results = BulkItemSerializer(many=True)


class AltTextDecisionSerializer(serializers.Serializer[object]):
    decision = serializers.ChoiceField(["accept", "reject"])
    text = serializers.CharField(max_length=500, required=False, help_text="The proposal as you corrected it.")
