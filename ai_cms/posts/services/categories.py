"""Categories: made, changed, taken away; published posts follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.core.slugs import make_slug, unique_slug

from .. import get_category_model
from ..exceptions import CategoryCircle, CategoryTaken
from .refreshing import published_with, refresh_posts

if TYPE_CHECKING:
    from ..taxonomy import AbstractCategory

__all__ = ["create_category", "delete_category", "update_category"]


def create_category(
    *, actor: ActorLike, name: str, slug: str = "", description: str = "", parent: Any = None, **fields: Any
) -> AbstractCategory:
    """Make a category. ``slug``: empty for one made of the name. ``fields``: those of a host's own model.

    Raises InvalidInput, CategoryTaken and what permissions raise.
    """
    model = get_category_model()
    get_policy(model).require(Actor.of(actor), "add")
    row = model(name=_clean_name(name), description=description, parent=parent, **fields)
    row.slug = _exact_slug(slug) if slug else _free_slug(row.name)
    _save(row)
    return row


def update_category(category: AbstractCategory, *, actor: ActorLike, fields: FieldValues) -> AbstractCategory:
    """Change a category; published posts show the new name and are found by the new slug.

    Raises InvalidInput, CategoryTaken, CategoryCircle and what permissions raise.
    """
    policy_for(category).require(Actor.of(actor), "change", category)
    with transaction.atomic(using=router.db_for_write(get_category_model())):
        row = get_category_model()._base_manager.select_for_update(of=("self",)).get(pk=category.pk)
        publications = published_with("categories", row.slug)
        for name, value in fields.items():
            if name == "name":
                value = _clean_name(value)
            elif name == "slug":
                value = _exact_slug(value) if value else row.slug
            setattr(row, name, value)
        _refuse_circle(row)
        _save(row)
        refresh_posts(publications)
    return row


def delete_category(category: AbstractCategory, *, actor: ActorLike) -> None:
    """Take a category away, from its posts too; those below it move up. Raises what permissions raise."""
    policy_for(category).require(Actor.of(actor), "delete", category)
    rows = get_category_model()._base_manager
    with transaction.atomic(using=router.db_for_write(get_category_model())):
        publications = published_with("categories", category.slug)
        try:
            with transaction.atomic(using=router.db_for_write(get_category_model())):
                rows.filter(parent_id=category.pk).update(parent_id=category.parent_id)
        except IntegrityError:
            raise InvalidInput(
                _("A category inside it has the name of one beside it. Rename one of them."), code="category_taken"
            ) from None
        rows.get(pk=category.pk).delete()
        refresh_posts(publications)


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 100:
        raise InvalidInput(errors={"name": [_("A name has between 1 and 100 characters.")]})
    return cleaned


def _exact_slug(slug: str) -> str:
    made = make_slug(slug, fallback="")
    if made != slug:
        message = _("Use letters, digits, hyphens and underscores only, such as %(slug)s.")
        raise InvalidInput(errors={"slug": [message % {"slug": made or "news"}]})
    return slug


def _free_slug(name: str) -> str:
    slug = make_slug(name, fallback="category", max_length=90)
    rows = get_category_model()._base_manager.filter(slug__startswith=slug[:80])
    return unique_slug(slug, set(rows.values_list("slug", flat=True)))


def _refuse_circle(row: AbstractCategory) -> None:
    above, seen = row.parent, {row.pk}
    while above is not None:
        if above.pk in seen:
            raise CategoryCircle
        seen.add(above.pk)
        above = above.parent


def _save(row: AbstractCategory) -> None:
    rows = type(row)._base_manager.exclude(pk=row.pk)
    if rows.filter(slug=row.slug).exists():
        raise CategoryTaken("slug")
    if rows.filter(parent_id=row.parent_id, name=row.name).exists():
        raise CategoryTaken("name")
    try:
        with transaction.atomic(using=router.db_for_write(type(row))):
            row.save()
    except IntegrityError:
        # Somebody else was faster.
        raise CategoryTaken("slug" if rows.filter(slug=row.slug).exists() else "name") from None
