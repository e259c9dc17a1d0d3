"""The media library of a WordPress site on its way into the assets: which attachment an address means, and what it is now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape, unescape
from typing import Any
from urllib.parse import urlsplit

from ai_cms.blocks.documents.pictures import change_references
from ai_cms.blocks.html.richtext import clean_text
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import CleanedData

from ..base import Notices, digest_of
from ..exceptions import ImportRefused
from ..shelf import MediaItem, MediaShelf, NoShelf, Taken
from ..tidy import plain_text, rewrite_links
from .addresses import host_and_path
from .items import WxrItem
from .uploads import UploadsFolder, edited_from, scaled_from, uploads_path

__all__ = ["MediaLibrary"]

MAX_SIZES = 200

_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'<>\\]+|/[^\s"'<>\\]*/uploads/[^\s"'<>\\]+""")
_SRC = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])([^"'<>]*)\2""", re.IGNORECASE)
# In what PHP has serialised: names of the sizes made of a picture, and of the upload before it was scaled down.
_SERIALISED = re.compile(r'"(?:file|original_image)";s:[0-9]+:"([^"/\\]{1,255})"')
# Addresses of the image proxy of WordPress.com: the host is the first part of the path.
_PROXY = re.compile(r"i[0-9]\.wp\.com\Z")


class MediaLibrary:
    """The attachments of one export. ``folder``: the copy of the uploads, ``None`` to know what earlier imports took in alone."""

    def __init__(self, folder: UploadsFolder | None, notices: Notices) -> None:
        self.folder = folder
        self.notices = notices
        self.hosts: set[str] = set()
        # Number → (path, address, words); path and address → number.
        self.items: dict[str, tuple[str, JsonObject]] = {}
        self.by_path: dict[str, str] = {}
        self.by_other_path: dict[str, str] = {}
        self.by_page: dict[str, str] = {}
        self.taken: dict[str, Taken] = {}
        self.opener: Callable[[], MediaShelf] | None = None
        self.progress: Callable[[int, int, str], None] = lambda *_: None
        self.shelf: MediaShelf | None = None

    def add(self, raw: WxrItem, url: str) -> None:
        """Take in one attachment of the export."""
        path = uploads_path(raw.get("_wp_attached_file") or url)
        number = raw.post_id
        caption, description = _lines(raw.excerpt), _lines(raw.content)
        self.items[number] = (
            path,
            {
                "title": plain_text(raw.title)[:255],
                "alt": plain_text(raw.get("_wp_attachment_image_alt"))[:500],
                "caption": "\n\n".join(dict.fromkeys(filter(None, (caption, description)))),
                "details": {"url": url[:2_000], "date": raw.post_date_gmt or raw.post_date},
            },
        )
        self.hosts.add(host_and_path(url)[0])
        for known in filter(None, (path, uploads_path(url))):
            self.by_path.setdefault(known, number)
            self.by_other_path.setdefault(edited_from(known), number)
        if raw.link:
            self.by_page.setdefault(_page(raw.link), number)
        folder = path.rpartition("/")[0]
        for name in _SERIALISED.findall(raw.get("_wp_attachment_metadata")[:200_000])[:MAX_SIZES]:
            self.by_other_path.setdefault(f"{folder}/{name}" if folder else name, number)

    def connect(self, opener: Callable[[], MediaShelf], progress: Callable[[int, int, str], None]) -> None:
        """Be told how to open the shelf, and whom to tell how far it is."""
        self.opener, self.progress = opener, progress

    def take(self, hosts: set[str]) -> None:
        """Have the shelf take in what is there; without a folder, ask what earlier imports took in. Raises ImportRefused.

        ``hosts``: of the site, beside those of the attachments.
        """
        if self.opener is None or not self.items:
            return
        self.hosts |= hosts
        self.shelf = shelf = self.opener()
        if isinstance(shelf, NoShelf):
            if self.folder is not None:
                raise ImportRefused("Files can be taken in (--media) where ai_cms.assets is in INSTALLED_APPS.")
            return
        shelf.asked = self.folder is not None
        for done, (number, (path, values)) in enumerate(self.items.items(), 1):
            found = self._take(shelf, f"attachment:{number}"[:200], path, values)
            if found is not None:
                self.taken[number] = found
            self.progress(done, len(self.items), "media")

    def _take(self, shelf: MediaShelf, key: str, path: str, values: CleanedData) -> Taken | None:
        if self.folder is None:
            return shelf.known(key)
        files = list(self.folder.forms(path))
        found = shelf.take(MediaItem(key, files, **values))
        if not files and found is None:
            shelf.count.missing.append(path)
            self.notices.add(f"Its file {path} is not in the folder of uploads.", item=values["title"] or path)
        return found

    def left_behind(self) -> str:
        """Return what an import that was refused has left behind; "" for nothing."""
        if self.shelf is None or self.shelf.options.dry_run or not self.shelf.count.taken:
            return ""
        return f"No page was imported. {self.shelf.count.taken} files are assets now; the next import finds them there."

    # Addresses

    def number_of(self, url: str) -> str | None:
        """Return the attachment that an address in the content means, in whichever size; ``None`` for another."""
        path = self._path(url)
        if not path:
            return None
        whole = scaled_from(path)
        for table in (self.by_path, self.by_other_path):
            for form in (path, whole):
                if form in table:
                    return table[form]
        return self.by_path.get(edited_from(whole)) or self.by_other_path.get(edited_from(whole))

    def _path(self, url: str) -> str:
        host = host_and_path(url)[0]
        if _PROXY.match(host):
            host, _slash, rest = urlsplit(url).path.lstrip("/").partition("/")
            url = f"https://{host}/{rest}"
            host = host_and_path(url)[0]
        if host not in self.hosts and (host or not url.startswith("/")):
            return ""
        return uploads_path(url if host else f"http://-{url}")

    def reference(self, number: str) -> str:
        """Return how blocks name an attachment; "" for one that is no asset, or no longer."""
        found = self.taken.get(number)
        return found.reference if found is not None and found.usable else ""

    def state_of(self, numbers: Iterable[str], content: str) -> str:
        """Return what says whether other assets stand behind a text than before; "" for none."""
        if not self.taken:
            return ""
        found = {
            number for url in _ADDRESS.findall(content.replace("\\/", "/")) if (number := self.number_of(unescape(url)))
        }
        named = sorted({*numbers, *found} & self.taken.keys())
        return digest_of([self.taken[number].reference for number in named]) if named else ""

    def placed(self, blocks: list[JsonObject]) -> list[JsonObject]:
        """Return blocks that name assets where they had addresses of attachments."""
        if not self.taken:
            return blocks
        made: list[JsonObject] = change_references(blocks, self._named)
        return [_with_pictures(block, self._address) for block in rewrite_links(made, self._target)]

    def _named(self, url: str) -> str:
        number = self.number_of(url)
        return (self.reference(number) if number else "") or url

    def _address(self, url: str) -> str | None:
        number = self.number_of(url)
        found = self.taken.get(number) if number else None
        return found.address or None if found is not None else None

    def _target(self, url: str) -> str | None:
        number = self.by_page.get(_page(url))
        found = self.taken.get(number) if number else None
        return found.address or None if found is not None else self._address(url)


def _with_pictures(block: JsonObject, address_of: Any) -> JsonObject:
    """Return a block whose texts show pictures from where they are now."""

    def put(match: re.Match[str]) -> str:
        address = address_of(unescape(match[3]))
        return match[0] if address is None else f"{match[1]}{match[2]}{escape(address)}{match[2]}"

    def change(value: object) -> Any:
        if isinstance(value, str):
            return _SRC.sub(put, value) if "<img" in value else value
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items()}
        return [change(item) for item in value] if isinstance(value, list) else value

    made = dict(block)
    if block.get("type") != "code":
        made["props"] = change(block.get("props") or {})
    if block.get("children"):
        made["children"] = [_with_pictures(child, address_of) for child in block["children"]]
    return made


def _lines(html: str) -> str:
    """Return the text of a caption or description, its paragraphs apart."""
    parts = re.split(r"\n\s*\n|<br\s*/?>|</p>", clean_text(html))
    return "\n\n".join(text for part in parts if (text := plain_text(part)))


def _page(url: str) -> str:
    """Return the address of an attachment's page in a form that can be compared."""
    address = url.strip().partition("#")[0].partition("://")[2]
    return address.rstrip("/").lower().removeprefix("www.")
