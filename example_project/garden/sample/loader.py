"""Put the sample site into the database; what is there already stays as it is."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.files import File
from django.utils import timezone

from ai_cms.assets.services import upload_asset
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Site
from ai_cms.posts.models import Blog, Category, Post
from ai_cms.posts.services import create_category
from garden.models import EventPage

from . import SamplePage, sample_pages
from .blog import CATEGORIES
from .drawing import PICTURES, draw

__all__ = ["load_sample_site"]

TYPES: dict[str, Any] = {"page": None, "event": EventPage, "blog": Blog, "post": Post}


def load_sample_site(user: Any) -> dict[str, int]:
    """Create the site and its pages in the name of ``user``; returns the pages' ids by their key.

    A page whose path is taken, by a deleted page too, is left alone: a second run changes nothing.
    """
    actor = Actor.of(user)
    root_sample, *samples = sample_pages()
    site = Site.objects.filter(is_default=True).select_related("root").first()
    if site is None:
        site = services.create_site(
            hostname="localhost",
            name=root_sample.title,
            title=root_sample.title,
            is_default=True,
            content=root_sample.document,
        )
        services.update_page(_root(site), actor=actor, fields={"seo_description": root_sample.description})
        services.publish_page(_root(site), actor=actor)
    pages = {root_sample.key: _root(site)}
    for sample in samples:
        parent = pages[sample.parent]
        page = get_page_model().all_objects.filter(parent_id=parent.pk, slug=sample.slug).first()
        pages[sample.key] = page if page is not None else _create(sample, parent, actor)
    return {key: page.pk for key, page in pages.items()}


def _post_fields(sample: SamplePage, actor: Actor) -> dict[str, Any]:
    """Return the fields of a post: its author, its categories by key, made if need be, and its picture."""
    keys = {}
    for name, description, above in CATEGORIES:
        found = Category.objects.filter(name=name).first()
        if found is None:
            parent = Category.objects.filter(name=above).first() if above else None
            keys[name] = create_category(actor=actor, name=name, description=description, parent=parent).pk
        else:
            keys[name] = found.pk
    chosen = [keys[name] for name in sample.fields["categories"]]
    return {**sample.fields, "categories": chosen, "author": actor.user.pk, "thumbnail": _picture(sample.key, actor)}


def _picture(key: str, actor: Actor) -> int | None:
    """Return the asset of a post's picture; the same one, where it is there already."""
    if key not in PICTURES:
        return None
    content, alt = draw(key)
    made = upload_asset(File(BytesIO(content), name=f"{key}.png"), actor=actor, name=f"{key}.png", alt=alt)
    return int(made.asset.pk)


def _root(site: Site) -> Any:
    # The column is nullable for the moment in which a site is made; afterwards there is always one.
    return site.root


def _create(sample: SamplePage, parent: Any, actor: Actor) -> Any:
    page = services.create_page(
        actor=actor,
        parent=parent,
        title=sample.title,
        slug=sample.slug,
        page_type=TYPES[sample.type],
        content=sample.document,
        fields={
            "in_menus": sample.in_menus,
            "seo_description": sample.description,
            "metadata": sample.metadata,
            **(_post_fields(sample, actor) if sample.type == "post" else sample.fields),
        },
        publish=sample.state in {"live", "changed"},
    )
    if sample.state == "changed":
        page = services.update_page(page, actor=actor, fields={"title": sample.draft_title})
    elif sample.state == "scheduled":
        page = services.schedule_page(page, actor=actor, go_live_at=timezone.now() + timedelta(days=30))
    if sample.suggested:
        services.create_proposal(page, sample.suggested, actor=actor, title=sample.suggested_title)
    return page
