"""What sound and film files say of themselves: how long they play and their cover picture. Only headers are read."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from .kinds import Kind

__all__ = ["cover_of", "duration_of"]

_MOST_BOXES = 2000
_MOST_COVER = 5_000_000
_LONGEST = 60 * 60 * 24 * 30


def duration_of(file: Any, kind: Kind) -> float | None:
    """Return the seconds a file plays, ``None`` where it does not say."""
    try:
        found = _DURATIONS.get(kind.suffix, lambda file: None)(file)
    # Anybody's bytes: whatever does not fit the format is "does not say".
    except (struct.error, ValueError, IndexError, OSError, ZeroDivisionError, OverflowError):
        found = None
    finally:
        file.seek(0)
    return round(found, 3) if found is not None and 0 < found < _LONGEST else None


def cover_of(file: Any, kind: Kind) -> bytes | None:
    """Return the picture that a file carries as its cover, ``None`` for none. It is anybody's bytes."""
    try:
        data = {"mp4": _mp4_cover, "m4a": _mp4_cover, "mp3": _id3_cover}.get(kind.suffix, lambda file: None)(file)
    except (struct.error, ValueError, IndexError, OSError):
        data = None
    finally:
        file.seek(0)
    return data if data and len(data) <= _MOST_COVER else None


def _boxes(file: Any, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start, end) of the contents of the boxes in a part of an MP4 file."""
    at = start
    for _number in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        size = end - at if size == 0 else size
        if size < head or at + size > end:
            return
        yield name, at + head, at + size
        at += size


def _inside(file: Any, *path: bytes, skip: int = 0) -> tuple[int, int] | None:
    file.seek(0, 2)
    found: tuple[int, int] | None = (0, file.tell())
    for name in path:
        if found is None:
            return None
        found = next(((a, b) for box, a, b in _boxes(file, *found) if box == name), None)
        if name == b"meta" and found is not None:
            found = (found[0] + 4, found[1])
    return found


def _mp4_duration(file: Any) -> float | None:
    place = _inside(file, b"moov", b"mvhd")
    if place is None:
        return None
    file.seek(place[0])
    if file.read(1) == b"\x01":
        file.seek(place[0] + 20)
        scale, length = struct.unpack(">IQ", file.read(12))
    else:
        file.seek(place[0] + 12)
        scale, length = struct.unpack(">II", file.read(8))
    return float(length / scale)


def _mp4_cover(file: Any) -> bytes | None:
    place = _inside(file, b"moov", b"udta", b"meta", b"ilst", b"covr", b"data")
    if place is None or place[1] - place[0] > _MOST_COVER:
        return None
    file.seek(place[0] + 8)
    return bytes(file.read(place[1] - place[0] - 8))


def _wav_duration(file: Any) -> float | None:
    file.seek(12)
    rate = 0
    for _number in range(100):
        head = file.read(8)
        if len(head) < 8:
            return None
        name, size = struct.unpack("<4sI", head)
        if name == b"fmt ":
            rate = struct.unpack("<I", file.read(size)[8:12])[0]
        elif name == b"data":
            return float(size / rate)
        else:
            file.seek(size + size % 2, 1)
    return None


def _flac_duration(file: Any) -> float | None:
    file.seek(8 + 10)
    packed = int.from_bytes(file.read(8), "big")
    rate, samples = packed >> 44, packed & 0xFFFFFFFFF
    return float(samples / rate)


def _ogg_duration(file: Any) -> float | None:
    head = file.read(200)
    at = head.find(b"\x01vorbis")
    rate = struct.unpack("<I", head[at + 12 : at + 16])[0] if at >= 0 else 48_000 if b"OpusHead" in head else 0
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 65_536))
    tail = file.read(65_536)
    last = tail.rfind(b"OggS")
    return float(struct.unpack("<q", tail[last + 6 : last + 14])[0] / rate) if last >= 0 else None


def _id3_frames(file: Any) -> Iterator[tuple[bytes, bytes]]:
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or head[3] not in (3, 4):
        return
    end = 10 + _synchsafe(head[6:10])
    at = 10
    while at + 10 < min(end, _MOST_COVER):
        file.seek(at)
        frame = file.read(10)
        size = _synchsafe(frame[4:8]) if head[3] == 4 else int.from_bytes(frame[4:8], "big")
        if not frame[:4].strip(b"\x00") or size <= 0 or size > _MOST_COVER:
            return
        yield frame[:4], file.read(size)
        at += 10 + size


def _synchsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value


def _id3_duration(file: Any) -> float | None:
    for name, value in _id3_frames(file):
        if name == b"TLEN":
            return int(value[1:].decode("latin-1").strip("\x00 ")) / 1000
    return None


def _id3_cover(file: Any) -> bytes | None:
    for name, value in _id3_frames(file):
        if name == b"APIC":
            for magic in (b"\xff\xd8\xff", b"\x89PNG"):
                at = value.find(magic)
                if 0 <= at < 400:
                    return value[at:]
    return None


_DURATIONS: dict[str, Any] = {
    "mp4": _mp4_duration,
    "mov": _mp4_duration,
    "m4a": _mp4_duration,
    "wav": _wav_duration,
    "flac": _flac_duration,
    "ogg": _ogg_duration,
    "mp3": _id3_duration,
}
