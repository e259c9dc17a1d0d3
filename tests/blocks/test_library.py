"""The blocks that come with ai_cms: each validates, renders, says what it is, and is safe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import override_settings
from django.utils import translation
from pydantic import ValidationError

import ai_cms.blocks
from ai_cms.blocks import Block, Document, blocks, render_blocks
from ai_cms.blocks.html import schemes
from ai_cms.blocks.html.embeds import DEFAULT_PROVIDERS, embed_origins, provider_problem, resolve_embed
from ai_cms.blocks.html.richtext import sanitize_html, sanitize_inline
from ai_cms.blocks.types import library as library_module
from ai_cms.blocks.types.library import PageListItem, PageListQuery, page_list_source
from ai_cms.blocks.types.library.data import PageListSource
from ai_cms.blocks.types.text import whole_address

from .inert import TEXT_CLASSES, assert_inert
from .xss_payloads import XSS_PAYLOADS

LIBRARY = {
    item.block_meta.type: item
    for item in vars(library_module).values()
    if isinstance(item, type) and issubclass(item, Block)
}
#: What the templates use beyond rich text.
PAGE_TAGS = frozenset({"section", "article", "header", "video", "audio", "track", "iframe"})
NAMES = {
    "accordion", "accordion_item", "audio", "button", "call_to_action", "card", "cards", "code", "column", "columns", "divider",
    "embed", "gallery", "heading", "hero", "image", "list", "page_list", "quote", "raw_html", "rich_text", "section", "table", "video",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_pages() -> Iterator[None]:
    """Let page lists find nothing, whatever app has registered a source."""
    with page_list_source.temporarily(lambda query, context: []):
        yield


def stored(block_type: str, props: dict[str, Any] | None = None, children: list[Any] | None = None) -> dict[str, Any]:
    made = {
        "id": "x1",
        "type": block_type,
        "v": 1,
        "props": props if props is not None else dict(LIBRARY[block_type].block_meta.example),
    }
    if children is not None or LIBRARY[block_type].block_meta.is_container:
        made["children"] = children or []
    return made


def test_the_library_is_complete_and_registered() -> None:
    assert set(LIBRARY) == NAMES
    assert all(blocks[name] is LIBRARY[name] for name in NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
class TestEachBlock:
    def test_its_example_is_valid_and_stays_as_it_is(self, name: str) -> None:
        example = dict(LIBRARY[name].block_meta.example)
        block = LIBRARY[name].model_validate(example)
        assert block.model_dump(mode="json", exclude_unset=True) == example

    @pytest.mark.parametrize("mode", ["public", "preview", "edit"])
    def test_its_example_renders(self, name: str, mode: Any) -> None:
        with override_settings(AI_CMS={"RAW_HTML": True}):
            html = render_blocks([stored(name)], mode=mode)
        shown = re.sub(r"<!--.*?-->", "", html).strip()
        assert (not shown) == (mode == "public" and name in ("accordion", "cards", "columns", "page_list"))
        assert "style=" not in html
        assert "<script" not in html
        for classes in re.findall(r'class="([^"]*)"', html):
            assert all(item.startswith(("aicms-", "language-")) for item in classes.split())

    @pytest.mark.parametrize("mode", ["preview", "edit"])
    def test_without_props_there_is_something_to_click_at(self, name: str, mode: Any) -> None:
        assert re.sub(r"<!--.*?-->", "", render_blocks([stored(name, {})], mode=mode)).strip()

    def test_it_is_described(self, name: str) -> None:
        meta = LIBRARY[name].block_meta
        assert str(meta.label)
        assert re.fullmatch("[a-z]+(-[a-z]+)*", meta.icon)
        assert str(meta.group) in ("Text", "Media", "Layout", "Action", "Data")
        schema = LIBRARY[name].model_json_schema(mode="validation")
        json.dumps(schema)
        for part in [schema, *schema.get("$defs", {}).values()]:
            for field, described in part.get("properties", {}).items():
                assert described["title"], field

    def test_its_template_speaks_through_the_translator(self, name: str) -> None:
        get_template(f"ai_cms/blocks/{name}.html")

    def test_no_text_in_it_can_run(self, name: str) -> None:
        schema = LIBRARY[name].model_json_schema(mode="validation")
        fields = [
            field
            for field, described in schema["properties"].items()
            if described.get("type") == "string" and "enum" not in described
        ]
        for field in fields:
            if name == "raw_html":
                continue
            for payload in XSS_PAYLOADS[::7]:
                props = {**LIBRARY[name].block_meta.example, field: payload[:190]}
                html = render_blocks([stored(name, props)], mode="preview")
                page = re.sub(
                    r' (id|aria-labelledby|srcset|sandbox|allow|data-aicms-empty|aria-label|aria-hidden)(="[^"]*")?',
                    "",
                    html,
                )
                page = re.sub(r"<iframe[^>]*></iframe>", "", page)
                assert_inert(page, allowed=PAGE_TAGS, classes=rf"(aicms-[\w-]+ ?)+|{TEXT_CLASSES}")


def test_labels_follow_the_language() -> None:
    with translation.override("en"):
        assert LIBRARY["heading"].model_json_schema()["properties"]["level"]["title"] == "Level"


class _Accessibility(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        needed = {
            "img": ("alt", "src"),
            "iframe": ("title", "sandbox", "loading"),
            "th": ("scope",),
            "video": ("controls",),
            "audio": ("controls",),
        }
        self.problems += [f"{tag} without {name}" for name in needed.get(tag, ()) if name not in found]


def test_rendered_html_is_accessible_where_that_can_be_read_off() -> None:
    judge = _Accessibility()
    for name in sorted(NAMES):
        judge.feed(render_blocks([stored(name)]))
    table = {"rows": [["a", "b"], ["c", "d"]], "header": True, "header_column": True}
    judge.feed(render_blocks([stored("table", table)]))
    assert judge.problems == []


WORKLOAD = [
    ("heading", {"text": "Tofu mi ra.", "level": "3"}),
    ("rich_text", {"html": '<p>Ta <b>mi</b> <a href="https://example.com/a-b">x</a> <i>y</i></p><ul><li>z</li></ul>'}),
    ("card", {"title": "Ra.", "text": "Mi.", "image_url": "https://example.com/media/a.jpg", "link_url": ""}),
    ("card", {"title": "Ra.", "text": "Mi.", "image_url": "", "link_url": "https://example.com/a"}),
    ("quote", {"text": "Mi ra ta.", "attribution": "Ta Ra"}),
    ("list", {"style": "ol", "items": ["A.", "B.", "C.", "D.", "E."]}),
    ("section", {"title": "T.", "items": [{"heading": "H.", "text": "X."}] * 4}),
]


@pytest.mark.parametrize(("name", "props"), WORKLOAD)
def test_the_blocks_of_the_benchmark_are_taken_as_they_are(name: str, props: dict[str, Any]) -> None:
    dumped = LIBRARY[name].model_validate(props).model_dump(mode="json", exclude_unset=True)
    assert dumped == {**props, **({"level": 3} if name == "heading" else {})}


@pytest.mark.parametrize(
    ("name", "props"),
    [
        ("heading", {"text": ""}),
        ("heading", {"text": "x", "level": "7"}),
        ("heading", {"text": "x", "level": True}),
        ("heading", {"text": "x", "anchor": "a b"}),
        ("heading", {"text": "x" * 501}),
        ("heading", {"text": "x", "size": 3}),
        ("card", {"title": ""}),
        ("card", {"title": "x", "link_url": "javascript:alert(1)"}),
        ("card", {"title": "x", "image_url": "data:image/png;base64,AA"}),
        ("list", {"style": "dl", "items": ["x"]}),
        ("list", {"items": []}),
        ("list", {"items": ["x", ""]}),
        ("quote", {"text": ""}),
        ("section", {"title": "x", "items": [{"heading": "", "text": "y"}]}),
        ("section", {"title": ""}),
        ("button", {"label": "x", "url": ""}),
        ("gallery", {"images": []}),
        ("gallery", {"images": [{"src": ""}]}),
        ("image", {"src": "x", "width": 0}),
        ("image", {}),
        ("embed", {"url": ""}),
        ("code", {"code": "x", "language": "a b"}),
        ("column", {"width": 13}),
        ("page_list", {"limit": 51}),
        ("page_list", {"order": "random"}),
    ],
)
def test_what_is_refused(name: str, props: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LIBRARY[name].model_validate(props)


def test_nesting() -> None:
    assert LIBRARY["hero"].block_meta.allowed_parents == ("",)
    assert LIBRARY["column"].block_meta.allowed_parents == ("columns",)
    assert LIBRARY["accordion_item"].block_meta.allowed_parents == ("accordion",)
    assert LIBRARY["cards"].block_meta.allowed_children == ("card",)
    assert LIBRARY["hero"].block_meta.allowed_children == ("button",)


@pytest.mark.parametrize(
    ("url", "src"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?list=x&v=dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("//www.youtube.com/embed/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://vimeo.com/76979871", "https://player.vimeo.com/video/76979871?dnt=1"),
        ("https://player.vimeo.com/video/76979871?x=y", "https://player.vimeo.com/video/76979871?dnt=1"),
        ("https://soundcloud.com/a/b", "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb"),
        ("https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb&x=y", "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb"),
        ("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC", "https://open.spotify.com/embed/track/4uLU6hMCjMI75M1A2tKUQC"),
        ("https://evil.example/https://youtu.be/dQw4w9WgXcQ", None),
        ("https://youtu.be.evil.example/dQw4w9WgXcQ", None),
        ("https://youtu.be/dQw4w9WgXcQ@evil.example", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("javascript:alert(1)//youtu.be/dQw4w9WgXcQ", None),
        ("https://w.soundcloud.com/player/?url=https%3A%2F%2Fw.soundcloud.com%2Fplayer%2F%3Furl%3Dx", None),
        ("", None),
    ],
)  # fmt: skip
def test_embeds(url: str, src: str | None) -> None:
    target = resolve_embed(url)
    assert (target.src if target else None) == src
    if target:
        assert resolve_embed(target.src) is not None
        assert target.src.startswith("https://")


def test_an_unknown_site_becomes_a_link() -> None:
    html = render_blocks([stored("embed", {"url": "https://elsewhere.example/x", "title": "Elsewhere"})])
    assert "<iframe" not in html
    assert '<a href="https://elsewhere.example/x" rel="noopener noreferrer">Elsewhere</a>' in html


def test_a_project_chooses_its_providers() -> None:
    own = {
        "own": {
            "label": "Own",
            "patterns": [r"https://own\.example/(?P<id>\d+)"],
            "frame": "https://own.example/e/{id}",
        }
    }
    with override_settings(AI_CMS={"EMBED_PROVIDERS": own}):
        assert embed_origins() == ["https://own.example"]
        assert resolve_embed("https://youtu.be/dQw4w9WgXcQ") is None
        assert "https://own.example/e/7" in render_blocks([stored("embed", {"url": "https://own.example/7"})])


@pytest.mark.parametrize(
    ("providers", "problem"),
    [
        (DEFAULT_PROVIDERS, None),
        ({"x": 3}, "must be a dict"),
        ({"x": {"patterns": "y", "frame": "https://x"}}, "list of regular expressions"),
        ({"x": {"patterns": ["("], "frame": "https://x"}}, "not a regular expression"),
        ({"x": {"patterns": [], "frame": "http://x"}}, "https://"),
        ({"x": {"patterns": [], "frame": "https://x", "ratio": "2x1"}}, "ratio"),
    ],
)
def test_the_setting_is_checked(providers: Any, problem: str | None) -> None:
    found = provider_problem(providers)
    assert (found is None) if problem is None else problem in str(found)


def test_raw_html_needs_the_setting() -> None:
    block = stored("raw_html", {"html": "<b id=raw>x</b>"})
    assert "id=raw" not in render_blocks([block])
    with override_settings(AI_CMS={"RAW_HTML": True}):
        assert "<b id=raw>x</b>" in render_blocks([block])


def test_page_lists_ask_whoever_knows_pages() -> None:
    asked: list[PageListQuery] = []

    def source(query: PageListQuery, context: Any) -> list[PageListItem]:
        asked.append(query)
        return [PageListItem(f"Page {n} & more", f"/p{n}/", description="<i>") for n in range(9)]

    with page_list_source.temporarily(source):
        html = render_blocks([stored("page_list", {"under": "/blog/", "tags": ["x"], "limit": 2, "title": "News"})])
    assert asked == [PageListQuery(under="/blog/", tags=("x",), limit=2)]
    assert html.count("<li") == 2
    assert "Page 0 &amp; more" in html
    assert "&lt;i&gt;" in html


def test_a_page_list_source_can_be_taken_back() -> None:
    source = PageListSource()
    found = [PageListItem("x", "/")]
    source.register(lambda query, context: found)
    assert source(PageListQuery(), None) == found  # type: ignore[arg-type]
    source.unregister()
    assert source(PageListQuery(), None) == []  # type: ignore[arg-type]


def test_rendering_details() -> None:
    assert '<ol class="aicms-list" start="3">' in render_blocks(
        [stored("list", {"style": "ol", "items": ["x"], "start": 3})]
    )
    assert 'alt=""' in render_blocks([stored("image", {"src": "/x.png", "alt": "y", "decorative": True})])
    assert 'rel="noopener noreferrer"' in render_blocks([stored("button", {"label": "x", "url": "/", "new_tab": True})])
    assert '<a href="/s">A</a>' in render_blocks([stored("quote", {"text": "x", "attribution": "A", "cite": "/s"})])
    html = render_blocks([stored("table", {"rows": [["a", "b"], ["c"]], "align": ["", "right"]})])
    assert '<th scope="col" class="aicms-align-right">b</th>' in html
    assert '<td>c</td><td class="aicms-align-right"></td>' in html


def test_the_preview_equals_the_page() -> None:
    document = [
        stored(name)
        for name in sorted(
            NAMES - {"raw_html", "page_list", "accordion", "cards", "columns", "column", "accordion_item"}
        )
    ]
    for index, block in enumerate(document):
        block["id"] = f"b{index}"
    edited = re.sub(r"<!--/?(block|slot):[a-z0-9-]+-->", "", render_blocks(document, mode="edit"))
    assert edited == render_blocks(document)


def test_the_stylesheet_exists_and_is_plain() -> None:
    path = finders.find("ai_cms/blocks/blocks.css")
    assert isinstance(path, str)
    with open(path, encoding="utf-8") as file:
        css = file.read()
    assert "prefers-color-scheme: dark" in css
    assert "@import" not in css
    assert "url(" not in css
    assert css.count("{") == css.count("}")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("www.example.com", "https://www.example.com"),
        (" www.example.com/a?b=c#d ", "https://www.example.com/a?b=c#d"),
        ("example.com/path", "https://example.com/path"),
        ("Example.ORG:8080", "https://Example.ORG:8080"),
        ("ann@example.com", "mailto:ann@example.com"),
        ("/www.example.com", "/www.example.com"),
        ("guide/page.html", "guide/page.html"),
        ("page.html", "page.html"),
        ("#www.example.com", "#www.example.com"),
        ("tel:+49", "tel:+49"),
        ("http://www.example.com", "http://www.example.com"),
    ],
)
def test_an_address_is_kept_alike_by_form_and_rest(given: str, kept: str) -> None:
    block = blocks["button"].model_validate({"label": "Go", "url": given})
    assert block.url == kept  # type: ignore[attr-defined]
    assert whole_address(kept) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("www.example.com", "https://www.example.com"),
        ("example.com/path?a=b&amp;c=d", "https://example.com/path?a=b&amp;c=d"),
        ("ann@example.com", "mailto:ann@example.com"),
        ("/www.example.com", "/www.example.com"),
        ("guide/page.html", "guide/page.html"),
        ("www", "www"),
        ("#www.example.com", "#www.example.com"),
        ("//www.example.com", "//www.example.com"),
    ],
)
@pytest.mark.parametrize(("kind", "name"), [("rich_text", "html"), ("quote", "text")])
def test_an_address_in_html_is_kept_as_one_of_a_field(kind: str, name: str, given: str, kept: str) -> None:
    html = f'<p><a href="{given}">x</a></p>'
    cleaned = getattr(blocks[kind].model_validate({name: html}), name)
    assert cleaned == html.replace(given, kept)
    assert sanitize_html(cleaned) == cleaned
    assert sanitize_inline(html) == cleaned.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("www.example.com/a.jpg", "https://www.example.com/a.jpg"),
        ("a.jpg", "a.jpg"),
        ("/media/a.jpg", "/media/a.jpg"),
        ("ann@example.com", "ann@example.com"),
    ],
)
def test_the_address_of_a_picture_is_completed_in_block_and_html(given: str, kept: str) -> None:
    assert blocks["image"].model_validate({"src": given}).src == kept  # type: ignore[attr-defined]
    assert sanitize_html(f'<img src="{given}" alt="">') == f'<img src="{kept}" alt="" loading="lazy">'


def test_the_form_knows_the_same_addresses() -> None:
    script = (Path(ai_cms.blocks.__file__).parent / "static/ai_cms/blocks/widget-text.js").read_text()
    host = re.search(r"const HOST = /\^(.*)\$/i;", script)
    mail = re.search(r"const MAIL = /\^(.*)\$/i;", script)
    assert host is not None and host[1].replace(r"\/", "/") == schemes._HOST.pattern.replace(r"\/", "/")
    assert mail is not None and mail[1] == schemes._MAIL.pattern


def test_an_empty_or_long_text_is_told_in_plain_words() -> None:
    document = Document(
        [
            {"id": "a1", "type": "button", "v": 1, "props": {"label": "x", "url": ""}},
            {"id": "a2", "type": "heading", "v": 1, "props": {"text": "x" * 501, "level": 2}},
        ]
    )
    assert [(error.loc[-1], error.msg) for error in document.validate()] == [
        ("url", "This is empty; fill it in."),
        ("text", "At most 500 characters are possible."),
    ]
