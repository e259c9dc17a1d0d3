"""What transfer has to know of posts: how importers make them, and how an exported site names the rows they refer to.

Imported by ``ai_cms.transfer``, where it is installed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ai_cms.assets import get_image_model
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor
from ai_cms.transfer.portable import PortableRows, portable_rows

from . import get_category_model, get_tag_model
from .importing import PostMaker
from .services import create_category, tags_named

if TYPE_CHECKING:
    pass

__all__ = ["Categories", "Pictures", "PostMaker", "Tags"]


@portable_rows.register_for(get_tag_model)
class Tags(PortableRows):
    """Tags go by name and language; missing ones are made."""

    def describe(self, keys: Collection[object]) -> Mapping[Any, Any]:
        rows = get_tag_model()._base_manager.filter(pk__in=keys)
        return {row.pk: {"name": row.name, "locale": row.locale} for row in rows}

    def find(self, described: object) -> Any | None:
        name, locale = (described.get(key) if isinstance(described, dict) else None for key in ("name", "locale"))
        if not isinstance(name, str) or not isinstance(locale, str) or len(locale) > 12:
            return None
        try:
            found = tags_named([name], locale=locale)
        except InvalidInput:
            return None
        return found[0].pk if found else None


@portable_rows.register_for(get_category_model)
class Categories(PortableRows):
    """Categories go by slug, with those above them; missing ones are made."""

    def describe(self, keys: Collection[object]) -> Mapping[Any, Any]:
        # All of them: there are few, and those above are needed as well.
        rows = {row.pk: row for row in get_category_model()._base_manager.all()}
        return {key: {"path": self._path(rows[key], rows)} for key in keys if key in rows}

    def _path(self, row: Any, rows: Mapping[Any, Any]) -> list[dict[str, str]]:
        found = []
        while row is not None:
            found.append({"slug": row.slug, "name": row.name, "description": row.description})
            row = rows.get(row.parent_id)
        return found[::-1]

    def find(self, described: object) -> Any | None:
        parent: Any = None
        path = described.get("path") if isinstance(described, dict) else None
        for step in path if isinstance(path, list) and len(path) <= 100 else ():
            said = step if isinstance(step, dict) else {}
            slug, name, about = (said.get(key, "") for key in ("slug", "name", "description"))
            if not (isinstance(slug, str) and isinstance(name, str) and isinstance(about, str)):
                return None
            row = get_category_model()._base_manager.filter(slug=slug).first()
            if row is None:
                try:
                    row = create_category(
                        actor=Actor.system("import_site"), name=name, slug=slug, description=about, parent=parent
                    )
                except InvalidInput:
                    return None
            parent = row
        return parent.pk if parent is not None else None


@portable_rows.register_for(get_image_model)
class Pictures(PortableRows):
    """Pictures go by what is in them: an export has no files, so the same picture must be there."""

    def describe(self, keys: Collection[object]) -> Mapping[Any, Any]:
        rows = get_image_model().objects.non_polymorphic().filter(pk__in=keys)
        return {row.pk: {"sha256": row.sha256, "name": row.name} for row in rows}

    def find(self, described: object) -> Any | None:
        digest = described.get("sha256") if isinstance(described, dict) else None
        if not isinstance(digest, str):
            return None
        return get_image_model()._base_manager.filter(sha256=digest).order_by("pk").values_list("pk", flat=True).first()
