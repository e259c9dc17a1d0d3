"""Find the site of a request."""

from __future__ import annotations

from django.http import HttpRequest

from .addresses import host_names
from .models import Site

__all__ = ["default_site", "site_for_host", "site_of"]


def site_for_host(host: str) -> Site | None:
    """Return the site of a host name (with or without its port), else the default site, else the only one."""
    name, bare = host_names(host)
    # One query for every case; there are few sites. The home page comes along for menus.
    sites = list(Site.objects.order_by("pk")[:1000])
    by_name = {site.hostname.lower(): site for site in sites}
    found = by_name.get(name) or by_name.get(bare)
    return found or next((site for site in sites if site.is_default), None)


def default_site() -> Site | None:
    """Return the default site."""
    return Site.objects.filter(is_default=True).first()


def site_of(request: HttpRequest) -> Site | None:
    """Return the site of a request, looked up once."""
    if not hasattr(request, "_ai_cms_site"):
        request._ai_cms_site = site_for_host(request.get_host())  # type: ignore[attr-defined]
    found: Site | None = request._ai_cms_site  # type: ignore[attr-defined]
    return found
