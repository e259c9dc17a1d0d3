"""Assets as attachments; loaded where ``ai_cms.assets`` is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.assets.pictures import rendition_of
from ai_cms.assets.storage import open_file
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.messages import ImagePart, Part

__all__ = ["AssetAttachments"]

#: Kinds of files whose text a model is given.
_TEXTS = ("text/", "application/json", "application/xml")
#: The size in which a model sees a picture.
_SEEN = "medium"


class AssetAttachments:
    """Attachments that are assets. What was attached is read with the right that was asked for then, not again."""

    def describe(self, actor: Actor, keys: Sequence[int]) -> list[JsonObject]:
        model = get_asset_model()
        rows = get_policy(model).visible(actor, model.objects.non_polymorphic()).in_bulk(list(keys))
        return [self._described(rows[key]) for key in keys if key in rows]

    def text(self, item: JsonObject, most: int) -> str:
        if not str(item.get("mime", "")).startswith(_TEXTS):
            return ""
        row = get_asset_model().objects.non_polymorphic().filter(pk=item["asset"]).first()
        if row is None:
            return ""
        try:
            with open_file(row.stored_in, row.stored_name) as file:
                data: bytes = file.read(most * 4)
        except RequestRefused:
            # Gone, or its storage is away: the answer does without.
            return ""
        return data.decode("utf-8", "replace")[:most]

    def picture(self, item: JsonObject) -> Part | None:
        if not str(item.get("mime", "")).startswith("image/"):
            return None
        image = get_image_model().objects.filter(pk=item["asset"]).first()
        row = rendition_of(image, _SEEN, ("webp", "jpeg", "png")) if image is not None else None
        if row is None:
            return None
        try:
            with open_file(row.stored_in, row.stored_name) as file:
                return ImagePart(file.read(), row.mime)
        except RequestRefused:
            return None

    @staticmethod
    def _described(row: Any) -> JsonObject:
        return {"asset": row.pk, "title": row.title, "name": row.name, "mime": row.mime, "size": row.size}
