"""Names: what people call a file, made harmless; names in storages are the server's own."""

from __future__ import annotations

import re
import secrets
import unicodedata
from pathlib import PurePosixPath
from typing import Any

from django.utils import timezone

from ai_cms.core.slugs import make_slug

__all__ = ["clean_name", "owner_folder", "storage_name", "title_from_name"]

_LONGEST = 150
_RUNS = re.compile(r"\s+")
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")


def clean_name(name: object) -> str:
    """Return a file name without folders and without characters that cannot be seen; "file" where nothing is left."""
    text = unicodedata.normalize("NFC", str(name or ""))
    # Both separators, whatever the system here: the client's may be another.
    text = text.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*')
    text = _RUNS.sub(" ", text).strip(" .")
    if len(text) > _LONGEST:
        path = PurePosixPath(text)
        text = path.stem[: _LONGEST - len(path.suffix[:10])] + path.suffix[:10]
    return text or "file"


def title_from_name(name: str) -> str:
    """Return what people would call the file: its name without the ending, underscores as spaces."""
    stem = PurePosixPath(name).stem.replace("_", " ")
    return _RUNS.sub(" ", stem).strip(" .-") or name


def owner_folder(owner: Any) -> str:
    """Return the folder of an owner's files: the slug of the account, else its key; "site" for what nobody owns."""
    if owner is None or getattr(owner, "pk", None) is None:
        return "site"
    slug = _SLUG.sub("-", str(getattr(owner, "slug", None) or "")).strip("-")[:60].lower()
    return slug or f"user-{owner.pk}"


def storage_name(owner: object, name: str, suffix: str, *, label: str = "") -> str:
    """Return a new name in a storage, such as ``ann-1a2b3c4d/2026/11/bread-9f…c1.webp``, that nobody guesses or has used."""
    stem = make_slug(title_from_name(name), allow_unicode=False, max_length=60, fallback="file")
    parts = [part for part in (stem, label, secrets.token_hex(8)) if part]
    return f"{owner_folder(owner)}/{timezone.now():%Y/%m}/{'-'.join(parts)}.{suffix}"
