"""Tell what a file is by its content; its name and what the client says of it are not asked."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import IO, Any, Literal

__all__ = ["HEAD", "Kind", "kind_of"]

#: So many bytes from the beginning decide.
HEAD = 4096

Family = Literal["image", "svg", "video", "audio", "document", "archive", "text", "active", "font"]


@dataclass(frozen=True)
class Kind:
    """``mime`` and ``suffix``: of the stored file. ``loader``: of pictures, the decoder.

    ``inline``: whether a browser may show it by itself; anything else is sent as a download in a sandbox.
    """

    mime: str
    suffix: str
    family: Family
    loader: str = ""
    inline: bool = False


def _kind(mime: str, suffix: str, family: Family, loader: str = "", inline: bool = False) -> Kind:
    return Kind(mime, suffix, family, loader, inline)


_JPEG = _kind("image/jpeg", "jpg", "image", "jpeg")
_PNG = _kind("image/png", "png", "image", "png")
_GIF = _kind("image/gif", "gif", "image", "gif")
_WEBP = _kind("image/webp", "webp", "image", "webp")
_AVIF = _kind("image/avif", "avif", "image", "avif")
_HEIC = _kind("image/heic", "heic", "image", "heic")
_SVG = _kind("image/svg+xml", "svg", "svg")
_PDF = _kind("application/pdf", "pdf", "document", inline=True)
_MP4 = _kind("video/mp4", "mp4", "video", inline=True)
_MOV = _kind("video/quicktime", "mov", "video", inline=True)
_M4A = _kind("audio/mp4", "m4a", "audio", inline=True)
_WEBM = _kind("video/webm", "webm", "video", inline=True)
_MP3 = _kind("audio/mpeg", "mp3", "audio", inline=True)
_OGG = _kind("audio/ogg", "ogg", "audio", inline=True)
_WAV = _kind("audio/wav", "wav", "audio", inline=True)
_FLAC = _kind("audio/flac", "flac", "audio", inline=True)
_WOFF = _kind("font/woff", "woff", "font", inline=True)
_WOFF2 = _kind("font/woff2", "woff2", "font", inline=True)
_ZIP = _kind("application/zip", "zip", "archive")
_GZIP = _kind("application/gzip", "gz", "archive")
_HTML = _kind("text/html", "html", "active")
_XML = _kind("application/xml", "xml", "active")
_SCRIPT = _kind("application/x-script", "txt", "active")
_JSON = _kind("application/json", "json", "text")
_VTT = _kind("text/vtt", "vtt", "text", inline=True)
_TEXT = _kind("text/plain", "txt", "text")

_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_INSIDE_ZIP = {
    "word/document.xml": _kind(f"{_OFFICE}wordprocessingml.document", "docx", "document"),
    "xl/workbook.xml": _kind(f"{_OFFICE}spreadsheetml.sheet", "xlsx", "document"),
    "ppt/presentation.xml": _kind(f"{_OFFICE}presentationml.presentation", "pptx", "document"),
}
_ZIP_MIMETYPES = {
    f"{_ODF}text": _kind(f"{_ODF}text", "odt", "document"),
    f"{_ODF}spreadsheet": _kind(f"{_ODF}spreadsheet", "ods", "document"),
    f"{_ODF}presentation": _kind(f"{_ODF}presentation", "odp", "document"),
    "application/epub+zip": _kind("application/epub+zip", "epub", "document"),
}
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"%PDF-", _PDF),
    (b"\x1aE\xdf\xa3", _WEBM),
    (b"ID3", _MP3),
    (b"OggS", _OGG),
    (b"fLaC", _FLAC),
    (b"wOFF", _WOFF),
    (b"wOF2", _WOFF2),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\x1f\x8b\x08", _GZIP),
)
_BRANDS = {
    b"avif": _AVIF, b"avis": _AVIF,
    b"heic": _HEIC, b"heix": _HEIC, b"hevc": _HEIC, b"heim": _HEIC, b"heis": _HEIC, b"mif1": _HEIC, b"msf1": _HEIC,
    b"M4A ": _M4A, b"M4B ": _M4A, b"qt  ": _MOV,
}  # fmt: skip
_MP4_BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"dash",
    b"3gp4",
    b"3gp5",
    b"f4v ",
)
_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|svg:|title|meta|link|style|img|a |div|p>|table|base|form|object|embed)",
    re.IGNORECASE,
)
_SVG_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]", re.IGNORECASE)
_MARKUP_BEFORE_ROOT = re.compile(
    rb"^(?:\s|<\?xml[^>]*\?>|<!--.*?-->|<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>)*", re.IGNORECASE | re.DOTALL
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(file: IO[bytes] | Any) -> Kind | None:
    """Return what an open file is, ``None`` for what is not known; afterwards it stands at its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return _zipped(file) if kind is _ZIP else kind
    if head[:4] == b"RIFF":
        return {b"WEBP": _WEBP, b"WAVE": _WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _boxed(head)
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[1] & 0x06:
        return _MP3
    return _written(head)


def _boxed(head: bytes) -> Kind | None:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    # The file's own brand first; pictures name "mif1" as theirs and say in the others which codec they are of.
    for brand in (brand for brand in brands if brand in (b"avif", b"avis")):
        return _BRANDS[brand]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
        if brand in _MP4_BRANDS:
            return _MP4
    return None


def _zipped(file: Any) -> Kind:
    """Tell documents from archives by their table of contents; nothing is unpacked but a type of at most 100 bytes."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()[:5000]
            if names and names[0] == "mimetype":
                with archive.open("mimetype") as inner:
                    return _ZIP_MIMETYPES.get(inner.read(100).decode("ascii", "replace").strip(), _ZIP)
            for name, kind in _INSIDE_ZIP.items():
                if name in names and "[Content_Types].xml" in names:
                    # Documents with macros are programs and stay what they are: archives.
                    return _ZIP if any(inner.endswith("vbaProject.bin") for inner in names) else kind
    # zipfile raises many things for malformed archives, RecursionError and NotImplementedError among them.
    except Exception:
        return _ZIP
    finally:
        file.seek(0)
    return _ZIP


def _written(head: bytes) -> Kind | None:
    """Tell kinds of text apart."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _CONTROLS.search(text):
        return None
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end within a character.
        if error.start < len(text) - 4 or len(head) < HEAD:
            return None
    before = _MARKUP_BEFORE_ROOT.match(text)
    rest = text[before.end() if before else 0 :]
    if _SVG_ROOT.match(rest):
        return _SVG
    stripped = text.lstrip()
    if _TAG.search(text):
        return _HTML
    if stripped.startswith((b"#!", b"<?php", b"<?=")):
        return _SCRIPT
    if stripped.startswith(b"<"):
        return _XML
    if stripped.startswith(b"WEBVTT"):
        return _VTT
    if stripped.startswith((b"{", b"[")):
        return _JSON
    return _TEXT
