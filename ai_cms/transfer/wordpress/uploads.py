"""A copy of ``wp-content/uploads``: which path a file has there, and opening it without ever leaving the folder."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from ..exceptions import ImportRefused
from ..shelf import MediaFile

__all__ = ["UploadsFolder", "edited_from", "scaled_from", "uploads_path"]

_BY_MONTH = re.compile(r"(?:\A|/)((?:sites/[0-9]+/)?[0-9]{4}/[0-9]{2}/.+)\Z")
# What WordPress appends to a name: to smaller sizes; to what it made of a large original; to what people edited.
_SIZE = re.compile(r"-[0-9]{1,5}x[0-9]{1,5}(?=\.[^./]+\Z)")
_SCALED = re.compile(r"-(?:scaled|rotated)(?=(?:-e[0-9]{9,14})?\.[^./]+\Z)")
_EDITED = re.compile(r"-e[0-9]{9,14}(?=(?:-scaled)?\.[^./]+\Z)")


def uploads_path(address: str) -> str:
    """Return the path below ``uploads`` in a file's address or path on the old server; "" where it has none."""
    try:
        path = unquote(urlsplit(address).path, errors="replace") if "://" in address[:10] else address
    except ValueError:
        return ""
    path = unicodedata.normalize("NFC", path).replace("\\", "/")
    _before, mark, after = path.rpartition("/uploads/")
    if mark:
        return after
    month = _BY_MONTH.search(path)
    return month[1] if month else path.lstrip("/")


def scaled_from(path: str) -> str:
    """Return the path of the picture that ``path``, a smaller size by its name, was made of."""
    return _SIZE.sub("", path)


def edited_from(path: str) -> str:
    """Return the path of the original that WordPress scaled or turned, or people edited; ``path`` itself if it is one."""
    return _EDITED.sub("", _SCALED.sub("", path))


def unscaled(path: str) -> str:
    """Return the path of the original of what WordPress scaled or turned; what people edited stays so."""
    return path if _EDITED.search(path) else _SCALED.sub("", path)


class UploadsFolder:
    """The folder. Raises ImportRefused where there is none."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise ImportRefused("There is no such folder of uploads.", source=str(root))

    def find(self, path: str) -> MediaFile | None:
        """Return the regular file at ``path``, with ``/``; ``None`` where there is none, or a link or ``..`` is on the way."""
        for name in dict.fromkeys((path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD")))):
            try:
                with self.open(name) as file:
                    return MediaFile(name, os.fstat(file.fileno()).st_size, lambda name=name: self.open(name))  # type: ignore[misc]
            except PermissionError:
                # It is there: whoever takes it in says what is wrong with it.
                return MediaFile(name, 0, lambda name=name: self.open(name))  # type: ignore[misc]
            except (OSError, ValueError):
                continue
        return None

    def forms(self, path: str) -> Iterator[MediaFile]:
        """Yield the forms of a file that are there, the best first: not scaled down, as it is named, before it was edited."""
        # Of a site in a network the folder may be its own, or that of all.
        own = re.sub(r"\Asites/[0-9]+/", "", path)
        names = dict.fromkeys(form for base in (path, own) for form in (unscaled(base), base, edited_from(base)))
        for name in names:
            if (found := self.find(name)) is not None:
                yield found

    def open(self, path: str) -> IO[bytes]:
        """Open a regular file. Step by step from the folder down, so that no link is followed, not even one made meanwhile.

        Raises OSError.
        """
        parts = path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise FileNotFoundError(path)
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            # A pipe would keep the import waiting for its other end.
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise FileNotFoundError(path)
        return os.fdopen(file, "rb")
