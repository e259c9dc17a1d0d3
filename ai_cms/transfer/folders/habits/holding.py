"""Keys of front matter by which generators keep a page from the public, whichever generator reads them.

A folder of contents often comes without its configuration, so that nobody knows whose key it is: each is taken for what
its generator means by it. Pages that a generator builds and lists nowhere count as held back too: here is no page that
the public can reach and no list shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..fields import FrontMatter

__all__ = ["EXPIRY", "build_reason", "holding_reason"]

#: When a page is to vanish: Hugo and its aliases, WordPress exporters, Docusaurus plugins.
EXPIRY = ("expirydate", "expiry_date", "unpublishdate", "expires")

_NO = frozenset({"never", "false", "no", "none"})
#: Switches that say it when they are on, and what they say.
_ON = {
    "unlisted": "it is marked as unlisted",
    "hidden": "it is marked as hidden",
    "private": "it is marked as private",
    "headless": "it is headless, a page without an address",
    "eleventyexcludefromcollections": "eleventyExcludeFromCollections keeps it out of all lists",
}
#: Switches that say it when they are off.
_OFF = {
    "render": "render says that it is not rendered",
    "routable": "routable says that it has no address",
    "permalink": "its permalink is false: it has no address",
}


def holding_reason(front: FrontMatter) -> str:
    """Return why the front matter keeps a page from the public, "" where it does not."""
    for name, reason in _ON.items():
        # A list names collections: of the others it is still a part.
        if not isinstance(front.get(name), list | Mapping) and front.flag(name, False, unclear=False):
            return reason
    for name, reason in _OFF.items():
        value = front.get(name)
        if value is False or str(value).strip().lower() in ("false", "never"):
            return reason
    return build_reason(front.get("build")) or build_reason(front.get("_build"))


def build_reason(build: object) -> str:
    """Return what Hugo's ``build`` (once ``_build``) says against showing a page, "" for nothing."""
    if not isinstance(build, Mapping):
        return ""
    options = {str(key).lower(): str(value).strip().lower() for key, value in build.items()}
    # "link" gives an address to link to and no page there.
    if options.get("render") in _NO | {"link"}:
        return f"its build options say “render: {options['render']}”"
    if options.get("list") in _NO | {"local"}:
        return f"its build options say “list: {options['list']}”"
    return ""
