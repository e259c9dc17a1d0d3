"""What the reader of WordPress exports yields: items and what stands before them, as they are in the file."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["WxrItem", "WxrMenu", "WxrSite", "WxrTerm"]


@dataclass(slots=True)
class WxrItem:
    """One ``<item>`` as it stands in the file; every value is text, empty where it is missing.

    ``categories``: (domain, nicename, name) triples. ``meta``: (key, value) pairs. ``line``: of its opening tag;
    ``content_line``: of the content's.
    """

    line: int = 0
    title: str = ""
    link: str = ""
    guid: str = ""
    pub_date: str = ""
    creator: str = ""
    content: str = ""
    excerpt: str = ""
    post_id: str = ""
    post_date: str = ""
    post_date_gmt: str = ""
    modified_gmt: str = ""
    comment_status: str = ""
    name: str = ""
    status: str = ""
    parent: str = ""
    menu_order: str = ""
    type: str = ""
    password: str = ""
    sticky: str = ""
    attachment_url: str = ""
    categories: list[tuple[str, str, str]] = field(default_factory=list)
    meta: list[tuple[str, str]] = field(default_factory=list)
    comments: int = 0
    content_line: int = 0

    def get(self, key: str) -> str:
        """Return the first value of a custom field, or the empty string."""
        return next((value for name, value in self.meta if name == key), "")


@dataclass(slots=True)
class WxrMenu:
    """A navigation menu of the header."""

    slug: str
    name: str


@dataclass(slots=True)
class WxrTerm:
    """A category or tag of the header. ``parent``: the slug of the category above."""

    name: str
    parent: str = ""
    description: str = ""


@dataclass(slots=True)
class WxrSite:
    """What stands before the items. ``authors``: display name by login. ``emails``: address by login. ``described``: terms that
    have a description."""

    title: str = ""
    link: str = ""
    language: str = ""
    version: str = ""
    base_site_url: str = ""
    base_blog_url: str = ""
    authors: dict[str, str] = field(default_factory=dict)
    menus: list[WxrMenu] = field(default_factory=list)
    described: int = 0
    emails: dict[str, str] = field(default_factory=dict)
    # By slug; of tags only those that say more than the items do.
    categories: dict[str, WxrTerm] = field(default_factory=dict)
    tags: dict[str, WxrTerm] = field(default_factory=dict)
    is_wordpress: bool = False
