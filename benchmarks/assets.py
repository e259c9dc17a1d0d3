"""Measure the work on pictures beside easy-thumbnails and Wagtail, in one run on the same pictures; print one JSON object.

    pip install easy-thumbnails wagtail scikit-image scipy
    python -m benchmarks.assets --pictures 24

The pictures are photographs that scikit-image and scipy ship, enlarged to 12 megapixels, with noise as a camera has it. Each
side makes the same five sizes as WebP of the same quality: the product by its worker, the others as their users have it done,
one rendition after another. Only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = {
    "thumb": ("fill", 200, 200),
    "card": ("fill", 640, 400),
    "small": ("max", 480, 480),
    "medium": ("max", 960, 960),
    "large": ("max", 1600, 1600),
}
QUALITY = 80
PIXELS = (4000, 3000)


def photographs(count: int, folder: Path) -> list[Path]:
    """Write ``count`` JPEG pictures of 12 megapixels, each another crop, turn or noise of a photograph."""
    import numpy
    from PIL import Image
    from skimage import data

    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    random = numpy.random.default_rng(26)
    found = []
    for number in range(count):
        picture = Image.fromarray(sources[number % len(sources)]).resize(PIXELS, Image.Resampling.BICUBIC)
        if number % 8 >= 4:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        grain = random.normal(0, 6, (PIXELS[1], PIXELS[0], 1))
        pixels = numpy.clip(numpy.asarray(picture) + grain, 0, 255).astype("uint8")
        path = folder / f"photograph-{number}.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        found.append(path)
    return found


def ours(path: Path) -> int:
    """Make the sizes as an upload does; return their bytes."""
    from ai_cms.assets.imaging.client import run_job
    from ai_cms.assets.imaging.job import Job, SizeSpec

    with tempfile.TemporaryDirectory() as folder:
        specs = tuple(SizeSpec(name, *size, QUALITY) for name, size in SIZES.items())
        outcome = run_job(Job(str(path), folder, "jpeg", specs))
        return sum(made.size for made in outcome.made)


def easy_thumbnails(path: Path) -> int:
    """Make the sizes by easy-thumbnails' engine and processors, each from the source, as it does."""
    from django.core.files.base import ContentFile
    from easy_thumbnails.files import Thumbnailer

    total = 0
    for mode, width, height in SIZES.values():
        thumbnailer = Thumbnailer(ContentFile(path.read_bytes(), name=path.name), name=path.name)
        thumbnailer.thumbnail_extension = "webp"
        thumbnailer.thumbnail_quality = QUALITY
        made = thumbnailer.generate_thumbnail({"size": (width, height), "crop": mode == "fill", "quality": QUALITY})
        total += made.size
    return total


def wagtail(path: Path) -> int:
    """Make the sizes by Willow with the operations of Wagtail's filters, each from the source, as it does."""
    from willow.image import Image

    total = 0
    for mode, width, height in SIZES.values():
        with path.open("rb") as file:
            image = Image.open(file).auto_orient()
            full = image.get_size()
            if mode == "fill":
                shape = width / height
                cut = (full[1] * shape, full[1]) if full[0] / full[1] > shape else (full[0], full[0] / shape)
                left, top = (full[0] - cut[0]) / 2, (full[1] - cut[1]) / 2
                image = image.crop((round(left), round(top), round(left + cut[0]), round(top + cut[1])))
                image = image.resize((width, height))
            else:
                scale = min(1, width / full[0], height / full[1])
                image = image.resize((round(full[0] * scale), round(full[1] * scale)))
            out = io.BytesIO()
            image.save_as_webp(out, quality=QUALITY)
            total += len(out.getvalue())
    return total


def measured(work: Callable[[Path], int], paths: list[Path]) -> dict[str, Any]:
    """Return the median seconds a picture and the bytes made of all."""
    seconds, size = [], 0
    for path in paths:
        started = time.perf_counter()
        size += work(path)
        seconds.append(time.perf_counter() - started)
    return {"seconds": round(statistics.median(seconds), 3), "bytes": size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=24)
    given = parser.parse_args()
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["easy_thumbnails"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField"
    )
    django.setup()
    sides: dict[str, Callable[[Path], int]] = {"ai_cms": ours, "easy_thumbnails": easy_thumbnails, "wagtail": wagtail}
    with tempfile.TemporaryDirectory() as folder:
        paths = photographs(given.pictures, Path(folder))
        # One after another, picture by picture, so that a busy minute of the machine meets all alike.
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
        for path in paths:
            for name, work in sides.items():
                results[name].append(measured(work, [path]))
    found = {
        name: {
            "seconds": round(statistics.median(row["seconds"] for row in rows), 3),
            "bytes": sum(row["bytes"] for row in rows),
        }
        for name, rows in results.items()
    }
    ratios = {
        f"of_{name}": round(found["ai_cms"]["seconds"] / found[name]["seconds"], 3)
        for name in sides
        if name != "ai_cms"
    }
    print(json.dumps({"pictures": given.pictures, "sides": found, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
