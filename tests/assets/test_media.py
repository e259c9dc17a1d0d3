"""How long sound and films play, and their covers, from files of each format; nothing that is wrong in them is an error."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.assets.imaging.client import run_job
from ai_cms.assets.imaging.job import Job, JobFailed
from ai_cms.assets.imaging.media import cover_of, duration_of
from ai_cms.assets.intake.kinds import kind_of

from .conftest import uploaded
from .pictures import jpeg

pytestmark = pytest.mark.worker

pytest.importorskip("tinytag", reason="needs the extra assets")


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def mp4(brand: bytes = b"isom", cover: bytes = b"") -> bytes:
    header = box(b"mvhd", b"\x00" * 12 + struct.pack(">II", 1000, 65_500) + b"\x00" * 80)
    data = box(b"covr", box(b"data", struct.pack(">II", 13, 0) + cover)) if cover else b""
    meta = box(b"udta", box(b"meta", b"\x00" * 4 + box(b"ilst", data)))
    kind = box(b"ftyp", brand + b"\x00\x00\x02\x00" + brand)
    return kind + box(b"moov", header + meta) + box(b"mdat", b"\x00" * 40)


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 12_000)
    return out.getvalue()


def mp3(cover: bytes = b"") -> bytes:
    """Return 115 frames of 128 kbit/s at 44.1 kHz, 1152 samples each, behind a tag with a cover."""
    frames = (b"\xff\xfb\x90\x64" + b"\x00" * 413) * 115
    picture = b"\x00image/jpeg\x00\x03\x00" + cover
    tag = b"APIC" + struct.pack(">I", len(picture)) + b"\x00\x00" + picture if cover else b""
    size = len(tag)
    synchsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + tag + frames


def flac() -> bytes:
    packed = 44_100 << 44 | 0 << 41 | 15 << 36 | 44_100 * 2
    info = struct.pack(">HH", 4096, 4096) + b"\x00" * 6 + packed.to_bytes(8, "big") + b"\x00" * 16
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info


def opus() -> bytes:
    def page(kind: int, position: int, data: bytes) -> bytes:
        head = b"OggS\x00" + bytes([kind]) + struct.pack("<qIII", position, 1, 0, 0)
        return head + bytes([1, len(data)]) + data

    head = b"OpusHead\x01\x01" + struct.pack("<HIh", 0, 48_000, 0) + b"\x00"
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", 0)
    return page(2, 0, head) + page(0, 0, tags) + page(4, 48_000 * 4, b"\x00" * 20)


def element(name: int, data: bytes, unknown: bool = False) -> bytes:
    identity = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return identity + (b"\x01" + b"\xff" * 7 if unknown else (len(data) | 1 << 28).to_bytes(4, "big")) + data


def webm(*, duration: bool = True, live: bool = False) -> bytes:
    length = element(0x4489, struct.pack(">d", 4200.0)) if duration else b""
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + length)
    segment = element(0x18538067, element(0xEC, b"\x00" * 30) + info, unknown=live)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + segment


def looked_at(data: bytes) -> tuple[str, Any, Any]:
    file = io.BytesIO(data)
    kind = kind_of(file)
    assert kind is not None
    found = (kind.suffix, duration_of(file, kind.suffix), cover_of(file, kind.suffix))
    assert file.tell() == 0
    return found


COVER = jpeg(60, 60)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (wav(), ("wav", 1.5, None)),
        (mp4(cover=COVER), ("mp4", 65.5, COVER)),
        (mp4(b"qt  "), ("mov", 65.5, None)),
        (mp4(b"M4A ", COVER), ("m4a", 65.5, COVER)),
        (mp3(COVER), ("mp3", pytest.approx(115 * 1152 / 44_100, abs=0.05), COVER)),
        (flac(), ("flac", 2.0, None)),
        (opus(), ("ogg", 4.0, None)),
        (webm(), ("webm", 4.2, None)),
        (webm(live=True), ("webm", 4.2, None)),
        (webm(duration=False), ("webm", None, None)),
        (mp4(cover=b"<script>alert(1)</script>"), ("mp4", 65.5, None)),
    ],
)
def test_files_say_how_long_they_play_and_what_they_look_like(data: bytes, expected: Any) -> None:
    assert looked_at(data) == expected


def test_the_worker_does_it(tmp_path: Path) -> None:
    path = tmp_path / "incoming"
    path.write_bytes(mp4(cover=COVER))
    outcome = run_job(Job(str(path), str(tmp_path), "mp4"))
    assert (outcome.duration, Path(outcome.cover).read_bytes()) == (65.5, COVER)
    path.write_bytes(webm())
    outcome = run_job(Job(str(path), str(tmp_path), "webm"))
    assert (outcome.duration, outcome.cover) == (4.2, "")


@pytest.mark.django_db
def test_a_film_whose_parser_fails_is_taken_without_what_it_says(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(job: Job, **options: Any) -> Any:
        raise JobFailed("too_slow", "The picture takes too long to be worked on.")

    monkeypatch.setattr("ai_cms.assets.services.preparing.run_job", fails)
    asset = uploaded(member, mp4(cover=COVER), "film.mp4")
    assert (asset.mime, asset.duration, asset.renditions.count()) == ("video/mp4", None, 0)


SAMPLES = [wav(), mp4(cover=COVER), mp3(COVER), flac(), opus(), webm(), webm(live=True)]


@settings(max_examples=150, deadline=2000)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.data())
def test_nothing_in_a_file_is_an_error(sample: bytes, changes: list[tuple[int, int]], data: st.DataObject) -> None:
    touched = bytearray(sample[: data.draw(st.integers(1, len(sample)))])
    for at, value in changes:
        # The first bytes tell the kind.
        if 12 < at < len(touched):
            touched[at] = value
    file = io.BytesIO(bytes(touched))
    kind = kind_of(io.BytesIO(sample))
    assert kind is not None
    length = duration_of(file, kind.suffix)
    assert length is None or 0 < length < 60 * 60 * 24 * 31
    cover = cover_of(file, kind.suffix)
    assert cover is None or cover.startswith((b"\xff\xd8\xff", b"\x89PNG"))
