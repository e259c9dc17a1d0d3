"""How far long work on the tree is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ...models import TreeWork

__all__ = ["TreeWorkSerializer"]


class LeftOutSerializer(serializers.Serializer[object]):
    """A page that was left out, and why."""

    page = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class WorkResultSerializer(serializers.Serializer[object]):
    """What came of the work."""

    page = serializers.IntegerField(
        help_text=_("The page that was moved, deleted, restored or published, or the copy.")
    )
    pages = serializers.IntegerField(help_text=_("How many pages it was done to."))
    refused = serializers.IntegerField(required=False, help_text=_("Of a publication: how many pages were left out."))
    failed = LeftOutSerializer(many=True, required=False, help_text=_("The first hundred of them."))


class TreeWorkSerializer(serializers.ModelSerializer[TreeWork]):
    """Work on a page and everything below it that is too long for one request."""

    page = serializers.IntegerField(source="page_id", allow_null=True)
    target = serializers.IntegerField(source="target_id", allow_null=True)
    total = serializers.IntegerField(help_text=_("Pages in all."))
    done = serializers.IntegerField(help_text=_("Pages looked at so far."))
    result = WorkResultSerializer(allow_null=True)
    error_code = serializers.CharField(help_text=_("Empty unless it failed."))
    error_detail = serializers.CharField()

    class Meta:
        model = TreeWork
        fields = [
            "id",
            "kind",
            "status",
            "page",
            "target",
            "title",
            "total",
            "done",
            "result",
            "error_code",
            "error_detail",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields
