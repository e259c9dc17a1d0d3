"""Make a picture, check it as an upload is checked, and store it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from ai_cms.core.permissions import Actor, ActorLike
from ai_cms.core.registry import Registry
from ai_cms.llm import gateway
from ai_cms.llm.backends.images import checked_image
from ai_cms.llm.exceptions import LLMInvalidImage
from ai_cms.llm.messages import ImageRequest

from ..core.jsontypes import JsonObject
from .conf import assist_settings

__all__ = ["GeneratedImage", "PictureStore", "StoredPicture", "generate_image", "picture_stores"]

SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True)
class StoredPicture:
    """Where a generated picture lies. ``asset``: its key where ``ai_cms.assets`` keeps it."""

    name: str
    url: str
    asset: int | None = None


@dataclass(frozen=True)
class GeneratedImage:
    """A stored picture. ``name``: in its storage. ``size``: bytes."""

    stored: StoredPicture
    mime: str
    size: int
    alt: str
    call: gateway.CallResult

    @property
    def name(self) -> str:
        return self.stored.name

    @property
    def url(self) -> str:
        return self.stored.url

    def to_json(self) -> JsonObject:
        """Return the answer of the API."""
        return {
            "name": self.name,
            "url": self.url,
            "asset": self.stored.asset,
            "mime": self.mime,
            "size": self.size,
            "alt": self.alt,
            "provenance": self.call.provenance(),
            "call": self.call.call_id,
        }


class PictureStore:
    """Keep generated pictures; the base keeps them in the default storage."""

    def check(self, actor: Actor) -> None:
        """Raise what would keep a picture of ``actor`` from being stored; asked before credits are spent."""

    def store(
        self, data: bytes, mime: str, *, prompt: str, alt: str, call: gateway.CallResult, actor: Actor
    ) -> StoredPicture:
        """Store a picture that was checked."""
        folder = timezone.now().strftime("ai_cms/generated/%Y/%m")
        name = default_storage.save(f"{folder}/{uuid.uuid4().hex}.{SUFFIXES[mime]}", ContentFile(data))
        return StoredPicture(name, default_storage.url(name))


#: The store in use is the last one registered; ``ai_cms.assist`` registers that of the assets where they are installed.
picture_stores: Registry[Callable[[], PictureStore]] = Registry("store of pictures")
picture_stores.register("default", PictureStore)


def generate_image(
    prompt: str, *, actor: ActorLike, size: str = "", alt: str = "", idempotency_key: str = ""
) -> GeneratedImage:
    """Have a picture made and store it; costs image credits.

    ``size``: "1024x1024" and the like. What comes back must be a PNG, JPEG or WebP picture.
    Raises LLMError and what storing raises; then nothing is stored.
    """
    who = Actor.of(actor)
    store = picture_stores.items()[-1][1]()
    store.check(who)
    alias = str(assist_settings.ASSIST_ALIASES.get("image", "default"))
    call = gateway.generate_image(
        ImageRequest(prompt, size=size), actor=who, alias=alias, task="image", idempotency_key=idempotency_key
    )
    data = bytes(call.response.data)
    if len(data) > assist_settings.ASSIST_IMAGE_MAX_BYTES:
        raise LLMInvalidImage(reason=f"{len(data)} bytes")
    # Looked at again, whatever the backend says of them: anybody may have written it.
    try:
        mime = checked_image(data)
    except ValueError as error:
        raise LLMInvalidImage(reason=str(error)) from None
    stored = store.store(data, mime, prompt=prompt, alt=alt, call=call, actor=who)
    return GeneratedImage(stored, mime, len(data), alt, call)
