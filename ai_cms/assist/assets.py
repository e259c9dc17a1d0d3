"""Generated pictures as assets, and alternative texts for the pictures that lack one; loaded where ``ai_cms.assets`` is."""

from __future__ import annotations

import io

from django.utils import timezone

from ai_cms.assets import get_image_model
from ai_cms.assets.exceptions import AssetRefused
from ai_cms.assets.models import AbstractImage
from ai_cms.assets.pictures import picture_of, rendition_of
from ai_cms.assets.provenance.origins import GENERATED
from ai_cms.assets.quotas import check_quota
from ai_cms.assets.services import upload_asset
from ai_cms.assets.storage import check_storages, open_file
from ai_cms.core.exceptions import Unprocessable
from ai_cms.core.permissions import Actor, get_policy, policy_for
from ai_cms.llm import gateway
from ai_cms.llm.exceptions import LLMInvalidImage
from ai_cms.llm.gateway.options import Carrier
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import ImagePart

from ..core.permissions import ActorLike
from .images import SUFFIXES, PictureStore, StoredPicture
from .pictures import picture_views
from .registry import get_task
from .services import prepared

__all__ = ["AssetStore", "asset_view", "suggest_alt_text"]

#: A model sees this size; more pixels cost more and say no more.
_SEEN = "medium"
_NAME_WORDS = 60


class AssetStore(PictureStore):
    """Keep generated pictures as assets of whoever asked for them, with their prompt and where they come from."""

    def check(self, actor: Actor) -> None:
        check_quota(actor.account, 1)
        check_storages()

    def store(
        self, data: bytes, mime: str, *, prompt: str, alt: str, call: gateway.CallResult, actor: Actor
    ) -> StoredPicture:
        provenance = call.provenance()
        made_by_model = provenance.get("source") == "model"
        try:
            uploaded = upload_asset(
                io.BytesIO(data),
                actor=actor,
                name=f"{prompt[:_NAME_WORDS]}.{SUFFIXES[mime]}",
                alt=alt,
                prompt=prompt,
                digital_source_type=GENERATED if made_by_model else "algorithmicMedia",
                provenance=provenance,
            )
        except AssetRefused as error:
            raise LLMInvalidImage(reason=str(error)) from error
        return StoredPicture(uploaded.asset.stored_name, picture_of(uploaded.asset)["src"], uploaded.asset.pk)


def suggest_alt_text(image: AbstractImage, *, actor: ActorLike, run: Carrier | None = None) -> AbstractImage:
    """Have an alternative text proposed for a picture asset and return it; a person accepts it, corrected or not.

    A model that sees is shown the picture; another knows its name and what is said of it. ``run``: the run this is part
    of. Raises LLMError and what permissions raise; not to be called in a transaction.
    """
    who = Actor.of(actor)
    policy_for(image).require(who, "change", image)
    task = get_task("alt_text")
    about = "\n".join(text for text in (image.title, image.caption, image.prompt) if text)
    job = prepared(task, who, {"file_name": image.name[:200], "context": about[:4_000]}, None, None)
    if llms[task.alias()].supports_vision:
        job.material["picture"] = _picture(image)
    request = task.request(job)
    call = gateway.call(request, actor=who, alias=task.alias(), task=task.name, run=run)
    result = task.finish(job, call.parsed)
    text = str(result.output.get("alt", "")).strip()
    if not text:
        raise Unprocessable(code="no_alt_text")
    source = call.provenance()
    image.alt_suggestion = {"text": text[:500], "at": timezone.now().isoformat(), **source}
    # Only while it still lacks a text: a person may have written one meanwhile.
    rows = get_image_model().objects.non_polymorphic().without_alt().filter(pk=image.pk)
    rows.update(alt_suggestion=image.alt_suggestion)
    return image


def _picture(image: AbstractImage) -> ImagePart | None:
    """Return a picture in the size that a model is shown; ``None`` for one that has no such form."""
    row = rendition_of(image, _SEEN, ("webp", "jpeg", "png"))
    if row is None:
        return None
    with open_file(row.stored_in, row.stored_name) as file:
        return ImagePart(file.read(), row.mime)


def asset_view(source: str, actor: Actor) -> ImagePart | None:
    """Return the picture of an asset that a block names, such as ``asset:42``, if the actor may see it."""
    key = source.removeprefix("asset:")
    if key == source or not (key.isascii() and key.isdecimal()) or len(key) > 18:
        return None
    rows = get_policy(get_image_model()).visible(actor, get_image_model().objects.non_polymorphic())
    image = rows.filter(pk=int(key)).first()
    return None if image is None else _picture(image)


picture_views.register("assets", asset_view)
