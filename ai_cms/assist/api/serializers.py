"""The shapes of the writing API."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import serializers

from ai_cms.core.api.bodies import ActionSerializer
from ai_cms.core.mappings import CleanedData

__all__ = [
    "AltTextRunSerializer",
    "AltTextsSerializer",
    "GenerateImageSerializer",
    "GenerateTextSerializer",
    "ImageSerializer",
    "OutcomeSerializer",
    "StartAltTextsSerializer",
    "TaskSerializer",
]


class GenerateTextSerializer(ActionSerializer):
    task = serializers.CharField(max_length=100, help_text="The name of a writing task, see GET /ai/tasks/.")
    payload = serializers.DictField(help_text="What the task works on; its schema is with the task.")
    page = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**63 - 1,
        help_text="Make the result a proposal on this page.",
    )
    parent = serializers.IntegerField(  # type: ignore[assignment]
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**63 - 1,
        help_text="Make an empty draft below this page and the result a proposal on it; for tasks with makes_pages.",
    )
    stream = serializers.BooleanField(
        required=False, default=False, help_text="Answer with events: SSE, or NDJSON by Accept: application/x-ndjson."
    )
    keep_partial = serializers.BooleanField(
        required=False,
        default=True,
        help_text="If the run of a draft is cancelled or breaks off, propose the blocks that had come.",
    )
    background = serializers.BooleanField(required=False, default=False, help_text="Answer 202 with a run to watch.")

    def validate(self, attrs: CleanedData) -> CleanedData:
        if attrs["stream"] and attrs["background"]:
            raise serializers.ValidationError({"background": [_("Choose stream or background, not both.")]})
        return attrs


class OutcomeSerializer(serializers.Serializer[object]):
    task = serializers.CharField()
    output = serializers.DictField(help_text="What the task made; its schema is with the task.")
    operations = serializers.ListField(child=serializers.DictField(), help_text="The changes of the document.")
    fields = serializers.DictField(help_text="New values of page fields.")  # type: ignore[assignment]
    provenance = serializers.DictField(help_text="Who made it: model or rules, and the logged call.")
    proposal = serializers.IntegerField(allow_null=True)
    page = serializers.IntegerField(allow_null=True)
    usage = serializers.DictField()
    call = serializers.CharField()
    library = serializers.ListField(
        child=serializers.DictField(), help_text="What of the library the model was told: item and version."
    )
    prompt = serializers.DictField(
        help_text="Which instructions it was given: their digest, and the version of the site's own."
    )


class GenerateImageSerializer(ActionSerializer):
    prompt = serializers.CharField(max_length=4_000)
    size = serializers.RegexField(r"^(\d{2,4}x\d{2,4})?$", required=False, default="", allow_blank=True)
    alt = serializers.CharField(max_length=250, required=False, default="", allow_blank=True)


class ImageSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    url = serializers.CharField()
    asset = serializers.IntegerField(
        allow_null=True, help_text="Its key in /assets/; null where assets are not installed."
    )
    mime = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    alt = serializers.CharField()
    provenance = serializers.DictField()
    call = serializers.CharField()


class TaskSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    needs_page = serializers.BooleanField()
    makes_pages = serializers.BooleanField(help_text="Whether it takes a parent.")
    streams_operations = serializers.BooleanField()
    payload_schema = serializers.DictField(help_text="JSON Schema of the payload.")
    output_schema = serializers.DictField(help_text="JSON Schema of the output.")


class StartAltTextsSerializer(serializers.Serializer[object]):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100_000, help_text="Pictures at most.")
    again = serializers.BooleanField(
        default=False, help_text="Also those that got no text, or whose proposal was refused."
    )


class AltTextStateSerializer(serializers.Serializer[object]):
    run = serializers.UUIDField()
    status = serializers.CharField()
    finished = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Pictures that waited when the run began, or the limit.")
    done = serializers.IntegerField()
    proposed = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Pictures that got no text.")
    stopped = serializers.CharField(help_text="Why it ended before all were done, such as credits; or empty.")
    detail = serializers.CharField()


class AltTextRunSerializer(AltTextStateSerializer):
    events = serializers.CharField()
    cancel = serializers.CharField()


class AltTextsSerializer(serializers.Serializer[object]):
    waiting = serializers.IntegerField(help_text="Pictures that nobody has proposed a text for.")
    proposed = serializers.IntegerField(help_text="Pictures with a proposal that waits for a person.")
    run = AltTextStateSerializer(allow_null=True)
