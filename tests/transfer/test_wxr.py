"""The reader of WordPress exports: versions, limits, and everything that has to be refused."""

from __future__ import annotations

import gc
import gzip
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from ai_cms.transfer.exceptions import ImportRefused
from ai_cms.transfer.wordpress.mending import Mender
from ai_cms.transfer.wordpress.wxr import WxrItem, WxrSite, read_wxr

from .wxr_maker import FOOT, SITE, Item, head, many_items, page, wxr


def read(data: str | bytes) -> tuple[list[WxrItem], WxrSite]:
    sites: list[WxrSite] = []
    raw = data.encode() if isinstance(data, str) else data
    items = list(read_wxr(io.BytesIO(raw), source="export.xml", on_site=sites.append))
    assert len(sites) == 1
    return items, sites[0]


def reason(data: str | bytes) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read(data)
    assert caught.value.source == "export.xml"
    return caught.value


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_and_spelling_of_the_namespace(version: str, scheme: str) -> None:
    items, site = read(wxr([page(1, "Rye"), Item(2, "Spelt")], version, scheme=scheme))
    assert [(item.type, item.title, item.post_id) for item in items] == [("page", "Rye", "1"), ("post", "Spelt", "2")]
    assert site.version == version
    assert site.authors == {"ada": "Ada Ähre"}
    assert site.base_blog_url == SITE


def test_prefixes_are_only_names() -> None:
    text = wxr([Item(1, "Rye")]).replace("wp:", "press:").replace("xmlns:wp", "xmlns:press").replace("content:", "c:")
    items, _site = read(text.replace("xmlns:content", "xmlns:c"))
    assert items[0].post_id == "1"
    assert items[0].content == "<p>Flour and water.</p>"


def test_texts_terms_fields_and_lines() -> None:
    item = Item(
        7,
        "Salt &amp; <b>Time</b> ]]> end",
        "<p>a</p>",
        categories=[("category", "rye", "Rye & Co"), ("post_tag", "x", "X")],
        meta={"mood": "warm", "_thumbnail_id": "9"},
        comments=3,
        excerpt="Short",
    )
    text = wxr([item])
    (found,), _site = read(text)
    assert found.title == "Salt &amp; <b>Time</b> ]]> end"
    assert found.categories == [("category", "rye", "Rye & Co"), ("post_tag", "x", "X")]
    assert found.get("mood") == "warm"
    assert found.get("absent") == ""
    assert found.comments == 3
    assert found.excerpt == "Short"
    lines = text.split("\n")
    assert lines[found.line - 1] == "<item>"
    assert lines[found.content_line - 1].startswith("<content:encoded>")


def test_text_of_comments_is_not_taken_for_the_item() -> None:
    extra = (
        "<wp:comment><wp:comment_author>Eve</wp:comment_author><wp:comment_content>no</wp:comment_content></wp:comment>"
    )
    (found,), _site = read(wxr([Item(1, "Rye", extra=extra)]))
    assert (found.title, found.content, found.comments) == ("Rye", "<p>Flour and water.</p>", 1)


def test_an_export_without_items_is_one() -> None:
    items, site = read(head() + FOOT)
    assert items == []
    assert site.title == "The old bakery"


ENTITY = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "expected", "line"),
    [
        pytest.param("", "empty", None, id="empty"),
        pytest.param("   \n ", "not XML", 2, id="blank"),
        pytest.param("Dear baker,", "not XML", 1, id="text"),
        pytest.param('{"title": "x"}', "not XML", 1, id="json"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "not XML", 1, id="binary"),
        pytest.param(gzip.compress(b"<rss/>"), "gzip", None, id="gzip"),
        pytest.param(b"PK\x03\x04rest", "ZIP", None, id="zip"),
        pytest.param("<html><body/></html>", "starts with <html>", 1, id="html"),
        pytest.param("<feed xmlns='http://www.w3.org/2005/Atom'/>", "starts with <feed>", 1, id="atom"),
        pytest.param("<rss/>", "no <channel>", None, id="no-channel"),
        pytest.param("<rss><channel><item><title>x</title></item></channel></rss>", "RSS feed", None, id="plain-rss"),
        pytest.param(head() + "<item><title>\nRye", "cut off", None, id="truncated-text"),
        pytest.param(head() + "<item><title><![CDATA[Rye", "cut off", None, id="truncated-cdata"),
        pytest.param(head() + "<item><titl", "cut off", None, id="truncated-tag"),
        pytest.param(head() + "<item></titel></item>", "mismatched", None, id="mismatched"),
        pytest.param(head() + "<item><nope:x/></item>" + FOOT, "unbound prefix", None, id="prefix"),
        pytest.param(head().encode() + b"<item><title>\xff\xfe</title></item>", "encoding", None, id="utf8"),
        pytest.param('<?xml version="1.0" encoding="nope"?><rss/>', "encoding", 1, id="unknown-encoding"),
        pytest.param('<?xml version="1.0" encoding="utf-7"?><rss/>', "encoding", 1, id="utf-7"),
        pytest.param(ENTITY + "<rss>&b;</rss>", "document type", 1, id="billion-laughs"),
        pytest.param('\n<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>', "document type", 2, id="external"),
        pytest.param(
            '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://x.invalid/">%p;]><rss/>', "document type", 1, id="parameter"
        ),
        pytest.param(head() + "<item>" + "<a>" * 100_000, "nested deeper", None, id="deep"),
        pytest.param(head() + f'<item a="{"x" * 9_000_000}"/>' + FOOT, "longer than", None, id="huge-attribute"),
        pytest.param(
            head() + f"<item><content:encoded>{'x' * 16_100_000}</content:encoded></item>" + FOOT,
            "more than 16,000,000",
            None,
            id="huge-text",
        ),
    ],
)
def test_what_is_no_export_is_refused_with_the_reason_and_the_line(
    data: str | bytes, expected: str, line: int | None
) -> None:
    error = reason(data)
    assert expected in error.reason
    if line is not None:
        assert error.line == line
        assert f"line {line}" in str(error)


def test_the_line_of_an_error_is_that_of_the_file() -> None:
    text = wxr([Item(number) for number in range(1, 400)])
    broken = text.replace("<wp:post_id>321</wp:post_id>", "<wp:post_id>321</wp:post_ID>")
    assert reason(broken).line == text[: text.index("<wp:post_id>321<")].count("\n") + 1


def test_reading_takes_the_memory_of_one_item() -> None:
    class Endless(io.RawIOBase):
        """An export of thousands of items that is never in memory."""

        def __init__(self, count: int) -> None:
            self.parts = self.make(count)
            self.size = 0

        def make(self, count: int) -> Iterator[bytes]:
            yield head().encode()
            for item in many_items(count, size=4_000):
                yield item.xml().encode()
            yield FOOT.encode()

        def read(self, size: int = -1) -> bytes:
            data = next(self.parts, b"")
            self.size += len(data)
            return data

    peaks = []
    for count in (200, 2_000):
        source = Endless(count)
        gc.collect()
        gc.freeze()
        tracemalloc.start()
        try:
            found = 0
            for _ in read_wxr(source, source="export.xml"):  # type: ignore[arg-type]
                found += 1
                if found % 20 == 0:
                    # Cycles that are only waiting to be collected are not memory that the reader holds.
                    gc.collect()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
            gc.unfreeze()
        assert found == count
        assert source.size > count * 4_000
    assert peaks[1] < peaks[0] * 1.5, peaks
    assert peaks[1] < 2_000_000


@pytest.mark.parametrize("size", [1, 7, 64, 65_536])
@pytest.mark.parametrize(
    ("text", "title", "said", "line"),
    [
        ("a & b &amp; c &copy d", "a & b & c &copy d", "stood alone", 0),
        ("a &nbsp; &hellip; b", "a \xa0 … b", "ntities of HTML", 0),
        ("x\n<![CDATA[a\x10b & &nbsp;]]>\x0b\x1c", "x\nab & &nbsp;", "Control characters", 1),
        ("x\na\ufffeb\uffff", "x\nab", "Characters that XML forbids", 1),
        ("a&#16;b&#x1F;c&#128512;", "abc😀", "References to characters", 0),
        ("<![CDATA[with <![CDATA[ tags ]]> :)]]>", "with <![CDATA[ tags ]]> :)", "CDATA inside", 0),
        ("<![CDATA[]]>]]>", "]]>", "CDATA inside", 0),
        (
            "\n<![CDATA[a <![CDATA[ b ]]> c <![CDATA[ d: ]]>]]>\n",
            "\na <![CDATA[ b ]]> c <![CDATA[ d: ]]>\n",
            "CDATA inside",
            1,
        ),
        ("<![CDATA[<b>//<![CDATA[\nx //]]></b> y &nbsp;]]>", "<b>//<![CDATA[\nx //]]></b> y &nbsp;", "CDATA inside", 1),
        ("a ]]> b", "a ]]> b", "that no beginning belongs to", 0),
    ],
)
def test_what_wordpress_takes_is_mended_and_said(
    monkeypatch: pytest.MonkeyPatch, text: str, title: str, said: str, line: int, size: int
) -> None:
    monkeypatch.setattr("ai_cms.transfer.wordpress.wxr.CHUNK", size)
    start = head()
    found: list[tuple[int, str]] = []
    data = f"{start}<item><title>{text}</title></item>{FOOT}".encode()
    items = list(read_wxr(io.BytesIO(data), warn=lambda line, message: found.append((line, message))))
    assert [item.title for item in items] == [title]
    assert [at for at, message in found if said in message] == [start.count("\n") + 1 + line]


@pytest.mark.parametrize("size", [1, 7, 65_536])
@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<![CDATA[escaped ]]]]><![CDATA[> end]]>", "escaped ]]> end"),
        ("<![CDATA[a]]> b &amp; <![CDATA[c]]> d", "a b & c d"),
        ("x <![CDATA[a]]> b", "x a b"),
        ("<![CDATA[ends with ]] >]]>", "ends with ]] >"),
        ("<![CDATA[a]]> \n ", "a \n "),
    ],
)
def test_cdata_that_xml_allows_is_read_as_xml(
    monkeypatch: pytest.MonkeyPatch, text: str, title: str, size: int
) -> None:
    monkeypatch.setattr("ai_cms.transfer.wordpress.wxr.CHUNK", size)
    said: list[str] = []
    data = f"{head()}<item><title>{text}</title><guid>g</guid></item>{FOOT}".encode()
    (item,) = read_wxr(io.BytesIO(data), warn=lambda line, message: said.append(message))
    assert (item.title, item.guid) == (title, "g")
    assert said == []


@pytest.mark.parametrize("before", ["\n\n", "<br />\n<b>Warning</b>: something\n", "\ufeff\n"])
def test_what_stands_before_an_export_is_skipped(before: str) -> None:
    found: list[str] = []
    data = f"{before}{head()}<item><title>Rye</title></item>{FOOT}".encode()
    (item,) = read_wxr(io.BytesIO(data), warn=lambda line, message: found.append(message))
    assert item.title == "Rye"
    assert item.line == f"{before}{head()}".count("\n") + 1
    assert bool(found) == ("Warning" in before)


_PIECES = (
    b"\n<?xml version='1.0'?>\n<rss><a><![CDATA[post]]></a><b>\xef\xbf\xbd A & B &amp; &eacute; &#8217;</b>"
    b"<c><![CDATA[x <![CDATA[y]]> ]] > z]]></c>\n<d><![CDATA[]]></d><e><![CDATA[]]]]><![CDATA[>]]></e><f>a]]b ]]]</f>\n</rss>"
)


def _mended(data: bytes, size: int) -> tuple[bytes, list[tuple[int, str]]]:
    said: list[tuple[int, str]] = []
    mender = Mender(lambda line, message: said.append((line, message)))
    made = b"".join(mender.feed(data[at : at + size], last=False) for at in range(0, len(data), size))
    made += mender.feed(b"", last=True)
    mender.close()
    return made, said


@pytest.mark.parametrize("padding", range(0, 64, 3))
def test_pieces_of_any_size_are_mended_as_the_whole_is(padding: int) -> None:
    data = _PIECES + b" " * padding
    mender = Mender(lambda line, message: None)
    whole = mender.feed(data, last=True)
    assert whole.count(b"<![CDATA[post]]></a>") == 1
    found = {size: _mended(data, size) for size in (*range(16, 80), len(data))}
    assert {made for made, _ in found.values()} == {whole}
    assert len({tuple(said) for _, said in found.values()}) == 1
