"""Measure the work on pictures beside easy-thumbnails and Wagtail, in one run on the same pictures; print one JSON object.

    python -m venv peers
    peers/bin/pip install -e ".[assets,s3]" easy-thumbnails wagtail scikit-image "moto[s3,server]"
    peers/bin/python -m benchmarks.assets --pictures 24 --listed 100

The pictures are photographs that scikit-image ships, enlarged to 12 megapixels, with noise as a camera has it. Each side makes
the same five sizes as WebP of the same quality: first the work on pixels alone, then a whole upload with storage and rows. The
listing is of assets with thumbnails in a bucket that moto serves. Wall seconds depend on how busy the machine is, so CPU seconds
stand beside them; only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
_LISTINGS = 20


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


def our_engine(path: Path) -> int:
    """Make the sizes as an upload does, process and all; return their bytes."""
    from ai_cms.assets.imaging.client import run_job
    from ai_cms.assets.imaging.job import Job, SizeSpec

    with tempfile.TemporaryDirectory() as folder:
        specs = tuple(SizeSpec(name, *size, QUALITY) for name, size in SIZES.items())
        outcome = run_job(Job(str(path), folder, "jpeg", specs))
        return sum(made.size for made in outcome.made)


def our_upload(path: Path) -> int:
    """Take a file in as REST does; return the bytes of its sizes."""
    from ai_cms.assets.services import upload_asset

    with path.open("rb") as file:
        asset = upload_asset(file, actor=_owner(), name=path.name, allow_duplicate=True).asset
    return sum(row.size for row in asset.renditions.all())


def our_listings(count: int, photograph: bytes) -> dict[str, Callable[[], list[str]]]:
    """Store ``count`` assets and return what lists their thumbnails, as a template does, and all that REST says of them."""
    from ai_cms.assets import get_asset_model
    from ai_cms.assets.api.shapes import asset_json
    from ai_cms.assets.pictures import address_of, rendition_of
    from ai_cms.assets.querysets import real
    from ai_cms.assets.services import upload_asset

    get_asset_model().objects.all().delete()
    for number in range(count):
        upload_asset(
            io.BytesIO(photograph), actor=_owner(), name=f"listed-{number}.jpg", allow_duplicate=True, tags=["listed"]
        )

    class Request:
        def build_absolute_uri(self, path: str) -> str:
            return path

    request = Request()

    def thumbnails() -> list[str]:
        assets = map(real, get_asset_model().objects.shown("thumb").order_by("-created_at", "-pk")[:count])
        return [address_of(asset, rendition_of(asset, "thumb")) for asset in assets]

    def everything() -> list[str]:
        rows = get_asset_model().objects.listed().order_by("-created_at", "-pk")[:count]
        return [asset_json(row, request)["thumbnail"] for row in rows]

    return {"ai_cms": thumbnails, "ai_cms_rest": everything}


def measured(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the wall seconds, the CPU seconds (processes that were started included) and the result of ``work``."""
    before, started = os.times(), time.perf_counter()
    result = work()
    wall, after = time.perf_counter() - started, os.times()
    return wall, sum(after[:4]) - sum(before[:4]), result


def compared(sides: dict[str, Callable[[Path], int]], paths: list[Path]) -> dict[str, Any]:
    """Return medians for each side and what ours are of the others'."""
    # One after another, picture by picture, so that a busy minute of the machine meets all alike.
    rows: dict[str, list[tuple[float, float, Any]]] = {name: [] for name in sides}
    for path in paths:
        for name, work in sides.items():
            rows[name].append(measured(lambda work=work, path=path: work(path)))  # type: ignore[misc]
    found = {
        name: {
            "seconds": round(statistics.median(wall for wall, _cpu, _size in taken), 3),
            "cpu_seconds": round(statistics.median(cpu for _wall, cpu, _size in taken), 3),
            "bytes": sum(size for _wall, _cpu, size in taken),
        }
        for name, taken in rows.items()
    }
    return {"sides": found, "ratios": _ratios(found, ("seconds", "cpu_seconds"))}


def listed(sides: dict[str, Callable[[], list[str]]], count: int) -> dict[str, Any]:
    """Return queries and listings a second of each side, and how many times theirs ours are."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    queries = {}
    for name, work in sides.items():
        with CaptureQueriesContext(connection) as captured:
            addresses = work()
        if len(addresses) != count or not all(address.startswith("http") for address in addresses):
            raise SystemExit(f"{name} lists {addresses[:2]}")
        queries[name] = len(captured)
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _number in range(_LISTINGS):
        for name, work in sides.items():
            taken[name].append(measured(work)[0])
    found = {
        name: {"queries": queries[name], "rate": round(1 / statistics.median(seconds), 2)}
        for name, seconds in taken.items()
    }
    times = {
        f"of_{name}": round(found["ai_cms"]["rate"] / found[name]["rate"], 2) for name in found if name != "ai_cms"
    }
    return {"assets": count, "sides": found, "times": times}


@contextmanager
def bucket_server() -> Iterator[str]:
    """Have moto serve buckets from a process of its own; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _attempt in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except OSError:
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _ratios(found: dict[str, Any], units: tuple[str, ...]) -> dict[str, Any]:
    ours = found["ai_cms"]
    return {
        f"of_{name}": {unit: round(ours[unit] / row[unit], 3) for unit in units}
        for name, row in found.items()
        if name != "ai_cms"
    }


def _owner() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get_or_create(username="owner", defaults={"is_staff": True})[0]


def _storages(folder: Path, endpoint: str = "") -> dict[str, Any]:
    """Return a folder, or with an ``endpoint`` a bucket, for each alias."""
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    if not endpoint:
        local = "django.core.files.storage.FileSystemStorage"
        aliases = ("default", "assets", "private_assets")
        return {
            "staticfiles": static,
            **{
                name: {"BACKEND": local, "OPTIONS": {"location": str(folder / name), "base_url": "/media/"}}
                for name in aliases
            },
        }
    options = {
        "endpoint_url": endpoint, "access_key": "test", "secret_key": "test", "region_name": "us-east-1",
        "location": "media", "querystring_auth": False, "file_overwrite": False,
    }  # fmt: skip
    return {
        "staticfiles": static,
        **{
            alias: {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "bucket_name": bucket}}
            for alias, bucket in (("default", "public"), ("assets", "public"), ("private_assets", "private"))
        },
    }


def _set_up(folder: Path) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY=secrets.token_hex(),
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "polymorphic", "mptt",
            "rest_framework", "ai_cms.core", "ai_cms.blocks", "ai_cms.assets",
            "django.contrib.messages", "django.contrib.staticfiles", "taggit", "wagtail.images", "wagtail.documents",
            "wagtail.search", "wagtail.users", "wagtail.admin", "wagtail", "easy_thumbnails",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}},
        STORAGES=_storages(folder),
        STATIC_URL="/static/",
        ROOT_URLCONF="benchmarks.asset_urls",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        WAGTAILIMAGES_MAX_IMAGE_PIXELS=50_000_000,
        WAGTAILADMIN_BASE_URL="http://localhost",
        AI_CMS={
            "ASSET_SIZES": {
                name: {"mode": mode, "width": width, "height": height, "srcset": mode == "max"}
                for name, (mode, width, height) in SIZES.items()
            },
            "ASSET_TASK_FORMATS": [],
        },
    )  # fmt: skip
    django.setup()
    call_command("migrate", verbosity=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--listed", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _set_up(folder)
        from django.core.files.storage import storages
        from django.test import override_settings

        from benchmarks import asset_peers as peers

        peers.prepare_tables()
        (folder / "photographs").mkdir()
        paths = photographs(given.pictures, folder / "photographs")
        found: dict[str, Any] = {"pictures": given.pictures, "load": os.getloadavg()[0]}
        found["renditions"] = compared({"ai_cms": our_engine, **peers.engines(SIZES, QUALITY)}, paths)
        found["upload"] = compared({"ai_cms": our_upload, **peers.uploads(SIZES, QUALITY)}, paths)
        with bucket_server() as endpoint, override_settings(STORAGES=_storages(folder, endpoint)):
            for alias, bucket in (("assets", "public"), ("private_assets", "private")):
                storages[alias].connection.create_bucket(Bucket=bucket)  # type: ignore[attr-defined]
            photograph = _small(paths[0])
            sides = {**our_listings(given.listed, photograph), **peers.listings(given.listed, photograph)}
            found["listing"] = listed(sides, given.listed)
    print(json.dumps(found, indent=1))


def _small(path: Path) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.draft("RGB", (600, 450))
        picture.resize((400, 300)).save(out, "JPEG", quality=85)
    return out.getvalue()


if __name__ == "__main__":
    main()
