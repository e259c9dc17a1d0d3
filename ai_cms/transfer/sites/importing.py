"""Read a site from a folder that ``export_site`` wrote, all or nothing, so that exporting it again yields the same files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, router, transaction

from ai_cms.core.bulk import insert_rows
from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.core.permissions import Actor
from ai_cms.core.slugs import make_slug
from ai_cms.pages import get_page_model, get_template_model, tree
from ai_cms.pages.addresses import is_taken_by_route
from ai_cms.pages.elements import element_rows
from ai_cms.pages.exceptions import PathTooLong
from ai_cms.pages.models import Element, Redirect, Site
from ai_cms.pages.services import check_place, delete_rows, insert_level, resolve_page_type
from ai_cms.pages.snapshots import PAGE_FIELDS, apply_snapshot, assign_fields

from ..base import Notices
from ..exceptions import ImportRefused
from .exporting import PAGE_COLUMNS, PAGE_TIMES
from .rows import RelatedRows
from .site_files import FORMAT, FORMAT_VERSION, MAX_PAGES, SiteFolder, from_iso, page_file
from .values import count_of, document_of, mapping_of, text_of

__all__ = ["import_site"]

CHUNK = 200
MAX_LEVELS = 500

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


class _Found:
    """A page that was read: its folder, its file's values, its model instance, its place."""

    __slots__ = ("children", "page", "parent", "ref", "slugs", "value")

    def __init__(self, ref: str, value: dict[str, Any], parent: _Found | None) -> None:
        self.ref = ref
        self.value = value
        self.parent = parent
        self.children: list[_Found] = []
        self.slugs: set[str] = set()
        self.page: Any = None

    @property
    def file(self) -> str:
        return page_file(self.ref)


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
        pages = self.read_pages()
        self.place(pages, site, using)
        self.insert(pages, using)
        site.root_id = pages[0].page.pk
        site.save(using=using, update_fields=["root"])
        refs = {found.ref: found.page for found in pages}
        rows = RelatedRows(refs, self.user, self.group, self.actor)
        for number, found in enumerate(pages, 1):
            revisions = self.folder.read(page_file(found.ref, "revisions.json"), missing=[])
            rows.add(found.page, found.value, revisions, found.file)
            self.progress(number, len(pages), "import")
        counts = rows.save(using)
        counts["redirects"] = self.read_redirects(site, refs)
        counts["templates"] = len(self.templates)
        counts["pages"] = len(pages)
        return Site.objects.using(using).select_related("root").get(pk=site.pk), counts

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

    def read_pages(self) -> list[_Found]:
        """Read all pages, parents before their children, siblings in order."""
        ordered: list[_Found] = []
        stack: list[tuple[str, _Found | None, int]] = [("", None, 0)]
        while stack:
            ref, parent, level = stack.pop()
            file = page_file(ref)
            if level > MAX_LEVELS or len(ordered) >= MAX_PAGES:
                raise ImportRefused("There are more pages than can be read, or they are nested too deep.", source=file)
            raw = self.folder.read(file)
            if raw is None:
                raise ImportRefused("There is no such file.", source=file)
            value = mapping_of(raw, "page", file)
            found = _Found(ref, value, parent)
            if parent is not None:
                parent.children.append(found)
            ordered.append(found)
            self.make_page(found)
            below = self.folder.children(ref, value.get("children", []))
            stack.extend((f"{ref}/{name}" if ref else name, found, level + 1) for name in reversed(below))
        return ordered

    def make_page(self, found: _Found) -> None:
        value, file = found.value, found.file
        try:
            model = resolve_page_type(text_of(value.get("type"), "type", file, limit=120) or None)
            if found.parent is not None:
                check_place(model, type(found.parent.page))
        except InvalidInput as error:
            raise ImportRefused(str(error.detail), source=file) from None
        page = model()
        fields = mapping_of(value.get("fields"), "fields", file)
        relations = {field.name for field in page.type_fields() if isinstance(field, models.ForeignKey)}
        try:
            assign_fields(page, {name: item for name, item in fields.items() if name in PAGE_FIELDS})
            type_fields = {name: item for name, item in fields.items() if name not in PAGE_FIELDS}
            apply_snapshot(page, type_fields)
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
        page.slug = self.slug(found)
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
        found.page = page

    def slug(self, found: _Found) -> str:
        slug = text_of(found.value.get("slug"), "slug", found.file, limit=100)
        if found.parent is None:
            return ""
        if not slug or make_slug(slug) != slug:
            raise ImportRefused(f"{slug!r} is no slug.", source=found.file)
        if found.value.get("deleted_at") is None:
            if slug in found.parent.slugs:
                raise ImportRefused(f"Two pages beside each other have the slug {slug!r}.", source=found.file)
            found.parent.slugs.add(slug)
        return slug

    def uuid(self, value: Any, file: str) -> uuid.UUID | None:
        if value is None:
            return None
        try:
            return uuid.UUID(str(value))
        except ValueError:
            raise ImportRefused(f"{str(value)[:80]!r} is no UUID.", source=file) from None

    def place(self, pages: list[_Found], site: Site, using: str) -> None:
        """Set the tree columns of all pages: a tree of its own, numbered depth first."""
        base = get_page_model().all_objects.using(using).non_polymorphic().order_by()
        tree_id = (base.aggregate(top=models.Max("tree_id"))["top"] or 0) + 1
        edge = 0
        stack: list[tuple[_Found, bool]] = [(pages[0], False)]
        while stack:
            found, closing = stack.pop()
            edge += 1
            if closing:
                found.page.rght = edge
                continue
            parent = found.parent.page if found.parent is not None else None
            page = found.page
            page.lft, page.tree_id, page.site_id = edge, tree_id, site.pk
            page.level = parent.level + 1 if parent is not None else 0
            try:
                page.path = tree.child_path(parent.path, page.slug) if parent is not None else "/"
            except PathTooLong as error:
                raise ImportRefused(str(error.detail), source=found.file) from None
            if parent is not None and page.deleted_at is None and is_taken_by_route(page.path):
                # It keeps its address, so that an export of it is the same again.
                self.notices.add(
                    f"Another part of the site answers at {page.path}, so nobody sees the page; give it another slug.",
                    item=found.file,
                )
            stack.append((found, True))
            stack.extend((child, False) for child in reversed(found.children))

    def insert(self, pages: list[_Found], using: str) -> None:
        model = get_page_model()
        lock = tree.LockedTrees(model, using, {})
        level = [pages[0]]
        while level:
            times = {
                id(found): {name: getattr(found.page, name) for name in ("created_at", "updated_at")} for found in level
            }
            for found in level:
                found.page.parent_id = found.parent.page.pk if found.parent is not None else None
            insert_level(lock, [found.page for found in level])
            rows = []
            for found in level:
                # The database's own times were written; the exported ones take their place.
                for name, moment in times[id(found)].items():
                    if moment is not None:
                        setattr(found.page, name, moment)
                rows.append(model(pk=found.page.pk, created_at=found.page.created_at, updated_at=found.page.updated_at))
            models.QuerySet(model, using=using).bulk_update(rows, ["created_at", "updated_at"], batch_size=CHUNK)
            level = [child for found in level for child in found.children]
        elements: list[Element] = []
        for found in pages:
            elements.extend(Element(page_id=found.page.pk, **row) for row in element_rows(found.page.content_json))
            if len(elements) > 5_000:
                insert_rows(Element, elements, using=using, batch_size=1_000, keys=False)
                elements = []
        insert_rows(Element, elements, using=using, batch_size=1_000, keys=False)

    def read_redirects(self, site: Site, refs: dict[str, Any]) -> int:
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
            page = refs.get(ref) if isinstance(ref, str) else None
            if not path.startswith("/") or path in rows or (page is None) == (not target):
                raise ImportRefused(f"The redirect of {path[:200]!r} cannot be read, or is there twice.", source=file)
            if target and not target.startswith(("/", "http://", "https://")):
                raise ImportRefused(f"The redirect of {path[:200]!r} leads to no web address.", source=file)
            rows[path] = Redirect(
                site=site,
                old_path=path,
                page=page,
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

    def user(self, name: Any, file: str = "") -> Any:
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
