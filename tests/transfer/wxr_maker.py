"""Make WordPress exports for tests: every text is our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

SITE = "https://old-bakery.example"


def cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


@dataclass
class Item:
    """One item; ``None`` leaves an element out."""

    id: int
    title: str = "A loaf"
    content: str = "<p>Flour and water.</p>"
    type: str = "post"
    status: str = "publish"
    name: str | None = None
    parent: int = 0
    menu_order: int = 0
    password: str = ""
    sticky: int = 0
    creator: str = "ada"
    excerpt: str = ""
    date: str = "2020-05-17 08:30:00"
    gmt: str | None = None
    pub_date: str = "Sun, 17 May 2020 08:30:00 +0000"
    link: str | None = None
    comment_status: str = "open"
    categories: list[tuple[str, str, str]] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    attachment_url: str = ""
    comments: int = 0
    extra: str = ""

    def xml(self) -> str:
        name = self.name if self.name is not None else f"item-{self.id}"
        link = self.link if self.link is not None else f"{SITE}/{'2020/05/17/' if self.type == 'post' else ''}{name}/"
        parts = [
            "<item>",
            f"<title>{cdata(self.title)}</title>",
            f"<link>{escape(link)}</link>",
            f"<pubDate>{self.pub_date}</pubDate>",
            f"<dc:creator>{cdata(self.creator)}</dc:creator>",
            f'<guid isPermaLink="false">{SITE}/?p={self.id}</guid>',
            "<description></description>",
            f"<content:encoded>{cdata(self.content)}</content:encoded>",
            f"<excerpt:encoded>{cdata(self.excerpt)}</excerpt:encoded>",
            f"<wp:post_id>{self.id}</wp:post_id>",
            f"<wp:post_date>{self.date}</wp:post_date>",
            f"<wp:post_date_gmt>{self.gmt if self.gmt is not None else self.date}</wp:post_date_gmt>",
            f"<wp:comment_status>{self.comment_status}</wp:comment_status>",
            f"<wp:post_name>{escape(name)}</wp:post_name>",
            f"<wp:status>{self.status}</wp:status>",
            f"<wp:post_parent>{self.parent}</wp:post_parent>",
            f"<wp:menu_order>{self.menu_order}</wp:menu_order>",
            f"<wp:post_type>{self.type}</wp:post_type>",
            f"<wp:post_password>{escape(self.password)}</wp:post_password>",
            f"<wp:is_sticky>{self.sticky}</wp:is_sticky>",
        ]
        if self.attachment_url:
            parts.append(f"<wp:attachment_url>{escape(self.attachment_url)}</wp:attachment_url>")
        for domain, nicename, term in self.categories:
            parts.append(
                f"<category domain={quoteattr(domain)} nicename={quoteattr(nicename)}>{cdata(term)}</category>"
            )
        for key, value in self.meta.items():
            parts.append(
                f"<wp:postmeta><wp:meta_key>{escape(key)}</wp:meta_key><wp:meta_value>{cdata(value)}</wp:meta_value></wp:postmeta>"
            )
        for number in range(self.comments):
            parts.append(
                f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_content>{cdata('Nice crust.')}</wp:comment_content>"
                "</wp:comment>"
            )
        return "\n".join([*parts, self.extra, "</item>\n"])


def page(id: int, title: str = "A page", content: str = "<p>Flour and water.</p>", **options: Any) -> Item:
    return Item(id, title, content, type="page", **options)


def menu_item(id: int, target: int, order: int, menu: str = "main", **meta: str) -> Item:
    """Return the entry of a menu that shows a page."""
    values = {"_menu_item_type": "post_type", "_menu_item_object": "page", "_menu_item_object_id": str(target), **meta}
    return Item(
        id, "", "", type="nav_menu_item", menu_order=order, categories=[("nav_menu", menu, menu.title())], meta=values
    )


def head(version: str = "1.2", *, scheme: str = "http", site: str = SITE, extra: str = "") -> str:
    base = f"{scheme}://wordpress.org/export/{version}/"
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<rss version="2.0" xmlns:excerpt="{base}excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="{base}">\n'
        "<channel>\n<title>The old bakery</title>\n"
        f"<link>{site}</link>\n<language>en</language>\n<wp:wxr_version>{version}</wp:wxr_version>\n"
        f"<wp:base_site_url>{site}</wp:base_site_url>\n<wp:base_blog_url>{site}</wp:base_blog_url>\n"
        "<wp:author><wp:author_login>ada</wp:author_login>"
        f"<wp:author_display_name>{cdata('Ada Ähre')}</wp:author_display_name></wp:author>\n{extra}"
    )


FOOT = "</channel>\n</rss>\n"


def wxr(items: Iterable[Item], version: str = "1.2", **options: Any) -> str:
    return head(version, **options) + "".join(item.xml() for item in items) + FOOT


def write_wxr(path: Path, items: Iterable[Item], version: str = "1.2", **options: Any) -> Path:
    """Write an export, item by item, and return its path."""
    with path.open("w", encoding="utf-8") as file:
        file.write(head(version, **options))
        for item in items:
            file.write(item.xml())
        file.write(FOOT)
    return path


def many_items(count: int, *, size: int = 2_000) -> Iterator[Item]:
    """Yield posts and, one in ten, pages in a tree three deep, each with about ``size`` characters of content."""
    sentence = "Rye takes its time and asks for warmth. "
    for number in range(1, count + 1):
        paragraphs = "".join(f"<p>{sentence * 4}</p>\n\n" for _ in range(max(size // 170, 1)))
        content = f"<!-- wp:heading -->\n<h2>Loaf {number}</h2>\n<!-- /wp:heading -->\n\n{paragraphs}"
        if number % 10 == 0:
            above = number - 10 if number % 30 else 0
            yield page(number, f"Page {number}", content=content, parent=above)
        else:
            terms = [("category", "rye", "Rye"), ("post_tag", f"tag-{number % 7}", f"Tag {number % 7}")]
            yield Item(number, f"Post {number}", content, categories=terms)
