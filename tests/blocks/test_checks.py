"""System checks of registered blocks."""

from __future__ import annotations

import pytest
from django.test import override_settings

from ai_cms.blocks import Block, blocks
from ai_cms.blocks.checks import check_blocks

from .conftest import Templates


class CupBlock(Block):
    size: int = 1

    class Meta:
        allowed_children = "*"


def ids() -> list[str | None]:
    return [message.id for message in check_blocks()]


def test_the_library_is_clean() -> None:
    assert ids() == []


def test_unknown_types_in_rules(templates: Templates) -> None:
    class MugBlock(Block):
        class Meta:
            allowed_children = ("nothing", "heading")
            allowed_parents = ("", "nowhere")

    with templates({"ai_cms/blocks/mug.html": ""}), blocks.temporarily(MugBlock):
        messages = check_blocks()
    assert [message.id for message in messages] == ["ai_cms_blocks.E001", "ai_cms_blocks.E001"]
    assert "nothing" in messages[0].msg
    assert "heading" not in messages[0].msg


def test_a_missing_and_a_broken_template(templates: Templates) -> None:
    with blocks.temporarily(CupBlock):
        messages = check_blocks()
        assert [message.id for message in messages] == ["ai_cms_blocks.E002"]
        assert "ai_cms/blocks/cup.html" in str(messages[0].hint)
        with templates({"ai_cms/blocks/cup.html": "{% boom %}"}):
            assert ids() == ["ai_cms_blocks.E002"]
        with override_settings(TEMPLATES=[]):
            assert ids() == []


@pytest.mark.parametrize(
    "source",
    [
        "<title>{{ children }}</title>",
        "<div><TEXTAREA rows=2>\n{{ block.size }}{{children}}</textarea>",
        "<select>{% if x %}{{ children }}{% endif %}</select>",
        '<p data-x="{{ children }}">',
        "<script>{{ children|safe }}</script>",
    ],
)
def test_children_where_html_is_text(templates: Templates, source: str) -> None:
    with templates({"ai_cms/blocks/cup.html": source}), blocks.temporarily(CupBlock):
        assert ids() == ["ai_cms_blocks.E003"]


@pytest.mark.parametrize("source", ["<title>x</title>{{ children }}", '<p class="{{ children_count }}">{{ children }}'])
def test_children_where_html_is_html(templates: Templates, source: str) -> None:
    with templates({"ai_cms/blocks/cup.html": source}), blocks.temporarily(CupBlock):
        assert ids() == []


def test_fields_without_json_schema_and_wrong_examples(templates: Templates) -> None:
    class Thing:
        pass

    class CupboardBlock(Block):
        model_config = {"arbitrary_types_allowed": True}
        thing: Thing | None = None

        class Meta:
            type = "cup"
            example = {"thing": 5}

    with templates({"ai_cms/blocks/cup.html": ""}), blocks.temporarily(CupboardBlock):
        assert ids() == ["ai_cms_blocks.E004", "ai_cms_blocks.E005"]
