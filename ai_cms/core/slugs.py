"""Slugs: the readable part of a URL."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from itertools import count

from django.utils.text import slugify

__all__ = ["make_slug", "slug_with_suffix", "unique_slug"]


def make_slug(text: str, *, allow_unicode: bool = True, max_length: int = 100, fallback: str = "page") -> str:
    """Return ``text`` as a slug of at most ``max_length`` characters; ``fallback`` when no letter or digit is left.

    A cut is made between words where one is near enough.
    """
    slug = slugify(text, allow_unicode=allow_unicode)
    return _cut(slug, max_length) or _cut(fallback, max_length)


def unique_slug(base: str, taken: Collection[str] | Callable[[str], bool], *, max_length: int = 100) -> str:
    """Return ``base``, or ``base-2``, ``base-3``, … : the first that is not taken.

    ``taken``: the slugs in use, or a function that says whether one is.
    """
    is_taken = taken if callable(taken) else taken.__contains__
    if not is_taken(base):
        return base
    for number in count(2):
        suffix = f"-{number}"
        candidate = _cut(base, max_length - len(suffix)) + suffix
        if not is_taken(candidate):
            return candidate
    raise AssertionError("unreachable: count() does not end")


def slug_with_suffix(text: str, hex_digits: int = 6, *, max_length: int = 100) -> str:
    """Return the slug of ``text`` with a random suffix of ``hex_digits`` digits, as in ``my-post-3fa9c1``."""
    suffix = secrets.token_hex((hex_digits + 1) // 2)[:hex_digits]
    return f"{make_slug(text, max_length=max_length - hex_digits - 1)}-{suffix}"


def _cut(slug: str, length: int) -> str:
    if len(slug) <= length:
        return slug
    head, _, tail = slug[: length + 1].rpartition("-")
    # A long last word is cut rather than dropped, so that the slug keeps most of its length.
    return (head if head and len(tail) < length // 3 else slug[:length]).rstrip("-_")
