"""Menus, breadcrumbs and the machine-readable head of a page."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ai_cms.blocks.documents.pictures import is_reference
from ai_cms.blocks.documents.provenance import provenance_summary
from ai_cms.blocks.html.references import resolve_reference
from ai_cms.pages.addresses import public_url
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.menus import MAIN_MENU, menu_rows
from ai_cms.pages.models import AbstractPage, Publication, Site
from ai_cms.pages.provenance import digital_source_type
from ai_cms.pages.rendering import ORIGIN

from ...core.jsontypes import JsonObject
from ..current_site import site_of

register = template.Library()


def _site(context: template.Context) -> Site | None:
    found: Site | None = context.get("site") or (site_of(context["request"]) if "request" in context else None)
    return found


def _site_id(context: template.Context) -> int | None:
    site = _site(context)
    return site.pk if site is not None else None


def _entry(title: str, path: str, current: str) -> dict[str, Any]:
    return {
        "title": title,
        "path": path,
        "url": public_url(path),
        "is_current": path == current,
        "is_active": path != "/" and current.startswith(path),
    }


@register.simple_tag(takes_context=True)
def menu(context: template.Context, under: str = "/", depth: int = 1) -> list[dict[str, Any]]:
    """Return the published pages marked for menus below ``under``, in tree order, ``depth`` levels deep, with ``children``.

    Each entry: title, url, path, is_current, is_active (an ancestor of the page shown, or it), children. One query; none
    for the main menu (without arguments) where the site came with it, as in lists of posts.
    """
    page = context.get("page")
    current = getattr(page, "path", "")
    site = _site(context)
    kept = None if site is None or (under, depth) != MAIN_MENU else site.main_menu
    rows = menu_rows(None if site is None else site.pk, under, depth) if kept is None else kept
    entries: list[dict[str, Any]] = []
    open_levels: list[tuple[str, list[dict[str, Any]]]] = [("", entries)]
    for title, path in rows:
        while open_levels[-1][0] and not path.startswith(open_levels[-1][0]):
            open_levels.pop()
        entry = {**_entry(title, path, current), "children": []}
        open_levels[-1][1].append(entry)
        open_levels.append((path, entry["children"]))
    return entries


@register.simple_tag(takes_context=True)
def breadcrumbs(context: template.Context) -> list[dict[str, Any]]:
    """Return the published pages above the page shown, the home page first, and the page itself last. One query."""
    page = context.get("page")
    if page is None:
        return []
    steps, path = [], page.path
    while path != "/":
        path = path.rstrip("/").rsplit("/", 1)[0] + "/"
        steps.append(path)
    rows = dict(
        Publication.objects.public().filter(site_id=_site_id(context), path__in=steps).values_list("path", "title")
    )
    found = [_entry(rows[step], step, page.path) for step in reversed(steps) if step in rows]
    return [*found, {**_entry(page.title, page.path, page.path), "is_current": True}]


@register.simple_tag(takes_context=True)
def page_head(context: template.Context) -> SafeString:
    """Return the page's title, description, canonical, OpenGraph and language tags, JSON-LD and provenance mark.

    Everything is escaped; the JSON-LD script is data, which a content security policy without inline scripts allows.
    """
    page = context.get("page")
    if page is None:
        return mark_safe("")
    origin = context.get("origin") or ORIGIN
    url = origin + public_url(page.path)
    site = context.get("site")
    title = page.seo_title or page.title
    name = "" if site is None else site.name
    whole = f"{title} · {name}" if name and name.strip() != title.strip() else title
    tags = [f"<title>{escape(whole)}</title>"]
    publication = context.get("publication")

    def meta(key: str, name: str, value: str) -> None:
        tags.append(f'<meta {key}="{name}" content="{escape(value)}">')

    if page.seo_description:
        meta("name", "description", page.seo_description)
    if publication is None:
        meta("name", "robots", "noindex, nofollow")
    tags.append(f'<link rel="canonical" href="{escape(url)}">')
    meta("property", "og:type", "website" if page.path == "/" else "article")
    meta("property", "og:title", title)
    meta("property", "og:url", url)
    meta("property", "og:locale", page.locale.replace("-", "_"))
    if page.seo_description:
        meta("property", "og:description", page.seo_description)
    if site is not None and site.name:
        meta("property", "og:site_name", site.name)
    image = (page.metadata or {}).get("image")
    if is_reference(image):
        # Of a draft: published pages hold the finished address.
        image = resolve_reference(image)
    image = image or page.sharing_picture()
    if isinstance(image, str) and image:
        meta("property", "og:image", image if "://" in image else origin + image)
    data = _linked_data(page, url, title, publication)
    if pages_settings.EXPOSE_PROVENANCE:
        summary = provenance_summary(page.content_json)
        meta("name", "ai-cms:provenance", json.dumps(summary, ensure_ascii=False))
        data["creativeWorkStatus"] = "Published" if publication is not None else "Draft"
        data["additionalProperty"] = [
            {"@type": "PropertyValue", "name": f"ai-cms:blocks-by-{source}", "value": count}
            for source, count in summary["sources"].items()
        ]
        if source_type := digital_source_type(summary):
            data["digitalSourceType"] = source_type
        if summary["models"]:
            data["creditText"] = "Partly written with " + ", ".join(summary["models"])
    data = page.linked_data(data, origin=origin, publication=publication)
    tags.append(f'<script type="application/ld+json">{_script_json(data)}</script>')
    return mark_safe("\n".join(tags))


def _linked_data(page: AbstractPage, url: str, title: str, publication: Publication | None) -> JsonObject:
    data: JsonObject = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": title,
        "inLanguage": page.locale,
    }
    if page.seo_description:
        data["description"] = page.seo_description
    if publication is not None:
        data["dateModified"] = publication.modified_at.isoformat()
    return data


def _script_json(data: JsonObject) -> str:
    text = json.dumps(data, ensure_ascii=False)
    # As django.utils.html.json_script(): nothing in the data can end the element.
    return text.replace("&", "\\u0026").replace("<", "\\u003C").replace(">", "\\u003E")


@register.filter
def page_url(page: AbstractPage | Publication | str) -> str:
    """Return the URL of a page, a publication or a path."""
    return public_url(page if isinstance(page, str) else page.path)
