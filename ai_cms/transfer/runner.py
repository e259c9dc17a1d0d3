"""Carry out an import: read and convert first, then write everything in one transaction, or nothing."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import router, transaction

from ai_cms.core.exceptions import Conflict
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.pages import get_page_model, services, tree
from ai_cms.pages.addresses import public_url
from ai_cms.pages.exceptions import PublishRefused
from ai_cms.pages.models import RevisionKind
from ai_cms.pages.services import PageSpec

from .base import HERE, Importer, ImportHook, ImportItem, ImportOptions, Spool, digest_of, fit_key
from .exceptions import ImportRefused
from .fitting import fit_item, known_fields, page_type_of
from .models import ImportedPage
from .pictures import picture_origins, policy_warning
from .plan import Chunks, Plan, Planned, choose_slug, make_plan, pairs_of
from .records import make_redirects, redirect_archives, remember
from .registry import importers
from .report import Action, ImportReport, ReportedItem
from .schedules import follow_expiry, set_schedule
from .shelf import MediaShelf, open_shelf
from .terms import ImportedAuthor, ImportedTerm
from .tidy import keep_ids, rewrite_links

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["run_import"]

#: A document counts as one more page for each so many bytes.
WEIGHT_BYTES = 10_000

Progress = Callable[[int, int, str], None]
_ACTIONS: dict[str, Action] = {
    "create": "created",
    "change": "changed",
    "unchanged": "unchanged",
    "skip": "skipped",
    "reuse": "unchanged",
}


def run_import(
    importer: Importer,
    *,
    parent: AbstractPage,
    actor: Actor | Any,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import everything the importer reads below ``parent``, all or nothing, and return what happened.

    ``progress``: called with (done, total, phase). Raises ImportRefused, Conflict, and what permissions raise.
    """
    run = _Run(importer, parent, Actor.of(actor), options or ImportOptions(), progress or (lambda *_: None))
    try:
        return run()
    except ImportRefused as error:
        if error.source:
            raise
        # An item of a single file knows its line alone.
        named = ImportRefused(error.reason, source=Path(importer.source).name, line=error.line)
        named.others = error.others
        raise named from error
    finally:
        importer.close()
        run.spool.close()


class _Run:
    """One import."""

    def __init__(
        self, importer: Importer, target: AbstractPage, actor: Actor, options: ImportOptions, progress: Progress
    ) -> None:
        self.importer = importer
        self.target = target
        self.actor = actor
        self.options = options
        self.progress = progress
        self.notices = importer.notices
        self.hooks: list[ImportHook] = importers.hooks(importer.name)
        self.spool = Spool()
        self.places: dict[str, int] = {}
        self.weights: dict[str, int] = {}
        self.left_out: list[ImportItem] = []
        self.source = ""
        self.links: dict[str, Planned] = {}
        self.origins: set[str] = set()
        self.shelf: MediaShelf | None = None

    def __call__(self) -> ImportReport:
        policy_for(self.target).require(self.actor, "add", self.target)
        items = self.read()
        using = router.db_for_write(ImportedPage)
        with transaction.atomic(using=using):
            with tree.locked_trees(type(self.target), self.target.pk) as lock:
                lock.node(self.target.pk)
                plan = make_plan(
                    items,
                    lock=lock,
                    target=self.target,
                    source=self.source,
                    options=self.options,
                    notices=self.notices,
                )
                report = self.write(plan)
            if self.options.dry_run:
                transaction.set_rollback(True, using=using)
        return report

    # Before the lock

    def read(self) -> list[ImportItem]:
        """Return the items, and put the content of new and changed ones into the spool."""
        self.importer.open_media(self.open_shelf, self.progress)
        items = self.unique(self.importer.items())
        self.source = self.importer.source_name
        records = ImportedPage.objects.filter(target_id=self.target.pk, source=self.source, page__deleted_at=None)
        known = dict(records.values_list("key", "digest"))
        kept: list[ImportItem] = []
        for number, item in enumerate(items):
            item.digest = digest_of(self.importer.revision, item.digest)
            if known.get(item.key) == item.digest or self.fill(item):
                kept.append(item)
            else:
                self.left_out.append(item)
            self.progress(number + 1, len(items), "read")
        return kept

    def open_shelf(self) -> MediaShelf:
        """Return where the importer's files go; called while it reads, so before anything is locked."""
        self.shelf = open_shelf(self.importer, target=self.target, actor=self.actor, options=self.options)
        return self.shelf

    def unique(self, found: Iterator[ImportItem]) -> list[ImportItem]:
        """Return the items with keys that occur once; the same item twice is one."""
        items: dict[str, ImportItem] = {}
        for item in found:
            key = item.key = fit_key(item.key)
            first = items.get(key)
            if first is not None and first.digest == item.digest:
                self.notices.add(
                    "This item is in the source twice; it was imported once.", item=item.label, line=item.line
                )
                continue
            number = 1
            while item.key in items:
                number += 1
                item.key = f"{key}#{number}"
            if number > 1:
                self.notices.add(
                    f"Another item has the same key ({key}); both were imported.", item=item.label, line=item.line
                )
            item.position = len(items)
            items[item.key] = item
        return list(items.values())

    def fill(self, item: ImportItem) -> bool:
        """Convert an item, ask the hooks, and store the heavy part; returns whether it is to be imported."""
        self.importer.fill(item)
        key = item.key
        for hook in self.hooks:
            changed = hook.before_item(item)
            if changed is None:
                return False
            if changed is not item:
                raise TypeError(f"{type(hook).__qualname__}.before_item() must return the item it was given, or None.")
        item.key = key
        fit_item(item, self.notices)
        terms = [term.to_json() for term in item.terms]
        authors = [[author.name, author.email, author.slug] for author in item.authors]
        self.places[key] = self.spool.put([item.blocks, item.metadata, item.fields, terms, authors])
        self.weights[key] = 1 + self.spool.last_size // WEIGHT_BYTES
        item.blocks, item.metadata, item.fields, item.terms, item.authors = [], {}, {}, [], []
        return True

    def load(self, planned: Planned) -> tuple[list[JsonObject], JsonObject, JsonObject]:
        """Return (blocks, metadata, fields) of an item, its links rewritten, with what the hooks have for its fields."""
        item = planned.item
        place = self.places.get(item.key)
        if place is None:
            raise Conflict("Somebody changed the imported pages at this moment; nothing was imported. Run it again.")
        blocks, metadata, fields, terms, authors = self.spool.get(place)
        item.terms = [ImportedTerm.from_json(term) for term in terms]
        item.authors = [ImportedAuthor(*author) for author in authors]
        for block in blocks:
            if block["type"] == "page_list" and block["props"].get("under") == HERE:
                block["props"]["under"] = planned.path
        blocks = rewrite_links(blocks, lambda url: self.new_link(url, item))
        self.origins.update(picture_origins([blocks, {"image": metadata.get("image")}]))
        for hook in self.hooks:
            fields = {**fields, **hook.values(item)}
        item.terms, item.authors = [], []
        return blocks, metadata, fields

    def new_link(self, url: str, item: ImportItem) -> str | None:
        address, mark, fragment = url.partition("#")
        key = self.importer.link_key(address, item) if address else None
        planned = self.links.get(key) if key else None
        return f"{public_url(planned.path)}{mark}{fragment}" if planned is not None else None

    # Under the lock

    def write(self, plan: Plan) -> ImportReport:
        for hook in self.hooks:
            hook.begin(self.target, self.actor)
        for planned in plan.ordered:
            if planned.path:
                for link in planned.item.links:
                    key = self.importer.link_key(link, planned.item)
                    if key:
                        self.links.setdefault(key, planned)
        work = sum(planned.decision in ("create", "change") for planned in plan.ordered)
        done = 0
        for made in self.create(plan):
            done += made
            self.progress(done, work, "write")
        for planned in plan.ordered:
            if planned.decision == "change":
                self.change(planned)
                done += 1
                self.progress(done, work, "write")
        self.reorder(plan)
        if refused := policy_warning(self.origins, own=self.target.site.hostname):
            self.notices.add(refused)
        remember(plan, target=self.target, source=self.source)
        report = ImportReport(
            importer=self.importer.name,
            source=self.source,
            parent=self.target.path,
            dry_run=self.options.dry_run,
            redirects=self.redirect(plan),
            media=self.shelf.count if self.shelf is not None and self.shelf.asked else None,
        )
        report.items = [self.reported(planned) for planned in plan.ordered]
        report.items += [
            ReportedItem(item.key, item.kind, item.title, "", False, "skipped")
            for item in (*self.left_out, *self.importer.left_out)
        ]
        report.warnings = self.notices.to_json()
        return report

    def create(self, plan: Plan) -> Iterator[int]:
        """Insert what is new, some hundred pages at a time; yields how many."""
        chunks = Chunks(plan, self.weights)
        groups: dict[int, list[Planned]] = defaultdict(list)
        for planned in plan.ordered:
            if planned.decision == "create":
                above = planned.parent.page_id if planned.parent is not None else planned.parent_page_id
                if above is not None:
                    groups[above].append(planned)
        queue = deque(groups.items())
        pages = get_page_model().objects
        while queue:
            parent_id, tops = queue.popleft()
            parent = pages.get(pk=parent_id)
            for chunk in chunks.divide(tops):
                specs = [self.spec(planned, whole=chunks.is_whole(planned)) for planned in chunk]
                services.bulk_create_pages(specs, actor=self.actor, parent=parent)
                made = [pair for planned, spec in zip(chunk, specs, strict=True) for pair in pairs_of(planned, spec)]
                for planned, spec in made:
                    self.made(planned, spec.page)
                for planned in chunk:
                    if not chunks.is_whole(planned):
                        # Too much for one insert: what is below comes when the page is there.
                        queue.append((planned.page_id or 0, planned.new_children))
                yield len(made)

    def made(self, planned: Planned, page: Any) -> None:
        if page.path != planned.path:
            raise Conflict("Somebody made pages here at this moment; nothing was imported. Run it again.")
        planned.page_id, planned.published, planned.touched = page.pk, page.published_version is not None, True
        set_schedule(page, planned.item, self.actor, self.options, self.notices)
        for hook in self.hooks:
            hook.after_item(planned.item, page, True)

    def spec(self, planned: Planned, *, whole: bool) -> PageSpec:
        item = planned.item
        blocks, metadata, fields = self.load(planned)
        return PageSpec(
            title=item.title,
            slug=planned.slug,
            content=blocks,
            fields={"metadata": metadata, **fields},
            page_type=page_type_of(item),
            publish=item.publish and not self.options.drafts,
            created_at=item.created_at,
            expire_at=item.expire_at,
            children=[self.spec(child, whole=True) for child in planned.new_children] if whole else [],
        )

    def change(self, planned: Planned) -> None:
        """Bring an existing page up to the source."""
        item, record = planned.item, planned.record
        assert record is not None  # noqa: S101
        page = get_page_model().objects.get(pk=planned.page_id)
        before = (page.version, page.path, page.published_version)
        in_step = page.live and not page.has_unpublished_changes
        blocks, metadata, fields = self.load(planned)
        page = services.update_page(
            page,
            actor=self.actor,
            fields=known_fields(page, {"title": item.title, "metadata": metadata, **fields}),
            content=keep_ids(page.content_json.to_json(), blocks),
            slug=self.new_slug(planned, page) if record.state.get("slug", "") != item.slug else None,
            kind=RevisionKind.IMPORT,
            source="import",
        )
        above = planned.parent.page_id if planned.parent is not None else planned.parent_page_id
        if record.state.get("parent") != item.parent_key and above is not None and above != page.parent_id:
            page = services.move_page(page, get_page_model().objects.get(pk=above), actor=self.actor)
        wanted = item.publish and not self.options.drafts
        turned = record.state.get("status") != item.status
        if wanted and (in_step or turned):
            if page.published_version != page.version:
                self.publish(page, item)
        elif turned and not wanted and page.live:
            page = services.unpublish_page(page, actor=self.actor)
        follow_expiry(page.pk, record.state.get("expires"), planned.state.get("expires"), item, self.actor)
        page = get_page_model().objects.get(pk=page.pk)
        set_schedule(page, item, self.actor, self.options, self.notices)
        planned.path, planned.slug, planned.published = page.path, page.slug, page.live
        record.version = page.version
        reordered = record.state.get("order") != list(item.order)
        planned.touched = reordered or before != (page.version, page.path, page.published_version)
        if not planned.touched:
            planned.decision = "unchanged"
        for hook in self.hooks:
            hook.after_item(item, page, False)

    def new_slug(self, planned: Planned, page: AbstractPage) -> str | None:
        siblings = get_page_model().objects.filter(parent_id=page.parent_id).exclude(pk=page.pk)
        taken = set(siblings.values_list("slug", flat=True))
        base = page.path[: -len(page.slug) - 1]
        wanted = choose_slug(planned.item, base, taken, self.notices)
        return wanted if wanted != page.slug else None

    def publish(self, page: AbstractPage, item: ImportItem) -> None:
        try:
            services.publish_page(page, actor=self.actor)
        except PublishRefused as error:
            self.notices.add(f"It cannot be published and stayed a draft: {error}", item=item.label, line=item.line)

    def reorder(self, plan: Plan) -> None:
        """Give siblings the order of the source where the source changed it; pages of people keep their places."""
        moved: set[int] = set()
        for planned in plan.ordered:
            record = planned.record
            if (
                planned.decision == "change"
                and record is not None
                and record.state.get("order") != list(planned.item.order)
            ):
                above = planned.parent.page_id if planned.parent is not None else planned.parent_page_id
                if above is not None:
                    moved.add(above)
        for parent_id in sorted(moved):
            wanted = [
                planned.page_id
                for planned in plan.ordered
                if planned.page_id
                and (planned.parent.page_id if planned.parent else planned.parent_page_id) == parent_id
            ]
            parent = get_page_model().objects.get(pk=parent_id)
            children = list(
                get_page_model()
                .objects.non_polymorphic()
                .filter(parent_id=parent_id)
                .order_by("lft")
                .values_list("pk", flat=True)
            )
            ours = iter([pk for pk in wanted if pk in set(children)])
            mine = set(wanted)
            services.reorder_pages(parent, [next(ours) if pk in mine else pk for pk in children], actor=self.actor)

    def redirect(self, plan: Plan) -> int:
        """Lead visitors from the old addresses of what was created to the pages; returns how many addresses."""
        wanted = self.options.redirects
        if wanted is False or (wanted is None and self.target.parent_id is not None):
            return 0
        made = make_redirects(plan, target=self.target, old_paths=self.importer.old_paths)
        return made + redirect_archives(plan, self.importer.old_archives(), self.hooks, target=self.target)

    def reported(self, planned: Planned) -> ReportedItem:
        item = planned.item
        return ReportedItem(
            item.key, item.kind, item.title, planned.path, planned.published, _ACTIONS[planned.decision]
        )
