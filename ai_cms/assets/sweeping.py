"""Delete what no row owns: files of uploads that failed, of deleted assets, and replaced ones whose time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ai_cms.core.jsontypes import JsonObject

from . import get_asset_model
from .conf import assets_settings
from .models import DirectUpload, LooseFile, Rendition
from .storage import PRIVATE, PUBLIC, delete_file, storage_of

__all__ = ["Swept", "sweep", "unknown_files"]

_BATCH = 500


@dataclass
class Swept:
    """``deleted``: names. ``kept``: what a storage did not delete; it is tried again next time."""

    deleted: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    uploads: int = 0

    def to_json(self) -> JsonObject:
        return {"deleted": len(self.deleted), "kept": len(self.kept), "uploads": self.uploads}


def sweep(now: datetime | None = None, *, listing: bool = False, dry_run: bool = False) -> Swept:
    """Delete loose files whose time is over; safe to run twice at once.

    ``listing``: list the storages too, for files that no row ever knew of (restored backups, another program's). ``dry_run``:
    only say which.
    """
    moment = now or timezone.now()
    report = Swept()
    for loose in LooseFile.objects.filter(delete_after__lte=moment).order_by("pk").iterator(_BATCH):
        if dry_run or _is_owned(loose.stored_in, loose.stored_name):
            if dry_run:
                report.deleted.append(str(loose))
            else:
                # An asset took it over and its row survived: a file that is in use is not deleted, whatever the row says.
                loose.delete()
            continue
        (report.deleted if delete_file(loose) else report.kept).append(str(loose))
    if listing:
        for alias, name in unknown_files(before=moment - timedelta(seconds=assets_settings.ASSET_UPLOAD_SECONDS)):
            if not dry_run:
                loose, _created = LooseFile.objects.get_or_create(
                    stored_in=alias, stored_name=name, defaults={"delete_after": moment}
                )
                (report.deleted if delete_file(loose) else report.kept).append(f"{alias}: {name}")
            else:
                report.deleted.append(f"{alias}: {name}")
    late = DirectUpload.objects.filter(Q(expires_at__lt=moment - timedelta(days=1)))
    report.uploads = late.count() if dry_run else late.delete()[0]
    return report


def unknown_files(*, before: datetime) -> Iterator[tuple[str, str]]:
    """Yield the files of both storages that no row names and that are older than ``before``.

    Only in folders such as the server makes (owner/year/month), so that a bucket that others use too is safe.
    """
    for alias in (PUBLIC, PRIVATE):
        storage = storage_of(alias)
        waiting: list[str] = []
        for name in _files_below(storage):
            waiting.append(name)
            if len(waiting) >= _BATCH:
                yield from _unknown(alias, storage, waiting, before)
                waiting = []
        yield from _unknown(alias, storage, waiting, before)


def _files_below(storage: object) -> Iterator[str]:
    for owner in _folders(storage, ""):
        for year in _folders(storage, owner):
            if not (year.isdigit() and len(year) == 4):
                continue
            for month in _folders(storage, f"{owner}/{year}"):
                place = f"{owner}/{year}/{month}"
                if month.isdigit() and len(month) == 2:
                    yield from (f"{place}/{name}" for name in _listed(storage, place)[1])


def _folders(storage: object, place: str) -> list[str]:
    return _listed(storage, place)[0]


def _listed(storage: Any, place: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = storage.listdir(place)
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    return list(folders), list(files)


def _unknown(alias: str, storage: object, names: list[str], before: datetime) -> Iterator[tuple[str, str]]:
    known = _owned(alias, names) | set(
        LooseFile.objects.filter(stored_in=alias, stored_name__in=names).values_list("stored_name", flat=True)
    )
    for name in names:
        if name not in known and _age(storage, name) < before:
            yield alias, name


def _age(storage: Any, name: str) -> datetime:
    try:
        found: datetime = storage.get_modified_time(name)
    # Storages raise errors of their own for a file that went meanwhile. One whose age nobody knows is left alone.
    except Exception:
        return datetime.max.replace(tzinfo=UTC)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _is_owned(alias: str, name: str) -> bool:
    return bool(_owned(alias, [name]))


def _owned(alias: str, names: list[str]) -> set[str]:
    rows = (get_asset_model().objects.non_polymorphic(), Rendition.objects)
    return {
        name
        for query in rows
        for name in query.filter(stored_in=alias, stored_name__in=names).values_list("stored_name", flat=True)
    }
