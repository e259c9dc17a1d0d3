"""What only the server knows of a draft: which of its links lead nowhere."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.pages.addresses import normalise_path, public_url
from ai_cms.pages.models import Publication, Redirect
from ai_cms.pages.views import page_view

from .answers import JsonView

__all__ = ["LinkCheckView"]

MAX_LINKS = 500


class LinkCheckView(JsonView):
    """``{"links": […]}``: which of these paths on this site no page is published at."""

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        page, links = self.page(), self.body().get("links")
        if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
            raise InvalidInput(errors={"links": [_("Give a list of addresses.")]})
        wanted = {link: path for link in links[:MAX_LINKS] if (path := _path_of(link)) is not None}
        there = set(
            Publication.objects.public()
            .filter(site_id=page.site_id, path__in=set(wanted.values()))
            .values_list("path", flat=True)
        )
        left = {path for path in wanted.values() if path not in there}
        moved = set(
            Redirect.objects.filter(old_path__in=left, page__site_id=page.site_id).values_list("old_path", flat=True)
        )
        return self.answer({"broken": [link for link, path in wanted.items() if path in left - moved]})


def _path_of(link: str) -> str | None:
    """Return the path of a page that a link asks for; ``None`` for other sites, and for what other routes answer."""
    parts = urlsplit(link) if len(link) <= 2000 and "\x00" not in link else None
    if parts is None or parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    address = unquote(parts.path)
    for form in (address, address if address.endswith("/") else f"{address}/"):
        try:
            found = resolve(form)
        except (Resolver404, ValueError):
            continue
        if found.func is not page_view:
            return None
    root = public_url("/")
    return normalise_path(address.removeprefix(root.rstrip("/"))) if address.startswith(root) else None
