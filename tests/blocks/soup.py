"""Strategies for HTML: well formed trees, and tag soup as it is found and as nobody would write it."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["HTML_SOUP", "HTML_TREES", "squashed"]

_WORDS = st.sampled_from(["alpha", "be ta", " ", "\n", "&amp;", "x &lt; y", "&nbsp;", "ü", "1.", "*", "# "])
_INLINE = ["b", "i", "em", "strong", "a", "span", "sub", "code", "q", "del", "font", "button"]
_BLOCKS = ["p", "div", "section", "h1", "h2", "h3", "blockquote", "article", "footer", "pre", "center", "form"]
_LEAVES = st.sampled_from(
    [
        "<br>",
        "<hr>",
        "<img src=/a.png alt=z>",
        "<img src='javascript:x'>",
        "<iframe src=https://youtu.be/dQw4w9WgXcQ></iframe>",
        "<video src=/v.mp4></video>",
        "<script>x</script>",
        "<!-- c -->",
        "<input>",
    ]
)
_ATTRIBUTES = st.sampled_from(
    ["", "", "", " id=x", " class=gallery", " class='language-py'", " href=/x", " start=3", " open"]
)


def _wrapped(names: list[str], inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(names), _ATTRIBUTES, inner).map(lambda t: f"<{t[0]}{t[1]}>{t[2]}</{t[0]}>")


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=4).map("".join)


_INLINE_HTML = st.recursive(_WORDS, lambda inner: _wrapped(_INLINE, _joined(inner)), max_leaves=6)
_LINES = _joined(_INLINE_HTML)


def _structures(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(inner, max_size=4)
    return st.one_of(
        _wrapped(_BLOCKS, _joined(inner)),
        st.tuples(st.sampled_from(["ul", "ol"]), _ATTRIBUTES, items).map(
            lambda t: f"<{t[0]}{t[1]}>{''.join(f'<li>{item}</li>' for item in t[2])}</{t[0]}>"
        ),
        st.lists(st.lists(inner, min_size=1, max_size=3), max_size=3).map(
            lambda rows: f"<table>{''.join(f'<tr>{_cells(row)}</tr>' for row in rows)}</table>"
        ),
        st.tuples(inner, _LINES).map(lambda t: f"<figure>{t[0]}<figcaption>{t[1]}</figcaption></figure>"),
        st.tuples(_LINES, inner).map(lambda t: f"<details><summary>{t[0]}</summary>{t[1]}</details>"),
        st.tuples(_LINES, inner).map(lambda t: f"<dl><dt>{t[0]}</dt><dd>{t[1]}</dd></dl>"),
    )


def _cells(cells: list[str]) -> str:
    return "".join(f"<td>{cell}</td>" for cell in cells)


#: Every element closed, nested as the content model allows or nearly so.
HTML_TREES = _joined(st.recursive(st.one_of(_LINES, _LEAVES), _structures, max_leaves=10))

_NAMES = [
    *_INLINE,
    *_BLOCKS,
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "thead",
    "caption",
    "figure",
    "figcaption",
    "dl",
    "dd",
]
#: Tags opened and closed at random.
HTML_SOUP = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(_NAMES), _ATTRIBUTES).map(lambda t: f"<{t[0]}{t[1]}>"),
        st.sampled_from(_NAMES).map(lambda name: f"</{name}>"),
        _WORDS,
        _LEAVES,
    ),
    max_size=30,
).map("".join)


def squashed(text: str) -> str:
    """Return ``text`` without white space, its characters in a fixed order: what was said, wherever it stands."""
    return "".join(sorted("".join(text.split())))
