from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.slugs import make_slug, slug_with_suffix, unique_slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Bread and Butter", "bread-and-butter"),
        ("Über uns", "über-uns"),
        ("日本語", "日本語"),
        ("---", "page"),
        ("", "page"),
        ("🙂", "page"),
        ("a" * 300, "a" * 100),
        ("A_b", "a_b"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert make_slug(text) == slug


def test_ascii_slugs() -> None:
    assert make_slug("Über uns", allow_unicode=False) == "uber-uns"
    assert make_slug("日本語", allow_unicode=False, fallback="post") == "post"


def test_cuts_are_made_between_words() -> None:
    assert make_slug("one two three four", max_length=13) == "one-two-three"
    assert make_slug("one two three four", max_length=12) == "one-two-thre"
    assert make_slug("a long sentence of ten", max_length=20) == "a-long-sentence-of"


@given(st.text(max_size=200), st.integers(1, 120))
def test_slugs_are_always_usable(text: str, length: int) -> None:
    slug = make_slug(text, max_length=length)
    assert 1 <= len(slug) <= length
    assert re.fullmatch(r"[-\w]+", slug)
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert make_slug(slug, max_length=length) == slug


def test_unique_slugs() -> None:
    assert unique_slug("a", set()) == "a"
    assert unique_slug("a", {"a"}) == "a-2"
    assert unique_slug("a", {"a", "a-2", "a-3"}) == "a-4"
    assert unique_slug("a", lambda slug: slug in {"a"}) == "a-2"
    assert unique_slug("a" * 100, {"a" * 100}) == "a" * 98 + "-2"


@pytest.mark.parametrize("digits", [1, 5, 6, 12])
def test_suffixes(digits: int) -> None:
    slug = slug_with_suffix("My post", digits)
    assert re.fullmatch(rf"my-post-[0-9a-f]{{{digits}}}", slug)
    assert slug_with_suffix("My post", 12) != slug_with_suffix("My post", 12)
    assert len(slug_with_suffix("x" * 300, digits)) == 100
