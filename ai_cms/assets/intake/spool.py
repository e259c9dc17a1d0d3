"""A file on its way in: on disk, measured, its kind known. Nothing is left behind."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ..conf import assets_settings
from ..exceptions import AssetRefused, FileTooLarge, KindRefused
from .kinds import Kind, kind_of

__all__ = ["Incoming", "spooled"]

_PIECE = 1_048_576


@dataclass(frozen=True)
class Incoming:
    """``path``: in ``folder``, which is this file's alone and goes with it."""

    path: Path
    folder: Path
    size: int
    sha256: str
    kind: Kind


@contextmanager
def spooled(file: Any) -> Iterator[Incoming]:
    """Copy an open file to a folder of its own and look at it. Raises AssetRefused, FileTooLarge."""
    with tempfile.TemporaryDirectory(prefix="ai_cms_assets_") as name:
        folder = Path(name)
        path = folder / "incoming"
        digest, size = hashlib.sha256(), 0
        file.seek(0)
        with path.open("wb") as out:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > assets_settings.ASSET_MAX_BYTES:
                    raise _too_large(assets_settings.ASSET_MAX_BYTES)
                digest.update(piece)
                out.write(piece)
        file.seek(0)
        if not size:
            raise AssetRefused(_("The file is empty."), code="empty")
        with path.open("rb") as copy:
            kind = kind_of(copy)
        if kind is None or kind.mime not in assets_settings.ASSET_KINDS:
            what = kind.mime if kind is not None else _("unknown")
            raise KindRefused(_("Files of this kind (%(kind)s) are not taken.") % {"kind": what}, code="kind_refused")
        if kind.family in ("image", "svg") and size > assets_settings.ASSET_MAX_IMAGE_BYTES:
            raise _too_large(assets_settings.ASSET_MAX_IMAGE_BYTES)
        yield Incoming(path, folder, size, digest.hexdigest(), kind)


def _too_large(most: int) -> FileTooLarge:
    return FileTooLarge(_("A file may have at most %(most)s MB.") % {"most": most // 1_000_000 or 1})
