"""Make the rows that belong to pages: histories, publications, proposals, rights of groups, where pages came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ai_cms.core.bulk import insert_rows
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import (
    PageGroupPermission,
    Proposal,
    ProposalStatus,
    Publication,
    PublicationFacet,
    Revision,
    RevisionKind,
)
from ai_cms.pages.services import json_tail

from ..base import Spool
from ..exceptions import ImportRefused
from ..models import ImportedPage
from ..portable import KeyFinder
from .exporting import PERMISSION_COLUMNS
from .outline import Place
from .overwritten import overwritten_of
from .site_files import from_iso
from .values import count_of, document_of, mapping_of, text_of

__all__ = ["RelatedRows"]

FULL = 500
FULL_BYTES = 2_000_000


class RelatedRows:
    """Collect rows page by page, and write them some hundred at a time."""

    def __init__(
        self,
        refs: dict[str, Place],
        user: Callable[[Any, str], Any],
        group: Callable[[str], Any],
        actor: Actor,
        using: str,
        keys: KeyFinder,
    ) -> None:
        self.keys = keys
        self.refs = refs
        self.user = user
        self.group = group
        self.actor = actor
        self.using = using
        self.counts = {"revisions": 0, "publications": 0, "proposals": 0, "permissions": 0}
        self.revisions: list[Revision] = []
        self.publications: list[tuple[Publication, list[list[str]]]] = []
        self.proposals: list[tuple[Proposal, Any]] = []
        self.permissions: list[PageGroupPermission] = []
        self.size = 0
        # They refer to pages anywhere in the tree, so they wait until all are there.
        self.imports = Spool()
        self.imported_at: list[int] = []

    def close(self) -> None:
        """Give back the temporary file."""
        self.imports.close()

    def add(self, page: Any, value: JsonObject, revisions: Any, file: str, size: int) -> None:
        """Take in what the files of one page say. ``size``: bytes of its revisions."""
        if not isinstance(revisions, list):
            raise ImportRefused("“revisions.json” holds a list.", source=file)
        numbers: set[int] = set()
        for item in revisions:
            row = self.revision(page, mapping_of(item, "revision", file), file)
            if row.number in numbers:
                raise ImportRefused(f"Two revisions have the number {row.number}.", source=file)
            numbers.add(row.number)
            self.revisions.append(row)
        if value.get("publication") is not None:
            self.publications.append(
                self.publication(page, mapping_of(value["publication"], "publication", file), file)
            )
        elif page.published_version is not None:
            raise ImportRefused("The page is published, but its publication is missing.", source=file)
        for item in self.listed(value, "proposals", file):
            self.proposals.append(self.proposal(page, item, file))
        for item in self.listed(value, "permissions", file):
            name = text_of(item.get("group"), "group", file, limit=150)
            if name:
                flags = {flag: item.get(flag) is True for flag in PERMISSION_COLUMNS}
                self.permissions.append(PageGroupPermission(page_id=page.pk, group=self.group(name), **flags))
        if imports := self.listed(value, "imports", file):
            self.imported_at.append(self.imports.put([page.pk, imports, file]))
        self.size += size
        if len(self.revisions) >= FULL or self.size >= FULL_BYTES:
            self.flush_revisions()

    def listed(self, value: JsonObject, name: str, file: str) -> list[JsonObject]:
        found = value.get(name) or []
        if not isinstance(found, list):
            raise ImportRefused(f"“{name}” is a list.", source=file)
        return [mapping_of(item, name, file) for item in found]

    def revision(self, page: Any, value: JsonObject, file: str) -> Revision:
        kind = value.get("kind")
        if kind not in RevisionKind.values:
            raise ImportRefused(f"{str(kind)[:50]!r} is no kind of revision.", source=file)
        content = document_of(value.get("content"), file, self.actor)
        return Revision(
            page_id=page.pk,
            number=count_of(value.get("number"), "number", file) or 0,
            kind=kind,
            version=count_of(value.get("version"), "version", file) or 0,
            author=self.user(value.get("author"), file),
            agent=text_of(value.get("agent"), "agent", file, limit=200),
            message=text_of(value.get("message"), "message", file, limit=300),
            created_at=self.moment(value, "created_at", file),
            title=text_of(value.get("title"), "title", file, limit=255),
            content_json=content,
            fields=self.keys.with_keys(type(page), mapping_of(value.get("fields") or {}, "fields", file)),
            overwritten=overwritten_of(value.get("overwritten"), content, file, self.actor),
        )

    def publication(self, page: Any, value: JsonObject, file: str) -> tuple[Publication, list[list[str]]]:
        content = document_of(value.get("content"), file, self.actor).to_json()
        body = mapping_of(value.get("body"), "body", file)
        body["content_json"] = content
        facets = value.get("facets") or []
        if not isinstance(facets, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in facets
        ):
            raise ImportRefused("“facets” is a list of names and values.", source=file)
        row = Publication(
            page_id=page.pk,
            site_id=page.site_id,
            path=page.path,
            type=text_of(value.get("type"), "type", file, limit=120),
            locale=text_of(value.get("locale"), "locale", file, limit=12),
            title=text_of(value.get("title"), "title", file, limit=255),
            in_menus=value.get("in_menus") is True,
            active=value.get("active") is not False,
            version=count_of(value.get("version"), "version", file) or 1,
            revision=count_of(value.get("revision"), "revision", file) or 0,
            first_published_at=self.moment(value, "first_published_at", file),
            published_at=self.moment(value, "published_at", file),
            modified_at=self.moment(value, "modified_at", file),
            expire_at=from_iso(value.get("expire_at"), source=file),
            published_by=self.user(value.get("published_by"), file),
            content=content,
            body=json_tail(body),
            summary=json_tail(mapping_of(value.get("summary"), "summary", file)),
            search_title=text_of(value.get("search_title"), "search_title", file, limit=10_000),
            search_text=text_of(value.get("search_text"), "search_text", file, limit=5_000_000),
            search_config=text_of(value.get("search_config"), "search_config", file, limit=40) or "simple",
        )
        return row, facets

    def proposal(self, page: Any, value: JsonObject, file: str) -> tuple[Proposal, Any]:
        status = value.get("status")
        lists = {name: value.get(name) or [] for name in ("operations", "decisions")}
        if status not in ProposalStatus.values or not all(isinstance(found, list) for found in lists.values()):
            raise ImportRefused("A proposal cannot be read.", source=file)
        row = Proposal(
            page_id=page.pk,
            title=text_of(value.get("title"), "title", file, limit=255),
            base_version=count_of(value.get("base_version"), "base_version", file) or 0,
            agent=text_of(value.get("agent"), "agent", file, limit=200),
            status=status,
            revision=count_of(value.get("revision"), "revision", file),
            author=self.user(value.get("author"), file),
            decided_by=self.user(value.get("decided_by"), file),
            decided_at=from_iso(value.get("decided_at"), source=file),
            **lists,
            fields=self.keys.with_keys(type(page), mapping_of(value.get("fields") or {}, "fields", file)),
            **{name: mapping_of(value.get(name) or {}, name, file) for name in ("fingerprints", "provenance")},
        )
        return row, self.moment(value, "created_at", file)

    def imported(self, page_id: Any, value: JsonObject, file: str) -> ImportedPage:
        target = self.refs.get(str(value.get("target")))
        if target is None:
            raise ImportRefused("“imports” refers to a page that is not here.", source=file)
        return ImportedPage(
            page_id=page_id,
            target_id=target.pk,
            source=text_of(value.get("source"), "source", file, limit=255),
            key=text_of(value.get("key"), "key", file, limit=255),
            digest=text_of(value.get("digest"), "digest", file, limit=64),
            version=count_of(value.get("version"), "version", file) or 0,
            state=mapping_of(value.get("state") or {}, "state", file),
            imported_at=self.moment(value, "imported_at", file),
        )

    def moment(self, value: JsonObject, name: str, file: str) -> Any:
        found = from_iso(value.get(name), source=file)
        if found is None:
            raise ImportRefused(f"“{name}” is missing.", source=file)
        return found

    def flush_revisions(self) -> None:
        insert_rows(Revision, self.revisions, using=self.using, batch_size=200, keys=False)
        self.counts["revisions"] += len(self.revisions)
        self.revisions, self.size = [], 0

    def flush(self) -> None:
        """Write what has been taken in."""
        using = self.using
        self.flush_revisions()
        rows = [row for row, _facets in self.publications]
        insert_rows(Publication, rows, using=using, batch_size=200)
        facets = [
            PublicationFacet(
                publication=row, name=name[:50], value=text[:200], first_published_at=row.first_published_at
            )
            for row, found in self.publications
            for name, text in found
        ]
        insert_rows(PublicationFacet, facets, using=using, batch_size=1_000, keys=False)
        proposals = [row for row, _moment in self.proposals]
        Proposal.objects.using(using).bulk_create(proposals, batch_size=200)
        for row, moment in self.proposals:
            row.created_at = moment
        Proposal.objects.using(using).bulk_update(proposals, ["created_at"], batch_size=200)
        PageGroupPermission.objects.using(using).bulk_create(self.permissions, batch_size=500)
        for name, found in (
            ("publications", rows),
            ("proposals", proposals),
            ("permissions", self.permissions),
        ):
            self.counts[name] += len(found)
        self.publications, self.proposals, self.permissions = [], [], []

    def finish(self) -> dict[str, int]:
        """Write what is left and return how many rows of each kind there were."""
        self.flush()
        rows: list[ImportedPage] = []
        for position, place in enumerate(self.imported_at, 1):
            page_id, values, file = self.imports.get(place)
            rows.extend(self.imported(page_id, value, file) for value in values)
            if len(rows) >= FULL or position == len(self.imported_at):
                ImportedPage.objects.using(self.using).bulk_create(rows, batch_size=FULL)
                rows = []
        return self.counts
