"""Addresses of lists and feeds, and the links by which readers find feeds."""

from __future__ import annotations

from django import template
from django.urls import NoReverseMatch
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject

from ..archives import Archive, archive_url, feed_url

register = template.Library()

_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}


@register.simple_tag
def posts_url(kind: str = "all", slug: str = "") -> str:
    """Return the URL of a list of posts: ``{% posts_url "category" category.slug %}``; "" where none is mounted."""
    try:
        return archive_url(kind, slug)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def feed_links(context: template.Context, archive: Archive | None = None) -> SafeString:
    """Return ``<link rel="alternate">`` for the site's feeds, and before them for those of ``archive``."""
    site = context.get("site")
    name = site.name if site is not None else ""
    found: list[tuple[str, str, str]] = []
    if archive is not None and archive.feed_is_own:
        title = _("%(list)s · %(site)s") % {"list": archive.name, "site": name}
        found += [(_TYPES[format], title, archive.feed_url(format)) for format in _TYPES]
    try:
        found += [(kind, name, feed_url(format)) for format, kind in _TYPES.items()]
    except NoReverseMatch:
        found = []
    return format_html_join("\n", '<link rel="alternate" type="{}" title="{}" href="{}">', found)


@register.inclusion_tag("ai_cms/posts/includes/picture.html")
def post_picture(picture: JsonObject | None, sizes: str = "100vw", eager: bool = False) -> JsonObject:
    """Show the picture of a post in the sizes there are of it."""
    return {"picture": picture, "sizes": sizes, "eager": eager}


@register.simple_tag
def feed_address(archive: Archive | None = None) -> str:
    """Return the URL of a list's feed, by default of the site's; "" where none is mounted."""
    try:
        return feed_url("rss") if archive is None else archive.feed_url("rss")
    except NoReverseMatch:
        return ""
