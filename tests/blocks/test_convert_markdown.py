"""Markdown to blocks and back: written out and read again it is the same to the letter."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_cms.blocks import Document, blocks
from ai_cms.blocks.convert import (
    blocks_to_html,
    blocks_to_markdown,
    convert_markdown,
    html_to_blocks,
    markdown_to_blocks,
)
from ai_cms.blocks.convert.headings import heading_slug

from .inert import assert_inert
from .soup import HTML_TREES, squashed
from .test_convert_html import MEDIA_TAGS, assert_valid
from .xss_payloads import XSS_PAYLOADS

NICE = """\
# Title

Some *emphasis*, **strong** words, ~~gone~~, `code`, a [link](/x "t") and H<sub>2</sub>O.\\
Next line.

- one
- two

1. first
   - nested
2. second

> A quote
>
> of two paragraphs

```python
def x():
    return "`"
```

| a | b |
| --- | --: |
| 1 | 2 \\| 3 |

![The alt](/a.png "The caption")

[![](/b.png)](/to)

<https://www.youtube.com/watch?v=dQw4w9WgXcQ>

***
"""


def test_nice_markdown_stays_as_it_is() -> None:
    made = markdown_to_blocks(NICE)
    assert_valid(made)
    assert blocks_to_markdown(made) == NICE.replace(' "t"', "")
    assert [block["type"] for block in made] == [
        "heading", "rich_text", "list", "rich_text", "quote", "code", "table", "image", "image", "embed", "divider",
    ]  # fmt: skip
    assert made[7]["props"] == {"src": "/a.png", "alt": "The alt", "caption": "The caption"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", [("rich_text", {"html": "<p>a\nb</p>"})]),
        ("Title\n===", [("heading", {"text": "Title", "level": 1})]),
        ("    code", [("code", {"code": "code", "language": ""})]),
        ("```\n\n```", []),
        ("* a\n\n* b", [("list", {"style": "ul", "items": ["a", "b"]})]),
        ("3) a\n4) b", [("list", {"style": "ol", "items": ["a", "b"], "start": 3})]),
        ("|a|\n|:-:|\n|b|", [("table", {"header": True, "rows": [["a"], ["b"]], "align": ["center"]})]),
        ("| | |\n|-|-|\n|b|c|", [("table", {"header": False, "rows": [["b", "c"]]})]),
        ("<div>\n\n**x**\n\n</div>", [("rich_text", {"html": "<p><strong>x</strong></p>"})]),
        ("<script>alert(1)</script>\n\na", [("rich_text", {"html": "<p>a</p>"})]),
        ("<details><summary>Q</summary>\n\na\n\n</details>", [("accordion", {})]),
        ("[x](javascript:alert(1))", [("rich_text", {"html": "<p>[x](javascript:alert(1))</p>"})]),
        ("<https://youtu.be/dQw4w9WgXcQ>", [("embed", {"url": "https://youtu.be/dQw4w9WgXcQ"})]),
        ("<https://elsewhere.example/>", [("rich_text", {"html": '<p><a href="https://elsewhere.example/">https://elsewhere.example/</a></p>'})]),
        ("", []),
    ],
)  # fmt: skip
def test_reading(text: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    made = markdown_to_blocks(text)
    assert_valid(made)
    assert [(block["type"], block["props"]) for block in made] == expected


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>1. not a list</p><p># no heading</p><p>- no</p><p>a * b_c_ _d_</p>", "1\\. not a list\n\n\\# no heading\n\n\\- no\n\na \\* b_c\\_ \\_d\\_\n"),
        ("<p><b>x </b>y</p>", "**x** y\n"),
        ("<p>a<b>b.</b>c</p>", "a<strong>b\\.</strong>c\n"),
        ("<p><code>a ` b</code></p>", "``a ` b``\n"),
        ("<p><a href='/a(b'>x]</a></p>", "[x\\]](</a(b>)\n"),
        ("<p>x &amp;copy; &lt;b></p>", "x \\&copy; \\<b>\n"),
        ("<ul><li>a</ul><ul><li>b</ul>", "- a\n\n* b\n"),
        ("<ol start=7><li>a<li>b</ol>", "7. a\n8. b\n"),
        ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", "- a\n\n  b\n\n- c\n"),
        ("<blockquote>a<footer>B</footer></blockquote>", "> a\n>\n> — B\n"),
        ("<table><tr><td>a|b<td>c<br>d</table>", "|  |  |\n| --- | --- |\n| a\\|b | c<br>d |\n"),
        ("<pre><code>```</code></pre>", "````\n```\n````\n"),
        ("<video src=/v.mp4></video>", "[v.mp4](/v.mp4)\n"),
        ("<p>a<br><br>b<br></p>", "a\\\n\\\nb\n"),
        ("<dl><dt>a<dd>b</dl>", "**a**\n\nb\n"),
    ],
)  # fmt: skip
def test_writing(html: str, markdown: str) -> None:
    assert blocks_to_markdown(html_to_blocks(html)) == markdown


def test_warnings_name_the_line() -> None:
    found = convert_markdown("# a\n\nb\n\n<script>x</script>\n\nc\n", source_lines=True)
    assert [block["line"] for block in found.blocks] == [1, 3]
    assert found.warnings
    deep = convert_markdown("a\n\n" + ">" * 200 + " x")
    assert "nested" in deep.warnings[-1].message
    assert deep.warnings[-1].line == 3


_PIECES = st.one_of(
    st.sampled_from(
        [
            "# h", "para", "*a*", "**b**", "`c`", "[l](/x)", '![i](/i.png "t")', "- a", "  - b", "1. x", "3) y", "> q", "```\ncode\n```",
            "    ind", "|a|b|\n|-|-|\n|1|2|", "<b>x</b>", "<div>", "</div>", "<sub>s</sub>", "***", "\\", "&amp;", "_u_", "~~s~~",
            "<https://a.b/c?d=e&f>", "\n", "\n\n", " ", "  \n", "===", "|", "~", "!", "[", "](", ")", '"', "ü", "\xa0", "&copy;", "http://x.y",
        ]
    ),
    st.text(alphabet="ab *_`[]()<>#-+.1!|~\\&;:=\n\t", max_size=6),
)  # fmt: skip
MARKDOWN = st.lists(st.tuples(_PIECES, st.sampled_from(["", " ", "\n", "\n\n"])).map("".join), max_size=15).map("".join)


@given(MARKDOWN)
@settings(max_examples=300, deadline=None)
@example("`a``b`")
@example("- a\n\n\n- b\n1. c")
def test_markdown_read_and_written_is_stable_and_says_the_same(text: str) -> None:
    made = markdown_to_blocks(text)
    assert_valid(made)
    written = blocks_to_markdown(made)
    again = markdown_to_blocks(written)
    assert blocks_to_markdown(again) == written
    assert squashed(Document(again).text()) == squashed(Document(made).text())


@given(HTML_TREES)
@settings(max_examples=200, deadline=None)
def test_what_came_from_html_is_stable_too(html: str) -> None:
    written = blocks_to_markdown(html_to_blocks(html))
    assert blocks_to_markdown(markdown_to_blocks(written)) == written


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_comes_back(text: str) -> None:
    made = [{"type": "rich_text", "props": {"html": f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>"}}]
    again = markdown_to_blocks(blocks_to_markdown(made))
    assert squashed(Document(again).text()) == squashed(Document(html_to_blocks(blocks_to_html(made))).text())


@pytest.mark.parametrize("name", sorted(blocks))
def test_every_block_of_the_library_can_be_written(name: str) -> None:
    made = [{"type": name, "props": dict(blocks[name].block_meta.example)}]
    written = blocks_to_markdown(made)
    assert blocks_to_markdown(markdown_to_blocks(written)) == written


@pytest.mark.parametrize("payload", XSS_PAYLOADS[::2])
def test_payloads_are_inert(payload: str) -> None:
    made = markdown_to_blocks(
        f"# {payload}\n\n{payload}\n\n- {payload}\n\n| {payload} |\n|-|\n\n[{payload}](javascript:alert(1))"
    )
    assert_valid(made)
    assert_inert(blocks_to_html(made), allowed=MEDIA_TAGS)


@pytest.mark.stress
@pytest.mark.parametrize(
    "text",
    [
        "para *em* **b** [l](/x)\n\n" * 3_000,
        "word *em* " * 10_000,
        "*" * 20_000,
        "[" * 20_000,
        "[a](" * 10_000,
        ">" * 20_000,
        "- " * 5_000,
        "_a " * 10_000,
        "<" * 20_000,
        "![" * 10_000,
        "a**b" * 5_000,
        "a\\\n" * 10_000,
        "\n".join(" " * (2 * depth) + "- x" for depth in range(200)),
    ],
    ids=lambda text: text[:8],
)
def test_hostile_markdown_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    written = blocks_to_markdown(markdown_to_blocks(text))
    assert time.process_time() - started < 20
    assert blocks_to_markdown(markdown_to_blocks(written)) == written


@pytest.mark.parametrize(
    "text",
    [
        "- [x] done\n- [ ] open **b**\n",
        "[Usage](#how-to-use-it)\n\n## How to use it\n\n## Setup {#set}\n",
        "## [1.2.0](https://e.example/)\n",
        "Type `make` then\n",
        'Text <a id="x"></a>here [l](#x).\n',
        "## A heading \\{#no}\n",
    ],
)
def test_what_is_said_comes_back(text: str) -> None:
    assert blocks_to_markdown(markdown_to_blocks(text)) == text


@pytest.mark.parametrize("code", ["'l' | 'h'", "a`b | c", "a\\|b", "|"])
def test_a_bar_in_the_code_of_a_cell_stays_code(code: str) -> None:
    rows = [["a", "b"], [f"<code>{code}</code>", "x"]]
    written = blocks_to_markdown([{"type": "table", "props": {"header": True, "rows": rows}}])
    found = markdown_to_blocks(written)
    assert found[0]["props"]["rows"] == rows
    assert blocks_to_markdown(found) == written


def test_notes() -> None:
    blocks = markdown_to_blocks("Intro[^1] and[^two], not[^3].\n\n[^1]: The note.\n[^two]: word\n")
    assert blocks[0]["props"]["html"].startswith('<p>Intro<sup><a href="#fn1" id="fnref1">1</a></sup> and<sup>')
    assert "[^3]" in blocks[0]["props"]["html"]
    assert '<li id="fn2"><p>word <a href="#fnref2">' in blocks[-1]["props"]["html"]
    written = blocks_to_markdown(blocks)
    assert blocks_to_markdown(markdown_to_blocks(written)) == written
    assert '<a id="fn1"></a>The note.' in written


def test_every_heading_has_an_id_where_others_link_into_a_text() -> None:
    blocks = convert_markdown("# Über C++ & Co.\n\n## A\n\n## A\n", heading_ids=heading_slug).blocks
    assert [block["props"]["anchor"] for block in blocks] == ["über-c--co", "a", "a-1"]


def test_cells_that_a_row_has_too_many_are_kept_in_its_last_one() -> None:
    found = convert_markdown(
        "> | a | b |\n> |---|---|\n> | 1 | 2 |\n\n| a | b |\n|---|---|\n| 1 | `x | y` | 3\\|4 |\n| 5 | 6 | |\n"
    )
    assert found.blocks[1]["props"]["rows"] == [["a", "b"], ["1", "<code>x | y</code> | 3|4"], ["5", "6"]]
    assert [(warning.line, "more cells" in warning.message) for warning in found.warnings] == [(7, True)]
    quoted = convert_markdown("> | a |\n> |---|\n> | 1 | 2 |")
    assert "<td>1 | 2</td>" in quoted.blocks[0]["props"]["text"]
    assert len(quoted.warnings) == 1


def test_a_title_in_the_text_is_named_and_that_of_a_link_around_a_picture_is_its_caption() -> None:
    found = convert_markdown('Set <title>Rye</title> well.\n\n[![Loaf](/l.png)](/x "The loaf")\n')
    assert [warning.message for warning in found.warnings] == ["<title> was left out."]
    assert found.blocks[1]["props"]["caption"] == "The loaf"


def test_a_pipe_in_code_in_a_cell_is_stable() -> None:
    rows = [["a", "b"], ["<code>'l' | 'h'</code>", "x | y"], ["<code>a\\|b</code>", "\\"]]
    table = {"type": "table", "props": {"header": True, "rows": rows}}
    written = blocks_to_markdown([table])
    assert "| `'l' \\| 'h'` | x \\| y |" in written
    assert markdown_to_blocks(written) == [table]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "(see https://a.example/x_y(z)), now",
            '(see <a href="https://a.example/x_y(z)">https://a.example/x_y(z)</a>), now',
        ),
        ("www.a.example/?x=1&y=2.", '<a href="http://www.a.example/?x=1&amp;y=2">www.a.example/?x=1&amp;y=2</a>.'),
        ("[https://a.example](https://b.example)", '<a href="https://b.example">https://a.example</a>'),
        ('<a href="https://b.example">https://a.example</a>', '<a href="https://b.example">https://a.example</a>'),
        ("foohttps://a.example `https://b.example`", "foohttps://a.example <code>https://b.example</code>"),
        ("https:// and www.", "https:// and www."),
    ],
)
def test_bare_addresses(text: str, html: str) -> None:
    assert convert_markdown(text, addresses=True).blocks == [{"type": "rich_text", "props": {"html": f"<p>{html}</p>"}}]


def test_bare_addresses_take_linear_time() -> None:
    start = time.process_time()
    convert_markdown("https://a.example/" + ")" * 20_000 + " www." + "a." * 20_000, addresses=True)
    assert time.process_time() - start < 5
