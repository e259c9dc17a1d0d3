"""Decide what becomes of every item: created, changed, left alone; under which parent, with which slug, at which path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import Columns
from ai_cms.core.slugs import make_slug, unique_slug
from ai_cms.pages import tree
from ai_cms.pages.addresses import avoid_routes, is_taken_by_route
from ai_cms.pages.exceptions import PathTakenByRoute, PathTooLong

from .base import ImportItem, ImportOptions, Notices
from .exceptions import ImportRefused
from .models import ImportedPage

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage
    from ai_cms.pages.services import PageSpec
    from ai_cms.pages.tree import LockedTrees

__all__ = ["Chunks", "Plan", "Planned", "choose_slug", "make_plan", "pairs_of"]

#: Deeper trees are refused; a path of that many levels is of no use to anybody.
MAX_LEVELS = 100

#: New pages handed to one bulk insert.
CHUNK = 200

Decision = Literal["create", "change", "unchanged", "skip", "reuse"]
_COLUMNS = ("pk", "slug", "path", "parent_id", "version", "published_version", "deleted_at")


@dataclass(slots=True)
class Planned:
    """What happens to one item. ``page_id`` and ``path`` are those of the page it is or will be."""

    item: ImportItem
    decision: Decision = "create"
    page_id: int | None = None
    path: str = ""
    slug: str = ""
    published: bool = False
    record: ImportedPage | None = None
    parent: Planned | None = None
    # A page of an earlier import, or the target itself, when ``parent`` is None.
    parent_page_id: int = 0
    children: list[Planned] = field(default_factory=list)
    touched: bool = False

    @property
    def state(self) -> JsonObject:
        """The place and status in the source, as they are remembered."""
        item = self.item
        state = {"parent": item.parent_key, "slug": item.slug, "status": item.status, "order": list(item.order)}
        return state if item.expire_at is None else {**state, "expires": item.expire_at.isoformat()}

    @property
    def new_children(self) -> list[Planned]:
        """The children that will be created."""
        return [child for child in self.children if child.decision == "create"]


@dataclass(slots=True)
class Plan:
    """All items in the order of the tree, parents first."""

    ordered: list[Planned]
    by_key: dict[str, Planned]


def make_plan(
    items: Iterable[ImportItem],
    *,
    lock: LockedTrees,
    target: AbstractPage,
    source: str,
    options: ImportOptions,
    notices: Notices,
) -> Plan:
    """Return the plan for ``items``, made of what is in the database under the lock. Raises ImportRefused."""
    records = {record.key: record for record in ImportedPage.objects.filter(target_id=target.pk, source=source)}
    pages = _read_pages(lock, [record.page_id for record in records.values()])
    plans = {item.key: _decide(item, records.get(item.key), pages, options, notices) for item in items}
    _connect(plans, records, pages, target, notices)
    plan = Plan(_in_order(plans.values()), plans)
    _name(plan, lock, target, pages, notices)
    return plan


def choose_slug(item: ImportItem, base: str, used: Collection[str], notices: Notices) -> str:
    """Return a slug for an item below the path ``base``, with a number where a page or a route of the host has its own.

    Raises ImportRefused where no number helps.
    """
    wanted = make_slug(item.slug or item.title)
    slug = unique_slug(wanted, used)
    if not is_taken_by_route(path := f"{base}{slug}/"):
        return slug
    try:
        slug = unique_slug(wanted, avoid_routes(base, used))
    except PathTakenByRoute:
        raise ImportRefused(
            f"Another part of the site answers at {path} and at every address like it, so nobody would see "
            f"“{item.title[:100]}”; import below another page (--parent).",
            source=item.where,
            line=item.line,
        ) from None
    notices.add(
        f"Another part of the site answers at {path}; the page is at {base}{slug}/.", item=item.label, line=item.line
    )
    return slug


def _read_pages(lock: LockedTrees, pks: list[int]) -> dict[int, Columns]:
    found: dict[int, Columns] = {}
    for start in range(0, len(pks), 500):
        rows = lock.rows.filter(pk__in=pks[start : start + 500]).values(*_COLUMNS)
        found.update((row["pk"], row) for row in rows)
    return found


def _decide(
    item: ImportItem,
    record: ImportedPage | None,
    pages: dict[int, Columns],
    options: ImportOptions,
    notices: Notices,
) -> Planned:
    planned = Planned(item, record=record)
    page = pages.get(record.page_id) if record is not None else None
    if record is None or page is None:
        return planned
    if page["deleted_at"] is not None:
        if not options.overwrite:
            planned.decision = "skip"
            notices.add("The page is in the bin; it was not imported again.", item=item.label, line=item.line)
        return planned
    planned.page_id, planned.path, planned.slug = page["pk"], page["path"], page["slug"]
    planned.published = page["published_version"] is not None
    if record.digest == item.digest:
        planned.decision = "unchanged"
    elif record.version != page["version"] and not options.overwrite:
        planned.decision = "skip"
        notices.add(
            "The source changed, but so did the page since the last import; it was left as it is (--overwrite changes it).",
            item=item.label,
            line=item.line,
        )
    else:
        planned.decision = "change"
    return planned


def _connect(
    plans: dict[str, Planned],
    records: dict[str, ImportedPage],
    pages: dict[int, Columns],
    target: AbstractPage,
    notices: Notices,
) -> None:
    """Find every item's parent; what has none, or goes round in a circle, comes to the top."""
    settled: set[str] = set()
    for key in plans:
        chain: list[str] = []
        inside: set[str] = set()
        current: str | None = key
        while current is not None and current not in settled:
            if current in inside:
                item = plans[current].item
                notices.add("The pages above it form a circle; it was put at the top.", item=item.label, line=item.line)
                item.parent_key = None
                break
            chain.append(current)
            inside.add(current)
            current = plans[current].item.parent_key
            if current not in plans:
                break
        settled.update(chain)
    for planned in plans.values():
        item = planned.item
        planned.parent_page_id = target.pk
        if item.parent_key is None:
            continue
        parent = plans.get(item.parent_key)
        if parent is not None and not (parent.decision == "skip" and parent.page_id is None):
            planned.parent = parent
            parent.children.append(planned)
            continue
        earlier = records.get(item.parent_key)
        page = pages.get(earlier.page_id) if earlier is not None and parent is None else None
        if page is not None and page["deleted_at"] is None:
            planned.parent_page_id = page["pk"]
        elif planned.decision == "create" or (planned.decision == "change" and _parent_changed(planned)):
            notices.add(
                "The page above it is not in the source; it was put at the top.", item=item.label, line=item.line
            )


def _parent_changed(planned: Planned) -> bool:
    return planned.record is not None and planned.record.state.get("parent") != planned.item.parent_key


def _sort_key(planned: Planned) -> tuple[Any, ...]:
    return (planned.item.order, planned.item.position)


def _in_order(plans: Iterable[Planned]) -> list[Planned]:
    everything = list(plans)
    for planned in everything:
        planned.children.sort(key=_sort_key)
    roots = sorted((planned for planned in everything if planned.parent is None), key=_sort_key)
    ordered: list[Planned] = []
    stack = [(planned, 1) for planned in reversed(roots)]
    while stack:
        planned, level = stack.pop()
        if level > MAX_LEVELS:
            raise ImportRefused(
                f"“{planned.item.title[:100]}” is nested more than {MAX_LEVELS} pages deep.",
                source=planned.item.where,
                line=planned.item.line,
            )
        ordered.append(planned)
        stack.extend((child, level + 1) for child in reversed(planned.children))
    return ordered


def _name(plan: Plan, lock: LockedTrees, target: AbstractPage, pages: dict[int, Columns], notices: Notices) -> None:
    """Give what will be created its slug and path, among the pages that are there already."""
    paths = {target.pk: lock.reread(target.pk).path}
    paths.update((pk, row["path"]) for pk, row in pages.items())
    taken = _taken_slugs(lock, {*paths})
    new_taken: dict[int, set[str]] = defaultdict(set)
    for planned in plan.ordered:
        parent = planned.parent
        parent_page = parent.page_id if parent is not None else planned.parent_page_id
        item = planned.item
        if planned.decision != "create":
            continue
        if item.kind == "container" and parent_page is not None:
            existing = taken.get(parent_page, {}).get(make_slug(item.slug))
            if existing is not None:
                planned.decision, planned.page_id, planned.slug = "reuse", existing[0], make_slug(item.slug)
                planned.path, planned.published = existing[1], existing[2]
                paths[existing[0]] = existing[1]
                taken.update(_taken_slugs(lock, {existing[0]}))
                continue
        if parent_page is not None:
            used: Any = taken.setdefault(parent_page, {})
            base = paths[parent_page]
        else:
            assert parent is not None  # noqa: S101
            used, base = new_taken[id(parent)], parent.path
        planned.slug = choose_slug(item, base, used, notices)
        if isinstance(used, dict):
            used[planned.slug] = None
        else:
            used.add(planned.slug)
        try:
            planned.path = tree.child_path(base, planned.slug)
        except PathTooLong:
            raise ImportRefused(
                f"The address of “{item.title[:100]}” would be longer than {tree.MAX_PATH_BYTES} bytes.",
                source=item.where,
                line=item.line,
            ) from None


def _taken_slugs(lock: LockedTrees, parents: set[int]) -> dict[int, Columns]:
    """Return (pk, path, published) of the pages below each parent by slug."""
    found: dict[int, Columns] = {pk: {} for pk in parents}
    keys = sorted(parents)
    for start in range(0, len(keys), 500):
        rows = lock.rows.filter(parent_id__in=keys[start : start + 500], deleted_at=None)
        for parent, slug, pk, path, published in rows.values_list(
            "parent_id", "slug", "pk", "path", "published_version"
        ):
            found[parent][slug] = (pk, path, published is not None)
    return found


def pairs_of(planned: Planned, spec: PageSpec) -> Iterator[tuple[Planned, PageSpec]]:
    """Yield what was planned, with those below it, each with what is made of it."""
    yield planned, spec
    # None where the page was inserted before what is below it.
    for child, inner in zip(planned.new_children, spec.children, strict=False):
        yield from pairs_of(child, inner)


class Chunks:
    """Divide what is to be created, so that memory holds some hundred pages at a time.

    ``weights``: by key, how many pages a page counts for, by the size of its document.
    """

    def __init__(self, plan: Plan, weights: dict[str, int]) -> None:
        self._weights = weights
        self._subtrees: dict[str, int] = {}
        for planned in reversed(plan.ordered):
            below = sum(self._subtrees[child.item.key] for child in planned.new_children)
            self._subtrees[planned.item.key] = weights.get(planned.item.key, 1) + below

    def is_whole(self, planned: Planned) -> bool:
        """Return whether a page is inserted together with everything below it."""
        return self._subtrees[planned.item.key] <= CHUNK or not planned.new_children

    def divide(self, tops: list[Planned]) -> Iterator[list[Planned]]:
        """Yield the pages in order, in lists that weigh at most CHUNK, but for pages that weigh more by themselves."""
        chunk: list[Planned] = []
        size = 0
        for planned in tops:
            key = planned.item.key
            own = self._subtrees[key] if self.is_whole(planned) else self._weights.get(key, 1)
            if chunk and size + own > CHUNK:
                yield chunk
                chunk, size = [], 0
            chunk.append(planned)
            size += own
        if chunk:
            yield chunk
