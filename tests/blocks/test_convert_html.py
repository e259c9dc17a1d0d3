"""HTML to blocks and back: nothing visible is lost, whatever comes in; what goes out reads back as the same."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_cms.blocks import Block, Document, blocks, render_blocks
from ai_cms.blocks.convert import blocks_to_html, blocks_to_markdown, convert_html, html_to_blocks, markdown_to_blocks
from ai_cms.blocks.convert.html_reader import RUN_LENGTH
from ai_cms.blocks.convert.result import file_url, link_url
from ai_cms.blocks.html.markup import parse_html, text_of
from ai_cms.blocks.html.richtext import sanitize_html

from .inert import assert_inert
from .soup import HTML_SOUP, HTML_TREES, squashed
from .xss_payloads import XSS_PAYLOADS

MEDIA_TAGS = frozenset({"video", "audio", "iframe", "track"})


def one(html: str) -> dict[str, Any]:
    """Return the only block of ``html``."""
    made = html_to_blocks(html)
    assert len(made) == 1, made
    return made[0]


def types(html: str) -> list[str]:
    return [block["type"] for block in html_to_blocks(html)]


def assert_valid(made: list[dict[str, Any]]) -> None:
    """Fail unless every block is valid and stands where it may."""
    for walked in Document(made).walk():
        block_class = blocks[walked.block["type"]]
        dumped = block_class.model_validate(walked.block["props"]).model_dump(mode="json", exclude_unset=True)
        assert dumped == walked.block["props"]
        parent = walked.parent["type"] if walked.parent else ""
        meta = block_class.block_meta
        assert meta.allowed_parents is None or parent in meta.allowed_parents
        if parent:
            allowed = blocks[parent].block_meta.allowed_children
            assert allowed == "*" or (allowed is not None and walked.block["type"] in allowed)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h3 id=a>A <b>b</b></h3>", ("heading", {"text": "A b", "level": 3, "anchor": "a"})),
        ("<p>a</p><p>b</p>", ("rich_text", {"html": "<p>a</p><p>b</p>"})),
        ("loose <b>text</b>", ("rich_text", {"html": "<p>loose <b>text</b></p>"})),
        ("<div><div>a</div>b</div>", ("rich_text", {"html": "<p>a</p><p>b</p>"})),
        ("<ul><li>a<li><p>b</p></ul>", ("list", {"style": "ul", "items": ["a", "b"]})),
        ("<ol start=3><li>a</ol>", ("list", {"style": "ol", "items": ["a"], "start": 3})),
        ("<ul><li>a<ul><li>b</ul></ul>", ("rich_text", {"html": "<ul><li>a<ul><li>b</li></ul></li></ul>"})),
        ("<blockquote cite=/s>a<footer>B</footer></blockquote>", ("quote", {"text": "<p>a</p>", "attribution": "B", "cite": "/s"})),
        ("<blockquote><p>a <cite>B</cite></p></blockquote>", ("quote", {"text": "<p>a <cite>B</cite></p>"})),
        ("<figure><blockquote>a</blockquote><figcaption>B</figcaption></figure>", ("quote", {"text": "<p>a</p>", "attribution": "B"})),
        ("<pre><code class='x language-py'>a\n  b\n</code></pre>", ("code", {"code": "a\n  b", "language": "py"})),
        ("<pre class=lang-sh>a</pre>", ("code", {"code": "a", "language": "sh"})),
        ("<pre>a\n<b>b</b></pre>", ("rich_text", {"html": "<pre>a\n<b>b</b></pre>"})),
        ("<hr>", ("divider", {"style": "line"})),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", ("table", {"header": True, "rows": [["a", "b"], ["1", "2"]]})),
        ("<table><tr><td>1<td align=right>2</table>", ("table", {"header": False, "rows": [["1", "2"]], "align": ["", "right"]})),
        (
            "<figure><table><tr><th>x<td>1</table><figcaption>c</figcaption></figure>",
            ("table", {"header": False, "rows": [["x", "1"]], "header_column": True, "caption": "c"}),
        ),
        ("<table><tr><td colspan=2>1<tr><td>2<td>3</table>", ("rich_text", {"html": '<table><tbody><tr><td colspan="2">1</td></tr><tr><td>2</td><td>3</td></tr></tbody></table>'})),
        ("<img src='a b.png' alt=' x ' width=30px height=huge>", ("image", {"src": "a%20b.png", "alt": "x", "width": 30})),
        ("<p><a href=/l><img src=/a.png></a></p>", ("image", {"src": "/a.png", "alt": "", "link": "/l"})),
        ("<figure><img src=/a.png><figcaption>c <a href=/x>d</a></figcaption></figure>", ("image", {"src": "/a.png", "alt": "", "caption": 'c <a href="/x">d</a>'})),
        ("<picture><source srcset=/b.webp><img src=/a.png></picture>", ("image", {"src": "/a.png", "alt": ""})),
        ("<img data-original=/lazy.png>", ("image", {"src": "/lazy.png", "alt": ""})),
        ("<img srcset='/s.png 300w, /l.png 900w'>", ("image", {"src": "/l.png", "alt": ""})),
        ("<img data-src=/lazy.png src='data:image/gif;base64,R0'>", ("image", {"src": "/lazy.png", "alt": ""})),
        ("<iframe src=//www.youtube.com/embed/dQw4w9WgXcQ title=t></iframe>", ("embed", {"url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "title": "t"})),
        ("<video poster=/p.jpg><source src=/v.mp4><track src=/v.vtt srclang=en label=E></video>", ("video", {"src": "/v.mp4", "poster": "/p.jpg", "tracks": [{"src": "/v.vtt", "kind": "subtitles", "language": "en", "label": "E"}]})),
        ("<audio src=/a.mp3></audio>", ("audio", {"src": "/a.mp3"})),
        ("<a class=btn href=/x>go</a>", ("rich_text", {"html": '<p><a href="/x">go</a></p>'})),
        ("<dl><dt>a<dd>b</dl>", ("rich_text", {"html": "<dl><dt>a</dt><dd>b</dd></dl>"})),
    ],
)  # fmt: skip
def test_single_blocks(html: str, expected: tuple[str, dict[str, Any]]) -> None:
    made = one(html)
    assert (made["type"], made["props"]) == expected
    assert_valid([made])


def test_galleries() -> None:
    html = (
        "<div class='gallery columns-4'><figure><img src=/a.png alt=A><figcaption>a</figcaption></figure>"
        "<a href=/b><img src=/b.png></a></div>"
    )
    made = one(html)
    assert made["props"] == {
        "images": [{"src": "/a.png", "alt": "A", "caption": "a"}, {"src": "/b.png", "alt": "", "link": "/b"}],
        "columns": 4,
    }
    assert one("<figure><img src=/a.png><img src=/b.png><figcaption>c</figcaption></figure>")["props"]["caption"] == "c"
    assert types("<div class=gallery>text <img src=/a.png></div>") == ["rich_text"]


def test_details_become_an_accordion() -> None:
    made = one("<details open><summary>A</summary><p>a</p><h2>b</h2></details><details><summary>C</summary>c</details>")
    assert [item["props"] for item in made["children"]] == [{"title": "A", "open": True}, {"title": "C", "open": False}]
    assert [child["type"] for child in made["children"][0]["children"]] == ["rich_text", "heading"]


def test_blocks_inside_inline_elements() -> None:
    made = html_to_blocks("<a href=/x><h2>T</h2><p>a</p></a><b>b<p>c</p></b>")
    assert [block["type"] for block in made] == ["heading", "rich_text"]
    assert made[1]["props"]["html"] == '<p><a href="/x">a</a><b>b</b></p><p><b>c</b></p>' or made[1]["props"][
        "html"
    ] == ('<p><a href="/x">a</a></p><p><b>b</b></p><p><b>c</b></p>')


def test_what_is_left_out_is_said_with_its_line() -> None:
    converted = convert_html(
        "<title>The title</title><p>a</p>\n<script>x</script>\n<img>\n<iframe src=https://u.example/x></iframe>"
    )
    assert converted.title == "The title"
    assert [warning.line for warning in converted.warnings] == [2, 3, 4]
    assert converted.warnings[0].to_json() == {"line": 2, "message": "<script> was left out."}
    assert [block["type"] for block in converted.blocks] == ["rich_text", "embed"]


def test_what_pictures_and_titles_leave_out_is_named() -> None:
    long = "word " * 300
    found = convert_html(
        "<div title='of a frame'>a</div>\n<h2 title='of a heading'>b <a href=#x title='of a link'>c</a></h2>"
        "<p><acronym title=kept>c</acronym></p><table><tr><td title=kept colspan=2>d</td></tr></table>"
        f"<img src=/x.png alt='{long}'><img src=/red-rye.png alt='A loaf' title='Red rye loaf'>"
        "<a href=/x title='Enlarge'><img src=/y.png title='Words'></a><img src=data:x alt='Nowhere'>"
    )
    losses = [
        "The end of a long alternative text was left out.",
        "The title “Words” of a picture was left out.",
        "The title “Enlarge” of a picture was left out.",
        "A picture without a usable address was left out: “Nowhere”.",
    ]
    assert [warning.message for warning in found.warnings] == [
        "What showed under the pointer was left out: “of a frame”, “of a heading”, “of a link”.",
        *losses,
    ]
    assert '<abbr title="kept">c</abbr>' in blocks_to_html(found.blocks)
    gallery = convert_html(f"<div class=gallery><img src=/x.png alt='{long}'><img src=/y.png title='Words'></div>")
    assert [block["type"] for block in gallery.blocks] == ["gallery"]
    assert [warning.message for warning in gallery.warnings] == losses[:2]


def test_areas_of_an_image_map_are_named() -> None:
    found = convert_html(
        "<p>a</p>\n<img src=/shop.png alt=Shop usemap=#m><map name=m><area href=/rye alt=Rye><area href=/x><area alt=' '></map>"
    )
    assert [(warning.line, warning.message) for warning in found.warnings] == [
        (2, "The areas of an image map were left out: “Rye”.")
    ]


def test_source_lines() -> None:
    made = html_to_blocks("<h2>a</h2>\n\n<p>b</p>\n<hr>", source_lines=True)
    assert [block["line"] for block in made] == [1, 3, 4]
    assert all("line" not in block for block in html_to_blocks("<h2>a</h2>"))


@pytest.mark.thorough
@given(HTML_TREES)
@settings(max_examples=300, deadline=None)
@example(
    "<figure><figure><p><img src=/a.png alt=z><img src=/a.png alt=z></p><figcaption>alpha</figcaption></figure>"
    "<figcaption></figcaption></figure>"
)
def test_all_visible_text_is_in_the_blocks(html: str) -> None:
    made = html_to_blocks(html)
    assert_valid(made)
    assert squashed(Document(made).text()) == squashed(text_of(parse_html(html)))


@pytest.mark.thorough
@given(st.one_of(HTML_TREES, HTML_SOUP))
@settings(max_examples=300, deadline=None)
@example("<figure><figcaption>a<figure><img src=/a.png><img src=/b.png>")
@example("<pre><center><code>a</code></center></pre>")
def test_written_html_reads_back_as_the_same(html: str) -> None:
    made = html_to_blocks(html)
    assert_valid(made)
    written = blocks_to_html(made)
    assert blocks_to_html(html_to_blocks(written)) == written


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert_valid(html_to_blocks(text))


@pytest.mark.parametrize("payload", XSS_PAYLOADS)
def test_no_payload_survives_the_way_there_and_back(payload: str) -> None:
    made = html_to_blocks(f"<p>a</p>{payload}<p>b</p><h2>{payload}</h2><ul><li>{payload}</ul>")
    assert_valid(made)
    assert_inert(blocks_to_html(made).replace("allowfullscreen", ""), allowed=MEDIA_TAGS)


EXAMPLES = {name: [{"type": name, "props": dict(item.block_meta.example)}] for name, item in blocks.items()}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_block_of_the_library_can_be_written(name: str) -> None:
    written = blocks_to_html(EXAMPLES[name])
    assert bool(written) == (name not in ("accordion", "cards", "column", "columns", "page_list", "raw_html"))
    again = blocks_to_html(html_to_blocks(written))
    assert blocks_to_html(html_to_blocks(again)) == again == written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(XSS_PAYLOADS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["src", "text", "heading", "caption", "html"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.thorough
@given(st.sampled_from(sorted(blocks)), st.data())
@settings(max_examples=200, deadline=None)
def test_drafts_of_any_kind_can_be_written(name: str, data: st.DataObject) -> None:
    fields = sorted(blocks[name].model_fields) or ["x"]
    props = data.draw(st.dictionaries(st.sampled_from(fields), JSON))
    written = blocks_to_html([{"type": name, "props": props, "children": [{"type": name, "props": props}, 3]}])
    inert = (
        written.replace(' data-align="', ' title="').replace(' data-columns="', ' title="').replace(' id="', ' lang="')
    )
    assert_inert(inert, allowed=MEDIA_TAGS)


def test_columns_and_sections_become_what_is_in_them() -> None:
    made = [
        {"type": "columns", "props": {}, "children": [{"type": "column", "props": {}, "children": [{"type": "heading", "props": {"text": "a"}}]}]},
        {"type": "section", "props": {"title": "b"}, "children": [{"type": "rich_text", "props": {"html": "c"}}]},
        {"type": "accordion_item", "props": {"title": "d"}, "children": [{"type": "rich_text", "props": {"html": "<p>e</p>"}}]},
    ]  # fmt: skip
    assert blocks_to_html(made) == "<h2>a</h2>\n<h2>b</h2>\n<p>c</p>\n<details><summary>d</summary><p>e</p></details>"


def test_a_host_block_may_say_what_it_is_as_html() -> None:
    class NoteBlock(Block):
        text: str = ""

        @classmethod
        def to_html(cls, props: dict[str, Any], children: str) -> str:
            return f"<p>Note: {props['text']}</p><script>x</script>{children}"

    class PlainBlock(Block):
        text: str = ""

    with blocks.temporarily(NoteBlock), blocks.temporarily(PlainBlock):
        assert blocks_to_html([{"type": "note", "props": {"text": "x"}}]) == "<p>Note: x</p>"
        assert blocks_to_html([{"type": "plain", "props": {"text": "a < b\n\nc"}}]) == "<p>a &lt; b</p>\n<p>c</p>"


def test_long_runs_are_cut() -> None:
    made = html_to_blocks("<p>word word word</p>" * 5_000 + "<p>" + "w " * 100_000)
    assert len(made) > 5
    assert max(len(block["props"]["html"]) for block in made) < 4 * RUN_LENGTH
    assert_valid(made)


@pytest.mark.stress
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 10_000 + "x" + "</div>" * 10_000,
        "<p>Hello <b>world</b></p>\n" * 40_000,
        "word " * 200_000,
        "<ul><li>" * 25_000,
        "<b>" * 60 + "<p>x</p>" * 10_000,
        "<figure><img src=a><figcaption>c" * 8_000,
        "<div class=gallery>" * 10_000 + "<img src=x>" * 10_000,
        "<details><summary>s</summary>" * 10_000,
        "<blockquote>" * 20_000,
        "<table><tr><td>x</table>" * 5_000,
    ],
    ids=lambda html: html[:16],
)
def test_hostile_html_takes_linear_time(html: str) -> None:
    started = time.process_time()
    made = html_to_blocks(html)
    assert time.process_time() - started < 20
    assert max((walked.depth for walked in Document(made).walk()), default=0) < 20


@pytest.mark.parametrize(
    ("url", "link", "file"),
    [
        (" https://e.example/a b ", "https://e.example/a%20b", "https://e.example/a%20b"),
        ("/ü?x=1|2", "/ü?x=1%7C2", "/ü?x=1%7C2"),
        ("mailto:a@b.c", "mailto:a@b.c", ""),
        ("javascript:x", "", ""),
        ("http://", "", ""),
        ("http://[bad", "", ""),
        ("x" * 3000, "", ""),
    ],
)
def test_urls_are_made_valid_or_dropped(url: str, link: str, file: str) -> None:
    assert (link_url(url), file_url(url)) == (link, file)


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            '<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-weight:400">We bake '
            '</span><span style="font-weight:700">slowly</span> and <span style="font-style:italic">gently</span>'
            '<span style="text-decoration:line-through">gone</span></p></b>',
            ["<p>We bake <strong>slowly</strong> and <em>gently</em><s>gone</s></p>"],
        ),
        ('<p id="x">a</p><ul><li id="r">b</li></ul><a href="#r">c</a>', ['<p id="x">a</p><ul><li id="r">b</li></ul><p><a href="#r">c</a></p>']),
        ('<a name="a"></a><p>c</p>', ['<p><a id="a"></a>c</p>']),
        ('<div id="q"><p>h</p></div><a href="#q">x</a>', ['<p id="q">h</p><p><a href="#q">x</a></p>']),
        ("<p>a <a></a>b</p>", ["<p>a b</p>"]),
        ('<div style="text-align:center">a<p>b</p></div>', ['<p class="align-center">a</p><p class="align-center">b</p>']),
        ('<ul><li><input type="checkbox" checked> done</li></ul>', ['<ul><li data-type="taskItem" data-checked="true"> done</li></ul>']),
    ],
)  # fmt: skip
def test_styles_and_targets_of_links(html: str, kept: list[str]) -> None:
    assert [block["props"]["html"] for block in html_to_blocks(html)] == kept


@pytest.mark.parametrize(
    ("html", "props"),
    [
        ('<h2><a href="https://e.example/">1.2.0</a></h2>', {"text": "1.2.0", "link": "https://e.example/"}),
        ('<h2 id="a">B<a class="headerlink" href="#a">¶</a></h2>', {"text": "B", "anchor": "a"}),
        ('<a name="sec"></a><h2>B</h2>', {"text": "B", "anchor": "sec"}),
        ('<h2><a id="in"></a>B</h2>', {"text": "B", "anchor": "in"}),
    ],
)
def test_headings_keep_links_and_anchors(html: str, props: dict[str, Any]) -> None:
    (made,) = html_to_blocks(html)
    assert made["props"] == {"level": 2, **props}


@pytest.mark.parametrize("name", ["title", "style", "template", "object", "svg", "textarea"])
def test_a_name_in_a_sentence_takes_no_words_with_it(name: str) -> None:
    found = convert_html(f"<p>Use <{name}> here.</p><p>Second.</p>")
    assert text_of(parse_html(found.blocks[0]["props"]["html"])) == "Use here.\nSecond."
    assert [warning.message for warning in found.warnings] == [
        f"<{name}> is never closed; what follows was kept as text."
    ]


def test_a_tag_that_nobody_knows_is_named() -> None:
    found = convert_html("<p>A std::vector<int> grows.<int></p>")
    assert found.blocks[0]["props"]["html"] == "<p>A std::vector grows.</p>"
    assert [warning.message for warning in found.warnings] == [
        "<int> is no element of HTML; the words inside were kept."
    ]


@pytest.mark.parametrize(
    ("html", "src"),
    [
        ('<img srcset="/s.jpg 400w, /l,a.jpg 800w">', "/l,a.jpg"),
        ('<img srcset="/a.jpg, /b.jpg 2x">', "/b.jpg"),
        ('<img src="data:image/gif;base64,AA" data-original="/o.jpg">', "/o.jpg"),
        ('<picture><source srcset="/w.webp"><img alt=""></picture>', "/w.webp"),
        ('<img src="/a.jpg" srcset="/b.jpg 2x">', "/a.jpg"),
    ],
)
def test_pictures_that_are_loaded_by_script_or_size(html: str, src: str) -> None:
    assert one(html)["props"]["src"] == src
    inside = convert_html(f"<p>Text {html}</p>").blocks[0]["props"]["html"]
    assert f'src="{src}"' in inside


def test_ids_that_nothing_leads_to_are_said() -> None:
    made = convert_html('<ul><li id="ref1">One</li></ul><table id="t"><tr><td>1</td></tr></table><p id="kept">x</p>')
    assert [warning.message for warning in made.warnings] == [
        "No link of the text leads to these ids, which were left out: “t”, “ref1”."
    ]
    assert not convert_html('<ul><li id="ref1">One</li></ul><p><a href="#ref1">1</a></p>').warnings


@pytest.mark.parametrize(
    ("html", "props"),
    [
        (
            '<h2><a href="https://e.example/">1.2.0</a> - 2024-01-01</h2>',
            {"text": "1.2.0 - 2024-01-01", "link": "https://e.example/", "link_text": "1.2.0"},
        ),
        (
            '<h2 class="align-end">See <a href="https://e.example/">the mill</a>, again</h2>',
            {"text": "See the mill, again", "link": "https://e.example/", "link_text": "the mill", "align": "end"},
        ),
        ('<h2 style="text-align: center">Bread</h2>', {"text": "Bread", "align": "center"}),
        ('<h2 class="has-text-align-right">Bread</h2>', {"text": "Bread", "align": "end"}),
        ('<div align="center"><h2>Bread</h2></div>', {"text": "Bread", "align": "center"}),
    ],
)
def test_headings_keep_their_alignment_and_the_words_of_their_link(html: str, props: dict[str, Any]) -> None:
    converted = convert_html(html)
    assert [(block["type"], block["props"]) for block in converted.blocks] == [("heading", {"level": 2, **props})]
    assert converted.warnings == []
    written = blocks_to_html(converted.blocks)
    assert html_to_blocks(written) == converted.blocks
    if "align" not in props:
        assert markdown_to_blocks(blocks_to_markdown(converted.blocks)) == converted.blocks
    shown = render_blocks(converted.blocks)
    if "link" in props:
        assert f'<a href="https://e.example/">{props["link_text"]}</a>' in shown
    assert (f'class="aicms-heading align-{props.get("align")}"' in shown) == ("align" in props)


def test_a_heading_whose_link_a_block_cannot_say_stays_as_it_is() -> None:
    html = '<h2>a <a href="https://e.example/">a</a></h2>'
    (block,) = html_to_blocks(html)
    assert (block["type"], block["props"]["html"]) == ("rich_text", html)


def test_the_link_of_a_heading_whose_words_are_gone_is_on_all_of_it() -> None:
    props = {"text": "New words", "level": 2, "link": "https://e.example/", "link_text": "old"}
    shown = render_blocks([{"type": "heading", "props": props}])
    assert '<a href="https://e.example/">New words</a>' in shown
    assert '<h2><a href="https://e.example/">New words</a></h2>' in blocks_to_html(
        [{"type": "heading", "props": props}]
    )


def test_a_title_within_the_text_is_said_and_nothing_ends_with_a_plaintext() -> None:
    converted = convert_html("<head><title>Doc</title></head><p>One <title>two</title> three</p>")
    assert (converted.title, [warning.message for warning in converted.warnings]) == ("Doc", ["<title> was left out."])
    converted = convert_html("<title>Doc</title><p>x</p><plaintext>One <b>two</b></plaintext> three")
    assert converted.warnings == []
    assert "<p>One <b>two</b></p><p>three</p>" in "".join(block["props"]["html"] for block in converted.blocks)
    assert sanitize_html("<p>a <plaintext>b</plaintext> c</p>") == "<p>a b c</p>"
