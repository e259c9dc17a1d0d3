"""llms.txt: which pages a site has and where their Markdown is, for a model that was sent here."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.cache import cache
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ai_cms.pages.menus import menu_rows
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.rendering import site_key

from .conf import machine_settings
from .markdown import markdown_url

__all__ = ["llms_text", "llms_txt_key"]

_KEPT_SECONDS = 86_400
_EXCERPT = 160


def llms_txt_key(site: Site) -> str:
    """Return what is another after each change that llms.txt of the site may show. One query."""
    moment = timezone.now()
    expired = Publication.objects.filter(site_id=site.pk, active=True, expire_at__lte=moment).order_by("-expire_at")
    site.last_expiry = expired.values_list("expire_at", flat=True).first()  # type: ignore[attr-defined]
    return hashlib.sha256(f"llms.txt {site_key(site)}".encode()).hexdigest()[:40]


def llms_text(site: Site, origin: str, key: str) -> str:
    """Return llms.txt of a site; kept in the cache under ``key`` until something of the site changes."""
    name = f"ai_cms_machines.llms.{key}"
    rows = cache.get(name)
    if not isinstance(rows, dict):
        rows = _rows(site)
        cache.set(name, rows, _KEPT_SECONDS)
    return _written(rows, origin)


def _rows(site: Site) -> dict[str, Any]:
    """Return what is listed: the home page, the pages of the menu, and others, the highest in the tree first."""
    public = Publication.objects.public().filter(site_id=site.pk)
    home = public.filter(path="/").values_list("title", "summary").first()
    menu = [path for _title, path in menu_rows(site.pk)]
    limit = machine_settings.LLMS_TXT_MAX_PAGES
    others = public.exclude(path__in=["/", *menu]).order_by("page__level", "page__lft")
    columns = ("path", "title", "summary")
    listed = {
        path: (title, _excerpt(summary)) for path, title, summary in public.filter(path__in=menu).values_list(*columns)
    }
    with translation.override(site.locale if translation.check_for_language(site.locale) else None):
        words = {"menu": _("Main pages"), "others": _("More pages")}
    return {
        "name": site.name or (home[0] if home else ""),
        "about": _excerpt(home[1]) if home else "",
        "words": words,
        "menu": [(path, *listed[path]) for path in menu if path in listed],
        "others": [(path, title, _excerpt(text)) for path, title, text in others.values_list(*columns)[:limit]]
        if limit
        else [],
        "home": bool(home),
    }


def _excerpt(summary: str) -> str:
    found = json.loads("{" + summary) if summary else {}
    text = " ".join(str(found.get("excerpt") or "").split())
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rsplit(' ', 1)[0]}…"


def _written(rows: dict[str, Any], origin: str) -> str:
    lines = [f"# {_one_line(rows['name'])}", ""]
    if rows["about"]:
        lines += [f"> {rows['about']}", ""]
    if rows["home"]:
        lines += [f"[{_one_line(rows['name']) or '/'}]({origin}{_address('/')})", ""]
    for part in ("menu", "others"):
        if rows[part]:
            lines += [f"## {rows['words'][part]}", ""]
            for path, title, about in rows[part]:
                lines.append(f"- [{_one_line(title)}]({origin}{_address(path)})" + (f": {about}" if about else ""))
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


# The format's own reader (llms-txt 0.0.7) ends a title at the first "]", escaped or not, and an address at the first ")"; a line
# that it does not read so makes it refuse the whole file.
def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("[", "(").replace("]", ")")


def _address(path: str) -> str:
    return markdown_url(path).replace("(", "%28").replace(")", "%29")
