"""What the actions on a page take and answer."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import CleanedData
from ai_cms.pages.api.examples import OPERATIONS, example
from ai_cms.pages.api.fields import IdField, MomentField, OperationsField, SlugField, StoredOperationsField
from ai_cms.pages.api.messages import required
from ai_cms.pages.models import RevisionKind

from ...services.previews import MAX_AGE
from .pages import POSITIONS, PageSerializer

__all__ = [
    "AppliedSerializer",
    "CopySerializer",
    "MoveSerializer",
    "OperationsSerializer",
    "OrderSerializer",
    "PreviewLinkRequestSerializer",
    "PreviewLinkSerializer",
    "PublishSerializer",
    "RestoreSerializer",
    "ScheduleSerializer",
]


@extend_schema_serializer(
    examples=[example("Each of the four operations", {"base_version": 3, "operations": OPERATIONS})]
)
class OperationsSerializer(ActionSerializer):
    """A batch of operations, all or nothing."""

    operations = OperationsField()
    base_version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("The version they were made for; an older one will do if no block they touch has changed since."),
    )
    kind = serializers.ChoiceField([RevisionKind.MANUAL.value, RevisionKind.AUTOSAVE.value], required=False)
    message = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text=_("Kept with the revision.")
    )


class AppliedSerializer(PageSerializer):
    """The page after a batch, what was applied with ids filled in, and the batch that undoes it."""

    operations = StoredOperationsField(read_only=True)
    inverse = StoredOperationsField(read_only=True)
    rebased = serializers.BooleanField(read_only=True, help_text=_("Whether base_version was older than the page's."))


@extend_schema_serializer(
    examples=[
        example("Below another page", {"parent": 7}),
        example("Before another page", {"target": 9, "position": "before"}),
    ]
)
class MoveSerializer(ActionSerializer):
    """Where a page goes: below ``parent``, or at ``position`` of ``target``."""

    parent = IdField(required=False, help_text=_("The page to stand below, last unless position says first-child."))  # type: ignore[assignment]
    target = IdField(required=False, help_text=_("The page that position is about, in place of parent."))
    position = serializers.ChoiceField([*POSITIONS, "before", "after"], required=False, default="last-child")
    slug = SlugField(required=False, help_text=_("Another slug, where another page has the present one."))

    def validate(self, attrs: CleanedData) -> CleanedData:
        if ("parent" in attrs) == ("target" in attrs):
            raise InvalidInput(errors={"target": [_("Give either parent or target.")]})
        if "parent" in attrs and attrs["position"] not in POSITIONS:
            raise InvalidInput(errors={"position": [_("Before and after are places beside a target.")]})
        return attrs


class CopySerializer(ActionSerializer):
    """Where the copy goes: below ``parent`` (or ``target``), beside the original by default."""

    parent = IdField(required=False)  # type: ignore[assignment]
    target = IdField(required=False, help_text=_("The same as parent."))
    position = serializers.ChoiceField(POSITIONS, required=False, default="last-child")
    slug = SlugField(required=False)
    title = serializers.CharField(required=False, allow_blank=True, max_length=255)
    recursive = serializers.BooleanField(required=False, default=True, help_text=_("With everything below the page."))


class OrderSerializer(ActionSerializer):
    """Children of a page, in order."""

    order = serializers.ListField(
        child=IdField(),
        max_length=10_000,
        help_text=_("Ids of children; those not named follow in their present order."),
    )


class PublishSerializer(ActionSerializer):
    """What to publish."""

    revision = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("The number of a revision; default: the draft."),
    )
    recursive = serializers.BooleanField(
        required=False, default=False, help_text=_("With everything below the page; the answer is 202.")
    )


@extend_schema_serializer(
    examples=[example("For a week", {"go_live_at": "2030-05-01T08:00:00Z", "expire_at": "2030-05-08T08:00:00Z"})]
)
class ScheduleSerializer(ActionSerializer):
    """The whole schedule: a time that is null or not named is none."""

    go_live_at = MomentField(required=False, allow_null=True)
    expire_at = MomentField(required=False, allow_null=True)

    def validate(self, attrs: CleanedData) -> CleanedData:
        if not attrs:
            raise InvalidInput(errors={"go_live_at": [required()]})
        return attrs


class RestoreSerializer(ActionSerializer):
    """How to bring a page back."""

    slug = SlugField(required=False, help_text=_("Another slug, where a new page has taken the old one."))


class PreviewLinkRequestSerializer(ActionSerializer):
    """How long the link is good."""

    max_age = serializers.IntegerField(required=False, min_value=1, max_value=MAX_AGE, help_text=_("Seconds."))


class PreviewLinkSerializer(serializers.Serializer[object]):
    """A link that shows the draft to whoever has it; it cannot be had again."""

    id = serializers.IntegerField()
    token = serializers.CharField()
    url = serializers.CharField(allow_null=True, help_text=_("Null where the host project does not serve pages."))
    expires_at = serializers.DateTimeField()
