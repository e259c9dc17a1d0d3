"""Imported files as assets; loaded where ``ai_cms.assets`` is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.urls import NoReverseMatch
from django.utils import timezone

from ai_cms.assets import get_asset_model
from ai_cms.assets.exceptions import AssetRefused, FileTooLarge, QuotaExceeded
from ai_cms.assets.intake.spool import spooled
from ai_cms.assets.models import AbstractAsset
from ai_cms.assets.services import Uploaded, replace_file, upload_asset
from ai_cms.core.jsontypes import JsonObject

from .base import digest_of
from .models import ImportedAsset
from .shelf import MediaFile, MediaItem, MediaShelf, Taken

__all__ = ["AssetShelf"]

_REFUSALS = (AssetRefused, FileTooLarge, QuotaExceeded)
_CAPTION = 2_000
#: Stands in a dry run for an asset that there would be.
_TO_BE = Taken("asset:0", "/")


class AssetShelf(MediaShelf):
    """Take files in as assets of the importing actor, through the same intake as uploads.

    What was taken belongs to the people of the site from then on: words that they changed stay, and so do files they replaced
    or deleted. A file that changed in the source replaces the one it was, as long as nobody else has.
    """

    def known(self, key: str) -> Taken | None:
        record = self._records.get(key)
        return self._taken(record) if record is not None else None

    def take(self, item: MediaItem) -> Taken | None:
        record = self._records.get(item.key)
        asset = self._asset(record)
        if record is not None and (asset is not None or not self.options.overwrite):
            is_new = item.files and record.digest not in {_digest(file) for file in item.files}
            if asset is None or not is_new or not self._replace(record, asset, item):
                self.count.known += 1
            return self._taken(record)
        if not item.files:
            return None
        return self._first(item, lambda file: self._upload(item, file, record))

    # One item

    def _first(self, item: MediaItem, take: Any) -> Taken | None:
        """Return what becomes of the first file that is not refused; the refusal of the last is reported."""
        for number, file in enumerate(item.files, 1):
            try:
                found: Taken | None = take(file)
            except _REFUSALS as error:
                if number == len(item.files):
                    self._refused(item, file, str(error))
            except OSError as error:
                if number == len(item.files):
                    self._refused(item, file, f"It cannot be read: {error.strerror}.")
            else:
                return found
        return None

    def _refused(self, item: MediaItem, file: MediaFile, reason: str) -> None:
        self.count.refused.append((file.name, reason))
        self.notices.add(f"The file {file.name} was not taken in: {reason}", item=item.title or item.key)

    def _upload(self, item: MediaItem, file: MediaFile, record: ImportedAsset | None) -> Taken:
        if self.options.dry_run:
            with file.open() as content, spooled(content):
                self.count.taken += 1
            return _TO_BE
        caption = item.caption[: _CAPTION - 1] + "…" if len(item.caption) > _CAPTION else item.caption
        words: JsonObject = {"title": item.title, "alt": item.alt, "caption": caption}
        details = {**item.details, "source": self.source, "file": file.name}
        if caption != item.caption:
            details["caption"] = item.caption
        uploaded = self._store(file, words, details)
        if not uploaded.created and not _says_the_same(uploaded.asset, words):
            # The owner has the same file with other words: what was written here is not to be lost.
            uploaded = self._store(file, words, details, allow_duplicate=True)
        self.count.taken += uploaded.created
        self.count.known += not uploaded.created
        return self._remember(item.key, file, uploaded.asset, record)

    def _store(self, file: MediaFile, words: JsonObject, details: JsonObject, **options: Any) -> Uploaded:
        name = file.name.rpartition("/")[2]
        with file.open() as content:
            return upload_asset(
                content, actor=self.actor, name=name, **words, provenance={"imported": details}, **options
            )

    def _remember(self, key: str, file: MediaFile, asset: AbstractAsset, record: ImportedAsset | None) -> Taken:
        """Write down at once what became of a file: an import that is broken off goes on from there."""
        record = record or ImportedAsset(target_id=self.target.pk, source=self.source, key=key)
        record.asset_key, record.digest, record.sha256 = asset.pk, _digest(file), asset.sha256
        record.imported_at = timezone.now()
        record.save()
        self._records[key] = record
        self._present[asset.pk] = asset.sha256
        return self._taken(record)

    def _replace(self, record: ImportedAsset, asset: AbstractAsset, item: MediaItem) -> bool:
        """Return whether the changed file of an item took the place of the one it was."""
        if asset.sha256 != record.sha256 and not self.options.overwrite:
            self.notices.add(
                "Its file changed in the source, but somebody has replaced it here; it was left as it is.",
                item=item.title or item.key,
            )
            return False

        def put(file: MediaFile) -> Taken:
            with file.open() as content:
                if self.options.dry_run:
                    with spooled(content):
                        return self._taken(record)
                details = asset.provenance.get("imported")
                name = file.name.rpartition("/")[2]
                replaced = replace_file(asset, content, actor=self.actor, name=name)
                if details:
                    replaced.provenance["imported"] = {**details, "file": file.name}
                    replaced.save(update_fields=["provenance"])
            return self._remember(item.key, file, replaced, record)

        done = self._first(item, put) is not None
        self.count.replaced += done
        return done

    # What there is

    @cached_property
    def _records(self) -> dict[str, ImportedAsset]:
        rows = ImportedAsset.objects.filter(target_id=self.target.pk, source=self.source)
        return {row.key: row for row in rows.iterator(chunk_size=2_000)}

    @cached_property
    def _present(self) -> dict[int, str]:
        """The assets of earlier imports that are still there, and the digests of their files."""
        keys = sorted({record.asset_key for record in self._records.values()})
        found: dict[int, str] = {}
        for start in range(0, len(keys), 500):
            rows = get_asset_model().objects.non_polymorphic().filter(pk__in=keys[start : start + 500])
            found.update(rows.values_list("pk", "sha256"))
        return found

    def _asset(self, record: ImportedAsset | None) -> AbstractAsset | None:
        if record is None or record.asset_key not in self._present:
            return None
        found: AbstractAsset | None = get_asset_model().objects.filter(pk=record.asset_key).first()
        return found

    def _taken(self, record: ImportedAsset) -> Taken:
        address = ""
        if record.asset_key in self._present:
            try:
                make: Callable[..., AbstractAsset] = get_asset_model()
                address = make(pk=record.asset_key).permalink
            except NoReverseMatch:
                # A site without the addresses of assets: blocks name them all the same.
                address = "/"
        return Taken(f"asset:{record.asset_key}", address)


def _says_the_same(asset: AbstractAsset, words: JsonObject) -> bool:
    return all(not text or getattr(asset, name, "") == text for name, text in words.items())


def _digest(file: MediaFile) -> str:
    return digest_of(file.name, file.size)
