"""Messages as HTML: nothing of what somebody writes becomes markup of ours, a script, or a picture from elsewhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.chat.markdown import render_markdown


def test_markdown_becomes_html() -> None:
    html = render_markdown(
        "**bold** and `code`\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```"
    )
    assert "<strong>bold</strong>" in html
    assert "<li>one</li>" in html
    assert '<div class="chat-scroll" tabindex="0"><table>' in html
    assert '<code class="language-python">x = 1' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="https://tracker.example/x.png">',
        "![a picture](https://tracker.example/x.png)",
        "[link](javascript:alert(1))",
        "![x](javascript:alert(1))",
        '<div style="position:fixed">over everything</div>',
        "<b onclick=alert(1)>x</b>",
        "![![a](https://tracker.example/x.png)](https://tracker.example/y.png)",
        "[a][b]\n\n[b]: data:text/html,<script>alert(1)</script>",
    ],
)
def test_nothing_is_loaded_or_run(text: str) -> None:
    html = render_markdown(text)
    assert not re.search(r"<(script|img|iframe|style|b|svg|object)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style|src|id)=", html)
    assert not re.search(r"<[^>]*href=\"(javascript|data):", html)


def test_a_picture_is_a_link_that_says_nothing_about_the_page() -> None:
    html = render_markdown("![a fern](https://example.com/fern.png)")
    assert html == ('<p><a href="https://example.com/fern.png" rel="noopener noreferrer nofollow ugc">a fern</a></p>\n')


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n# c", "343"),
        ("### a\n# b", "33"),
        ("# a\n#### b\n##### c\n###### d", "3456"),
        ("## a\n### b\n## c", "343"),
    ],
)
def test_headings_stand_below_the_author_and_skip_no_level(text: str, levels: str) -> None:
    assert "".join(re.findall(r"<h(\d)>", render_markdown(text))) == levels


@given(st.text(alphabet=st.sampled_from("<>\"'=/ abhimgsrc!()[]`*_#|\n-:&;"), max_size=200))
def test_whatever_is_typed_no_tag_comes_but_ours(text: str) -> None:
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", render_markdown(text)))
    assert tags <= set(
        "a blockquote br code del div em h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul".split()
    )
