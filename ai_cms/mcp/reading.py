"""The pages that a caller may read, and whether what they say came from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ai_cms.blocks.convert.markdown import blocks_to_markdown
from ai_cms.blocks.documents.document import Document
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage, Publication
from ai_cms.pages.outside import imported_among
from ai_cms.pages.untrusted import from_outside

from .principals import Caller

__all__ = ["Shown", "as_markdown", "page_of", "read_page", "visible_pages"]


@dataclass(frozen=True)
class Shown:
    """What is read of a page. ``page``: ``None`` where only the published version may be read."""

    pk: int
    title: str
    path: str
    type: str
    document: Document
    version: int
    page: AbstractPage | None


def visible_pages(actor: Actor) -> Any:
    """Return the pages whose drafts the actor reads."""
    model = get_page_model()
    return get_policy(model).visible(actor, model.objects.all())


def page_of(actor: Actor, pk: int) -> AbstractPage:
    """Return a page whose draft the actor reads. Raises NotFound, the same for a page that does not exist."""
    page: AbstractPage | None = visible_pages(actor).filter(pk=pk).order_by().first()
    if page is None:
        raise NotFound(f"There is no page {pk}, or it is not yours to see. find_content lists those that are.")
    return page


def read_page(caller: Caller, pk: int) -> Shown:
    """Return the draft of a page, or what is published of it to who may not see the draft. Raises NotFound.

    Marks the caller if what it reads came from outside.
    """
    page: AbstractPage | None = visible_pages(caller.actor).filter(pk=pk).order_by().first()
    if page is not None:
        shown = Shown(page.pk, page.title, page.path, page.type, page.content_json, page.version, page)
    else:
        row = None
        if caller.actor.has_scope("read") and not caller.actor.is_confined:
            row = Publication.objects.public().filter(page_id=pk).first()
        if row is None:
            raise NotFound(f"There is no page {pk}, or it is not yours to see. find_content lists those that are.")
        shown = Shown(row.page_id, row.title, row.path, row.type, Document(row.content), row.version, None)
    if from_outside(shown.document) or imported_among([pk]):
        caller.has_read(f"page {pk}: {shown.title}")
    return shown


def as_markdown(shown: Shown) -> str:
    """Return a page as Markdown: its title as the heading, then its blocks."""
    return f"# {shown.title}\n\n{blocks_to_markdown(shown.document)}"
