"""The settings of ``ai_cms.posts``."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive

__all__ = ["PostsSettings", "posts_settings"]


def _page_path(value: str) -> str | None:
    return None if value.startswith("/") and value.endswith("/") else "must be the path of a page, such as '/blog/'"


def _names(value: Iterable[object]) -> str | None:
    return None if all(isinstance(name, str) and name for name in value) else "must hold names of groups"


def _hub(value: str) -> str | None:
    if not value:
        return None
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and value.isascii()
    except ValueError:
        fits = False
    return (
        None
        if fits and not any(sign.isspace() for sign in value)
        else "must be an address such as 'https://hub.example/'"
    )


def _scheme(value: object) -> str | None:
    return None if value in ("http", "https") else "must be 'http' or 'https'"


class PostsSettings(AppSettings):
    """Settings of ``ai_cms.posts``."""

    POSTS_PARENT = Setting(
        "/blog/",
        str,
        "The path of the page below which new posts go on each site; a blog is made there if nothing is.",
        validate=_page_path,
    )
    POSTS_EDITORS = Setting[list[str]](
        lambda: ["Editors"],
        (list, tuple),
        "Names of the groups that edit, publish and delete all posts, and make categories.",
        validate=_names,
    )
    POSTS_PAGE_SIZE = Setting(
        10, int, "Posts on one page of a list: of a category, a month, an author.", validate=positive
    )
    RELATED_POSTS = Setting(4, int, "Posts to read on with, below a post; 0 for none.", validate=not_negative)
    READING_WORDS_A_MINUTE = Setting(230, int, "Words that people read in a minute.", validate=positive)
    FEED_ENTRIES = Setting(20, int, "Posts in a feed, the newest.", validate=positive)
    FEED_FULL_TEXT = Setting(True, bool, "Whether feeds hold whole posts; False for excerpts.")
    FEED_SCHEME = Setting("https", str, "The scheme of the feeds' addresses that a hub is told.", validate=_scheme)
    WEBSUB_HUB = Setting(
        "",
        str,
        "Address of the WebSub hub that feeds name and that is told of new posts; empty for none.",
        validate=_hub,
    )
    WEBSUB_SECONDS = Setting(5, int, "Seconds that telling the hub may take.", validate=positive)


posts_settings = PostsSettings()
