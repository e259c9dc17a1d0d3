"""What is made of pictures: each row of what real decoders do where a good guess is wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from ai_cms.assets.imaging.client import run_job
from ai_cms.assets.imaging.job import Job, JobFailed, Limits, SizeSpec
from ai_cms.assets.imaging.opening import open_picture

from .pictures import animation, encoded, jpeg, picture, xmp_of

pytestmark = pytest.mark.worker

MAX = SizeSpec("max", "max", 320, 320)
FILL = SizeSpec("fill", "fill", 100, 100, animate=False)


def made_of(
    data: bytes, loader: str, folder: Path, *sizes: SizeSpec, formats: tuple[str, ...] = ("webp",), **options: Any
) -> tuple[Any, dict[str, Image.Image]]:
    """Return the outcome and the pictures made, by size and format."""
    path = folder / "in"
    path.write_bytes(data)
    outcome = run_job(Job(str(path), str(folder), loader, sizes or (MAX,), formats, **options))
    return outcome, {
        f"{made.spec}.{made.format}": Image.open(io.BytesIO(Path(made.path).read_bytes())) for made in outcome.made
    }


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours near the corners, clockwise from the top left, rounded to 0, 1 or 2."""
    plain = image.convert("RGB")
    width, height = plain.size
    places = [(4, 4), (width - 5, 4), (width - 5, height - 5), (4, height - 5)]
    return [tuple(round(value / 127.5) for value in plain.getpixel(place)) for place in places]  # type: ignore[union-attr]


UPRIGHT = [(2, 0, 0), (0, 2, 0), (0, 0, 2), (2, 2, 2)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright_and_is_measured_so(tmp_path: Path, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = picture(400, 300)
    if orientation in turns:
        stored = stored.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    outcome, made = made_of(encoded(stored, "JPEG", exif=exif, quality=95), "jpeg", tmp_path)
    assert (outcome.width, outcome.height) == (400, 300)
    assert made["max.webp"].size == (320, 240)
    assert corners(made["max.webp"]) == UPRIGHT
    assert made["max.webp"].getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("format", "loader"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")])
def test_orientation_of_every_format(tmp_path: Path, format: str, loader: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = picture(400, 300).transpose(Image.Transpose.ROTATE_90)
    outcome, made = made_of(encoded(stored, format, exif=exif.tobytes()), loader, tmp_path)
    assert (outcome.width, outcome.height) == (400, 300)
    assert corners(made["max.webp"]) == UPRIGHT


def test_heic_is_turned_once(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = picture(400, 304).transpose(Image.Transpose.ROTATE_90)
    outcome, made = made_of(encoded(stored, "HEIF", exif=exif.tobytes()), "heic", tmp_path)
    assert (outcome.width, outcome.height) == (400, 304)
    assert corners(made["max.webp"]) == UPRIGHT


def test_an_orientation_in_xmp_alone_holds_too(tmp_path: Path) -> None:
    xmp = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    stored = picture(400, 300).transpose(Image.Transpose.ROTATE_90)
    outcome, made = made_of(encoded(stored, "JPEG", xmp=xmp), "jpeg", tmp_path)
    assert (outcome.width, outcome.height) == (400, 300)
    assert corners(made["max.webp"]) == UPRIGHT


def test_heic_without_its_package_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "in.heic"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic")
    with pytest.raises(JobFailed, match="pillow-heif") as caught:
        open_picture(str(path), "heic", Limits())
    assert caught.value.code == "heic_unavailable"


def test_avif_is_smaller_than_webp_for_grainy_pictures_too(tmp_path: Path) -> None:
    # At its own default quality it is larger there.
    grainy = Image.blend(picture(400, 300), Image.effect_noise((400, 300), 60).convert("RGB"), 0.3)
    outcome, _made = made_of(encoded(grainy, "JPEG", quality=90), "jpeg", tmp_path, formats=("webp", "avif"))
    sizes = {made.format: made.size for made in outcome.made}
    assert sizes["avif"] < sizes["webp"]


@pytest.mark.parametrize("formats", [("webp",), ("avif",), ("jpeg",), ("png",)])
def test_location_and_everything_else_about_the_photographer_goes(tmp_path: Path, formats: tuple[str, ...]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "SecretCamera"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretLens</x:xmpmeta>"
    data = encoded(picture(), "JPEG", exif=exif, xmp=xmp, comment=b"SecretNote")
    outcome, _made = made_of(data, "jpeg", tmp_path, formats=formats)
    stored = Path(outcome.made[0].path).read_bytes()
    for secret in (b"SecretCamera", b"SecretLens", b"SecretNote", b"Exif\x00\x00II", b"Exif\x00\x00MM"):
        assert secret not in stored


def test_wide_gamut_colours_are_converted_not_dropped(tmp_path: Path) -> None:
    # Rec. 2020 primaries: full green there lies outside sRGB, a middling one inside.
    profile = _profile(((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)))
    image = Image.new("RGB", (64, 64), (120, 160, 90))
    expected = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert expected is not None
    _outcome, made = made_of(
        encoded(image, "PNG", icc_profile=profile), "png", tmp_path, formats=("png", "webp", "avif")
    )
    wanted = expected.getpixel((30, 30))
    for name, result in made.items():
        assert "icc_profile" not in result.info, name
        seen = result.convert("RGB").getpixel((30, 30))
        assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= 4, name
        assert max(abs(a - b) for a, b in zip(seen, (120, 160, 90), strict=True)) > 10, "the numbers were taken as sRGB"


def test_cmyk_is_converted_and_keeps_no_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    _outcome, made = made_of(encoded(image, "JPEG", quality=95), "jpeg", tmp_path, formats=("webp", "png", "avif"))
    for result in made.values():
        assert result.mode == "RGB"
        assert result.getpixel((30, 30))[0] > 200
        assert "icc_profile" not in result.info


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    image = Image.new("I;16", (64, 64), 32_768)
    _outcome, made = made_of(encoded(image, "PNG"), "png", tmp_path, formats=("png",))
    assert abs(made["max.png"].convert("L").getpixel((30, 30)) - 128) <= 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "PA", "RGBA", "1"])
def test_every_mode_is_kept_visible(tmp_path: Path, mode: str) -> None:
    image = picture(200, 150).convert("RGBA" if mode == "PA" else mode)
    _outcome, made = made_of(encoded(image, "PNG"), "png", tmp_path, formats=("webp", "jpeg", "avif", "png"))
    for result in made.values():
        grey = result.convert("L")
        assert grey.getpixel((4, 145)) > 240
        assert grey.getpixel((195, 145)) < 60


def test_transparency_survives_and_jpeg_has_a_white_ground(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    _outcome, made = made_of(encoded(image, "PNG"), "png", tmp_path, formats=("webp", "jpeg"))
    assert made["max.webp"].convert("RGBA").getpixel((30, 30))[3] == 0
    assert min(made["max.jpeg"].getpixel((30, 30))) > 250


def test_phone_pictures_with_several_frames_are_one_picture(tmp_path: Path) -> None:
    second = picture(320, 240).convert("L").convert("RGB")
    data = encoded(picture(640, 480), "MPO", save_all=True, append_images=[second])
    with Image.open(io.BytesIO(data)) as opened:
        assert (opened.format, opened.n_frames) == ("MPO", 2)  # type: ignore[attr-defined]
    outcome, made = made_of(data, "jpeg", tmp_path)
    assert outcome.frames == 1
    assert getattr(made["max.webp"], "n_frames", 1) == 1
    assert corners(made["max.webp"]) == UPRIGHT


@pytest.mark.parametrize(("format", "loader"), [("GIF", "gif"), ("WEBP", "webp"), ("PNG", "png")])
def test_animations_move_with_their_own_times(tmp_path: Path, format: str, loader: str) -> None:
    data = animation((100, 200, 300), format, 600)
    outcome, made = made_of(data, loader, tmp_path, MAX, FILL)
    moving = made["max.webp"]
    assert outcome.frames == 3
    assert moving.size == (320, 320)
    assert moving.info["loop"] == 3
    times = []
    for frame in range(moving.n_frames):  # type: ignore[attr-defined]
        moving.seek(frame)
        moving.load()
        times.append(moving.info["duration"])
    assert times == [100, 200, 300]
    assert getattr(made["fill.webp"], "n_frames", 1) == 1


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize(("format", "loader"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")])
def test_pictures_that_are_cut_short_are_refused(tmp_path: Path, format: str, loader: str, share: float) -> None:
    data = encoded(Image.effect_noise((300, 300), 90).convert("RGB"), format)
    with pytest.raises(JobFailed) as caught:
        made_of(data[: int(len(data) * share)], loader, tmp_path)
    assert caught.value.code == "broken_picture"


def test_an_animation_with_a_broken_last_frame_is_refused(tmp_path: Path) -> None:
    data = animation((100, 100, 100), "PNG", 300)
    with pytest.raises(JobFailed) as caught:
        made_of(data[: int(len(data) * 0.9)], "png", tmp_path)
    assert caught.value.code == "broken_picture"


def test_limits_of_pixels_frames_memory_and_time(tmp_path: Path) -> None:
    data = encoded(Image.new("RGB", (2000, 2000)), "PNG")
    for code, limits in (
        ("too_many_pixels", Limits(pixels=3_999_999)),
        ("too_much_memory", Limits(memory=150_000_000, pixels=10**9)),
    ):
        large = encoded(Image.new("RGB", (9000, 9000)), "PNG") if code == "too_much_memory" else data
        with pytest.raises(JobFailed) as caught:
            made_of(large, "png", tmp_path, limits=Limits(**{**limits.__dict__, "total_pixels": 10**10}))
        assert caught.value.code == code
    for limits in (Limits(frames=2), Limits(total_pixels=3 * 60 * 60 - 1)):
        with pytest.raises(JobFailed) as caught:
            made_of(animation((100, 100, 100)), "gif", tmp_path, limits=limits)
        assert caught.value.code in ("too_many_frames", "too_many_pixels")


@pytest.mark.parametrize("data", [b"", b"text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x00\x00\x01\x00"])
def test_what_is_no_picture_of_its_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(JobFailed) as caught:
        made_of(data, "png", tmp_path)
    assert caught.value.code == "broken_picture"


def test_only_the_decoder_of_the_kind_is_tried(tmp_path: Path) -> None:
    with pytest.raises(JobFailed):
        made_of(encoded(picture(), "TIFF"), "jpeg", tmp_path)


def test_no_side_becomes_zero_and_nothing_is_enlarged(tmp_path: Path) -> None:
    thin = encoded(Image.new("RGB", (1, 900)), "PNG")
    _outcome, made = made_of(thin, "png", tmp_path, MAX, SizeSpec("fit", "fit", 300, 300), FILL)
    assert {name: image.size for name, image in made.items()} == {
        "max.webp": (1, 320), "fit.webp": (1, 300), "fill.webp": (1, 1),
    }  # fmt: skip
    _outcome, made = made_of(jpeg(80, 60), "jpeg", tmp_path, MAX, FILL)
    assert made["max.webp"].size == (80, 60)
    assert made["fill.webp"].size == (60, 60)


def test_webp_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(JobFailed) as caught:
        made_of(encoded(Image.new("RGB", (17_000, 2)), "PNG"), "png", tmp_path, SizeSpec("huge", "max", 20_000, 20_000))
    assert caught.value.code == "too_many_pixels"


def test_the_cut_follows_the_focal_point(tmp_path: Path) -> None:
    seen = {}
    for focal in ((0.0, 0.5), (0.5, 0.5), (1.0, 0.5)):
        _outcome, made = made_of(jpeg(800, 200), "jpeg", tmp_path, FILL, focal=focal)
        seen[focal] = corners(made["fill.webp"])[0]
    assert seen[(0.0, 0.5)] == (2, 0, 0)
    assert seen[(1.0, 0.5)] == (0, 2, 0)
    assert made["fill.webp"].size == (100, 100)


def test_draft_decoding_does_not_lose_detail_or_place(tmp_path: Path) -> None:
    data = encoded(picture(3000, 2000), "JPEG", quality=95)
    outcome, made = made_of(data, "jpeg", tmp_path, MAX, FILL, SizeSpec("large", "max", 700, 700))
    assert (outcome.width, outcome.height) == (3000, 2000)
    assert made["large.webp"].size == (700, 467)
    assert corners(made["large.webp"]) == UPRIGHT


@pytest.mark.parametrize("format", ["webp", "avif", "jpeg", "png"])
def test_the_mark_of_origin_is_in_every_format(tmp_path: Path, format: str) -> None:
    from ai_cms.assets.provenance.xmp import packet

    xmp = packet("trainedAlgorithmicMedia", model="painter-1", credit='Ann & "Bob"')
    outcome, _made = made_of(jpeg(), "jpeg", tmp_path, formats=(format,), xmp=xmp)
    path = outcome.made[0].path
    again = run_job(Job(path, str(tmp_path), format))
    assert again.digital_source_type == "trainedAlgorithmicMedia"
    description = xmp_of(Path(path).read_bytes())
    assert description["DigitalSourceType"].endswith("/digitalsourcetype/trainedAlgorithmicMedia")
    assert description["AISystemUsed"] == "painter-1"
    assert description["Credit"] == 'Ann & "Bob"'


def _profile(primaries: tuple[tuple[float, float], ...]) -> bytes:
    """Return a matrix profile with these primaries, D50 white and gamma 2.2, made from sRGB's by exchanging its numbers."""
    import struct

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # White D65 adapted to D50 by the columns' sums: scale each primary so that together they are white.
    white = (0.9642, 1.0, 0.8249)
    columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]
    scales = _solve(columns, white)
    count = struct.unpack(">I", profile[128:132])[0]
    for number in range(count):
        tag, offset, _size = struct.unpack(">4sII", profile[132 + 12 * number : 144 + 12 * number])
        if tag in (b"rXYZ", b"gXYZ", b"bXYZ"):
            index = b"rgb".index(tag[:1])
            values = [round(part * scales[index] * 65536) for part in columns[index]]
            profile[offset + 8 : offset + 20] = struct.pack(">3i", *values)
    return bytes(profile)


def _solve(columns: list[tuple[float, float, float]], target: tuple[float, float, float]) -> list[float]:
    def determinant(a: Any, b: Any, c: Any) -> float:
        return float(
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
        )

    whole = determinant(*columns)
    return [
        determinant(*[target if place == index else column for place, column in enumerate(columns)]) / whole
        for index in range(3)
    ]
