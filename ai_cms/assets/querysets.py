"""Reads of assets, one method a question."""

from __future__ import annotations

from typing import Any, cast

from django.db import models
from django.db.models import Q
from polymorphic.managers import PolymorphicManager
from polymorphic.query import PolymorphicQuerySet

from ai_cms.core.permissions import UserLike, get_policy

from . import get_file_model, get_image_model

__all__ = ["AssetManager", "AssetQuerySet", "real"]


class AssetQuerySet(PolymorphicQuerySet[Any]):
    """Assets of all kinds."""

    def images(self) -> AssetQuerySet:
        """Return the pictures alone."""
        return cast(AssetQuerySet, self.instance_of(get_image_model()))

    def files(self) -> AssetQuerySet:
        """Return the other files alone."""
        return self.not_instance_of(get_image_model())

    def without_alt(self) -> AssetQuerySet:
        """Return the pictures that lack an alternative text and are not decoration. Of the image model's rows."""
        return self.filter(alt="", decorative=False)

    def same_as(self, owner: object, sha256: str) -> AssetQuerySet:
        """Return what ``owner`` has of the same content, the oldest first."""
        return self.filter(owner=owner, sha256=sha256).order_by("pk")

    def found_by(self, words: str) -> AssetQuerySet:
        """Return what has all ``words`` in its title, file name, caption, credit or tags."""
        found = self
        for word in words.split()[:16]:
            tagged = self.model._meta.get_field("tags").related_model.objects.filter(
                key__contains=word.casefold()[:60], asset=models.OuterRef("pk")
            )
            found = found.filter(
                Q(title__icontains=word)
                | Q(name__icontains=word)
                | Q(caption__icontains=word)
                | Q(credit__icontains=word)
                | models.Exists(tagged)
            )
        return found

    def visible_to(self, user: UserLike) -> AssetQuerySet:
        """Return what ``user`` (or an actor) may see."""
        return cast(AssetQuerySet, get_policy(self.model).visible(user, self))

    def shown(self, *sizes: str) -> AssetQuerySet:
        """Return rows with what a page shows, in two queries whatever their number; see :func:`real`.

        ``sizes``: names of those that are shown, where they are known; the rows of the others are not read then.
        """
        links = (_link_to(model) for model in (get_image_model(), get_file_model()))
        rows: Any = self.non_polymorphic().select_related(*links)
        renditions = self.model._meta.get_field("renditions").related_model.objects.all()
        # A drawing is its own rendition, whatever size is asked for.
        wanted = renditions.filter(spec__in=[*sizes, "svg"]) if sizes else renditions
        return cast(AssetQuerySet, rows.prefetch_related(models.Prefetch("renditions", wanted)))

    def listed(self) -> AssetQuerySet:
        """Return rows with everything a list shows, in three queries whatever their number; see :func:`real`."""
        return self.shown().select_related("folder").prefetch_related("tags")


class AssetManager(PolymorphicManager.from_queryset(AssetQuerySet)):  # type: ignore[misc]
    """The manager of all assets."""

    queryset_class = AssetQuerySet


def _link_to(model: Any) -> str:
    """Return the name by which the base's queries reach a subtype's row."""
    parent = next(iter(model._meta.parents.values()))
    name: str = parent.remote_field.get_accessor_name()
    return name


def real(asset: Any) -> Any:
    """Return the picture or file that a row of :meth:`AssetQuerySet.listed` stands for, without a query."""
    for model in (get_image_model(), get_file_model()):
        if isinstance(asset, model):
            return asset
        found = asset._state.fields_cache.get(_link_to(model))
        if found is not None:
            found._prefetched_objects_cache = getattr(asset, "_prefetched_objects_cache", {})
            found._state.fields_cache["folder"] = asset._state.fields_cache.get("folder")
            return found
    return asset.get_real_instance()
