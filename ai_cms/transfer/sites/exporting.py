"""Write a site to a folder: pages with drafts, publications and histories, redirects, templates, rights of groups."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router, transaction
from django.db.models import Count

from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages import get_page_model, get_template_model
from ai_cms.pages.models import PageGroupPermission, Proposal, Publication, PublicationFacet, Redirect, Revision, Site
from ai_cms.pages.snapshots import take_snapshot

from ..models import ImportedPage
from ..portable import with_descriptions
from ..registry import importers
from .site_files import FORMAT, FORMAT_VERSION, SiteFolder, folder_name, page_file, template_file, to_iso

__all__ = ["export_site"]

CHUNK = 200
MAX_REVISIONS = 400

Progress = Callable[[int, int, str], None]

#: Columns of a page that are written as they are, beside its fields.
PAGE_COLUMNS = ("slug", "version", "latest_revision", "published_version", "scheduled_revision")
PAGE_TIMES = ("go_live_at", "expire_at", "created_at", "updated_at", "deleted_at")
PUBLICATION_COLUMNS = (
    "type",
    "locale",
    "title",
    "in_menus",
    "active",
    "version",
    "revision",
    "search_title",
    "search_text",
    "search_config",
)
PUBLICATION_TIMES = ("first_published_at", "published_at", "expire_at", "modified_at")
PROPOSAL_COLUMNS = (
    "title",
    "base_version",
    "operations",
    "fields",
    "fingerprints",
    "decisions",
    "provenance",
    "agent",
    "status",
    "revision",
)
PERMISSION_COLUMNS = ("can_add", "can_change", "can_delete", "can_publish")


def export_site(
    site: Site, folder: str | Path, *, revisions: bool = True, progress: Progress | None = None
) -> dict[str, int]:
    """Write ``site`` to ``folder``, which is new, empty, or an earlier export that is brought up to date.

    ``revisions``: write all of them; else just those that pages still refer to. Returns counts by kind.
    Raises ImportRefused for a folder that holds something else.
    """
    # Apps say in their cms_importers how the rows are named that their page types refer to.
    importers.discover()
    target = SiteFolder(folder)
    target.prepare()
    using = router.db_for_read(get_page_model())
    with transaction.atomic(using=using):
        connection = connections[using]
        if connection.vendor == "postgresql" and not connection.savepoint_ids:
            # One moment for all queries; SQLite's transactions are that anyway.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _Export(site, target, revisions, progress or (lambda *_: None))()


class _Export:
    """One export."""

    def __init__(self, site: Site, folder: SiteFolder, revisions: bool, progress: Progress) -> None:
        self.site = site
        self.folder = folder
        self.revisions = revisions
        self.progress = progress
        self.pages: Any = get_page_model().all_objects
        self.refs: dict[int, str] = {}
        self.children: dict[int, list[str]] = defaultdict(list)
        self.users: dict[Any, str] = {}

    def __call__(self) -> dict[str, int]:
        self.name_pages()
        templates = self.write_templates()
        done = 0
        keys = list(self.refs)
        for chunk in self.divide(keys):
            for page, related in self.chunk(chunk):
                self.write_page(page, related)
                done += 1
                self.progress(done, len(keys), "export")
        redirects = self.write_redirects()
        self.folder.write(
            "site.json",
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "site": {
                    "hostname": self.site.hostname,
                    "name": self.site.name,
                    "locale": self.site.locale,
                    "is_default": self.site.is_default,
                },
            },
        )
        removed = self.folder.remove_stale()
        return {
            "pages": len(keys),
            "templates": templates,
            "redirects": redirects,
            "files": len(self.folder.written),
            "written": self.folder.changed,
            "removed": removed,
        }

    def name_pages(self) -> None:
        """Give every page of the site its folder."""
        binned: dict[int, int] = defaultdict(int)
        rows = self.pages.non_polymorphic().filter(site_id=self.site.pk).order_by("lft")
        for pk, parent, slug, deleted in rows.values_list("pk", "parent_id", "slug", "deleted_at"):
            if parent is None:
                self.refs[pk] = ""
                continue
            number = 0
            if deleted is not None:
                binned[parent] += 1
                number = binned[parent]
            name = folder_name(slug, binned=number)
            self.children[parent].append(name)
            above = self.refs[parent]
            self.refs[pk] = f"{above}/{name}" if above else name

    def divide(self, keys: list[int]) -> Iterator[list[int]]:
        """Yield the pages in lists whose histories memory holds; one page is never divided."""
        for start in range(0, len(keys), CHUNK):
            few = keys[start : start + CHUNK]
            rows = Revision.objects.order_by().filter(page_id__in=few).values("page_id")
            counts = dict(rows.annotate(count=Count("pk")).values_list("page_id", "count")) if self.revisions else {}
            chunk: list[int] = []
            weight = 0
            for key in few:
                if chunk and weight + counts.get(key, 0) > MAX_REVISIONS:
                    yield chunk
                    chunk, weight = [], 0
                chunk.append(key)
                weight += counts.get(key, 0)
            yield chunk

    def chunk(self, keys: list[int]) -> Iterator[tuple[Any, dict[str, list[Any]]]]:
        """Yield pages with the rows that belong to them, by a few queries for all."""
        pages = {page.pk: page for page in self.pages.filter(pk__in=keys).select_related("template")}
        related: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        sources: tuple[tuple[str, Iterable[Any]], ...] = (
            ("publication", Publication.objects.filter(page_id__in=keys)),
            ("revisions", self.revision_rows(keys, pages)),
            ("proposals", Proposal.objects.filter(page_id__in=keys).order_by("pk")),
            (
                "permissions",
                PageGroupPermission.objects.filter(page_id__in=keys).select_related("group").order_by("group__name"),
            ),
            ("imports", ImportedPage.objects.filter(page_id__in=keys).order_by("source", "key", "target__lft", "pk")),
        )
        for name, rows in sources:
            for row in rows:
                related[row.page_id][name].append(row)
        publications = {row.pk: row.page_id for found in related.values() for row in found["publication"]}
        facets = PublicationFacet.objects.filter(publication_id__in=publications).order_by("name", "value")
        for facet in facets:
            related[publications[facet.publication_id]]["facets"].append(facet)
        self.load_users(pages.values(), related.values())
        for key in keys:
            yield pages[key], related[key]

    def revision_rows(self, keys: list[int], pages: dict[int, Any]) -> Iterable[Revision]:
        rows = Revision.objects.filter(page_id__in=keys).order_by("number")
        if self.revisions:
            return rows
        published = set(Publication.objects.filter(page_id__in=keys).values_list("page_id", "revision"))
        return (
            row
            for row in rows
            if (row.page_id, row.number) in published
            or row.number in (pages[row.page_id].latest_revision, pages[row.page_id].scheduled_revision)
        )

    def load_users(self, pages: Iterable[Any], related: Iterable[dict[str, list[Any]]]) -> None:
        """Read the names of the people that the rows refer to, in one query."""
        wanted = {page.owner_id for page in pages}
        for found in related:
            wanted.update(row.author_id for row in (*found["revisions"], *found["proposals"]))
            wanted.update(row.decided_by_id for row in found["proposals"])
            wanted.update(row.published_by_id for row in found["publication"])
        missing = wanted - self.users.keys() - {None}
        if missing:
            model: Any = get_user_model()
            rows = model._base_manager.filter(pk__in=missing).values_list("pk", model.USERNAME_FIELD)
            self.users.update((pk, str(name)) for pk, name in rows)

    def write_page(self, page: Any, related: dict[str, list[Any]]) -> None:
        ref = self.refs[page.pk]
        revisions = related["revisions"]
        proposals = related["proposals"]
        snapshots = [take_snapshot(page), *(row.fields for row in (*revisions, *proposals))]
        fields, *older = with_descriptions(type(page), snapshots)
        value: JsonObject = {
            "type": page.type_name(),
            "fields": fields,
            "content": page.content_json.to_json(),
            "translation_key": str(page.translation_key),
            "deletion": None if page.deletion is None else str(page.deletion),
            "owner": self.users.get(page.owner_id),
            "template": page.template.name if page.template is not None else None,
            "children": self.children.get(page.pk, []),
            **{name: getattr(page, name) for name in PAGE_COLUMNS},
            **{name: to_iso(getattr(page, name)) for name in PAGE_TIMES},
            "publication": None,
            "proposals": [
                {**self.proposal(row), "fields": described}
                for row, described in zip(proposals, older[len(revisions) :], strict=True)
            ],
            "permissions": [
                {"group": row.group.name, **{name: getattr(row, name) for name in PERMISSION_COLUMNS}}
                for row in related["permissions"]
            ],
            "imports": [self.imported(row) for row in related["imports"] if row.target_id in self.refs],
        }
        for publication in related["publication"]:
            value["publication"] = self.publication(publication, related["facets"], page)
        self.folder.write(page_file(ref), value)
        if revisions:
            found = [
                {**self.revision(row), "fields": described}
                for row, described in zip(revisions, older[: len(revisions)], strict=True)
            ]
            self.folder.write(page_file(ref, "revisions.json"), found)

    def publication(self, row: Publication, facets: list[PublicationFacet], page: Any) -> JsonObject:
        # The document stands in the body a second time; once is enough to read it back.
        body = json.loads("{" + row.body)
        body["content_json"] = None
        summary = json.loads("{" + row.summary)
        if own := page.public_fields():
            # Made anew by the import, of rows that have other keys there.
            body["fields"] = {name: value for name, value in body["fields"].items() if name not in own}
            summary.pop("fields", None)
            facets = []
        return {
            **{name: getattr(row, name) for name in PUBLICATION_COLUMNS},
            **{name: to_iso(getattr(row, name)) for name in PUBLICATION_TIMES},
            "published_by": self.users.get(row.published_by_id),
            "content": Document(row.content).to_json(),
            "body": body,
            "summary": summary,
            "facets": [[facet.name, facet.value] for facet in facets],
        }

    def revision(self, row: Revision) -> JsonObject:
        return {
            "number": row.number,
            "kind": row.kind,
            "version": row.version,
            "author": self.users.get(row.author_id),
            "agent": row.agent,
            "message": row.message,
            "created_at": to_iso(row.created_at),
            "title": row.title,
            "content": row.content_json.to_json(),
            "fields": row.fields,
            **({"overwritten": row.overwritten} if row.overwritten else {}),
        }

    def proposal(self, row: Proposal) -> JsonObject:
        return {
            **{name: getattr(row, name) for name in PROPOSAL_COLUMNS},
            "author": self.users.get(row.author_id),
            "decided_by": self.users.get(row.decided_by_id),
            "created_at": to_iso(row.created_at),
            "decided_at": to_iso(row.decided_at),
        }

    def imported(self, row: ImportedPage) -> JsonObject:
        return {
            "source": row.source,
            "key": row.key,
            "digest": row.digest,
            "version": row.version,
            "state": row.state,
            "target": self.refs[row.target_id],
            "imported_at": to_iso(row.imported_at),
        }

    def write_templates(self) -> int:
        rows = list(get_template_model()._base_manager.select_related("owner").order_by("name"))
        for row in rows:
            self.folder.write(
                template_file(row.name),
                {
                    "name": row.name,
                    "description": row.description,
                    "page_type": row.page_type,
                    "content": row.layout_json.to_json(),
                    "version": row.version,
                    "owner": str(row.owner.get_username()) if row.owner is not None else None,
                    "created_at": to_iso(row.created_at),
                    "updated_at": to_iso(row.updated_at),
                },
            )
        return len(rows)

    def write_redirects(self) -> int:
        rows = list(Redirect.objects.filter(site_id=self.site.pk).order_by("old_path"))
        found = []
        for row in rows:
            if row.page_id is not None and row.page_id not in self.refs:
                # To a page of another site, which this export does not hold.
                continue
            found.append(
                {
                    "old_path": row.old_path,
                    "page": self.refs[row.page_id] if row.page_id is not None else None,
                    "target": row.target,
                    "permanent": row.permanent,
                    "automatic": row.automatic,
                    "created_at": to_iso(row.created_at),
                }
            )
        self.folder.write("redirects.json", found)
        return len(found)
