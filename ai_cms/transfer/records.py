"""Write down what every item became, and lead visitors from its old addresses to its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.utils import timezone

from ai_cms.core.jsontypes import JsonMapping
from ai_cms.pages import get_page_model
from ai_cms.pages.addresses import normalise_path
from ai_cms.pages.models import Redirect

from .base import ImportHook, ImportItem
from .models import ImportedPage
from .plan import Plan, Planned
from .terms import OldArchive

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["make_redirects", "redirect_archives", "remember"]


#: So many rows are in memory at once, and in one statement; no more than pages at once (``plan.CHUNK``).
_BATCH = 200


def remember(plan: Plan, *, target: AbstractPage, source: str) -> None:
    """Write the records that the next import of ``source`` below ``target`` goes by."""
    for start in range(0, len(plan.ordered), _BATCH):
        _remember(plan.ordered[start : start + _BATCH], target, source)


def _remember(some: Iterable[Planned], target: AbstractPage, source: str) -> None:
    now = timezone.now()
    new: list[ImportedPage] = []
    old: list[ImportedPage] = []
    for planned in some:
        item, record = planned.item, planned.record
        known = record is not None and record.digest == item.digest and record.page_id == planned.page_id
        if planned.page_id is None or planned.decision == "skip" or known:
            continue
        values: dict[str, Any] = {
            "page_id": planned.page_id,
            "digest": item.digest,
            "state": planned.state,
            "imported_at": now,
        }
        if record is None:
            version = _version_of(planned)
            new.append(ImportedPage(target_id=target.pk, source=source, key=item.key, version=version, **values))
            continue
        for name, value in values.items():
            setattr(record, name, value)
        if planned.decision == "create":
            # A page anew, for one that people had deleted.
            record.version = 1
        old.append(record)
    ImportedPage.objects.bulk_create(new)
    ImportedPage.objects.bulk_update(old, ["page", "digest", "state", "imported_at", "version"], batch_size=200)


def _version_of(planned: Planned) -> int:
    if planned.decision != "reuse":
        return 1
    found: int = get_page_model().objects.non_polymorphic().values_list("version", flat=True).get(pk=planned.page_id)
    return found


def make_redirects(plan: Plan, *, target: AbstractPage, old_paths: Callable[[ImportItem], Iterable[str]]) -> int:
    """Make redirects from the ``old_paths`` of what was created; returns how many.

    Addresses that are a page's now, or that lead somewhere already, are left alone.
    """
    paths = {planned.path for planned in plan.ordered}
    rows: dict[str, JsonMapping] = {}
    for planned in plan.ordered:
        if planned.decision != "create" or planned.page_id is None:
            continue
        for old in old_paths(planned.item):
            path = normalise_path(old)
            if path not in paths and path not in rows and 1 < len(path) <= 2_000:
                rows[path] = {"page_id": planned.page_id}
    return _insert(rows, target)


def redirect_archives(
    plan: Plan, archives: Iterable[OldArchive], hooks: Sequence[ImportHook], *, target: AbstractPage
) -> int:
    """Make redirects from old lists of posts to the URLs that the hooks know for them; returns how many."""
    paths = {planned.path for planned in plan.ordered}
    rows: dict[str, JsonMapping] = {}
    for archive in archives:
        path = normalise_path(archive.path)
        url = next(filter(None, (hook.archive_url(archive) for hook in hooks)), "")
        fits = 1 < len(path) <= 2_000 and 0 < len(url) <= 2_000
        if fits and path not in paths and path != normalise_path(unquote(url)):
            rows.setdefault(path, {"target": url})
    return _insert(rows, target)


def _insert(rows: Mapping[str, JsonMapping], target: AbstractPage) -> int:
    """Insert the redirects from paths that lead nowhere yet; ``rows``: where each leads, by its path. Returns how many."""
    names = list(rows)
    made = 0
    for start in range(0, len(names), _BATCH):
        some = names[start : start + _BATCH]
        found = Redirect.objects.filter(site_id=target.site_id, old_path__in=some)
        known = set(found.values_list("old_path", flat=True))
        fresh = [Redirect(site_id=target.site_id, old_path=path, **rows[path]) for path in some if path not in known]
        Redirect.objects.bulk_create(fresh)
        made += len(fresh)
    return made
