"""Render pages: the public HTML kept with its publication, and drafts for those who may see them.

Stored HTML is made for an anonymous visitor: the request its template sees has no user, no cookies and the host name
``ORIGIN_HOST``, which is replaced by the visitor's when it is served. It is good as long as its key is: the publication's
version, the site and its generation (menus, lists), what has expired there, the templates' contents, the names of static files,
the settings, and in these ``CODE_VERSION`` for what code makes of a page.
"""

from __future__ import annotations

import copy
import hashlib
import json
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, QueryDict
from django.template import engines
from django.template.loader import select_template
from django.utils import translation
from django.utils.safestring import mark_safe

import ai_cms
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.filling import fill_blocks
from ai_cms.blocks.documents.pictures import is_reference
from ai_cms.blocks.exceptions import BlockError
from ai_cms.blocks.rendering.batch import render_batch
from ai_cms.blocks.rendering.render import Mode, render_blocks
from ai_cms.core.conf import project_settings
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import ActorLike

from . import get_page_model
from .addresses import public_url
from .models import Revision
from .snapshots import apply_snapshot

if TYPE_CHECKING:
    from .models import AbstractPage, Publication, Site

__all__ = [
    "ORIGIN",
    "draft_at",
    "html_key",
    "neutral_request",
    "published_page",
    "render_draft",
    "render_draft_blocks",
    "render_publication",
    "render_published",
    "site_key",
    "templates_digest",
]

#: Reserved by RFC 2606: never a real host.
ORIGIN_HOST = "origin.ai-cms.invalid"
ORIGIN = f"https://{ORIGIN_HOST}"


class NeutralRequest(HttpRequest):
    """The request of nobody in particular."""

    def get_host(self) -> str:
        return ORIGIN_HOST

    def _get_scheme(self) -> str:
        return "https"


def neutral_request(path: str, site: Site | None = None) -> HttpRequest:
    """Return a GET request for ``path`` that carries nothing of any visitor."""
    request = NeutralRequest()
    request.method = "GET"
    request.path = request.path_info = public_url(path)
    request.GET = QueryDict("")
    request.META = {"SERVER_NAME": ORIGIN_HOST, "SERVER_PORT": "443", "REQUEST_METHOD": "GET"}
    request.user = AnonymousUser()
    if site is not None:
        request._ai_cms_site = site  # type: ignore[attr-defined]
    return request


@cache
def _templates_digest() -> str:
    digest = hashlib.sha256()
    for engine in engines.all():
        for folder in sorted({str(folder) for folder in getattr(engine, "template_dirs", ())}):
            for file in sorted(Path(folder).rglob("*.html")):
                digest.update(str(file.relative_to(folder)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def templates_digest() -> str:
    """Return a digest of all template files: read once a process, and each time with DEBUG, where they change."""
    return _templates_digest.__wrapped__() if settings.DEBUG else _templates_digest()


def _manifest_hash() -> str:
    # The storage as this process knows it, with the names it puts into pages.
    installed = apps.is_installed("django.contrib.staticfiles")
    return str(getattr(staticfiles_storage, "manifest_hash", "")) if installed else ""


def _settings_text() -> str:
    try:
        return json.dumps(dict(project_settings()), default=_plain, sort_keys=True)
    except TypeError:
        # Keys of several kinds have no order but their own.
        return repr(sorted(project_settings().items(), key=lambda item: item[0]))


def _plain(value: object) -> object:
    """Return what is the same in each process: repr() of a lazy text names its place in memory, a set has no order."""
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)


def _site_parts(site: Site) -> tuple[Any, ...]:
    return site.generation, site.name, site.hostname, site.locale, site.is_default, site.root_id


def _project_parts() -> tuple[Any, ...]:
    return (
        ai_cms.__version__,
        templates_digest(),
        _settings_text(),
        settings.ROOT_URLCONF,
        settings.STATIC_URL,
        _manifest_hash(),
    )


def site_key(site: Site) -> str:
    """Return what is another after each change that anything made of the site's publications may show.

    ``site`` comes with ``last_expiry``: when one of them last expired by itself.
    """
    parts = (*_project_parts(), site.pk, _site_parts(site), site.last_expiry)  # type: ignore[attr-defined]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def html_key(publication: Publication) -> str:
    """Return the key under which stored HTML of ``publication`` is good; the publication comes with its site."""
    parts = (
        *_project_parts(),
        publication.pk,
        publication.version,
        publication.revision,
        publication.path,
        _site_parts(publication.site),
        publication.last_expiry,
        publication.modified_at.timestamp(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def published_page(publication: Publication) -> AbstractPage:
    """Return the page as it was published, whatever its draft says now."""
    page: AbstractPage = get_page_model().all_objects.get(pk=publication.page_id)
    row = Revision.objects.filter(page_id=page.pk, number=publication.revision).first()
    if row is not None:
        apply_snapshot(page, row.snapshot)
    page.content_json = Document(publication.content)
    page.path = publication.path
    if is_reference((page.metadata or {}).get("image")):
        page.metadata = json.loads("{" + publication.body).get("metadata") or {}
    return page


def render_publication(publication: Publication, request: HttpRequest | None = None) -> str:
    """Return the whole public page as HTML. Without ``request`` it is made for nobody in particular, to be stored."""
    page = published_page(publication)
    seen_by = request if request is not None else neutral_request(publication.path, publication.site)
    return _render(page, seen_by, mode="public", publication=publication)


def render_published(page: AbstractPage, publication: Publication, request: HttpRequest) -> str:
    """Return ``page``, which shows what ``publication`` holds, as HTML: for page types that are served in several parts."""
    return _render(page, request, mode="public", publication=publication)


def draft_at(page: AbstractPage, revision: Revision) -> AbstractPage:
    """Return ``page`` as it was in ``revision``; not to be saved."""
    shown = copy.copy(page)
    apply_snapshot(shown, revision.snapshot)
    shown.content_json = revision.content_json
    return shown


def render_draft(page: AbstractPage, request: HttpRequest, *, mode: Mode = "preview") -> str:
    """Return the page's working draft as HTML; ``mode`` "edit" puts the editor's markers around the blocks."""
    return _render(page, request, mode=mode, publication=None)


def render_draft_blocks(
    page: AbstractPage, items: list[JsonObject], request: HttpRequest, *, actor: ActorLike = None
) -> tuple[dict[str, str], dict[str, list[BlockError]]]:
    """Return blocks as they look on the page's draft, with the editor's markers, and what is wrong in them, by id.

    What :func:`ai_cms.blocks.rendering.render_batch` says of ``items`` and of the answer holds here.
    """
    with _language_of(page):
        context = _context(page, request, mode="edit", publication=None)
        return render_batch(
            fill_blocks(items, page), mode="edit", request=request, context=context, page=page, actor=actor
        )


def _language_of(page: AbstractPage) -> AbstractContextManager[None]:
    return translation.override(page.locale if translation.check_for_language(page.locale) else settings.LANGUAGE_CODE)


def _context(
    page: AbstractPage, request: HttpRequest, *, mode: Mode, publication: Publication | None
) -> TemplateContext:
    """Return what the page's template and those of its blocks know."""
    return {
        "page": page,
        "publication": publication,
        "site": page.site if publication is None else publication.site,
        "mode": mode,
        "origin": ORIGIN if isinstance(request, NeutralRequest) else request.build_absolute_uri("/").rstrip("/"),
    }


def _render(page: AbstractPage, request: HttpRequest, *, mode: Mode, publication: Publication | None) -> str:
    with _language_of(page):
        context = _context(page, request, mode=mode, publication=publication)
        document = page.shown_document(editing=mode == "edit")
        if publication is None:
            # A publication holds what a draft only refers to.
            document = Document(fill_blocks(document.blocks, page))
        content = render_blocks(document, request=request, context=dict(context), mode=mode, page=page)
        # An editor finds the place of a page without blocks, too.
        context["content"] = mark_safe(f"<!--document-->{content}<!--/document-->") if mode == "edit" else content
        context.update(page.get_context(request))
        return str(select_template(page.template_names()).render(context, request))
