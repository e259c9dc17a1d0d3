"""Import a WordPress export: pages with their tree, posts below one page, menus, dates, terms, pictures by reference.

What is kept in ``metadata``: ``categories`` and ``tags`` (public lists can be filtered by both), ``author``, ``published_at``,
``excerpt``, ``comment_status``, ``format``, ``sticky``, ``image`` and ``image_alt``, ``taxonomies``, ``custom_fields`` (the
ones asked for), and under ``wordpress`` the id, type, status and address of old.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils import timezone

from ai_cms.blocks.convert.result import file_url
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.slugs import make_slug

from ..base import Importer, ImportItem, Notices, Spool, digest_of, page_list
from ..exceptions import ImportRefused
from ..registry import importers
from ..report import counted
from ..shelf import MediaShelf
from ..terms import ImportedAuthor, OldArchive
from ..tidy import plain_text
from .addresses import host_and_path, host_of
from .archives import Archives
from .gutenberg import wordpress_to_blocks
from .item_values import IN_DIGEST, date_of, number_of, terms_in, terms_of
from .library import MediaLibrary
from .menus import Menus
from .uploads import UploadsFolder
from .wxr import KNOWN_VERSIONS, WxrItem, WxrSite, open_wxr, read_wxr

__all__ = ["WordPressImporter"]

DEFAULT_POSTS_UNDER = "blog"

_DRAFT_STATUSES = frozenset({"draft", "pending", "private", "future"})
_SKIPPED_STATUSES = frozenset({"trash", "auto-draft", "inherit"})
_SILENT_TYPES = frozenset({"revision", "nav_menu_item", "attachment", "wp_block"})
_SEO_DESCRIPTIONS = ("_yoast_wpseo_metadesc", "rank_math_description", "_aioseo_description", "_aioseop_description")
_SEO_TITLES = ("_yoast_wpseo_title", "rank_math_title", "_aioseo_title", "_aioseop_title")
# Where content names attachments by number: block attributes, classes, gallery shortcodes.
_NUMBERS = re.compile(
    r"""(?:"(?:id|ids|mediaId)"\s*:\s*\[?|wp-image-|attachment_|(?:ids|images?|image_id|img|photo|src)\s*=\s*["'])"""
    r"([0-9][0-9,\s]*)"
)
_PICTURE = re.compile(r"\.(?:avif|bmp|gif|jpe?g|png|svg|webp)(?:\?.*)?\Z", re.IGNORECASE)


@importers.register
class WordPressImporter(Importer):
    """Read a WXR file.

    Options: ``posts_under``, the slug of the page that posts stand below ("" for none); ``posts_title``, its title if it
    has to be made; ``custom_fields``, the names of the custom fields to keep; ``post_types``, more post types to import
    as posts; ``media``, a copy of ``wp-content/uploads`` to take the attachments from.
    """

    name = "wordpress"
    revision = 3

    def __init__(self, source: str | Path, *, notices: Notices | None = None, **options: Any) -> None:
        super().__init__(source, notices=notices, **options)
        self.path = Path(source)
        self.posts_under = str(options.get("posts_under", DEFAULT_POSTS_UNDER) or "").strip("/")
        if "/" in self.posts_under:
            raise ImportRefused("The page for posts is named by one slug, without a slash inside.")
        self.posts_title = str(options.get("posts_title") or "Blog")
        self.custom_fields = frozenset(options.get("custom_fields") or ())
        self.post_types = frozenset(options.get("post_types") or ())
        self.site = WxrSite()
        self.spool = Spool()
        self.media = MediaLibrary(UploadsFolder(options["media"]) if options.get("media") else None, self.notices)
        self.attachments: dict[str, dict[str, str]] = {}
        # Number of a post → (order, number) of the pictures uploaded to it.
        self.attached: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.reusable: dict[str, str] = {}
        self.menus = Menus()
        self.posts_parent: str | None = None
        self.hosts: set[str] = set()
        self.base = ""
        self.archives = Archives()

    def close(self) -> None:
        self.spool.close()

    def identity(self) -> str:
        return self.base or self.path.name

    def open_media(self, opener: Callable[[], MediaShelf], progress: Callable[[int, int, str], None]) -> None:
        self.media.connect(opener, progress)

    def left_behind(self) -> str:
        return self.media.left_behind() or super().left_behind()

    # Reading

    def items(self) -> Iterator[ImportItem]:
        raws: list[ImportItem] = []
        others: Counter[str] = Counter()
        fields: Counter[str] = Counter()
        comments = 0
        with open_wxr(self.path) as file:
            for raw in read_wxr(file, source=self.path.name, on_site=self.open_site, warn=self.mended):
                comments += raw.comments
                if raw.type in ("page", "post") or raw.type in self.post_types:
                    if (item := self.read_item(raw)) is not None:
                        raws.append(item)
                        fields.update({key for key, value in raw.meta if value.strip() and self.unnamed(key)})
                elif raw.type == "attachment":
                    self.read_attachment(raw)
                elif raw.type == "nav_menu_item":
                    self.menus.add(raw)
                elif raw.type == "wp_block":
                    self.reusable[raw.post_id] = raw.content
                elif raw.type not in _SILENT_TYPES:
                    others[raw.type or "(none)"] += 1
        for name, count in sorted(others.items()):
            self.notices.add(
                f"{counted(count, 'item')} of the type “{name[:100]}” not imported: --post-type makes posts of that type."
            )
        if fields:
            names = ", ".join(f"“{name[:50]}”" for name, _count in fields.most_common(20))
            self.notices.add(
                f"{counted(len(fields), 'custom field')} not imported (--custom-field keeps one): {names}."
            )
        if self.site.described and not any(hook.takes_terms for hook in importers.hooks(self.name)):
            self.notices.add(f"The descriptions of {self.site.described} categories and tags were not imported.")
        if comments:
            self.notices.add(f"{comments} comments were not imported.")
        menu_names = {menu.slug: menu.name for menu in self.site.menus}
        self.menus.settle({item.key for item in raws}, menu_names, self.notices)
        self.media.take(self.hosts)
        yield from self.finish(raws)

    def mended(self, line: int, message: str) -> None:
        self.notices.add(message, item=self.path.name, line=line)

    def open_site(self, site: WxrSite) -> None:
        """Take in what stands before the items."""
        self.site = site
        if site.version not in KNOWN_VERSIONS:
            self.notices.add(
                f"The export says it is of version {site.version[:20]!r}; known are {', '.join(KNOWN_VERSIONS)}. "
                "What has the same names was imported."
            )
        for url in (site.base_blog_url, site.link, site.base_site_url):
            host, path = host_and_path(url)
            if host:
                self.base = self.base or f"{host}{path}"
                if url != site.base_site_url or not self.hosts:
                    self.hosts.add(host)

    def read_item(self, raw: WxrItem) -> ImportItem | None:
        """Return the light part of a page or post; what was thrown away is left out."""
        title = plain_text(raw.title)
        is_page = raw.type == "page"
        number = raw.post_id or raw.guid or raw.link or raw.name or title
        item = ImportItem(
            key=f"{raw.type}:{number}",
            title=title[:300],
            kind="page" if is_page else "post",
            slug=unquote(raw.name, errors="replace"),
            parent_key=f"page:{raw.parent}" if is_page and raw.parent not in ("", "0") else None,
            status=raw.status,
            line=raw.line,
            links=tuple(filter(None, dict.fromkeys((raw.link, raw.guid)))),
        )
        if raw.status in _SKIPPED_STATUSES:
            self.left_out.append(item)
            return None
        item.created_at, unreadable = date_of(raw)
        item.publish = self.is_public(raw, item)
        if unreadable:
            used = f"{item.created_at:%Y-%m-%d %H:%M} UTC was used" if item.created_at else "it has none now"
            self.notices.add(
                f"Its date {', '.join(f'“{text[:50]}”' for text in unreadable)} cannot be read; {used}.",
                item=item.title or item.key,
                line=raw.line,
            )
        if not is_page and item.publish:
            self.archives.add(item, raw, self.site)
        stamp = item.created_at.isoformat() if item.created_at else ""
        item.order = (0, 1, number_of(raw.menu_order), "") if is_page else (1, 0, 0, stamp)
        kept = {"fields": sorted(pair for pair in raw.meta if self.keeps(pair[0])), "password": bool(raw.password)}
        # Names that begin with "_" are plugins' own; their users never saw them.
        item.digest = digest_of([getattr(raw, name) for name in IN_DIGEST], raw.categories, kept)
        place = self.spool.put({**asdict(raw), "password": bool(raw.password), "meta": kept["fields"]})
        numbers = {number.strip() for found in _NUMBERS.findall(raw.content) for number in found.split(",")} - {""}
        item.data = (place, tuple(sorted(numbers)), "gallery" in raw.content)
        return item

    def keeps(self, name: str) -> bool:
        seo = (*_SEO_DESCRIPTIONS, *_SEO_TITLES)
        return name in self.custom_fields or name in ("_thumbnail_id", "footnotes", *seo)

    def unnamed(self, name: str) -> bool:
        """Return whether a custom field is one that people fill in, and nobody asked for."""
        return bool(name) and not name.startswith("_") and not self.keeps(name)

    def is_public(self, raw: WxrItem, item: ImportItem) -> bool:
        def warn(message: str) -> None:
            self.notices.add(message, item=item.title or item.key, line=raw.line)

        if raw.password:
            warn("It is protected by a password; it is a draft now, for nobody would be asked for the password.")
            return False
        if raw.status == "publish":
            return True
        if raw.status == "future" and item.created_at is not None and item.created_at > timezone.now():
            item.go_live_at = item.created_at
            warn(f"It was to appear on {raw.post_date or raw.post_date_gmt}; it is a draft that is to go live then.")
        elif raw.status == "future":
            warn(f"It was to appear on {raw.post_date or raw.post_date_gmt}; it is a draft now.")
        elif raw.status == "private":
            warn("It was private; it is a draft now.")
        elif raw.status not in _DRAFT_STATUSES:
            warn(f"Its status “{raw.status[:50]}” is not known; it is a draft now.")
        return False

    def read_attachment(self, raw: WxrItem) -> None:
        url = file_url(raw.attachment_url or raw.guid)
        if not raw.post_id or not url:
            return
        self.attachments[raw.post_id] = {
            "url": url,
            "alt": plain_text(raw.get("_wp_attachment_image_alt"))[:1000],
            "title": plain_text(raw.title)[:300],
            "caption": raw.excerpt[:5000],
        }
        self.media.add(raw, url)
        if raw.parent not in ("", "0") and raw.post_id.isascii() and raw.post_id.isdigit() and _PICTURE.search(url):
            self.attached[raw.parent].append((number_of(raw.menu_order), int(raw.post_id)))

    def finish(self, items: list[ImportItem]) -> Iterator[ImportItem]:
        """Place posts, put the order of the menu into effect, and complete the digests."""
        posts = [item for item in items if item.kind == "post"]
        container: ImportItem | None = None
        if posts and self.posts_under:
            slug = make_slug(self.posts_under)
            tops = (item for item in items if item.kind == "page" and item.parent_key is None)
            page = next((item for item in tops if make_slug(item.slug or item.title) == slug), None)
            if page is None:
                container = ImportItem(
                    key=f"container:{slug}",
                    title=self.posts_title,
                    kind="container",
                    slug=slug,
                    publish=any(post.publish for post in posts),
                    order=(0, 2, 0, ""),
                    digest="container",
                    lists_posts=True,
                )
                yield container
            self.posts_parent = page.key if page is not None else f"container:{slug}"
            for post in posts:
                post.parent_key = self.posts_parent
        reused = digest_of(sorted(self.reusable.items())) if self.reusable else ""
        reused += self.media.state_of((), "\n".join(self.reusable.values()))
        for item in items:
            position = self.menus.position(item.key)
            if position is not None and item.kind == "page":
                item.order = (0, 0, position, "")
            lists_posts = item.lists_posts = item.key == self.posts_parent
            pictures = sorted(self.pictures(item)[0].items())
            item.digest = digest_of(
                item.digest, item.parent_key, item.key in self.menus, position, lists_posts, reused, pictures
            )
            if state := self.media_state(item):
                item.digest = digest_of(item.digest, state)
            yield item

    # Converting

    def fill(self, item: ImportItem) -> None:
        if item.kind == "container":
            item.blocks = [page_list("newest")]
            return
        raw: JsonObject = self.spool.get(item.data[0])
        attachments, attached = self.pictures(item)
        converted = wordpress_to_blocks(
            raw["content"],
            attachments=attachments,
            attached=attached,
            reusable=self.reusable,
            footnotes=next((value for name, value in raw["meta"] if name == "footnotes"), ""),
        )
        for warning in converted.warnings:
            line = raw["content_line"] + warning.line - 1 if warning.line else item.line
            self.notices.add(warning.message, item=item.title or item.key, line=line)
        item.blocks = self.media.placed(converted.blocks)
        if item.key == self.posts_parent:
            item.blocks = [*item.blocks, page_list("newest")]
        item.title = plain_text(raw["title"])
        item.metadata = self.metadata(raw, item)
        item.terms = terms_in(self.site, raw["categories"])
        if login := raw["creator"]:
            name = plain_text(self.site.authors.get(login, str(login)))
            item.authors = [ImportedAuthor(name, self.site.emails.get(login, ""), login)]
        item.fields = {"in_menus": item.key in self.menus}
        for field, names in (("seo_description", _SEO_DESCRIPTIONS), ("seo_title", _SEO_TITLES)):
            values = [plain_text(value) for name, value in raw["meta"] if name in names]
            # "%%title%% %%sep%%" and "%title%" are for the plugin to fill in.
            if values and values[0] and not re.search(r"%%?\w+%", values[0]):
                item.fields[field] = values[0]

    def pictures(self, item: ImportItem) -> tuple[dict[str, dict[str, str]], list[int]]:
        """Return the attachments an item names by their numbers, and the numbers of the pictures uploaded to it."""
        _place, numbers, has_gallery = item.data
        attached = self.attached.get(item.key.partition(":")[2], []) if has_gallery else []
        named = [*numbers, *(str(number) for _order, number in sorted(attached))]
        found = {number: self.attachments[number] for number in named if number in self.attachments}
        return found, [number for _order, number in sorted(attached)]

    def media_state(self, item: ImportItem) -> str:
        """Return what says which assets stand behind an item."""
        if not self.media.taken:
            return ""
        raw = self.spool.get(item.data[0])
        featured = [value.strip() for name, value in raw["meta"] if name == "_thumbnail_id"]
        return self.media.state_of([*featured, *self.pictures(item)[0]], raw["content"])

    def metadata(self, raw: JsonObject, item: ImportItem) -> JsonObject:
        found: JsonObject = terms_of(raw["categories"])
        author = self.site.authors.get(raw["creator"], raw["creator"])
        if author:
            found["author"] = plain_text(author)
        if item.created_at is not None:
            found["published_at" if raw["status"] in ("publish", "private") else "written_at"] = (
                item.created_at.isoformat()
            )
        excerpt = plain_text(raw["excerpt"])
        if excerpt:
            found["excerpt"] = excerpt
        if raw["comment_status"]:
            found["comment_status"] = raw["comment_status"][:20]
        if raw["sticky"] == "1":
            found["sticky"] = True
        if raw["password"]:
            found["password_protected"] = True
        for name, value in raw["meta"]:
            if name == "_thumbnail_id":
                image = self.attachments.get(value.strip())
                if image is None:
                    self.notices.add(
                        "Its featured image is not in the export.", item=item.title or item.key, line=item.line
                    )
                else:
                    reference = self.media.reference(value.strip())
                    found["image"], found["image_alt"] = reference or image["url"], image["alt"]
            elif name in self.custom_fields:
                found.setdefault("custom_fields", {}).setdefault(name, []).append(value)
        found["wordpress"] = {
            "id": raw["post_id"][:50],
            "type": raw["type"][:50],
            "status": raw["status"][:50],
            "link": raw["link"][:2000],
        }
        return found

    # Addresses

    def link_key(self, url: str, item: ImportItem) -> str | None:
        try:
            parts = urlsplit(url.strip())
            query = parse_qs(parts.query)
        except ValueError:
            return None
        if parts.netloc:
            if parts.scheme not in ("http", "https", "") or host_of(parts.netloc) not in self.hosts:
                return None
        elif parts.scheme or not (parts.path.startswith("/") or (not parts.path and parts.query)):
            return None
        path = unquote(parts.path, errors="replace").rstrip("/").lower()
        for name in ("p", "page_id"):
            if query.get(name):
                return f"?{query[name][0]}" if not set(query) - {"p", "page_id", "post_type"} else None
        return None if parts.query else path or None

    def old_archives(self) -> Iterable[OldArchive]:
        return self.archives.old("/" + self.base.partition("/")[2])

    def old_paths(self, item: ImportItem) -> Iterable[str]:
        for link in item.links[:1]:
            key = self.link_key(link, item)
            if key and key.startswith("/"):
                yield unquote(urlsplit(link).path, errors="replace")
