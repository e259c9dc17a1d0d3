"""The locks of page writes, and what is looked at under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import router, transaction
from django.db.models import F

from .. import get_page_model
from ..exceptions import PageNotFound, PageStale
from ..models import AbstractPage, Site
from ..tree import LockedTrees

__all__ = ["expect_version", "expect_version_of", "locked_page", "touch_site"]


@contextmanager
def locked_page(pk: int, *, deleted: bool = False, expected_version: int | None = None) -> Iterator[AbstractPage]:
    """Lock one page's row for the length of a transaction and yield the fresh page.

    Whoever writes more than one page takes the tree lock first. Raises PageNotFound, and PageStale for another version than
    ``expected_version``.
    """
    model = get_page_model()
    using = router.db_for_write(model)
    with transaction.atomic(using=using):
        rows = model.all_objects.using(using).select_for_update(of=("self",), no_key=True)
        page = rows.filter(pk=pk).order_by().first()
        if page is None or (page.deleted_at is not None and not deleted):
            raise PageNotFound
        expect_version(page, expected_version)
        yield page


def expect_version(page: AbstractPage, expected: int | None) -> None:
    """Raise PageStale if the locked ``page`` has another version than ``expected``; ``None`` expects nothing."""
    if expected is not None and expected != page.version:
        raise PageStale(current_version=page.version)


def expect_version_of(lock: LockedTrees, pk: int, expected: int | None) -> None:
    """Lock the row of a page of a locked tree, and raise PageStale if its version is not ``expected``."""
    if expected is None:
        return
    rows = lock.rows.select_for_update(of=("self",), no_key=True).filter(pk=pk)
    version = rows.values_list("version", flat=True).first()
    if version != expected:
        raise PageStale(current_version=version)


def touch_site(site_id: int) -> None:
    """Count a change that other pages of the site may show. Last of all writes: it is the lock everybody ends on."""
    Site.objects.filter(pk=site_id).update(generation=F("generation") + 1)
