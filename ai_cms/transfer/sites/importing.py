"""Read a site from a folder that ``export_site`` wrote, all or nothing, so that exporting it again yields the same files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, router, transaction

from ai_cms.core.bulk import insert_rows
from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import site_imported
from ai_cms.pages import get_page_model, get_template_model, tree
from ai_cms.pages.addresses import is_taken_by_route
from ai_cms.pages.elements import element_rows, reference_rows
from ai_cms.pages.models import AbstractPage, Element, ElementReference, Publication, Redirect, Site
from ai_cms.pages.services import delete_rows, insert_level, refresh_public_fields
from ai_cms.pages.snapshots import PAGE_FIELDS, apply_snapshot, assign_fields

from ..base import Notices
from ..exceptions import ImportRefused
from ..portable import KeyFinder
from ..registry import importers
from .exporting import PAGE_COLUMNS, PAGE_TIMES
from .outline import Place, number_places, read_outline
from .rows import RelatedRows
from .site_files import FORMAT, FORMAT_VERSION, SiteFolder, from_iso, page_file
from .values import count_of, document_of, mapping_of, text_of

__all__ = ["import_site"]

CHUNK = 200
#: Bytes of files that are worked on at once; as objects they take several times as much.
BATCH_BYTES = 2_000_000

Progress = Callable[[int, int, str], None]


def import_site(
    folder: str | Path,
    *,
    hostname: str = "",
    replace: bool = False,
    notices: Notices | None = None,
    progress: Progress | None = None,
) -> tuple[Site, dict[str, int]]:
    """Make the site of ``folder`` and return it with counts by kind.

    ``hostname``: another host name than the exported one. ``replace``: delete the site that has the host name, with all of its
    pages, first; without it that site is a Conflict. What cannot be found again (people) goes to ``notices``.
    Raises ImportRefused with file and line, Conflict.
    """
    source = SiteFolder(folder)
    loaded = _Import(source, notices if notices is not None else Notices(), progress or (lambda *_: None))
    loaded.read_site()
    using = router.db_for_write(get_page_model())
    with transaction.atomic(using=using):
        return loaded(using, hostname or loaded.text("hostname"), replace)


class _Import:
    """One import."""

    def __init__(self, folder: SiteFolder, notices: Notices, progress: Progress) -> None:
        self.folder = folder
        self.notices = notices
        self.progress = progress
        self.actor = Actor.system("import_site")
        self.values: dict[str, Any] = {}
        self.users: dict[str, Any] = {}
        self.templates: dict[str, Any] = {}
        # Apps say in their cms_importers how the rows are named that their page types refer to.
        importers.discover()
        self.keys = KeyFinder(notices.add)

    def read_site(self) -> None:
        """Read ``site.json`` and refuse what this version does not understand."""
        value = self.folder.read("site.json")
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ImportRefused("There is no exported site in this folder.", source=str(self.folder.path))
        version = value.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version > FORMAT_VERSION or version < 1:
            raise ImportRefused(
                f"The export is of format version {version!r}; this release reads up to {FORMAT_VERSION}.",
                source="site.json",
            )
        self.values = mapping_of(value.get("site"), "site", "site.json")

    def text(self, name: str) -> str:
        return text_of(self.values.get(name), name, "site.json", limit=255)

    def __call__(self, using: str, hostname: str, replace: bool) -> tuple[Site, dict[str, int]]:
        site = self.make_site(using, hostname, replace)
        self.read_templates()
        places = read_outline(self.folder)
        number_places(places, using)
        refs = {place.ref: place for place in places}
        with closing(RelatedRows(refs, self.user, self.group, self.actor, using, self.keys)) as rows:
            self.insert(places, site, rows, using)
            site.root_id = places[0].pk
            site.save(using=using, update_fields=["root"])
            counts = rows.finish()
        self.refresh(places, site, using)
        site_imported.send(sender=Site, instance=site, warn=self.notices.add)
        counts["redirects"] = self.read_redirects(site, refs)
        counts["templates"] = len(self.templates)
        counts["pages"] = len(places)
        return Site.objects.using(using).select_related("root").get(pk=site.pk), counts

    def refresh(self, places: list[Place], site: Site, using: str) -> None:
        """Say anew in publications what page types say of rows that have other keys here; nothing else changes."""
        types = {place.model for place in places}
        names = [model.type_name() for model in types if model.public_fields is not AbstractPage.public_fields]
        rows = Publication.objects.using(using).filter(site_id=site.pk, type__in=names).order_by("pk")
        refresh_public_fields(list(rows.values_list("pk", flat=True)), touch=False)

    def make_site(self, using: str, hostname: str, replace: bool) -> Site:
        name = hostname.lower()
        if not name or len(name) > 255 or any(sign.isspace() or sign in "/\\@" for sign in name):
            raise ImportRefused(f"{hostname[:100]!r} is no host name.", source="site.json")
        sites = Site.objects.using(using)
        old = sites.filter(hostname__iexact=name).first()
        if old is not None:
            if not replace:
                raise Conflict(
                    f"There is a site {name} already. --replace deletes it with all of its pages first; --hostname imports "
                    "beside it.",
                    code="site_exists",
                )
            self.delete_site(old, using)
        is_default = self.values.get("is_default") is True
        if is_default and sites.filter(is_default=True).exists():
            is_default = False
            self.notices.add(
                "Another site is the default one; this one was imported without being it.", item="site.json"
            )
        return sites.create(
            hostname=name,
            name=text_of(self.values.get("name"), "name", "site.json", limit=100) or name,
            locale=text_of(self.values.get("locale"), "locale", "site.json", limit=12) or "en",
            is_default=is_default,
        )

    def delete_site(self, site: Site, using: str) -> None:
        """Delete a site, the deepest pages first."""
        rows = get_page_model().all_objects.using(using).non_polymorphic().order_by()
        # Whoever edits the site waits for this, and then finds it gone.
        list(rows.filter(site_id=site.pk, parent=None).select_for_update().values_list("pk", flat=True))
        keys = list(rows.filter(site_id=site.pk).order_by("-lft").values_list("pk", flat=True))
        Site.objects.using(using).filter(pk=site.pk).update(root=None)
        delete_rows(rows, keys, using=using)
        site.delete()

    # Templates

    def read_templates(self) -> None:
        model: Any = get_template_model()
        existing = {row.name: row for row in model._base_manager.all()}
        for file in self.folder.templates():
            value = mapping_of(self.folder.read(file), "template", file)
            name = text_of(value.get("name"), "name", file, limit=100)
            if not name:
                raise ImportRefused("A template needs a name.", source=file)
            content = document_of(value.get("content"), file, self.actor)
            row = existing.get(name)
            if row is not None:
                if row.layout_json != content:
                    self.notices.add("Another template has this name; it was kept, and pages refer to it.", item=name)
                self.templates[name] = row
                continue
            row = model(
                name=name,
                description=text_of(value.get("description"), "description", file, limit=500),
                page_type=text_of(value.get("page_type"), "page_type", file, limit=120),
                version=count_of(value.get("version"), "version", file) or 1,
                owner=self.user(value.get("owner"), file),
                layout_json=content,
            )
            row.save(force_insert=True)
            times = {name: from_iso(value.get(name), source=file) for name in ("created_at", "updated_at")}
            model._base_manager.filter(pk=row.pk).update(**{key: moment for key, moment in times.items() if moment})
            self.templates[name] = row

    # Pages

    def insert(self, places: list[Place], site: Site, rows: RelatedRows, using: str) -> None:
        """Read the pages a second time and write them with all that belongs to them, a batch at a time."""
        done = 0
        for batch in self.batches(places):
            pages = []
            for place, value in batch:
                page = self.make_page(place, value)
                page.site_id = site.pk
                pages.append(page)
            self.insert_pages([place for place, _value in batch], pages, using)
            for (place, value), page in zip(batch, pages, strict=True):
                file = page_file(place.ref, "revisions.json")
                rows.add(page, value, self.folder.read(file, missing=[]), place.file, self.folder.last_size)
                done += 1
                self.progress(done, len(places), "import")
            rows.flush()

    def batches(self, places: list[Place]) -> Iterator[list[tuple[Place, dict[str, Any]]]]:
        """Yield pages of one level with what their files say, parents before children, in lists that memory holds."""
        batch: list[tuple[Place, dict[str, Any]]] = []
        size = 0
        for place in sorted(places, key=attrgetter("level")):
            if batch and (len(batch) >= CHUNK or size >= BATCH_BYTES or batch[0][0].level != place.level):
                yield batch
                batch, size = [], 0
            batch.append((place, mapping_of(self.folder.read(place.file), "page", place.file)))
            size += self.folder.last_size
        yield batch

    def make_page(self, place: Place, value: dict[str, Any]) -> Any:
        """Return the page of one file at its place, not saved yet."""
        file = place.file
        page: Any = place.model()
        fields = mapping_of(value.get("fields"), "fields", file)
        relations = {field.name for field in page.type_fields() if isinstance(field, models.ForeignKey)}
        try:
            assign_fields(page, {name: item for name, item in fields.items() if name in PAGE_FIELDS})
            type_fields = {name: item for name, item in fields.items() if name not in PAGE_FIELDS}
            apply_snapshot(page, self.keys.with_keys(type(page), type_fields))
            page.clean_fields(
                exclude=[f.name for f in page._meta.fields if f.name not in type_fields or f.name in relations]
            )
        except InvalidInput as error:
            raise ImportRefused(f"The fields are not valid: {error.errors}", source=file) from None
        except (ValidationError, TypeError, ValueError) as error:
            raise ImportRefused(f"The fields are not valid: {str(error)[:300]}", source=file) from None
        for name in sorted(fields.keys() - set(PAGE_FIELDS) - {field.name for field in page.type_fields()}):
            self.notices.add(f"Pages of this type have no field “{name[:100]}”; it was left out.", item=file)
        page.content_json = document_of(value.get("content"), file, self.actor)
        for name in PAGE_COLUMNS[1:]:
            setattr(page, name, count_of(value.get(name), name, file))
        page.version, page.latest_revision = page.version or 1, page.latest_revision or 0
        for name in PAGE_TIMES:
            setattr(page, name, from_iso(value.get(name), source=file))
        page.slug, page.path, page.level = place.slug, place.path, place.level
        page.lft, page.rght, page.tree_id = place.lft, place.rght, place.tree_id
        page.parent_id = place.parent.pk if place.parent is not None else None
        page.translation_key = self.uuid(value.get("translation_key"), file) or uuid.uuid4()
        page.deletion = self.uuid(value.get("deletion"), file)
        if page.deleted_at is None:
            page.deletion = None
        page.owner = self.user(value.get("owner"), file)
        template = value.get("template")
        if template is not None:
            page.template = self.templates.get(text_of(template, "template", file, limit=100))
            if page.template is None:
                self.notices.add(f"There is no template {template!r}.", item=file)
        if place.parent is not None and page.deleted_at is None and is_taken_by_route(page.path):
            # It keeps its address, so that an export of it is the same again.
            self.notices.add(
                f"Another part of the site answers at {page.path}, so nobody sees the page; give it another slug.",
                item=file,
            )
        return page

    def uuid(self, value: object, file: str) -> uuid.UUID | None:
        if value is None:
            return None
        try:
            return uuid.UUID(str(value))
        except ValueError:
            raise ImportRefused(f"{str(value)[:80]!r} is no UUID.", source=file) from None

    def insert_pages(self, places: list[Place], pages: list[Any], using: str) -> None:
        """Insert pages whose parents are there, and what is found in their documents."""
        model: Any = get_page_model()
        times = [(page.created_at, page.updated_at) for page in pages]
        insert_level(tree.LockedTrees(model, using, {}), pages)
        rows = []
        elements: list[Element] = []
        references: list[ElementReference] = []
        for place, page, (created_at, updated_at) in zip(places, pages, times, strict=True):
            place.pk = page.pk
            # The database's own times were written; the exported ones take their place.
            page.created_at, page.updated_at = created_at or page.created_at, updated_at or page.updated_at
            rows.append(model(pk=page.pk, created_at=page.created_at, updated_at=page.updated_at))
            elements.extend(Element(page_id=page.pk, **row) for row in element_rows(page.content_json))
            references.extend(reference_rows(page))
        models.QuerySet(model, using=using).bulk_update(rows, ["created_at", "updated_at"], batch_size=CHUNK)
        insert_rows(Element, elements, using=using, batch_size=1_000, keys=False)
        if references:
            insert_rows(ElementReference, references, using=using, batch_size=1_000, keys=False)

    def read_redirects(self, site: Site, refs: dict[str, Place]) -> int:
        file = "redirects.json"
        value = self.folder.read(file, missing=[])
        if not isinstance(value, list):
            raise ImportRefused("This is a list of redirects.", source=file)
        rows: dict[str, Redirect] = {}
        times: dict[str, Any] = {}
        for item in value:
            entry = mapping_of(item, "redirect", file)
            path = text_of(entry.get("old_path"), "old_path", file, limit=2_000)
            target = text_of(entry.get("target"), "target", file, limit=2_000)
            ref = entry.get("page")
            place = refs.get(ref) if isinstance(ref, str) else None
            if not path.startswith("/") or path in rows or (place is None) == (not target):
                raise ImportRefused(f"The redirect of {path[:200]!r} cannot be read, or is there twice.", source=file)
            if target and not target.startswith(("/", "http://", "https://")):
                raise ImportRefused(f"The redirect of {path[:200]!r} leads to no web address.", source=file)
            rows[path] = Redirect(
                site=site,
                old_path=path,
                page_id=place.pk if place is not None else None,
                target=target,
                permanent=entry.get("permanent") is not False,
                automatic=entry.get("automatic") is True,
            )
            times[path] = from_iso(entry.get("created_at"), source=file)
        Redirect.objects.bulk_create(rows.values(), batch_size=500)
        for path, row in rows.items():
            row.created_at = times[path] or row.created_at
        Redirect.objects.bulk_update(rows.values(), ["created_at"], batch_size=500)
        return len(rows)

    # People and groups

    def user(self, name: object, file: str = "") -> Any:
        """Return the user of a name; one that is not here becomes a warning and nobody."""
        if name is None:
            return None
        key = text_of(name, "user name", file, limit=300)
        if key not in self.users:
            model: Any = get_user_model()
            self.users[key] = model._default_manager.filter(**{model.USERNAME_FIELD: key}).first()
            if self.users[key] is None:
                self.notices.add("There is no such user; what was theirs belongs to nobody now.", item=key)
        return self.users[key]

    def group(self, name: str) -> Group:
        """Return the group of a name; a missing one is made, without any rights but those granted here."""
        return Group.objects.get_or_create(name=name)[0]
