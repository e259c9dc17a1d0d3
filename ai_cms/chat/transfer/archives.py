"""The JSON of an export file, which some programs pack into a ZIP archive."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, TooLarge

__all__ = ["json_files"]

#: Large exports are split into several files; whatever folder they are in, as some archivers put one around them.
_NAME = re.compile(r"(?:.*/)?conversations(?:-[0-9]{1,4})?\.json", re.ASCII | re.DOTALL)
#: An archive of ChatGPT holds each picture of each conversation.
MOST_MEMBERS = 50_000


def json_files(file: IO[bytes], *, most: int) -> list[bytes]:
    """Return the JSON files of an upload: itself, or those with conversations in an archive, in the order of their names.

    ``most``: bytes of all together, unpacked. Raises TooLarge, and InvalidInput with the code ``invalid_import``.
    """
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head[:2] != b"PK":
        return [_bounded(file, most)]
    try:
        with zipfile.ZipFile(file) as archive:
            return _unpacked(archive, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused(_("This archive cannot be read.")) from error


def _unpacked(archive: zipfile.ZipFile, most: int) -> list[bytes]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise _refused(_("This archive holds more files than an export does."))
    wanted = sorted((item for item in members if _NAME.fullmatch(item.filename)), key=lambda item: item.filename)
    if not wanted:
        raise _refused(_("This archive holds no conversations.json."))
    found: list[bytes] = []
    for member in wanted:
        if member.flag_bits & 0x1:
            raise _refused(_("This archive is locked with a password."))
        # By what is unpacked: what an archive says of sizes is its own word.
        with archive.open(member) as opened:
            found.append(_bounded(opened, most - sum(map(len, found)), most))
    return found


def _bounded(file: IO[bytes], left: int, most: int | None = None) -> bytes:
    raw = file.read(left + 1)
    if len(raw) > left:
        raise TooLarge(_("The file is over %(limit)d bytes.") % {"limit": left if most is None else most})
    return raw


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(detail, code="invalid_import")
