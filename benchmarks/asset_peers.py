"""How easy-thumbnails and Wagtail do the work that :mod:`benchmarks.assets` measures, each as its own users have it done."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

__all__ = ["engines", "listings", "prepare_tables", "uploads"]

#: As Wagtail's ``Image.create_renditions`` has it.
_WAGTAIL_THREADS = 3
Sizes = dict[str, tuple[str, int, int]]


def engines(sizes: Sizes, quality: int) -> dict[str, Callable[[Path], int]]:
    """Return what makes the sizes of a file and nothing else, by name; each returns the bytes made."""
    filters = _filters(sizes, quality)

    def easy_thumbnails(path: Path) -> int:
        from easy_thumbnails.files import Thumbnailer

        total = 0
        for mode, width, height in sizes.values():
            thumbnailer = Thumbnailer(ContentFile(path.read_bytes(), name=path.name), name=path.name)
            thumbnailer.thumbnail_extension = "webp"
            options = {"size": (width, height), "crop": mode == "fill", "quality": quality}
            total += thumbnailer.generate_thumbnail(options).size
        return total

    def one_filter(data: bytes, spec: str) -> int:
        from wagtail.images.models import Filter, Image

        image = Image(title="", width=1, height=1, file=ContentFile(data, name="a.jpg"))
        out = io.BytesIO()
        Filter(spec=spec).run(image, out, source=io.BytesIO(data))
        return len(out.getvalue())

    def wagtail(path: Path) -> int:
        data = path.read_bytes()
        return sum(one_filter(data, spec) for spec in filters)

    def wagtail_in_threads(path: Path) -> int:
        data = path.read_bytes()
        with ThreadPoolExecutor(max_workers=_WAGTAIL_THREADS) as pool:
            return sum(pool.map(lambda spec: one_filter(data, spec), filters))

    return {"easy_thumbnails": easy_thumbnails, "wagtail": wagtail, "wagtail_in_threads": wagtail_in_threads}


def uploads(sizes: Sizes, quality: int) -> dict[str, Callable[[Path], int]]:
    """Return what takes a file in: kept, its sizes made and stored, all of it in rows."""
    filters = _filters(sizes, quality)

    def easy_thumbnails(path: Path) -> int:
        picture = _picture_model()()
        picture.file.save(path.name, ContentFile(path.read_bytes()), save=True)
        picture.file.thumbnail_extension = "webp"
        total = 0
        for mode, width, height in sizes.values():
            options = {"size": (width, height), "crop": mode == "fill", "quality": quality}
            total += picture.file.get_thumbnail(options).size
        return total

    def wagtail(path: Path) -> int:
        from wagtail.images.models import Image

        image = Image.objects.create(title=path.stem, file=ContentFile(path.read_bytes(), name=path.name))
        return sum(rendition.file.size for rendition in image.get_renditions(*filters).values())

    return {"easy_thumbnails": easy_thumbnails, "wagtail": wagtail}


def listings(count: int, photograph: bytes) -> dict[str, Callable[[], list[str]]]:
    """Store ``count`` pictures with thumbnails and return what lists the addresses of those, as a template shows them."""
    from wagtail.images.models import Image

    options = {"size": (200, 200), "crop": True, "quality": 80}
    spec = "fill-200x200|format-webp|webpquality-80"
    model = _picture_model()
    model.objects.all().delete()
    Image.objects.all().delete()
    for number in range(count):
        picture = model()
        picture.file.save(f"listed-{number}.jpg", ContentFile(photograph), save=True)
        picture.file.get_thumbnail(options)
        image = Image.objects.create(title=f"{number}", file=ContentFile(photograph, name=f"listed-{number}.jpg"))
        image.get_rendition(spec)

    def easy_thumbnails() -> list[str]:
        return [row.file.get_thumbnail(options).url for row in model.objects.order_by("-pk")[:count]]

    def wagtail() -> list[str]:
        rows = Image.objects.order_by("-pk").prefetch_renditions(spec)[:count]
        return [row.get_rendition(spec).url for row in rows]

    return {"easy_thumbnails": easy_thumbnails, "wagtail": wagtail}


def prepare_tables() -> None:
    """Make the table of the model that easy-thumbnails' pictures hang on."""
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(_picture_model())


_models: dict[str, Any] = {}


def _picture_model() -> Any:
    """Return a model with a picture, as a project of easy-thumbnails has one."""
    if "picture" not in _models:
        from django.db import models
        from easy_thumbnails.fields import ThumbnailerField

        class Picture(models.Model):
            file = ThumbnailerField(upload_to="peers")

            class Meta:
                app_label = "asset_peers"

            def __str__(self) -> str:
                return str(self.file)

        _models["picture"] = Picture
    return _models["picture"]


def _filters(sizes: Sizes, quality: int) -> list[str]:
    words = {"fill": "fill", "max": "max"}
    return [
        f"{words[mode]}-{width}x{height}|format-webp|webpquality-{quality}" for mode, width, height in sizes.values()
    ]
