"""The two storages: ``assets`` for what the public fetches, ``private_assets`` for originals and what is private.

What a storage does wrong, whatever its library raises, is :class:`StorageUnavailable` here. Names are new each time and
random, so that nothing is ever overwritten, however the backend treats a name that is taken.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import timezone

from ai_cms.core.exceptions import NotFound, RequestRefused

from .conf import assets_settings
from .exceptions import StorageUnavailable
from .models import LooseFile

__all__ = [
    "PRIVATE",
    "PUBLIC",
    "check_storages",
    "delete_file",
    "discard",
    "open_file",
    "public_url",
    "storage_for",
    "storage_of",
    "take_over",
    "write_file",
]

logger = logging.getLogger(__name__)

PUBLIC = "assets"
PRIVATE = "private_assets"

#: A storage that failed after so many seconds does not answer; for so many seconds none is asked for what can wait.
_SLOW, _LEFT_ALONE = 1.5, 10.0
_silent: dict[str, float] = {}


def storage_of(alias: str) -> Storage:
    """Return the storage of an alias. Without an alias ``assets`` the default storage serves the public.

    Raises ImproperlyConfigured where ``private_assets`` is missing: nothing private may go where the public reads.
    """
    if alias in settings.STORAGES:
        return storages[alias]
    if alias == PUBLIC:
        return storages["default"]
    raise ImproperlyConfigured(
        f"STORAGES has no alias {alias!r}; ai_cms.assets keeps originals and private files there."
    )


def storage_for(*, public: bool) -> str:
    """Return the alias for a file that the public fetches at its address, or does not."""
    return PUBLIC if public else PRIVATE


def check_storages() -> None:
    """Ask both storages for nothing in particular. Raises StorageUnavailable before something is spent that they are to keep."""
    for alias in (PUBLIC, PRIVATE):
        with _watched(alias, "answer", ""):
            storage: Any = storage_of(alias)
            if hasattr(storage, "bucket_name") and hasattr(storage, "connection"):
                # Of a bucket that is missing django-storages says the same as of a file that is.
                storage.connection.meta.client.head_bucket(Bucket=storage.bucket_name)
            else:
                storage.exists("ai-cms-is-there")


def write_file(alias: str, name: str, content: IO[bytes] | Any, *, mime: str) -> str:
    """Write a new file and return its name there; it is loose until an asset takes it over. Raises StorageUnavailable.

    ``content``: stays open. Text is written as UTF-8.
    """
    moment = timezone.now() + timedelta(seconds=assets_settings.ASSET_UPLOAD_SECONDS)
    loose = LooseFile.objects.create(stored_in=alias, stored_name=name, delete_after=moment)
    content.seek(0)
    nothing: Any = content.read(0)
    if isinstance(nothing, str):
        # S3 is told the number of characters and sent bytes: it would cut the text short and say nothing.
        text: Any = content.read()
        content = io.BytesIO(text.encode())
    file = File(content, name=name)
    # S3 stores it with the file; told by the server from the content, never what a client or the machine's tables say.
    file.content_type = mime  # type: ignore[attr-defined]
    with _watched(alias, "write", name):
        storage = storage_of(alias)
        if storage.exists(name):
            raise StorageUnavailable(code="name_taken")
        stored = storage.save(name, file, max_length=500)
    if stored != name:
        loose.stored_name = stored
        loose.save(update_fields=["stored_name"])
    return stored


def take_over(files: list[tuple[str, str]]) -> None:
    """Make loose files an asset's, in the transaction that writes its rows.

    Raises StorageUnavailable if one was swept meanwhile: the upload took longer than it may.
    """
    for alias, name in files:
        gone, _rows = LooseFile.objects.filter(stored_in=alias, stored_name=name).delete()
        if not gone:
            raise StorageUnavailable(code="upload_too_slow")


def discard(files: list[tuple[str, str]], *, after_days: int = 0) -> None:
    """Have files deleted that no row names any longer: when the transaction has committed, or after some days.

    What cannot be deleted then stays known and is swept later.
    """
    moment = timezone.now() + timedelta(days=after_days)
    for alias, name in files:
        LooseFile.objects.update_or_create(stored_in=alias, stored_name=name, defaults={"delete_after": moment})
    if not after_days:
        transaction.on_commit(lambda: _delete_now(files), robust=True)


def delete_file(loose: LooseFile) -> bool:
    """Delete a loose file and its row; return whether the storage did. Never raises for the storage's sake."""
    try:
        with _watched(loose.stored_in, "delete", loose.stored_name):
            storage_of(loose.stored_in).delete(loose.stored_name)
    except (StorageUnavailable, ImproperlyConfigured):
        return False
    loose.delete()
    return True


def open_file(alias: str, name: str) -> Any:
    """Return an open file for reading. Raises NotFound if there is none, StorageUnavailable."""
    with _watched(alias, "read", name):
        file = storage_of(alias).open(name, "rb")
        # A bucket's file is fetched when it is first used: here, where failing is an answer and no cut one.
        try:
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file


def public_url(alias: str, name: str) -> str:
    """Return the address that a file of the public storage is fetched at, to be kept in a row."""
    with _watched(alias, "address", name):
        return str(storage_of(alias).url(name))


@contextmanager
def _watched(alias: str, what: str, name: str) -> Iterator[None]:
    """Turn whatever a storage raises into what a client can be told."""
    begun = time.monotonic()
    try:
        yield
    except FileNotFoundError as error:
        if what == "read":
            raise NotFound from error
        raise StorageUnavailable from error
    except (RequestRefused, ImproperlyConfigured, SuspiciousOperation, MemoryError):
        raise
    except Exception as error:
        # botocore, azure and the others each have a tree of errors of their own; none of them is imported here.
        logger.error("The storage %r failed to %s a file.", alias, what, exc_info=error)
        if time.monotonic() - begun >= _SLOW:
            _silent[alias] = time.monotonic()
        raise StorageUnavailable from error


def _delete_now(files: list[tuple[str, str]]) -> None:
    for alias, name in files:
        # Whoever waited for a storage in vain does not wait once more for each file; they are swept. Both are asked, as a rule,
        # of one service.
        if any(time.monotonic() - since < _LEFT_ALONE for since in _silent.values()):
            return
        for loose in LooseFile.objects.filter(stored_in=alias, stored_name=name):
            delete_file(loose)
