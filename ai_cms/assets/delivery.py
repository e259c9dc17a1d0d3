"""Send files: what is private to whoever may have it, what a browser could run as a download in a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date, parse_etags

from .conf import assets_settings
from .storage import open_file, storage_of

__all__ = ["deliver"]

_PIECE = 65_536
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
#: What a browser may show by itself when it comes from here; pictures are ours, made anew.
_INLINE = re.compile(
    r"(?:video|audio|font)/[\w.+-]+|image/(?:jpeg|png|webp|gif|avif)|application/pdf|text/vtt", re.ASCII
)
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox"


def deliver(
    request: HttpRequest,
    *,
    alias: str,
    name: str,
    mime: str,
    size: int,
    etag: str,
    filename: str,
    modified: float,
    public: bool = False,
    download: bool = False,
) -> HttpResponseBase:
    """Answer with a stored file: conditional requests and one range are understood.

    ``public``: nobody was asked who they are, so that caches may keep it. ``download``: whatever kind it is. Raises NotFound,
    StorageUnavailable.
    """
    quoted = f'"{etag}"'
    if _is_known(request, quoted):
        return _headed(HttpResponse(status=304), quoted, modified, public)
    start, end, partial = _wanted(request, size, quoted)
    if start is None:
        beyond = HttpResponse(status=416)
        beyond["Content-Range"] = f"bytes */{size}"
        return _headed(beyond, quoted, modified, public)
    response: Any = _by_server(alias, name) or _streamed(request, alias, name, start, end, size, partial)
    response["Content-Type"] = mime
    inline = not download and _INLINE.fullmatch(mime) is not None
    header = content_disposition_header(not inline, filename)
    response["Content-Disposition"] = header or ("inline" if inline else "attachment")
    return _headed(response, quoted, modified, public)


def _streamed(
    request: HttpRequest, alias: str, name: str, start: int, end: int, size: int, partial: bool
) -> HttpResponseBase:
    response: HttpResponseBase
    # Opened here, so that a storage that does not answer is an error and no cut stream.
    response = (
        HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(_Part(open_file(alias, name), start, end))
    )
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - start + 1)
    if partial:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _by_server(alias: str, name: str) -> HttpResponse | None:
    """Leave the sending to the web server, where that is set and the file lies on this machine."""
    way = assets_settings.ASSET_PRIVATE_DELIVERY
    storage = storage_of(alias)
    if way == "stream" or not isinstance(storage, FileSystemStorage):
        return None
    response = HttpResponse()
    if way == "x-accel":
        response["X-Accel-Redirect"] = assets_settings.ASSET_ACCEL_PREFIX + quote(name)
    else:
        response["X-Sendfile"] = storage.path(name)
    return response


def _headed(response: HttpResponseBase, etag: str, modified: float, public: bool) -> HttpResponseBase:
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Cache-Control"] = "public, max-age=300" if public else "private, no-store"
    if not public:
        response["Vary"] = "Cookie, Authorization"
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    tags = [tag.removeprefix("W/") for tag in parse_etags(known)] if known else []
    return etag in tags or "*" in tags


def _wanted(request: HttpRequest, size: int, etag: str) -> tuple[int | None, int, bool]:
    """Return first and last byte and whether they are a part; (None, …) for a range that the file has not."""
    whole = (0, size - 1, False)
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    condition = request.headers.get("If-Range", "")
    # Several ranges at once, or a file that changed meanwhile: the whole file is a right answer.
    if match is None or (condition and condition != etag):
        return whole
    first, last = match[1], match[2]
    if len(first) > 18 or len(last) > 18 or not (first or last):
        return whole
    if not first:
        start, end = max(0, size - int(last)), size - 1
        return (start, end, True) if int(last) else (None, 0, True)
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size:
        return None, 0, True
    return (start, end, True) if start <= end else whole


class _Part:
    """A part of an open file, piece by piece; closed with the response, whether anybody read it or not."""

    def __init__(self, file: Any, start: int, end: int) -> None:
        self._file = file
        self._left = end - start + 1
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (piece := self._file.read(min(_PIECE, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()
