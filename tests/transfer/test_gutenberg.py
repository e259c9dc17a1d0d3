"""WordPress content to blocks: its block comments, classic paragraphs, shortcodes; and all the ways they are broken."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_cms.blocks import Document
from ai_cms.blocks.convert import blocks_to_html
from ai_cms.transfer.wordpress.classic import autop
from ai_cms.transfer.wordpress.gutenberg import wordpress_to_blocks
from ai_cms.transfer.wordpress.media import read_attachments

from ..blocks.inert import assert_inert
from ..blocks.test_convert_html import MEDIA_TAGS, assert_valid
from ..blocks.xss_payloads import XSS_PAYLOADS

PICTURES = {
    5: "https://e.example/5.jpg",
    "6": {"url": "https://e.example/6.jpg", "alt": "Six", "caption": "<b>No. 6</b>"},
    "x": "https://e.example/x.jpg",
    7: {"url": "javascript:x"},
}


def convert(content: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    made = wordpress_to_blocks(content, attachments=PICTURES, **options).blocks
    assert_valid(made)
    return [(block["type"], block["props"]) for block in made]


def wp(name: str, html: str = "", **attrs: Any) -> str:
    return f"<!-- wp:{name}{f' {json.dumps(attrs)}' if attrs else ''} -->\n{html}\n<!-- /wp:{name} -->\n"


def paragraph(text: str) -> str:
    return wp("paragraph", f"<p>{text}</p>")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (paragraph("a") + paragraph("b"), [("rich_text", {"html": "<p>a</p><p>b</p>"})]),
        (wp("heading", "<h3 class=x id=h>a</h3>", level=3), [("heading", {"text": "a", "level": 3, "anchor": "h"})]),
        (
            wp("list", "<ul>" + wp("list-item", "<li>a</li>") + wp("list-item", "<li>b</li>") + "</ul>"),
            [("list", {"style": "ul", "items": ["a", "b"]})],
        ),
        (
            wp("list", "<ul>" + wp("list-item", "<li>a" + wp("list", "<ol><li>b</li></ol>", ordered=True) + "</li>") + "</ul>"),
            [("rich_text", {"html": "<ul>\n<li>a\n<ol><li>b</li></ol>\n\n</li>\n\n</ul>"})],
        ),
        (
            wp("quote", "<blockquote class=wp-block-quote>" + paragraph("a") + "<cite>B</cite></blockquote>"),
            [("quote", {"text": "<p>a</p>", "attribution": "B"})],
        ),
        (
            wp("pullquote", "<figure class=wp-block-pullquote><blockquote><p>a</p><cite>B</cite></blockquote></figure>"),
            [("quote", {"text": "<p>a</p>", "attribution": "B"})],
        ),
        (wp("code", "<pre class=wp-block-code><code>a &lt; b</code></pre>"), [("code", {"code": "a < b", "language": ""})]),
        (wp("verse", "<pre class=wp-block-verse>a\n  b</pre>"), [("rich_text", {"html": "<pre>a\n  b</pre>"})]),
        (wp("preformatted", "<pre>a <em>b</em></pre>"), [("rich_text", {"html": "<pre>a <em>b</em></pre>"})]),
        (
            wp("image", "<figure><img src=/a.png alt=A><figcaption>c</figcaption></figure>", id=9, width="80px"),
            [("image", {"src": "/a.png", "alt": "A", "width": 80, "caption": "c"})],
        ),
        (wp("image", "<figure></figure>", id=6), [("image", {"src": "https://e.example/6.jpg", "alt": "Six"})]),
        (wp("image", "<figure><img></figure>", id=5), [("image", {"src": "https://e.example/5.jpg", "alt": ""})]),
        (
            wp("gallery", "<figure class='wp-block-gallery columns-2'>" + wp("image", "<figure><img src=/a.png><figcaption>c</figcaption></figure>") + "<figcaption>G</figcaption></figure>", columns=4),
            [("gallery", {"images": [{"src": "/a.png", "alt": "", "caption": "c"}], "columns": 4, "caption": "G"})],
        ),
        (
            wp("gallery", "<ul class='wp-block-gallery columns-2'><li class=blocks-gallery-item><figure><img src=/a.png><figcaption>c</figcaption></figure></li></ul>"),
            [("gallery", {"images": [{"src": "/a.png", "alt": "", "caption": "c"}], "columns": 2})],
        ),
        (
            '<!-- wp:gallery {"ids":[5,"6",99]} /-->',
            [("gallery", {"images": [{"src": "https://e.example/5.jpg", "alt": ""}, {"src": "https://e.example/6.jpg", "alt": "Six", "caption": "<b>No. 6</b>"}], "columns": 2})],
        ),
        (
            wp("table", "<figure class=wp-block-table><table><thead><tr><th class='has-text-align-right'>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table><figcaption>c</figcaption></figure>"),
            [("table", {"header": True, "rows": [["a"], ["b"]], "align": ["right"], "caption": "c"})],
        ),
        (wp("separator", "<hr class=x>"), [("divider", {"style": "line"})]),
        (wp("spacer", "<div style='height:9px'></div>", height=9), [("divider", {"style": "space"})]),
        ("<!-- wp:spacer /-->", [("divider", {"style": "space"})]),
        (wp("more", "<!--more-->") + wp("nextpage", "<!--nextpage-->"), []),
        (
            wp("buttons", "<div>" + wp("button", "<div class='wp-block-button is-style-outline'><a href=/x target=_blank>Go</a></div>") + wp("button", "<div><a>Stay</a></div>") + "</div>"),
            [("button", {"label": "Go", "url": "/x", "style": "outline", "new_tab": True}), ("rich_text", {"html": "<p><a>Stay</a></p>"})],
        ),
        (
            wp("embed", "<figure><div class=wp-block-embed__wrapper>\nhttps://youtu.be/dQw4w9WgXcQ\n</div><figcaption>c</figcaption></figure>", url="https://youtu.be/dQw4w9WgXcQ"),
            [("embed", {"url": "https://youtu.be/dQw4w9WgXcQ", "caption": "c"})],
        ),
        (wp("core-embed/vimeo", "<figure>https://vimeo.com/76979871</figure>"), [("embed", {"url": "https://vimeo.com/76979871"})]),
        (wp("video", "<figure><video controls src=/v.mp4></video><figcaption>c</figcaption></figure>"), [("video", {"src": "/v.mp4", "caption": "c"})]),
        (wp("audio", "<figure><audio controls src=/a.mp3></audio></figure>"), [("audio", {"src": "/a.mp3"})]),
        (
            wp("file", "<div class=wp-block-file><a href=/f.pdf>Report</a><a href=/f.pdf class=wp-block-file__button download>Download</a></div>"),
            [("rich_text", {"html": '<p><a href="/f.pdf">Report</a></p>'})],
        ),
        (wp("html", "<p>a</p><script>alert(1)</script>"), [("rich_text", {"html": "<p>a</p>"})]),
        (wp("details", "<details><summary>Q</summary>" + paragraph("a") + "</details>"), [("accordion", {})]),
        (wp("freeform", "a\n\nb\nc"), [("rich_text", {"html": "<p>a</p><p>b<br>c</p>"})]),
        (wp("shortcode", "[gallery ids='5']"), [("gallery", {"images": [{"src": "https://e.example/5.jpg", "alt": ""}], "columns": 3})]),
        ('<!-- wp:latest-posts {"postsToShow":3,"postLayout":"grid"} /-->', [("page_list", {"limit": 3, "order": "newest", "layout": "cards"})]),
        ("<!-- wp:page-list /-->", [("page_list", {"limit": 50, "order": "tree", "layout": "titles"})]),
        ('<!-- wp:social-link {"url":"https://s.example/me","service":"mastodon"} /-->', [("rich_text", {"html": '<p><a href="https://s.example/me">Mastodon</a></p>'})]),
        (wp("group", "<div class=wp-block-group>" + wp("heading", "<h2>a</h2>") + paragraph("b") + "</div>"), [("heading", {"text": "a", "level": 2}), ("rich_text", {"html": "<p>b</p>"})]),
        (wp("missing", "<p>kept</p>", originalName="plugin/x"), [("rich_text", {"html": "<p>kept</p>"})]),
        ("", []),
    ],
)  # fmt: skip
def test_blocks(content: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert convert(content) == expected


def test_columns() -> None:
    content = wp(
        "columns",
        "<div>"
        + wp("column", paragraph("a"), width="66.66%")
        + wp("column", wp("columns", wp("column", paragraph("b"))))
        + wp("column")
        + "</div>",
    )
    made = wordpress_to_blocks(content).blocks
    assert_valid(made)
    assert [column["props"] for column in made[0]["children"]] == [{"width": 8}, {}]
    assert made[0]["children"][1]["children"][0]["type"] == "columns"


def test_media_and_text() -> None:
    content = wp(
        "media-text",
        "<div><figure><img src=/a.png></figure><div>" + paragraph("a") + "</div></div>",
        mediaPosition="right",
    )
    made = wordpress_to_blocks(content).blocks
    assert_valid(made)
    assert [column["children"][0]["type"] for column in made[0]["children"]] == ["rich_text", "image"]


def test_a_cover_is_a_hero_if_that_is_all_it_is() -> None:
    inside = wp("heading", "<h2>H</h2>") + paragraph("a <b>b</b>") + wp("buttons", wp("button", "<a href=/x>Go</a>"))
    cover = wp("cover", f"<div><img src=/c.jpg alt=C><div>{inside}</div></div>", url="/c.jpg")
    made = wordpress_to_blocks(cover).blocks
    assert_valid(made)
    assert made == [
        {
            "type": "hero",
            "props": {"heading": "H", "text": "a b", "align": "center", "image": "/c.jpg", "image_alt": "C"},
            "children": [{"type": "button", "props": {"label": "Go", "url": "/x", "style": "primary"}}],
        }
    ]
    in_a_column = wordpress_to_blocks(wp("columns", wp("column", cover))).blocks
    assert_valid(in_a_column)
    assert [child["type"] for child in in_a_column[0]["children"][0]["children"]] == [
        "image",
        "heading",
        "rich_text",
        "button",
    ]
    assert [kind for kind, _ in convert(wp("cover", paragraph("<a href=/x>y</a>"), url="/c.jpg"))] == [
        "image",
        "rich_text",
    ]
    assert convert(wp("cover", "<div><video src=/v.mp4></video></div>", url="/v.mp4", backgroundType="video")) == [
        ("video", {"src": "/v.mp4"})
    ]


def test_reusable_blocks_are_put_in_but_never_without_end() -> None:
    reference = '<!-- wp:block {"ref":3} /-->'
    assert convert(reference, reusable={"3": paragraph("a")}) == [("rich_text", {"html": "<p>a</p>"})]
    assert convert(reference, reusable={"3": paragraph("a") + reference}) == [("rich_text", {"html": "<p>a</p>"})]
    found = wordpress_to_blocks(reference)
    assert found.blocks == []
    assert "reusable block 3" in found.warnings[0].message
    bomb = {"3": '<!-- wp:block {"ref":4} /-->' * 99, "4": '<!-- wp:block {"ref":5} /-->' * 99, "5": paragraph("x")}
    assert len(json.dumps(wordpress_to_blocks(reference, reusable=bomb).blocks)) < 10_000


def test_what_nobody_knows_is_kept_as_html_and_said() -> None:
    content = (
        "<p>first</p>\n" + wp("acme/slider", "<div><h2>S</h2>" + paragraph("a") + "</div>") + "<!-- wp:calendar /-->"
    )
    found = wordpress_to_blocks(content, source_lines=True)
    assert [(block["type"], block["line"]) for block in found.blocks] == [
        ("rich_text", 1),
        ("heading", 2),
        ("rich_text", 2),
    ] or [block["type"] for block in found.blocks] == ["rich_text", "heading", "rich_text"]
    assert [warning.line for warning in found.warnings] == [2, 8]
    assert "acme/slider" in found.warnings[0].message
    assert "calendar" in found.warnings[1].message


@pytest.mark.parametrize(
    ("content", "html", "warnings"),
    [
        ("<!-- wp:paragraph --><p>a</p>", "<p>a</p>", 1),
        ("<p>a</p><!-- /wp:paragraph -->", "<p>a</p>", 1),
        ("<!-- wp:paragraph --><p>a</p><!-- wp:heading --><h2>b</h2><!-- /wp:heading -->", "<p>a</p>\n<h2>b</h2>", 1),
        ('<!-- wp:heading {"level":} --><h2>a</h2><!-- /wp:heading -->', "<h2>a</h2>", 1),
        ("<!-- wp:heading [1] --><h2>a</h2><!-- /wp:heading -->", "<h2>a</h2>", 1),
        ("<!-- wp: --><p>a</p>", "<p>a</p>", 1),
        ('<!-- wp:paragraph {"a":1} <p>a</p> <!-- /wp:paragraph -->', "<p>a</p>", 2),
        ("<p>a</p><!-- wp:", "<p>a</p>", 1),
        ("<!--wp:paragraph--><p>a</p><!--/wp:paragraph-->", "<p>a</p>", 0),
        ("<!-- WP:paragraph --><p>a</p>", "<p>a</p>", 0),
        ("<!-- wp:group --><!-- wp:columns --><p>a</p><!-- /wp:group -->", "<p>a</p>", 1),
    ],
)
def test_malformed_comments(content: str, html: str, warnings: int) -> None:
    found = wordpress_to_blocks(content)
    assert blocks_to_html(found.blocks) == html
    assert len(found.warnings) == warnings
    assert "wp:" not in json.dumps(found.blocks)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\n\nb\nc", "<p>a</p><p>b<br>c</p>"),
        ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        ("a\n \t \n\n\nb", "<p>a</p><p>b</p>"),
        ("a<ul>\n<li>x <b>y</b></li>\n</ul>b", None),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("a <em>b\n\nc</em>", None),
        ("1 < 2\n\n3 > 2", "<p>1 &lt; 2</p><p>3 &gt; 2</p>"),
    ],
)
def test_classic_paragraphs(content: str, expected: str | None) -> None:
    found = wordpress_to_blocks(content)
    assert_valid(found.blocks)
    if expected:
        assert [block["props"] for block in found.blocks] == [{"html": expected}]
    assert autop("") == ""


@pytest.mark.parametrize(
    ("content", "expected", "warnings"),
    [
        (
            '[caption id="attachment_1" width="300"]<a href="/l"><img src="/a.png" alt="A" /></a> The <em>caption</em>[/caption]',
            [("image", {"src": "/a.png", "alt": "A", "link": "/l", "caption": "The <em>caption</em>"})],
            0,
        ),
        ('[caption caption="Old"]<img src="/a.png">[/caption]', [("image", {"src": "/a.png", "alt": "", "caption": "Old"})], 0),
        ("[caption]no picture[/caption]", [("rich_text", {"html": "<p>no picture</p>"})], 1),
        ("[gallery ids='5,6' columns=2]", [("gallery", {"images": [{"src": "https://e.example/5.jpg", "alt": ""}, {"src": "https://e.example/6.jpg", "alt": "Six", "caption": "<b>No. 6</b>"}], "columns": 2})], 0),
        ("[gallery]", [], 1),
        ("a [embed]https://youtu.be/dQw4w9WgXcQ[/embed] b", [("rich_text", {"html": "<p>a</p>"}), ("embed", {"url": "https://youtu.be/dQw4w9WgXcQ"}), ("rich_text", {"html": "<p>b</p>"})], 0),
        ("https://youtu.be/dQw4w9WgXcQ", [("embed", {"url": "https://youtu.be/dQw4w9WgXcQ"})], 0),
        ("https://elsewhere.example/x", [("rich_text", {"html": "<p>https://elsewhere.example/x</p>"})], 0),
        ('[audio mp3="/a.mp3"]', [("audio", {"src": "/a.mp3"})], 0),
        ("[audio https://e.example/a.mp3]", [("audio", {"src": "https://e.example/a.mp3"})], 0),
        ('[video mp4="/v.mp4" poster="/p.jpg"][/video]', [("video", {"src": "/v.mp4", "poster": "/p.jpg"})], 0),
        ("a [slider x='1']inside[/slider] b", [("rich_text", {"html": "<p>a inside b</p>"})], 1),
        ("a [contact-form-7 id='3'] b", [("rich_text", {"html": "<p>a  b</p>"})], 1),
        ("a [citation needed] [1] b", [("rich_text", {"html": "<p>a [citation needed] [1] b</p>"})], 0),
        ("a [[gallery]] b", [("rich_text", {"html": "<p>a [gallery] b</p>"})], 0),
        ("<code>[gallery]</code>", [("rich_text", {"html": "<p><code>[gallery]</code></p>"})], 0),
        ("<a title='[gallery]' href=/x>y</a>", [("rich_text", {"html": '<p><a title="[gallery]" href="/x">y</a></p>'})], 0),
    ],
)  # fmt: skip
def test_shortcodes(content: str, expected: list[tuple[str, dict[str, Any]]], warnings: int) -> None:
    assert convert(content) == expected
    assert len(wordpress_to_blocks(content, attachments=PICTURES).warnings) == warnings


def test_the_picture_of_a_cover_is_not_left_out_in_silence() -> None:
    image = '<img class="wp-block-cover__image-background" src="data:image/png;base64,iVBORw0KGgo=">'
    content = (
        '<!-- wp:cover {"url":"data:image/png;base64,iVBORw0KGgo="} --><div class="wp-block-cover">' + image + "<div>"
        "<!-- wp:paragraph --><p>Slow.</p><!-- /wp:paragraph --></div></div><!-- /wp:cover -->"
    )
    found = wordpress_to_blocks(content)
    assert [warning.message for warning in found.warnings] == ["A picture without a usable address was left out."]
    assert "Slow." in blocks_to_html(found.blocks)


def test_words_in_the_attributes_of_page_builders_are_taken() -> None:
    found = wordpress_to_blocks(
        '[vc_row css=".vc_custom_1{margin: 0 !important;}"][vc_custom_heading text="Our shop" font_container="tag:h2"]'
        "[vc_column_text]Words[/vc_column_text][/vc_row]"
    )
    assert blocks_to_html(found.blocks).replace("\n", "") == "<h2>Our shop</h2><p>Words</p>"
    said = [warning.message for warning in found.warnings]
    assert (
        "The shortcode [vc_custom_heading] was left out; the words, pictures and links of its attributes were taken."
        in said
    )


def test_a_gallery_without_ids_shows_what_was_uploaded_to_the_post() -> None:
    assert convert("[gallery]", attached=[5]) == [
        ("gallery", {"images": [{"src": "https://e.example/5.jpg", "alt": ""}], "columns": 3})
    ]


def test_attachments() -> None:
    assert sorted(read_attachments(PICTURES)) == [5, 6]


_NAMES = st.sampled_from(
    "paragraph heading list list-item quote image gallery columns column group cover media-text buttons button embed file video "
    "audio shortcode html freeform missing block spacer more latest-posts social-link x/y table code verse details".split()
)
_JSON = st.sampled_from(
    [
        "",
        "",
        '{"level":3}',
        '{"ids":[5,"6","x"]}',
        '{"width":"50%"}',
        "{bad",
        "[]",
        '{"url":5,"ref":[1],"id":"y"}',
        '{"url":"/c.jpg"}',
    ]
)
_COMMENTS = st.one_of(
    st.tuples(_NAMES, _JSON, st.sampled_from(["", "", "/"])).map(lambda t: f"<!-- wp:{t[0]} {t[1]} {t[2]}-->"),
    _NAMES.map(lambda name: f"<!-- /wp:{name} -->"),
    st.sampled_from(["<!-- wp:", "<!-- wp:x {", "-->", "<!--", "<!-- /wp:y", "<!--more-->", "[gallery]", "[caption]", "[/caption]", "[x a=b]", "[[gallery]]"]),
    st.sampled_from(["<p>alpha</p>", "<h2>Head</h2>", "text\n\nmore", "<ul><li>", "</ul>", "<figure><img src='/a.png'>", "</figure>", "<div>", "</div>", "<a href=/x>go</a>", "<pre>", "<video src=/v>"]),
    st.text(alphabet="abc <>-!{}/wp:[]&\n", max_size=8),
)  # fmt: skip


@given(st.lists(_COMMENTS, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
@example("<!-- wp:<!-- wp:paragraph --><p>x</p>")
def test_any_comments_give_valid_blocks_and_none_survives(content: str) -> None:
    found = wordpress_to_blocks(content, attachments=PICTURES, attached=[6])
    assert_valid(found.blocks)
    text = json.dumps(found.blocks)
    assert "<!-- wp:" not in text
    assert "<!-- /wp:" not in text
    assert max((walked.depth for walked in Document(found.blocks).walk()), default=0) < 25


@pytest.mark.parametrize("payload", XSS_PAYLOADS[::2])
def test_payloads_are_inert(payload: str) -> None:
    content = (
        payload
        + wp("html", payload)
        + wp("heading", f"<h2>{payload}</h2>")
        + wp("x/y", payload)
        + f"[caption]{payload}[/caption]"
    )
    found = wordpress_to_blocks(content)
    assert_valid(found.blocks)
    assert_inert(blocks_to_html(found.blocks), allowed=MEDIA_TAGS)


@pytest.mark.parametrize(
    "content",
    [
        "<!-- wp:group -->" * 20_000,
        "<!-- wp:" * 100_000,
        "<!-- /wp:group -->" * 20_000,
        "[caption]" * 30_000,
        "[caption]" * 20_000 + "[/caption]" * 20_000,
        "<pre>" * 50_000,
        "a" + " " * 500_000 + "b",
        "<!-- wp:columns --><!-- wp:column -->" * 2_000,
        "<!-- wp:x " + "[" * 200_000 + " -->",
        "[a b=c]" * 30_000,
        "<!-- wp:paragraph -->\n<p>Hello</p>\n<!-- /wp:paragraph -->\n" * 5_000,
    ],
    ids=lambda content: content[:16],
)
def test_hostile_content_takes_linear_time(content: str) -> None:
    started = time.process_time()
    wordpress_to_blocks(content)
    assert time.process_time() - started < 15


def test_footnotes_stand_where_their_block_stands() -> None:
    found = wordpress_to_blocks(
        '<!-- wp:paragraph --><p>Bread<sup data-fn="aaaa-1" class="fn"><a href="#aaaa-1" id="aaaa-1-link">1</a></sup> rises.</p>'
        "<!-- /wp:paragraph --><!-- wp:footnotes /--><!-- wp:separator --><hr/><!-- /wp:separator -->",
        footnotes='[{"content":"The \\u003cem\\u003efirst\\u003c/em\\u003e note","id":"aaaa-1"}]',
    )
    assert found.warnings == []
    assert found.blocks[0]["props"]["html"] == (
        '<p>Bread<sup><a href="#aaaa-1" id="aaaa-1-link">1</a></sup> rises.</p>'
        '<ol><li id="aaaa-1">The <em>first</em> note <a href="#aaaa-1-link">↩︎</a></li></ol>'
    )
    assert found.blocks[1]["type"] == "divider"


@pytest.mark.parametrize(
    ("field", "said"), [("", "are not in the export"), ("{broken", "are not in the export"), ("[1, {}]", "are not in")]
)
def test_footnotes_that_are_missing(field: str, said: str) -> None:
    (warning,) = wordpress_to_blocks("<!-- wp:footnotes /-->", footnotes=field).warnings
    assert said in warning.message


def test_words_of_plugins_are_taken_from_their_attributes() -> None:
    found = wordpress_to_blocks(
        '<!-- wp:acf/testimonial {"data":{"quote":"The best bread in town","_quote":"field_12ab","color":"red",'
        '"link":"https://e.example/a","photo":"https://e.example/a.jpg","text":"<p>Rich</p>"}} /-->'
    )
    assert [block["type"] for block in found.blocks] == ["rich_text", "image", "rich_text"]
    assert found.blocks[0]["props"]["html"] == (
        '<p>The best bread in town</p><p><a href="https://e.example/a">https://e.example/a</a></p>'
    )
    assert "texts and links of its attributes were taken" in found.warnings[0].message
    (empty,) = wordpress_to_blocks('<!-- wp:acf/map {"zoom":"12"} /-->').warnings
    assert "nothing of it was taken" in empty.message


def test_accordions_and_formulas() -> None:
    item = wp(
        "accordion-item",
        wp("accordion-heading", '<h3><button><span>Question?</span><span aria-hidden="true">+</span></button></h3>')
        + wp("accordion-panel", wp("paragraph", "<p>Answer</p>")),
    )
    (made,) = wordpress_to_blocks(wp("accordion", item)).blocks
    assert (made["type"], made["children"][0]["props"]["title"]) == ("accordion", "Question?")
    assert made["children"][0]["children"][0]["props"]["html"] == "<p>Answer</p>"
    (formula,) = wordpress_to_blocks('<!-- wp:math {"latex":"x^2"} --><math><mi>x</mi></math><!-- /wp:math -->').blocks
    assert formula == {"type": "code", "props": {"code": "x^2", "language": "latex"}}


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<p class="has-text-align-center">a</p>', '<p class="align-center">a</p>'),
        ('<p>a <span style="text-decoration: underline;">b</span> <span style="font-weight: bold;">c</span></p>', "<p>a <u>b</u> <strong>c</strong></p>"),
        ("<p>Give <min> and <max> values, then press OK.</p>", "<p>Give  and  values, then press OK.</p>"),
    ],
)  # fmt: skip
def test_styles_and_unknown_tags(html: str, kept: str) -> None:
    (made,) = wordpress_to_blocks(wp("paragraph", html)).blocks
    assert made["props"]["html"] == kept


SHOP = (
    '[vc_row][vc_custom_heading text="Our shop" font_container="tag:h2"][vc_single_image image="6" img_size="full"]'
    '[vc_btn title="Visit us" color="success" link="url:https%3A%2F%2Fshop.example%2F|title:More"][/vc_row]'
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            SHOP,
            [
                ("heading", {"text": "Our shop", "level": 2}),
                ("image", {"src": "https://e.example/6.jpg", "alt": "Six", "caption": "<b>No. 6</b>"}),
                ("rich_text", {"html": '<p><a href="https://shop.example/">Visit us</a></p>'}),
            ],
        ),
        (
            '[et_pb_blurb title="Fresh &amp; warm" image="https://x.example/b.png" use_icon="off"]Daily[/et_pb_blurb]',
            [
                ("image", {"src": "https://x.example/b.png", "alt": ""}),
                ("rich_text", {"html": "<p>Fresh &amp; warm</p><p>Daily</p>"}),
            ],
        ),
        (
            '[iframe src="https://maps.example/?q=1" width="100%"]',
            [("rich_text", {"html": '<p><a href="https://maps.example/?q=1">https://maps.example/?q=1</a></p>'})],
        ),
        ('[contact-form-7 id="12" title="Write to us"]', []),
        ('[x_box url="javascript:alert(1)" title="yes" text_color="Deep red"]', []),
    ],
)
def test_words_of_page_builders_are_taken_from_their_attributes(
    content: str, expected: list[tuple[str, dict[str, Any]]]
) -> None:
    assert convert(content) == expected
    said = [warning.message for warning in wordpress_to_blocks(content, attachments=PICTURES).warnings]
    assert any("words, pictures and links of its attributes were taken" in text for text in said) == bool(expected)


def test_links_and_bold_in_code_are_kept() -> None:
    code = '<pre class="wp-block-code"><code>bake <strong>slowly</strong>\n<a href="https://x.example/">see</a></code></pre>'
    assert convert(wp("code", code)) == [("rich_text", {"html": code.replace(' class="wp-block-code"', "")})]
    plain = '<pre class="wp-block-code"><code>&lt;b&gt; <a href="#L1">1</a></code></pre>'
    assert convert(wp("code", plain)) == [("code", {"code": "<b> 1", "language": ""})]


def test_a_cover_whose_picture_has_no_address_says_so() -> None:
    inside = wp("paragraph", "<p>Over</p>")
    made = wordpress_to_blocks(wp("cover", f"<div>{inside}</div>", url="data:image/png;base64,AAAA"))
    assert [warning.message for warning in made.warnings] == ["A picture without a usable address was left out."]
    assert not wordpress_to_blocks(wp("cover", f"<div>{inside}</div>", overlayColor="black")).warnings


@pytest.mark.parametrize(("label", "said"), [("Download", 0), ("", 0), ("Get the <b>recipe</b>", 1)])
def test_the_button_of_a_file_is_left_out_in_silence_only_if_it_says_nothing_of_its_own(label: str, said: int) -> None:
    button = f'<a href="/f.pdf" class="wp-block-file__button">{label}</a>'
    converted = wordpress_to_blocks(wp("file", f'<div class="wp-block-file"><a href="/f.pdf">Report</a>{button}</div>'))
    assert "Report" in converted.blocks[0]["props"]["html"]
    assert [warning.message.count("“Get the recipe”") for warning in converted.warnings] == [1] * said
