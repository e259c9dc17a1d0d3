"""Forty hostile files: nothing runs, nothing leaves its folder, nothing is left, nobody waits."""

from __future__ import annotations

import gzip
import io
import re
import resource
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ai_cms.assets import get_asset_model
from ai_cms.assets.intake.names import clean_name, title_from_name
from ai_cms.core.exceptions import RequestRefused

from .conftest import as_upload, files_in, uploaded
from .pictures import animation, encoded, jpeg, picture, png

pytestmark = [pytest.mark.worker, pytest.mark.django_db]

SCRIPT = b"<script>alert(1)</script>"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">%s</svg>'
)


def png_claiming(width: int, height: int, rows: int = 1) -> bytes:
    """Return a PNG whose header claims a size that it does not have."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000 * rows))
        + chunk(b"IEND", b"")
    )


def gif_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(picture(8, 8), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_of_frames(count: int) -> bytes:
    """Return a GIF of many frames of one pixel."""
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    return head + frame * count + b";"


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def png_with_text(text: bytes) -> bytes:
    data = png(60, 60)
    body = b"Comment\x00" + text
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    return data[:33] + chunk + data[33:]


def png_with_big_text() -> bytes:
    data = png(60, 60)
    body = b"Comment\x00\x00" + zlib.compress(b"A" * 200_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return data[:33] + chunk + data[33:]


#: name: (what makes the file, what may become of it). Made by the test that sends it: some take a second.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "png bomb of 50,000 × 50,000": (lambda: png_claiming(50_000, 50_000), "refused"),
    "png bomb of 2³¹ pixels a side": (lambda: png_claiming(2**31 - 1, 2**31 - 1), "refused"),
    "png of no width": (lambda: png_claiming(0, 100), "refused"),
    "png that lacks most of its rows": (lambda: png_claiming(6000, 6000), "refused"),
    "png with 200 MB of text": (lambda: png_with_big_text(), "refused"),
    "gif bomb by its screen": (lambda: gif_claiming(65_535, 65_535), "refused"),
    "gif bomb of 20,000 frames": (lambda: gif_of_frames(20_000), "refused"),
    "webp animation of too many pixels": (lambda: animation((40,) * 5, "WEBP", 6000), "refused"),
    "jpeg bomb by its header": (lambda: jpeg().replace(struct.pack(">HH", 480, 640), struct.pack(">HH", 65_500, 65_500)), "refused"),
    "tiff": (lambda: encoded(picture(), "TIFF"), "refused"),
    "psd": (lambda: b"8BPS\x00\x01" + b"\x00" * 40, "refused"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", "download"),
    "icc profile that is noise": (lambda: encoded(picture(), "JPEG", icc_profile=b"\xff" * 5000), "picture"),
    "exif that is noise": (lambda: encoded(picture(), "JPEG", exif=b"Exif\x00\x00" + b"\xfe" * 3000), "picture"),
    "xmp that is noise": (lambda: encoded(picture(), "JPEG", xmp=b"<" * 5000), "picture"),
    "jpeg with html behind": (lambda: jpeg() + SCRIPT * 100, "picture"),
    "jpeg with html in its comment": (lambda: encoded(picture(), "JPEG", comment=SCRIPT), "picture"),
    "gif that is javascript": (lambda: b"GIF89a/*" + gif_of_frames(1)[8:] + b"*/=1;alert(1)//", "any"),
    "png that is html": (lambda: png_with_text(SCRIPT), "picture"),
    "png with a zip behind": (lambda: png() + zipped(evil=SCRIPT), "picture"),
    "png with php inside": (lambda: png_with_text(b"<?php system($_GET[0]); ?>"), "picture"),
    "jpeg cut short": (lambda: jpeg()[:3000], "refused"),
    "webp cut short": (lambda: encoded(picture(), "WEBP")[:200], "refused"),
    "avif of noise": (lambda: encoded(picture(), "AVIF")[:60] + b"\x99" * 500, "refused"),
    "avif header alone": (lambda: b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf", "refused"),
    "html": (lambda: b"<!doctype html><title>x</title>" + SCRIPT, "download"),
    "html without a head": (lambda: SCRIPT, "download"),
    "html behind a byte order mark": (lambda: b"\xef\xbb\xbf" + SCRIPT, "download"),
    "xml with a stylesheet": (lambda: b'<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><a/>', "download"),
    "javascript": (lambda: b"alert(document.cookie)", "download"),
    "php": (lambda: b"<?php system('id'); ?>", "refused"),
    "shell script": (lambda: b"#!/bin/sh\nrm -rf /\n", "refused"),
    "program": (lambda: b"\x7fELF\x02\x01\x01" + b"\x00" * 60, "refused"),
    "windows program": (lambda: b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 60, "refused"),
    "svg with a script": (lambda: SVG % SCRIPT, "svg"),
    "svg with a handler": (lambda: SVG % b'<rect width="9" height="9" onload="alert(1)" onclick="alert(2)"/>', "svg"),
    "svg with foreign content": (lambda: SVG % b"<foreignObject><body><iframe src='javascript:alert(1)'/></body></foreignObject>", "svg"),
    "svg that loads from elsewhere": (lambda: SVG % b'<image xlink:href="https://evil.example/x.png"/><use href="https://evil.example/y.svg#a"/>', "svg"),
    "svg that animates a link": (lambda: SVG % b'<a href="#"><animate attributeName="href" values="javascript:alert(1)"/></a>', "any"),
    "svg with entities": (lambda: b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SVG % b"<text>&b;</text>", "refused"),
    "svg that reads a file": (lambda: b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG % b"<text>&a;</text>", "refused"),
    "svg of very deep nesting": (lambda: SVG % (b"<g>" * 50_000 + b"</g>" * 50_000), "refused"),
    "zip bomb": (lambda: zipped(a=b"\x00" * 50_000_000), "download"),
    "zip with names that climb": (lambda: zipped(**{"../../../../tmp/evil": b"x"}), "download"),
    "gzip bomb": (lambda: gzip.compress(b"\x00" * 50_000_000), "download"),
    "document with macros": (lambda: zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}), "download"),
    "pdf with a script": (lambda: b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>", "inline"),
    "mp3 with an endless tag": (lambda: b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + b"APIC\x7f\xff\xff\xff\x00\x00" + b"\xff" * 100, "inline"),
    "mp4 with boxes of no size": (lambda: b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + b"\x00\x00\x00\x01moov" * 500, "inline"),
}  # fmt: skip


def seconds() -> float:
    """Return the CPU seconds of this process and of its children: how busy the machine is does not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


#: Takes seconds to make.
SLOW = {"webp animation of too many pixels"}


@pytest.fixture
def hostile(name: str) -> tuple[bytes, str]:
    """Return a file and what may become of it; made before its limits are watched."""
    make, fate = HOSTILE[name]
    return make(), fate


@pytest.fixture
def bounds(
    hostile: tuple[bytes, str], media: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Hold a file to its limits: memory of this process, CPU time, temporary files, places."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, seconds()
    yield
    assert seconds() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000
    assert list(temporary.glob("ai_cms_assets_*")) == []
    outside = [path for path in media.iterdir() if path.name not in ("public", "private")]
    assert outside == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.stress) if name in SLOW else name for name in HOSTILE]
)
def test_hostile_files_do_nothing(
    member: Any, media: Path, client: Any, hostile: tuple[bytes, str], bounds: None, name: str
) -> None:
    data, fate = hostile
    if fate == "svg":
        pytest.importorskip("py_svg_hush", reason="needs the extra svg")
    try:
        asset = uploaded(member, data, "holiday.jpg")
    except RequestRefused as error:
        assert fate in ("refused", "any"), error
        assert error.status_code in (400, 413)
        assert files_in(media) == []
        return
    assert fate != "refused"
    client.force_login(member)
    for query in ("", "?original=1"):
        response = client.get(f"{asset.permalink}{query}")
        if response.status_code == 302:
            assert response["Location"].startswith("/media/user-")
            continue
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        if fate in ("download", "picture", "svg"):
            assert response["Content-Disposition"].startswith("attachment")
        assert response.getvalue()
    # What lies where the public fetches is made by us, or shows nothing but itself.
    for stored in files_in(media / "public"):
        content = (media / "public" / stored).read_bytes()
        assert re.fullmatch(r"user-\d+/\d{4}/\d\d/[\w-]+\.(webp|svg|pdf|mp3|mp4|gif)", stored)
        if fate in ("picture", "svg"):
            for active in (
                b"<script",
                b"<?php",
                b"javascript:",
                b"onload",
                b"onclick",
                b"evil.example",
                b"foreignObject",
            ):
                assert active not in content


NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\Windows\\x.jpg", "a/b/c.jpg", ".", "..", "...", "", " ", ".htaccess",
    "con.jpg", "nul", "a\x00b.jpg", "a\nb.jpg", "a\r\nSet-Cookie: x.jpg", "a\tb.jpg", "a;b.jpg", "a|b.jpg", "$(id).jpg", "`id`.jpg",
    "a'b\"c.jpg", "<script>.jpg", "%2e%2e%2fx.jpg", "%00.jpg", "x.php.jpg", "x.jpg.php", "x.jpg/", "x.JPG ", "x.jpg.", "ä" * 300 + ".jpg",
    "a" * 300, "\u202egpj.exe", "\u200b.jpg", "\ufeffx.jpg", "日本語.jpg", "🍞.jpg", "e\u0301.jpg", "\ud800.jpg", "-rf.jpg", "--help",
    "~root.jpg", "*.jpg", "?.jpg", "x.jpg?y=1", "x.jpg#y", "x:y.jpg", "\\\\host\\share\\x.jpg", "file:///etc/passwd", "x" + "\u0301" * 200,
]  # fmt: skip


def test_odd_names_are_harmless(member: Any, media: Path) -> None:
    assert len(NAMES) == 50
    for name in NAMES:
        cleaned = clean_name(name)
        assert 0 < len(cleaned) <= 150
        assert "/" not in cleaned
        assert "\\" not in cleaned
        assert cleaned not in (".", "..")
        assert cleaned.isprintable()
        assert title_from_name(cleaned)
        cleaned.encode("utf-8")
    data = encoded(Image.new("RGB", (8, 8)), "PNG")
    for number, name in enumerate(NAMES[::4]):
        asset = uploaded(member, data + bytes([number]), name)
        assert re.fullmatch(rf"user-{member.pk}/\d{{4}}/\d\d/[a-z0-9-]+\.png", asset.stored_name), name


def test_over_rest_hostile_files_and_names_are_answers_not_failures(member: Any, client_of: Any, media: Path) -> None:
    client = client_of(member)
    for route in ("/api/assets/", "/api/files/"):
        for name in ("png bomb of 50,000 × 50,000", "avif of noise", "program", "svg with entities"):
            response = client.post(route, {"file": as_upload(HOSTILE[name][0](), "x.jpg", "image/jpeg")})
            assert response.status_code == 400, name
            assert response.json()["file"]
        for name in ("../../x.jpg", "a\r\nb.jpg", "x" * 400):
            response = client.post(route, {"file": as_upload(jpeg() + name[:1].encode(), name)})
            assert response.status_code in (200, 201)
    assert get_asset_model().objects.count() <= 3
    assert files_in(media) == [name for name in files_in(media) if name.startswith(("public/user-", "private/user-"))]
