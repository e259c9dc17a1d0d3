"""What sound and film files say of themselves: how long they play and their cover picture.

The headers of sound and of MP4 are read by tinytag, those of WebM here: no small library knows it. Both in the worker, where
memory and time are bounded: parsers of anybody's bytes as decoders of pictures are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from .job import Job, Outcome

__all__ = ["PLAYABLE", "cover_of", "duration_of", "look_at_media"]

_MOST_COVER = 5_000_000
_LONGEST = 60 * 60 * 24 * 30
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")
#: What tinytag calls them. It is told by our own look at the content, as everything is.
_READ_BY_TINYTAG = frozenset({"mp4", "mov", "m4a", "wav", "flac", "ogg", "mp3"})
#: The endings of what is looked at here.
PLAYABLE = _READ_BY_TINYTAG | {"webm"}

# Of https://www.rfc-editor.org/rfc/rfc9559: element ids with their length marks.
_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489
_MOST_ELEMENTS = 1000


def look_at_media(job: Job) -> Outcome:
    """Tell how long a file plays, and write its cover picture into the job's folder. ``loader``: its ending."""
    with Path(job.path).open("rb") as file:
        duration, cover = duration_of(file, job.loader), cover_of(file, job.loader)
    path = Path(job.folder) / "cover"
    if cover:
        path.write_bytes(cover)
    return Outcome(0, 0, 1, "", "", (), duration, str(path) if cover else "")


def duration_of(file: IO[bytes] | Any, suffix: str) -> float | None:
    """Return the seconds a file plays, ``None`` where it does not say; the file stands at its beginning afterwards."""
    found: float | None = None
    # Anybody's bytes: whatever does not fit the format, whichever error that gives, is "does not say".
    try:
        if suffix == "webm":
            found = _webm_duration(file)
        elif suffix in _READ_BY_TINYTAG and find_spec("tinytag") is not None:
            found = _tags_of(file, image=False).duration
    except Exception:
        # A length that cannot be read is not known; the file is kept as it is.
        found = None
    finally:
        file.seek(0)
    return round(found, 3) if found is not None and 0 < found < _LONGEST else None


def cover_of(file: IO[bytes] | Any, suffix: str) -> bytes | None:
    """Return the picture that a file carries as its cover, ``None`` for none. It is anybody's bytes."""
    data: bytes | None = None
    try:
        if suffix in _READ_BY_TINYTAG and find_spec("tinytag") is not None:
            image = _tags_of(file, image=True).images.any
            data = image.data if image is not None else None
    except Exception:
        # A cover that cannot be read is none.
        data = None
    finally:
        file.seek(0)
    return data if data and data.startswith(_PICTURES) and len(data) <= _MOST_COVER else None


def _tags_of(file: Any, *, image: bool) -> Any:
    from tinytag import TinyTag

    file.seek(0)
    return TinyTag.get(file_obj=file, tags=image, duration=not image, image=image)


def _webm_duration(file: Any) -> float | None:
    """Return what the segment's information says. Live recordings say nothing."""
    file.seek(0, 2)
    end = file.tell()
    for name, start, stop in _elements(file, 0, end):
        if name != _SEGMENT:
            continue
        for inner, info_start, info_stop in _elements(file, start, stop):
            if inner == _INFO:
                return _from_info(file, info_start, info_stop)
    return None


def _from_info(file: Any, start: int, stop: int) -> float | None:
    scale, length = 1_000_000, None
    for name, at, end in _elements(file, start, stop):
        if name in (_SCALE, _DURATION) and end - at <= 8:
            file.seek(at)
            data = file.read(end - at)
            if name == _SCALE:
                scale = int.from_bytes(data, "big")
            else:
                length = struct.unpack({4: ">f", 8: ">d"}[len(data)], data)[0]
    return length * scale / 1e9 if length is not None else None


def _elements(file: Any, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start, end) of the contents of the elements in a part of an EBML file."""
    at = start
    for _number in range(_MOST_ELEMENTS):
        if at >= end:
            return
        file.seek(at)
        head = file.read(12)
        name_length = _length_of(head[0], 4)
        size_length = _length_of(head[name_length], 8)
        name = int.from_bytes(head[:name_length], "big")
        size = int.from_bytes(head[name_length : name_length + size_length], "big") & ((1 << 7 * size_length) - 1)
        at += name_length + size_length
        # All ones: as long as what holds it.
        stop = end if size == (1 << 7 * size_length) - 1 else min(at + size, end)
        yield name, at, stop
        at = stop


def _length_of(byte: int, most: int) -> int:
    """Return how many bytes a number has, by the leading zeros of its first."""
    length = 9 - byte.bit_length()
    if length > most:
        raise ValueError("not EBML")
    return length
