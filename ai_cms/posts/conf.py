"""The settings of ``ai_cms.posts``."""

from __future__ import annotations

from typing import Any

from ai_cms.core.conf import AppSettings, Setting

__all__ = ["PostsSettings", "posts_settings"]


def _page_path(value: Any) -> str | None:
    return None if value.startswith("/") and value.endswith("/") else "must be the path of a page, such as '/blog/'"


def _names(value: Any) -> str | None:
    return None if all(isinstance(name, str) and name for name in value) else "must hold names of groups"


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


posts_settings = PostsSettings()
