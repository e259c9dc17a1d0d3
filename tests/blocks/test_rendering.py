"""Documents as HTML."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.template import Context, Template
from django.test import RequestFactory, override_settings

from ai_cms.blocks import Block, Document, InlineText, RenderContext, RenderFailed, blocks, render_blocks
from ai_cms.blocks.html.references import references, resolve_reference
from ai_cms.blocks.rendering.batch import render_batch
from ai_cms.blocks.rendering.render import page_type_of, template_names
from ai_cms.core.permissions import Actor

from .conftest import Templates

SOURCES = {
    "ai_cms/blocks/heading.html": "<h{{ block.level }}>{{ block.text }}</h{{ block.level }}>",
    "ai_cms/blocks/section.html": "<section>{{ props.title }}|{{ children_count }}|{{ children }}</section>",
    "ai_cms/blocks/offer/heading.html": "<h1>{{ page.title }}: {{ block.text }}</h1>",
    "ai_cms/blocks/quote.html": "{{ id }} {{ mode }} {{ request.path }} {{ outer }} {{ type }}",
    "ai_cms/blocks/hero.html": "{{ block.text.nothing.more }}{% boom %}",
}


def heading(block_id: str = "h", **props: Any) -> dict[str, Any]:
    return {"id": block_id, "type": "heading", "v": 1, "props": {"text": "a<b", "level": 2, **props}}


def section(*children: dict[str, Any], block_id: str = "s") -> dict[str, Any]:
    return {"id": block_id, "type": "section", "v": 1, "props": {"title": "T"}, "children": list(children)}


HERO = {"id": "x", "type": "hero", "v": 1, "props": {"heading": "x"}}


class Offer:
    page_type = "offer"
    title = "Sale"


def test_blocks_render_by_their_templates(templates: Templates) -> None:
    with templates(SOURCES):
        html = render_blocks([heading(), section(heading("i"))])
    assert html == "<h2>a&lt;b</h2><section>T|1|<h2>a&lt;b</h2></section>"
    assert hasattr(html, "__html__")


def test_nothing_renders_as_nothing() -> None:
    assert render_blocks(None) == render_blocks([]) == render_blocks(Document.empty()) == ""


def test_edit_mode_marks_blocks_and_slots(templates: Templates) -> None:
    with templates(SOURCES):
        html = render_blocks([section(heading("i"), block_id="s-1"), heading()], mode="edit")
    assert html == (
        "<!--block:s-1--><section>T|1|<!--slot:s-1--><!--block:i--><h2>a&lt;b</h2><!--/block:i--><!--/slot:s-1-->"
        "</section><!--/block:s-1--><!--block:h--><h2>a&lt;b</h2><!--/block:h-->"
    )


def test_an_empty_container_has_a_slot_too(templates: Templates) -> None:
    with templates(SOURCES):
        html = render_blocks([{**section(), "children": []}], mode="edit")
    assert "<!--slot:s--><!--/slot:s-->" in html


def test_an_id_cannot_end_the_comment() -> None:
    html = render_blocks([{"id": "a--><script>", "type": "gone"}], mode="edit")
    assert html.startswith("<!--block:a-script-->")
    assert "<script" not in html


def test_the_page_type_chooses_templates(templates: Templates) -> None:
    with templates(SOURCES):
        assert render_blocks([heading()], page=Offer()) == "<h1>Sale: a&lt;b</h1>"


def test_page_types() -> None:
    class Odd:
        page_type = "../x"
        type = "fine"

    from .host.models import Article

    assert page_type_of(None) == ""
    assert page_type_of(Offer()) == "offer"
    assert page_type_of(Odd()) == "fine"
    assert page_type_of(Article()) == "article"


def test_template_names() -> None:
    class BaseTileBlock(Block):
        class Meta:
            type = "tile"
            template = "host/tile.html"

    class SpecialTileBlock(BaseTileBlock):
        class Meta:
            type = "special_tile"

    assert template_names(SpecialTileBlock, "offer") == [
        "ai_cms/blocks/offer/special_tile.html",
        "host/tile.html",
        "ai_cms/blocks/special_tile.html",
        "ai_cms/blocks/offer/tile.html",
        "ai_cms/blocks/tile.html",
    ]


def test_templates_get_the_context_around(templates: Templates) -> None:
    quote = {"id": "q", "type": "quote", "v": 1, "props": {"text": "x"}}
    request = RequestFactory().get("/here/")
    with templates(SOURCES):
        assert (
            render_blocks([quote], request=request, context={"outer": "O"}, mode="preview")
            == "q preview /here/ O quote"
        )
        source = "{% load ai_cms_blocks %}{% with outer='W' id='no' %}{% render_blocks doc %}{% endwith %}"
        html = Template(source).render(Context({"doc": Document([quote]), "request": request, "mode": "preview"}))
        assert html == "q preview /here/ W quote"


def test_the_tag_takes_page_and_mode(templates: Templates) -> None:
    source = "{% load ai_cms_blocks %}{% render_blocks doc mode='edit' page=offer %}{% render_blocks missing %}"
    with templates(SOURCES):
        html = Template(source).render(Context({"doc": [heading()], "offer": Offer()}))
    assert html == "<!--block:h--><h1>Sale: a&lt;b</h1><!--/block:h-->"


def test_unknown_types_leave_a_box_in_previews_alone() -> None:
    unknown = [{"id": "u", "type": "<gone>", "props": {}}]
    assert render_blocks(unknown) == ""
    assert "&lt;gone&gt;" in render_blocks(unknown, mode="preview")
    assert render_blocks(unknown, strict=True) == ""


def test_invalid_props(templates: Templates, caplog: pytest.LogCaptureFixture) -> None:
    wrong = [heading(level="9"), heading("i")]
    with templates(SOURCES):
        with caplog.at_level(logging.WARNING):
            assert render_blocks(wrong) == "<h2>a&lt;b</h2>"
        assert "Block h is not valid" in caplog.text
        assert render_blocks(wrong, mode="preview") == "<h2>a&lt;b</h2><h2>a&lt;b</h2>"
        with pytest.raises(RenderFailed) as caught:
            render_blocks([section(*wrong)], strict=True)
    assert caught.value.body()["content_json"][0]["loc"] == ["0", "children", "0", "props", "level"]
    assert caught.value.status_code == 422


def test_no_value_that_failed_reaches_a_template(templates: Templates) -> None:
    hostile = {"id": "r", "type": "rich_text", "v": 1, "props": {"html": ["<script>"]}}
    assert "<script>" not in render_blocks([hostile], mode="preview")


def test_a_template_that_raises(templates: Templates, caplog: pytest.LogCaptureFixture) -> None:
    with templates(SOURCES), caplog.at_level(logging.ERROR):
        assert render_blocks([HERO, heading()]) == "<h2>a&lt;b</h2>"
        assert "Rendering block x (hero) failed" in caplog.text
        preview = render_blocks([HERO], mode="preview")
        assert "ai-cms-block-problem" in preview
        assert "boom" not in preview
        with pytest.raises(RenderFailed):
            render_blocks([HERO], strict=True)
        with override_settings(DEBUG=True):
            assert "boom" in render_blocks([HERO], mode="preview")


def test_raw_html_that_was_switched_off_is_not_rendered() -> None:
    raw = [{"id": "r", "type": "raw_html", "v": 1, "props": {"html": "<b>x</b>"}}]
    assert render_blocks(raw) == ""
    assert "switched off" in render_blocks(raw, mode="preview")
    with override_settings(AI_CMS={"RAW_HTML": True}):
        assert "<b>x</b>" in render_blocks(raw)


class CountedBlock(Block):
    text: InlineText = ""

    def get_context(self, context: RenderContext) -> dict[str, Any]:
        return {"seen": f"{context.block_id} {context.mode} {context.values['outer']}"}


def test_blocks_add_to_their_context(templates: Templates) -> None:
    sources = {"ai_cms/blocks/counted.html": "{{ seen }}"}
    with templates(sources), blocks.temporarily(CountedBlock):
        assert render_blocks([{"id": "c", "type": "counted"}], context={"outer": "O"}) == "c public O"


def test_templates_are_looked_up_once(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_cms.blocks.rendering import render as rendering

    calls: list[list[str]] = []
    original = rendering.select_template
    monkeypatch.setattr(rendering, "select_template", lambda names: calls.append(names) or original(names))
    with templates(SOURCES):
        for _ in range(3):
            render_blocks([heading(), heading("i")])
        assert len(calls) == 1
        with override_settings(DEBUG=True):
            render_blocks([heading(), heading("i")])
        assert len(calls) == 3


def test_other_engines(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    class Foreign:
        def render(self, context: dict[str, Any], request: Any) -> str:
            return f"<b>{context['id']} {context['children']}</b>"

    monkeypatch.setattr("ai_cms.blocks.rendering.render.find_template", lambda *args: Foreign())
    assert render_blocks([section(heading())]) == "<b>s <b>h </b></b>"


def test_a_database_that_is_down_is_no_gap_in_the_page(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(CountedBlock, "get_context", fail)
    with (
        templates({"ai_cms/blocks/counted.html": ""}),
        blocks.temporarily(CountedBlock),
        pytest.raises(OperationalError),
    ):
        render_blocks([{"id": "c", "type": "counted"}])


def test_an_unknown_mode() -> None:
    with pytest.raises(ValueError, match="public, preview, edit"):
        render_blocks([], mode="x")  # type: ignore[arg-type]


@pytest.mark.django_db
def test_every_example_of_the_library_renders() -> None:
    for name, block_class in blocks.items():
        if block_class.block_meta.permission:
            continue
        block = {
            "id": "b",
            "type": name,
            "v": block_class.block_meta.version,
            "props": dict(block_class.block_meta.example),
        }
        assert render_blocks([block], strict=True) is not None, name


# Batches


def test_a_batch_renders_each_block_by_itself(templates: Templates) -> None:
    items = [
        section(heading("i")),
        {"id": "n", "type": "section", "props": {"title": "N"}, "n": 4},
        heading(level="9"),
        HERO,
        {"id": "bad", "type": "column"},
        {"id": "deep", "type": "section", "props": {"title": "x"}, "children": [{"id": "k", "type": "column"}]},
        {"id": "r", "type": "raw_html", "props": {"html": "x"}},
    ]
    with templates(SOURCES):
        html, errors = render_batch(items, actor=Actor.anonymous())
    assert html["n"] == "<!--block:n--><section>N|4|<!--slot:n--><!--/slot:n--></section><!--/block:n-->"
    assert html["h"] == "<!--block:h--><h2>a&lt;b</h2><!--/block:h-->"
    assert html["s"].count("<!--block:") == 2
    assert {key: [(error.type, error.loc) for error in value] for key, value in errors.items()} == {
        "h": [("literal_error", ["props", "level"])],
        "x": [("template_error", [])],
        "deep": [("parent_forbidden", ["children", "0"])],
        "r": [("type_disabled", [])],
    }
    assert all(html[key].startswith(f"<!--block:{key}-->") for key in html)


# References


def test_references() -> None:
    assert resolve_reference("/a:b") == "/a:b"
    assert resolve_reference("https://a/b") == "https://a/b"
    assert resolve_reference("thing:1") == ""
    with references.temporarily("thing", lambda key, request: f"/media/{key}"):
        assert resolve_reference("thing:1") == "/media/1"
        source = "{% load ai_cms_blocks %}{% reference_url ref %}|{% reference_url none %}"
        assert Template(source).render(Context({"ref": "thing:2", "none": None})) == "/media/2|"


def test_a_resolver_is_registered_by_a_decorator() -> None:
    @references.resolver("test")
    def resolve(key: str, request: Any) -> str:
        return key.upper()

    assert resolve_reference("test:a") == "A"
    references.unregister("test")


def test_white_space_around_a_template_does_not_part_blocks() -> None:
    buttons = [{"id": name, "type": "button", "props": {"label": name, "url": "/"}} for name in ("a", "b")]
    assert "</a><a " in render_blocks(buttons)
    assert render_blocks([{"id": "h", "type": "heading", "props": {"text": "Bread"}}]) == (
        '<h2 class="aicms-heading">Bread</h2>'
    )
