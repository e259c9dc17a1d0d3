"""Block classes, their Meta, and the kinds of text."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError

from ai_cms.blocks import Block, BlockPart, ImageRef, InlineText, RequiredUrl, RichText, Text, Url


class TeaserBlock(Block):
    text: RichText = ""
    title: InlineText = ""
    note: Text = ""
    link: Url = ""
    source: RequiredUrl = "/"
    image: ImageRef = ""


def test_meta_has_defaults() -> None:
    class BigFAQ2Block(Block):
        pass

    meta = BigFAQ2Block.block_meta
    assert (meta.type, meta.label, meta.version, meta.is_container) == ("big_faq2", "Big faq2", 1, False)


def test_a_subclass_inherits_what_is_not_its_own() -> None:
    class FirstBlock(Block):
        class Meta:
            type = "first"
            label = "First"
            group = "g"
            icon = "i"
            template = "x.html"
            allowed_children = ["heading"]
            max_children = 3
            example: ClassVar = {"a": 1}

    class SecondBlock(FirstBlock):
        class Meta:
            icon = "j"

    class ThirdBlock(SecondBlock):
        pass

    class FourthBlock(Block):
        class Meta(FirstBlock.Meta):
            icon = "k"

    second = SecondBlock.block_meta
    assert (second.type, second.label, second.group, second.icon) == ("second", "Second", "g", "j")
    assert (second.template, second.allowed_children, second.max_children) == ("x.html", ("heading",), 3)
    assert second.example == {}
    assert ThirdBlock.block_meta.icon == "j"
    assert FourthBlock.block_meta.group == "g"
    assert FourthBlock.block_meta.type == "fourth"


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"type": "Bad-Type"}, "Meta.type must be lower-case"),
        ({"colour": "red"}, "Meta.colour is not known"),
        ({"label": 5}, "Meta.label must be text"),
        ({"icon": None}, "Meta.icon must be"),
        ({"template": 5}, "Meta.template must be"),
        ({"version": 0}, "Meta.version must be"),
        ({"version": True}, "Meta.version must be"),
        ({"version": 2}, "upgrades lacks a function for version 1"),
        ({"allowed_children": "card"}, "a tuple of one needs a comma"),
        ({"allowed_children": 5}, "must be None"),
        ({"allowed_children": ("Card",)}, "cannot be a block type"),
        ({"allowed_children": ("",)}, "cannot be a block type"),
        ({"allowed_parents": "*"}, "Meta.allowed_parents must be"),
        ({"min_children": 1}, "allowed_children allows none"),
        ({"allowed_children": "*", "min_children": -1}, "must be a whole number"),
        ({"allowed_children": "*", "min_children": 3, "max_children": 2}, "is above max_children"),
        ({"example": []}, "Meta.example must be"),
        ({"permission": "raw"}, "Meta.permission must be"),
        ({"abstract": 1}, "Meta.abstract must be"),
    ],
)
def test_mistakes_in_meta_are_named_when_the_class_is_made(attributes: dict[str, Any], problem: str) -> None:
    meta = type("Meta", (), {**attributes, "__qualname__": "OddBlock.Meta", "__module__": __name__})
    with pytest.raises(ImproperlyConfigured, match=problem) as caught:
        type("OddBlock", (Block,), {"Meta": meta, "__qualname__": "OddBlock", "__module__": __name__})
    assert "OddBlock" in str(caught.value)


def test_a_block_is_strict_and_a_value() -> None:
    with pytest.raises(ValidationError):
        TeaserBlock(nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        TeaserBlock(title="x" * 1001)
    with pytest.raises(ValidationError):
        TeaserBlock().title = "x"  # type: ignore[misc]


def test_every_string_has_a_limit() -> None:
    class Part(BlockPart):
        s: str

    class LongBlock(Block):
        s: str = ""
        parts: list[Part] = []

    for props in ({"s": "x" * 100_001}, {"parts": [{"s": "x" * 100_001}]}):
        with pytest.raises(ValidationError, match="at most 100000"):
            LongBlock(**props)  # type: ignore[arg-type]


def test_a_field_may_have_a_limit_below_or_above_its_kind_of_text() -> None:
    class ShortBlock(Block):
        low: InlineText = Field("", max_length=5)
        high: InlineText = Field("", max_length=2_000)

    ShortBlock(low="x" * 5, high="x" * 2_000)
    for props in ({"low": "x" * 6}, {"high": "x" * 2_001}):
        with pytest.raises(ValidationError):
            ShortBlock(**props)
    properties = ShortBlock.model_json_schema()["properties"]
    assert (properties["low"]["maxLength"], properties["high"]["maxLength"]) == (5, 2_000)


def test_rich_text_is_sanitised() -> None:
    assert TeaserBlock(text="<p>a<script>b</script></p>").text == "<p>a</p>"


def test_inline_text_is_one_line() -> None:
    assert TeaserBlock(title="a \r\n\n b\u2028c").title == "a b c"
    assert TeaserBlock(title="a\u00a0b \u200d").title == "a\u00a0b \u200d"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a/b?c=d#e",
        "a/b",
        "#anchor",
        "?q",
        "https://example.com/ä",
        "HTTP://x.y:80",
        "mailto:a@b.c",
        "tel:+41",
        "//a.b/c",
        "a?x=b:c",
    ],
)
def test_good_urls(url: str) -> None:
    assert TeaserBlock(link=url).link == url
    assert TeaserBlock(link=f" {url}\n").link == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:x", "java\nscript:x", " javascript:x", "\x01javascript:x",
        "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "http://", "https:///x", "http://[::1", "http://a:b/", "a b", "/\\evil.com",
        "ftp://x.y", "javascript&colon;x:y", "x:y",
    ],
)  # fmt: skip
def test_bad_urls(url: str) -> None:
    with pytest.raises(ValidationError):
        TeaserBlock(link=url)


def test_required_urls_and_image_references() -> None:
    with pytest.raises(ValidationError):
        TeaserBlock(source="")
    assert TeaserBlock(image="asset:7f-3").image == "asset:7f-3"
    assert TeaserBlock(image="/a.png").image == "/a.png"
    for bad in ("mailto:a@b.c", "asset:../x", "data:image/png;base64,x"):
        with pytest.raises(ValidationError):
            TeaserBlock(image=bad)


def test_the_schema_names_widgets() -> None:
    properties = TeaserBlock.model_json_schema()["properties"]
    assert {name: item.get("x-widget") for name, item in properties.items()} == {
        "text": "richtext", "title": None, "note": "textarea", "link": "url", "source": "url", "image": "asset",
    }  # fmt: skip


def test_hooks_have_quiet_defaults() -> None:
    assert TeaserBlock.heading_of({"title": "x"}) is None
    assert TeaserBlock().get_context(None) == {}  # type: ignore[arg-type]
