"""Make the sizes of pictures that are missing, or were made of something that has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import transaction

from ai_cms.core.conf import core_settings
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import asset_changed
from ai_cms.core.tasks import enqueue_on_commit, task

from .. import get_asset_model, get_image_model
from ..conf import assets_settings, image_sizes
from ..imaging.job import SizeSpec
from ..models import AbstractAsset, AbstractImage, Rendition
from ..provenance.xmp import packet_for
from ..storage import discard, open_file, take_over
from .preparing import Mark, StoredFiles, rendition_key, run_picture_job, write_renditions

__all__ = [
    "LOADERS",
    "eager_sizes",
    "locked_image",
    "make_further",
    "make_further_task",
    "mark_of",
    "original_on_disk",
    "remake",
    "schedule_further",
    "stale_sizes",
]

#: The decoder of each kind of original.
LOADERS = {"jpg": "jpeg", "png": "png", "webp": "webp", "gif": "gif", "avif": "avif", "heic": "heic", "svg": "svg"}
_IN_REQUEST = ("ImmediateBackend", "DummyBackend")


def eager_sizes() -> list[SizeSpec]:
    """Return the sizes that are made while the upload waits."""
    declared = assets_settings.ASSET_SIZES
    return [spec for name, spec in image_sizes().items() if declared[name].get("eager", True)]


def mark_of(image: AbstractAsset) -> Mark:
    """Return what is written into everything made of a picture."""
    model = str((image.provenance or {}).get("model") or "")
    return Mark(packet_for(image), image.digital_source_type, model, image.title)


def stale_sizes(image: AbstractImage) -> dict[str, list[str]]:
    """Return what is missing or out of date: format to size names."""
    if image.suffix == "svg":
        return {}
    rows = {(row.spec, row.format): row.key for row in image.renditions.all()}
    xmp, focal = packet_for(image), (image.focal_x, image.focal_y)
    wanted: dict[str, list[str]] = {}
    for format in dict.fromkeys([*assets_settings.ASSET_FORMATS, *assets_settings.ASSET_TASK_FORMATS]):
        if image.frames > 1 and format != "webp":
            continue
        for name, spec in image_sizes().items():
            if rows.get((name, format)) != rendition_key(image.sha256, spec, focal, xmp):
                wanted.setdefault(format, []).append(name)
    return wanted


def schedule_further(image: AbstractAsset) -> None:
    """Have the sizes and formats that uploads do not wait for made by a task, once this transaction has committed.

    Where tasks run within the request that sends them they are left to ``make_renditions``: AVIF takes seconds.
    """
    backend = (
        (getattr(settings, "TASKS", None) or {}).get(core_settings.TASK_BACKEND, {}).get("BACKEND", "ImmediateBackend")
    )
    if not str(backend).endswith(_IN_REQUEST):
        enqueue_on_commit(make_further_task, image.pk)


@task()
def make_further_task(pk: int) -> int:
    """Make what one picture lacks, in the background."""
    return make_further(pk)


def make_further(pk: int) -> int:
    """Make what is missing or out of date of one picture; return the number of files made. Safe to run twice at once."""
    image = get_image_model().objects.prefetch_related("renditions").filter(pk=pk).first()
    if image is None:
        return 0
    made = 0
    for format, names in stale_sizes(image).items():
        made += remake(image, sizes=names, formats=[format])
    return made


def remake(
    image: AbstractImage,
    *,
    sizes: Sequence[str] | None = None,
    formats: Sequence[str] | None = None,
    public: bool | None = None,
    discard_now: bool = False,
    actor: Actor | None = None,
) -> int:
    """Make sizes of a picture anew from its original and put them in place of the old ones; return their number.

    ``public``: whether the public is to fetch them, by default as the picture is now. ``discard_now``: delete the old files at
    once, instead of keeping their addresses good for a while. Raises StorageUnavailable, PictureRefused.
    """
    declared = image_sizes()
    wanted = [declared[name] for name in (sizes if sizes is not None else _present(image, declared))]
    kinds = list(formats) if formats is not None else list(dict.fromkeys(row.format for row in image.renditions.all()))
    public = image.is_public if public is None else public
    mark, focal = mark_of(image), (image.focal_x, image.focal_y)
    with original_on_disk(image) as path:
        outcome = run_picture_job(path, path.parent, LOADERS[image.suffix], wanted, kinds, focal, mark)
        files = [(made.spec, made.format, Path(made.path), made.width, made.height) for made in outcome.made]
        keys = {spec: rendition_key(image.sha256, declared.get(spec), focal, mark.xmp) for spec, *_rest in files}
        with StoredFiles.collecting() as stored:
            rows = write_renditions(files, stored, owner=image.owner, name=image.name, public=public, keys=keys)
            with transaction.atomic():
                current = locked_image(image.pk)
                if current is None or current.sha256 != image.sha256 or (current.focal_x, current.focal_y) != focal:
                    # It was changed meanwhile, and whoever did that makes the sizes of what it is now.
                    return 0
                if public != current.is_public:
                    return 0
                old = {(row.spec, row.format): row for row in current.renditions.all()}
                fresh = []
                for row in rows:
                    row.asset_id = current.pk
                    before = old.pop((row.spec, row.format), None)
                    if before is not None:
                        fresh.append((before.stored_in, before.stored_name))
                        before.delete()
                Rendition.objects.bulk_create(rows)
                take_over(stored.files)
                discard(fresh, after_days=0 if discard_now else assets_settings.ASSET_KEEP_REPLACED_DAYS)
                asset_changed.send(sender=type(current), instance=current, actor=actor or Actor.system("assets"))
            stored.keep()
    return len(rows)


def locked_image(pk: int) -> AbstractImage | None:
    """Return a picture whose row nobody else changes until the transaction ends, ``None`` if it is gone."""
    base = get_asset_model().objects.non_polymorphic()
    if base.select_for_update(of=("self",)).filter(pk=pk).values_list("pk").first() is None:
        return None
    found: AbstractImage | None = get_image_model().objects.filter(pk=pk).first()
    return found


@contextmanager
def original_on_disk(asset: AbstractAsset) -> Iterator[Path]:
    """Copy a file from its storage into a folder of its own for the length of a ``with`` block. Raises StorageUnavailable."""
    with TemporaryDirectory(prefix="ai_cms_assets_") as folder:
        path = Path(folder) / "original"
        with open_file(asset.stored_in, asset.stored_name) as source, path.open("wb") as out:
            shutil.copyfileobj(source, out, 1_048_576)
        yield path


def _present(image: AbstractImage, declared: dict[str, SizeSpec]) -> list[str]:
    return [name for name in dict.fromkeys(row.spec for row in image.renditions.all()) if name in declared]
