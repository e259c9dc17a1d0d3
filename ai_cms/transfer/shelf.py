"""Where an importer puts the files that its source brings along. ``ai_cms.assets``, where it is installed, registers its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.registry import Registry

from .base import Importer, ImportOptions, Notices

if TYPE_CHECKING:
    from ai_cms.core.permissions import Actor
    from ai_cms.pages.models import AbstractPage

__all__ = ["MediaCount", "MediaFile", "MediaItem", "MediaShelf", "NoShelf", "Taken", "media_shelves", "open_shelf"]


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file as it lies there. ``name``: its path within the source; ``open``: returns it, open for reading."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class MediaItem:
    """A picture or file of a source and what is said of it. ``files``: the forms it is there in, the one to prefer first."""

    key: str
    files: Sequence[MediaFile] = ()
    title: str = ""
    alt: str = ""
    caption: str = ""
    details: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file is now. ``reference``: how blocks name it; ``address``: what links lead to, "" where it is gone."""

    reference: str
    address: str = ""

    @property
    def usable(self) -> bool:
        return bool(self.address)


@dataclass(slots=True)
class MediaCount:
    """What became of the files. ``missing``: paths that were not found; ``refused``: (path, reason)."""

    taken: int = 0
    replaced: int = 0
    known: int = 0
    missing: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def to_json(self) -> JsonObject:
        return {
            "taken": self.taken,
            "replaced": self.replaced,
            "known": self.known,
            "missing": list(self.missing),
            "refused": [{"file": name, "reason": reason} for name, reason in self.refused],
        }


class MediaShelf:
    """Base of the shelves: take files in, and know those of earlier imports of ``source`` below ``target`` again."""

    def __init__(
        self, *, source: str, target: AbstractPage, actor: Actor, options: ImportOptions, notices: Notices
    ) -> None:
        self.source = source
        self.target = target
        self.actor = actor
        self.options = options
        self.notices = notices
        self.count = MediaCount()
        #: Whether the source brought files along, so that the report is to say what became of them.
        self.asked = False

    def take(self, item: MediaItem) -> Taken | None:
        """Take one in, outside of any transaction; ``None`` where it is not there or is refused, which the count then says."""
        raise NotImplementedError

    def known(self, key: str) -> Taken | None:
        """Return what an earlier import made of an item."""
        raise NotImplementedError


class NoShelf(MediaShelf):
    """Take nothing: where no app keeps files."""

    def take(self, item: MediaItem) -> Taken | None:
        return None

    def known(self, key: str) -> Taken | None:
        return None


#: The shelf in use is the last one registered.
media_shelves: Registry[type[MediaShelf]] = Registry("shelf of imported files")
media_shelves.register("none", NoShelf)


def open_shelf(importer: Importer, *, target: AbstractPage, actor: Actor, options: ImportOptions) -> MediaShelf:
    """Return the shelf for the files of an importer, which knows by now what its source is called."""
    shelf_class = media_shelves.items()[-1][1]
    return shelf_class(
        source=importer.source_name, target=target, actor=actor, options=options, notices=importer.notices
    )
