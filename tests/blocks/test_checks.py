"""System checks of registered blocks."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from ai_cms.blocks import Block, BlockPart, blocks
from ai_cms.blocks.checks import check_blocks, check_stored_documents
from ai_cms.blocks.exceptions import InvalidBlockClass

from .conftest import Templates
from .host.models import Article


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


class Foreign:
    """Nothing that JSON has."""


class Hand(BlockPart):
    length: int
    made_of: Foreign


def test_a_bad_annotation_names_the_block_and_the_field() -> None:
    class Clock(Block):
        title: str
        owner: list[Foreign]

    class Tower(Block):
        hands: list[Hand] = []

    where = f"{__name__}.test_a_bad_annotation_names_the_block_and_the_field.<locals>"
    for block_class, line in (
        (Clock, f"{where}.Clock.owner: list[{__name__}.Foreign] is no type that a block can hold."),
        (Tower, f"{__name__}.Hand.made_of: Foreign is no type that a block can hold."),
    ):
        with pytest.raises(ImproperlyConfigured) as refused:
            blocks.register(block_class)
        assert block_class not in blocks
        lines = str(refused.value).split("\n")
        assert (lines[0], len(lines)) == (line, 2)
        assert refused.value.__suppress_context__


def test_an_unknown_name_in_an_annotation_is_reported(templates: Templates) -> None:
    class Lost(Block):
        title: str
        place: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with templates({"ai_cms/blocks/lost.html": ""}), blocks.temporarily(Lost):
        [message] = check_blocks()
        assert message.id == "ai_cms_blocks.E004"
        assert message.msg.endswith(".Lost.place: there is nothing called 'Nowhere'.")


@pytest.mark.django_db
def test_finished_documents_are_compared_with_the_classes() -> None:
    class Plate(Block):
        colour: str = ""

    class Stricter(Block):
        colour: str

        class Meta:
            type = "plate"

    Article.objects.create(body=[{"id": "p", "type": "plate", "v": 1, "props": {}}])
    with blocks.temporarily(Plate):
        assert check_stored_documents(databases=["default"]) == []
    with blocks.temporarily(Stricter):
        assert check_stored_documents() == []
        [message] = check_stored_documents(databases=["default"])
        assert message.id == "ai_cms_blocks.W002"
        assert "1 of 1 documents of blocks_host.Article.body" in message.msg
        assert "0.props.colour: Field required" in message.msg


@pytest.mark.parametrize(
    ("argv", "raised"),
    [
        (["/srv/site/manage.py", "check"], SystemExit),
        (["/usr/bin/django-admin", "migrate"], SystemExit),
        (["manage.py", "runserver"], InvalidBlockClass),
        (["gunicorn", "site.wsgi"], InvalidBlockClass),
    ],
)
def test_a_command_says_what_is_wrong_with_a_block_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], raised: type[BaseException]
) -> None:
    class Sundial(Block):
        owner: list[Foreign]

    def discover(name: str) -> None:
        blocks.register(Sundial)

    monkeypatch.setattr("ai_cms.blocks.apps.autodiscover_modules", discover)
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(raised, match=r"Sundial\.owner: list\[.*Foreign\] is no type that a block can hold") as caught:
        apps.get_app_config("ai_cms_blocks").ready()
    assert caught.value.__suppress_context__
