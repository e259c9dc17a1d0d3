"""Who may do what with posts, categories and tags, beside the rights to all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from ai_cms.core.permissions import Actor, PermissionPolicy, register_policy
from ai_cms.pages.type_rights import TypeRights, register_type_rights

from . import get_category_model, get_post_model, get_tag_model
from .conf import posts_settings
from .editors import is_editor
from .querysets import coauthored_by

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["PostRights", "TaxonomyPolicy", "register_post_policies"]

_CODENAMES = {"restore": "delete"}


class PostRights(TypeRights):
    """Members make their own posts below the blog; editors do all with all posts; further authors change the draft.

    What owners may do with their own is the page policy's to say, because posts are of a type that owners publish.
    """

    def grants(self, actor: Actor, action: str, page: AbstractPage) -> bool:
        if is_editor(actor):
            return action in ("view", "change", "publish", "delete", "restore")
        if actor.is_staff and self._has_permission(actor, action):
            return True
        return action in ("view", "change") and page.pk in self._coauthored(actor)

    def reach(self, actor: Actor, prefix: str = "") -> Q | None:
        if is_editor(actor) or (actor.is_staff and self._has_permission(actor, "view")):
            kinds = ContentType.objects.get_for_model(get_post_model(), for_concrete_model=False)
            return Q(**{f"{prefix}polymorphic_ctype_id": kinds.pk})
        found = self._coauthored(actor)
        return Q(**{f"{prefix}pk__in": sorted(found)}) if found else None

    def may_make(self, actor: Actor, parent: AbstractPage, *, publish: bool) -> bool:
        return parent.path == posts_settings.POSTS_PARENT and parent.deleted_at is None

    def _has_permission(self, actor: Actor, action: str) -> bool:
        meta = get_post_model()._meta
        codename = _CODENAMES.get(action, action)
        name = "publish_post" if codename == "publish" else f"{codename}_{meta.model_name}"
        return actor.has_perm(f"{meta.app_label}.{name}") or (
            action == "view" and self._has_permission(actor, "change")
        )

    def _coauthored(self, actor: Actor) -> set[Any]:
        """Return the keys of the posts the actor is a further author of; read once for each actor."""
        if "posts_coauthored" not in actor.memo:
            rows = coauthored_by(actor.account.pk).values_list("key", flat=True) if actor.account is not None else ()
            actor.memo["posts_coauthored"] = set(rows)
        found: set[Any] = actor.memo["posts_coauthored"]
        return found


class TaxonomyPolicy(PermissionPolicy[Any]):
    """Everybody reads categories and tags; staff and editors write them."""

    def decide(self, actor: Actor, action: str, obj: models.Model | None) -> bool:
        if action == "view":
            return True
        return action in ("add", "change", "delete") and (actor.is_staff or is_editor(actor))

    def restrict(self, actor: Actor, queryset: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
        return queryset


def register_post_policies() -> None:
    """Register the rights to posts and the policies of categories and tags; called when the apps are ready."""
    register_type_rights(get_post_model(), PostRights())
    policy = TaxonomyPolicy()
    register_policy(get_category_model(), policy)
    register_policy(get_tag_model(), policy)
