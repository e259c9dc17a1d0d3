"""Make a picture, check it as an upload is checked, and store it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from ai_cms.core.permissions import ActorLike
from ai_cms.llm import gateway
from ai_cms.llm.backends.images import checked_image
from ai_cms.llm.exceptions import LLMInvalidImage
from ai_cms.llm.messages import ImageRequest

from .conf import assist_settings

__all__ = ["GeneratedImage", "generate_image"]

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True)
class GeneratedImage:
    """A stored picture. ``name``: in the default storage. ``size``: bytes."""

    name: str
    url: str
    mime: str
    size: int
    alt: str
    call: gateway.CallResult

    def to_json(self) -> dict[str, Any]:
        """Return the answer of the API."""
        return {
            "name": self.name,
            "url": self.url,
            "mime": self.mime,
            "size": self.size,
            "alt": self.alt,
            "provenance": self.call.provenance(),
            "call": self.call.call_id,
        }


def generate_image(
    prompt: str, *, actor: ActorLike, size: str = "", alt: str = "", idempotency_key: str = ""
) -> GeneratedImage:
    """Have a picture made and store it on the default storage; costs image credits.

    ``size``: "1024x1024" and the like. What comes back must be a PNG, JPEG or WebP picture.
    Raises LLMError; then nothing is stored.
    """
    alias = str(assist_settings.ASSIST_ALIASES.get("image", "default"))
    call = gateway.generate_image(
        ImageRequest(prompt, size=size), actor=actor, alias=alias, task="image", idempotency_key=idempotency_key
    )
    data = bytes(call.response.data)
    if len(data) > assist_settings.ASSIST_IMAGE_MAX_BYTES:
        raise LLMInvalidImage(reason=f"{len(data)} bytes")
    # Looked at again, whatever the backend says of them: anybody may have written it.
    try:
        mime = checked_image(data)
    except ValueError as error:
        raise LLMInvalidImage(reason=str(error)) from None
    folder = timezone.now().strftime("ai_cms/generated/%Y/%m")
    name = default_storage.save(f"{folder}/{uuid.uuid4().hex}.{_SUFFIXES[mime]}", ContentFile(data))
    return GeneratedImage(name, default_storage.url(name), mime, len(data), alt, call)
