"""The sanitiser and the reader under it: what survives, what does not, and that nothing is slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_cms.blocks.html import richtext
from ai_cms.blocks.html.markup import Element, parse_html, serialize, text_of
from ai_cms.blocks.html.richtext import (
    ATTRIBUTES,
    DROPPED_WHOLE,
    INLINE_TAGS,
    TAGS,
    allow_list,
    clean_text,
    clean_url,
    sanitize_html,
    sanitize_inline,
    strip_tags_text,
)

from .inert import assert_inert
from .xss_payloads import XSS_PAYLOADS

_NAMES = [
    *sorted(TAGS),
    "script",
    "style",
    "svg",
    "math",
    "font",
    "button",
    "template",
    "textarea",
    "form",
    "x-y",
    "select",
]
_VALUES = [
    "",
    "x",
    "_blank",
    "javascript:x",
    "https://e.example/?a=1&b",
    "/p",
    "ltr",
    "en",
    "2",
    "language-py",
    "align-end",
    "taskItem",
    "text-align:right;font-weight:700",
    '"',
    "<b>",
]
_FRAGMENTS = st.one_of(
    st.sampled_from(_NAMES).map(lambda name: f"<{name}>"),
    st.sampled_from(_NAMES).map(lambda name: f"</{name}>"),
    st.tuples(
        st.sampled_from(_NAMES),
        st.sampled_from(sorted({a for names in ATTRIBUTES.values() for a in names} | {"onclick", "style", "align"})),
        st.sampled_from(_VALUES),
    ).map(lambda t: f"<{t[0]} {t[1]}='{t[2]}'>"),
    st.sampled_from(
        ["<!--", "-->", "<!", "<?", "<", ">", "&", "&amp;", "&#0;", "&#13;", "\n", "\r\n", "\x00", "\ud800", "]]>"]
    ),
    st.text(max_size=8),
)
SOUP = st.one_of(st.lists(_FRAGMENTS, max_size=25).map("".join), st.text())


@given(SOUP)
@example("<pre>\n\n\nx</pre>")
@example("<a target=_blank rel=nofollow>x</a>")
@example("<table><a><tr><a>")
@example("<b><p>" * 30)
def test_sanitising_twice_changes_nothing_more(html: str) -> None:
    once = sanitize_html(html)
    assert sanitize_html(once) == once
    assert_inert(once)
    inline = sanitize_inline(html)
    assert sanitize_inline(inline) == inline
    assert_inert(inline)
    assert {e.name for e in parse_html(inline).find_all(*TAGS)} <= INLINE_TAGS
    once.encode()


@given(st.lists(_FRAGMENTS, min_size=10, max_size=40).map(lambda parts: "".join(parts) * 40))
@settings(max_examples=40, deadline=None)
def test_long_markup_settles_as_well(html: str) -> None:
    once = sanitize_html(html)
    assert sanitize_html(once) == once
    assert_inert(once)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_the_short_way_for_plain_text_equals_the_long_one(text: str) -> None:
    assert sanitize_html(text) == richtext._settle(text, richtext._cleaner)


@pytest.mark.parametrize("payload", XSS_PAYLOADS)
def test_every_payload_is_inert(payload: str) -> None:
    for html in (payload, f"<p>before</p>{payload}<p>after</p>", f"<b title='{payload}'>x</b>", payload * 2):
        for clean in (sanitize_html(html), sanitize_inline(html)):
            assert_inert(clean)
            assert sanitize_html(clean) == clean


def test_there_are_enough_payloads() -> None:
    assert len(set(XSS_PAYLOADS)) == len(XSS_PAYLOADS) >= 150


@pytest.mark.parametrize("name", sorted({*DROPPED_WHOLE, "textarea"} - {"embed", "frame"}))
def test_an_element_that_is_never_closed_takes_no_words_with_it(name: str) -> None:
    assert sanitize_html(f"<p>A b<{name}> grows.</p><p>Second.</p>") == "<p>A b grows.</p><p>Second.</p>"
    # Closed, what was inside is gone, and nothing else.
    assert "Second." in sanitize_html(f"<p>A</p><{name}>grows.</{name}><p>Second.</p>") or name == "plaintext"


@pytest.mark.parametrize("name", sorted(TAGS - {"span"}))
def test_every_allowed_element_survives(name: str) -> None:
    around = {
        "li": "<ul>{}</ul>", "dt": "<dl>{}</dl>", "dd": "<dl>{}</dl>", "td": "<table><tbody><tr>{}</tr></tbody></table>",
        "th": "<table><thead><tr>{}</tr></thead></table>", "tr": "<table><tbody>{}</tbody></table>", "tbody": "<table>{}</table>",
        "thead": "<table>{}</table>", "tfoot": "<table>{}</table>", "caption": "<table>{}</table>", "colgroup": "<table>{}</table>",
        "col": "<table><colgroup>{}</colgroup></table>", "rt": "<ruby>{}</ruby>", "rp": "<ruby>{}</ruby>",
    }.get(name, "{}")  # fmt: skip
    source = (
        '<img src="/x" alt="y" loading="lazy">'
        if name == "img"
        else (
            f"<{name}>"
            if name in ("br", "hr", "wbr", "col")
            else f"<{name}>x</{name}>"
            if name not in ("table", "tr", "thead", "tbody", "tfoot", "colgroup")
            else f"<{name}></{name}>"
        )
    )
    html = around.format(source)
    assert sanitize_html(html) == html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/x" target="_blank">x</a>', '<a href="/x" target="_blank" rel="noopener noreferrer">x</a>'),
        ('<a href="/x" rel="noopener">x</a>', '<a href="/x">x</a>'),
        (
            '<a href="/x" target="_BLANK" rel="ugc me evil">x</a>',
            '<a href="/x" target="_blank" rel="ugc me noopener noreferrer">x</a>',
        ),
        ('<a href="/x" target="top">x</a>', '<a href="/x">x</a>'),
        ("<img>", ""),
        ('<img src="/x.jpg" width="99999999">', '<img src="/x.jpg" alt="" loading="lazy">'),
        ('<code class="x language-c++ y">x</code>', '<code class="language-c++">x</code>'),
        ('<td colspan="9999999">x', "x"),
        ("<table><tr><td colspan=9999999>x", "<table><tbody><tr><td>x</td></tr></tbody></table>"),
        ("<pre>\n\nx</pre>", "<pre>\n\nx</pre>"),
        ("<p id=x class=y style=z>x</p>", '<p id="x">x</p>'),
        ('<p id="a b">x</p><p id="<b>">x</p><p id=_x>x</p>', "<p>x</p><p>x</p><p>x</p>"),
        (
            '<sup id="fnref:1"><a name="n" href="#fn:1">1</a></sup>',
            '<sup id="fnref:1"><a href="#fn:1" id="n">1</a></sup>',
        ),
        (
            '<p><a name="a"></a>A <a name="b b"></a><a id="c" name="d">C</a></p>',
            '<p><a id="a"></a>A <a id="c">C</a></p>',
        ),
        (
            "<p><span>a <span lang=\"de\">b</span> <span class='x'>c</span></span></p>",
            '<p>a <span lang="de">b</span> c</p>',
        ),
        ("<p>A List<Object> is here.</p><p>More.</p>", "<p>A List is here.</p><p>More.</p>"),
        ("A std::vector<int> is a container. It grows.", "A std::vector is a container. It grows."),
        ("<p>Give <min> and <max> values, then press OK.</p>", "<p>Give  and  values, then press OK.</p>"),
        ("<mode>Dark</mode>", "Dark"),
        ("<annotation-xml>x</annotation-xml><font-face>y</font-face><font>z</font>", "xyz"),
        ("<svg><text>x</text></svg>y", "y"),
        (
            '<p style="text-align: center">x</p><p class="has-text-align-right y" align=center>z</p>',
            '<p class="align-center">x</p><p class="align-center">z</p>',
        ),
        ('<p class="align-end evil">x</p><b class="align-end">y</b>', '<p class="align-end">x</p><b>y</b>'),
        (
            '<b style="font-weight:normal"><span style="font-weight:700">a</span><span style="color:red">b</span></b>',
            "<strong>a</strong>b",
        ),
        (
            '<ul data-type="taskList" data-x><li data-type="taskItem" data-checked="true">a</li></ul><p data-type="x">b</p>',
            '<ul data-type="taskList"><li data-type="taskItem" data-checked="true">a</li></ul><p>b</p>',
        ),
        ("<font color=red>kept</font><x-y>too</x-y>", "kepttoo"),
        ("a\x00b\ud800c&#0;&#1;d", "abc\ufffdd"),
        ("a\r\nb\rc&#13;d", "a\nb\nc\nd"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("", ""),
    ],
)
def test_examples(html: str, expected: str) -> None:
    assert sanitize_html(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one</p><p>two</p>", "one<br>two"),
        ("<ul><li>one</li><li><b>two</b></li></ul>", "one<br><b>two</b>"),
        ("<p>one <i>two</i></p>", "one <i>two</i>"),
        ("one<br>two", "one<br>two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a<br>b"),
        ("plain", "plain"),
    ],
)
def test_inline_examples(html: str, expected: str) -> None:
    assert sanitize_inline(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain  text", "plain text"),
        ("<p>one &amp; <b>two</b></p><p>three<br>four</p>", "one & two\nthree\nfour"),
        ("<script>x</script>a<!-- c -->b<style>y", "a b"),
        ("a<sub>1</sub>", "a1"),
        ("1 < 2 &lt; 3", "1 < 2 < 3"),
        ("<ul><li>a</li>\n<li>b</li></ul>", "a\nb"),
    ],
)
def test_plain_text(html: str, expected: str) -> None:
    assert strip_tags_text(html) == expected


@given(SOUP)
def test_plain_text_of_clean_html_holds_no_tags(html: str) -> None:
    clean = sanitize_html(html)
    assert strip_tags_text(clean).split() == text_of(parse_html(clean)).split()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/?a=b#c", "https://example.com/?a=b#c"),
        ("  /path ", "/path"),
        ("#anchor", "#anchor"),
        ("?q=a:b", "?q=a:b"),
        ("a/b:c", "a/b:c"),
        ("mailto:x@example.com", "mailto:x@example.com"),
        ("tel:+431234", "tel:+431234"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("data:image/png;base64,AA", ""),
        ("x y:z", ""),
        ("", ""),
    ],
)
def test_urls(url: str, expected: str) -> None:
    assert clean_url(url) == expected


@given(st.text())
def test_clean_text_is_idempotent_and_storable(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert "\x00" not in clean
    clean.encode()


@pytest.mark.stress
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "</p>" * 50_000,
        "".join(f"<p><b a={n}>" for n in range(50_000)),
        "<b>" * 100_000 + "<p>" * 50_000,
        "<a <a " * 100_000,
        "<!--" * 100_000,
        "<a b='" * 100_000,
        "&" * 500_000,
        "\xa0" * 500_000,
        "<p title='&'>&amp;&lt;" * 12_000,
        "<a" + " " * 500_000,
        "</" * 300_000,
        "<" * 300_000,
        "<table><tr><td>" * 50_000,
        "<a href='x' target=_blank>" * 20_000,
        "<script>" * 50_000,
        "<b><i><p></b></i>" * 30_000,
    ],
    ids=lambda html: html[:12],
)
def test_hostile_markup_takes_linear_time(html: str) -> None:
    # A quarter beside the whole: where time grows with the square it is a sixteenth. The machine may be slow or busy.
    quarter = seconds_for(html[: len(html) // 4])
    assert seconds_for(html) <= 8 * quarter + 0.2
    clean = sanitize_html(html)
    assert sanitize_html(clean) == clean


def seconds_for(html: str) -> float:
    """Return the CPU seconds in which ``html`` is sanitised and its words are read."""
    started = time.process_time()
    sanitize_html(html)
    strip_tags_text(html)
    return time.process_time() - started


@pytest.mark.parametrize("unit", ["a & b ", "\xa0", "&lt;i&gt; &amp;amp; ", "1\xa0000 &euro; ", "&amp;l", "&copy="])
def test_a_text_with_much_to_escape_reads_as_its_parts_do(unit: str) -> None:
    html = f"<p title='a > b & c'>{unit * 5_000}</p><p>x</p>"
    first, last = sanitize_html(f"<p title='a > b & c'>{unit}</p>"), "</p><p>x</p>"
    opened, inner = first.removesuffix("</p>").split(">", 1)
    assert sanitize_html(html) == f"{opened}>{inner * 5_000}{last}"


def test_the_cache_is_bounded_and_skips_long_texts() -> None:
    assert richtext._settle_cached.cache_info().maxsize == richtext.CACHE_SIZE
    before = richtext._settle_cached.cache_info().misses
    sanitize_html("<p>" + "x" * richtext.CACHED_LENGTH)
    assert richtext._settle_cached.cache_info().misses == before


def test_the_allow_list_is_data_for_editors() -> None:
    data = allow_list()
    assert "p" in data["tags"] and "target" in data["attributes"]["a"] and "https" in data["schemes"]


def test_a_tree_survives_being_written_and_read() -> None:
    html = '<div class="a &amp; b"><p>x &lt; y</p><pre>\n\nz</pre><br></div>'
    assert serialize(parse_html(html)) == html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b><i>y</i>"),
        ("<table><tr><td>a<td>b<tr><td>c</table>d", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d"),
        ("a </x> b <1> c < d", "a  b &lt;1&gt; c &lt; d"),
        ("x <b unfinished", "x &lt;b unfinished"),
        ("<a href='?a=1&copy=2&amp;b=3'>x</a>", '<a href="?a=1&amp;copy=2&amp;b=3">x</a>'),
        ("<p>x</br>y", "<p>x<br>y</p>"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        ("<a href=x>a<a href=y>b</a>", '<a href="x">a</a><a href="y">b</a>'),
        ("<!-- x -->a<!-- b", "a&lt;!-- b"),
    ],
)
def test_reading_broken_markup(html: str, expected: str) -> None:
    assert serialize(parse_html(html)) == expected


def test_depth_is_bounded_and_text_kept() -> None:
    root = parse_html("<div>" * 10_000 + "deep" + "</div>" * 10_000 + "<p>after</p>")
    assert text_of(root) == "deep\nafter"
    assert [child.name for child in root.elements()] == ["div", "p"]


def test_lines_are_counted() -> None:
    root = parse_html("<p>a</p>\n\n<p>b\n</p><div>c</div>")
    assert [element.line for element in root.elements()] == [1, 3, 4]
    assert isinstance(root.find("div"), Element)
