"""From an incoming file to the files that are stored: decoded, converted, marked, written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Unavailable
from ai_cms.core.jsontypes import JsonObject

from ..conf import assets_settings, decode_limits, image_sizes
from ..exceptions import KindRefused, PictureRefused
from ..imaging.client import run_job
from ..imaging.job import Job, JobFailed, Limits, Outcome, SizeSpec
from ..intake.names import storage_name
from ..intake.spool import Incoming
from ..models import Rendition
from ..provenance.manifests import read_manifest, sign_file
from ..provenance.xmp import packet
from ..storage import discard, public_url, storage_for, write_file

__all__ = ["Mark", "Prepared", "StoredFiles", "prepare", "rendition_key", "run_picture_job", "write_renditions"]

#: A manifest weighs as much as a thumbnail; only what is looked at closely carries one.
_SIGNED_FROM = 900


@dataclass(frozen=True)
class Mark:
    """What is written into every file made of a picture: the XMP packet, and what a manifest says."""

    xmp: str = ""
    source_type: str = ""
    model: str = ""
    title: str = ""
    credit: str = ""

    def told(self, source_type: str) -> Mark:
        """Return the mark with the origin that a file itself tells of, unless this one says another; no manifest says it."""
        if self.source_type or not source_type:
            return self
        return replace(self, xmp=packet(source_type, model=self.model, credit=self.credit))


@dataclass
class Prepared:
    """What is known of a file once it has been looked at. ``outcome``: of pictures; ``renditions``: not stored yet."""

    is_image: bool
    width: int = 0
    height: int = 0
    frames: int = 1
    placeholder: str = ""
    duration: float | None = None
    found: JsonObject = field(default_factory=dict)
    files: list[tuple[str, str, Path, int, int]] = field(default_factory=list)


class StoredFiles:
    """The files written so far; unless they are :meth:`kept`, leaving the ``with`` block has them deleted."""

    def __init__(self) -> None:
        self.files: list[tuple[str, str]] = []
        self._kept = False

    def add(self, alias: str, name: str) -> None:
        self.files.append((alias, name))

    def keep(self) -> None:
        """Say that rows name the files now."""
        self._kept = True

    @classmethod
    @contextmanager
    def collecting(cls) -> Iterator[StoredFiles]:
        stored = cls()
        try:
            yield stored
        finally:
            if not stored._kept and stored.files:
                discard(stored.files)


def prepare(
    incoming: Incoming, *, sizes: Sequence[SizeSpec], focal: tuple[float, float] = (0.5, 0.5), mark: Mark | None = None
) -> Prepared:
    """Look at a file and make the sizes of a picture, in the file's own folder. Raises AssetRefused, Unavailable."""
    kind = incoming.kind
    if kind.family == "image":
        found = read_manifest(incoming.path, kind.mime)
        own = mark or Mark()
        told = own.told(found.get("digital_source_type", ""))
        formats = assets_settings.ASSET_FORMATS
        outcome = run_picture_job(incoming.path, incoming.folder, kind.loader, sizes, formats, focal, told)
        again = own.told(outcome.digital_source_type)
        if outcome.digital_source_type and again != told:
            # Its XMP tells of an origin, which is known now that it has been decoded: what is made of it says so too.
            outcome = run_picture_job(incoming.path, incoming.folder, kind.loader, sizes, formats, focal, again)
        if outcome.digital_source_type:
            found = {"digital_source_type": outcome.digital_source_type, **{k: v for k, v in found.items() if v}}
        return Prepared(
            True, outcome.width, outcome.height, outcome.frames, outcome.placeholder, found=found, files=_files(outcome)
        )
    if kind.family == "svg":
        refuse_svg()
        outcome = run_picture_job(incoming.path, incoming.folder, "svg", (), (), (0.5, 0.5), Mark())
        return Prepared(True, outcome.width, outcome.height, files=_files(outcome))
    return _played(incoming, sizes) if kind.family in ("audio", "video") else Prepared(False)


def _played(incoming: Incoming, sizes: Sequence[SizeSpec]) -> Prepared:
    """Look at sound or a film. One that its parser fails at or takes too long for says nothing of itself, and is taken."""
    job = Job(str(incoming.path), str(incoming.folder), incoming.kind.suffix, limits=decode_limits())
    try:
        outcome = run_job(job, at_once=assets_settings.ASSET_DECODERS)
    except JobFailed as error:
        if error.code == "busy":
            raise _busy() from None
        return Prepared(False)
    prepared = Prepared(False, duration=outcome.duration)
    if outcome.cover:
        prepared.files = _cover_files(Path(outcome.cover), incoming, sizes)
    return prepared


def _busy() -> Unavailable:
    return Unavailable(_("Too many pictures are being worked on; try again."), code="busy", retry_after=5)


def refuse_svg() -> None:
    """Raise KindRefused where this site takes no drawings."""
    if assets_settings.ASSET_SVG != "sanitize":
        raise KindRefused(_("SVG files are not taken on this site."), code="svg_refused")


def run_picture_job(
    path: Path,
    folder: Path,
    loader: str,
    sizes: Sequence[SizeSpec],
    formats: Sequence[str],
    focal: tuple[float, float],
    mark: Mark,
    crop: tuple[float, float, float, float] | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Have the worker do its job, and sign what it made. ``limits``: by default those of the settings.

    Raises PictureRefused, Unavailable.
    """
    job = Job(
        str(path),
        str(folder),
        loader,
        tuple(sizes),
        tuple(formats),
        focal,
        crop,
        mark.xmp,
        limits or decode_limits(),
    )
    try:
        outcome = run_job(job, at_once=assets_settings.ASSET_DECODERS)
    except JobFailed as error:
        if error.code == "busy":
            raise _busy() from None
        raise PictureRefused(_(error.detail), code=error.code) from None
    if mark.source_type and crop is None:
        for made in outcome.made:
            if max(made.width, made.height) >= _SIGNED_FROM:
                sign_file(
                    Path(made.path),
                    made.format,
                    title=mark.title,
                    source_type=mark.source_type,
                    model=mark.model,
                    converted=True,
                )
    return outcome


def write_renditions(
    prepared_files: Sequence[tuple[str, str, Path, int, int]],
    stored: StoredFiles,
    *,
    owner: object,
    name: str,
    public: bool,
    keys: dict[str, str],
) -> list[Rendition]:
    """Store renditions and return their rows, not saved. ``keys``: by size. Raises StorageUnavailable."""
    alias = storage_for(public=public)
    rows = []
    for spec, format, path, width, height in prepared_files:
        suffix = {"jpeg": "jpg"}.get(format, format)
        key = keys.get(spec, "")
        with path.open("rb") as content:
            mime = "image/svg+xml" if format == "svg" else f"image/{format}"
            saved = write_file(alias, storage_name(owner, name, suffix, label=f"{spec}-{key[:12]}"), content, mime=mime)
        stored.add(alias, saved)
        rows.append(
            Rendition(
                spec=spec,
                format=format,
                key=key,
                width=width,
                height=height,
                size=path.stat().st_size,
                stored_in=alias,
                stored_name=saved,
                url=public_url(alias, saved) if public else "",
            )
        )
    return rows


def rendition_key(sha256: str, spec: SizeSpec | None, focal: tuple[float, float], xmp: str) -> str:
    """Return the digest of everything a rendition depends on; the focal point matters to what is cut alone."""
    parts = [sha256, xmp]
    if spec is not None:
        parts += [spec.mode, str(spec.width), str(spec.height), str(spec.quality), str(spec.animate)]
        if spec.mode == "fill":
            parts.append(f"{focal[0]:.4f},{focal[1]:.4f}")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _files(outcome: Outcome) -> list[tuple[str, str, Path, int, int]]:
    return [(made.spec, made.format, Path(made.path), made.width, made.height) for made in outcome.made]


def _cover_files(path: Path, incoming: Incoming, sizes: Sequence[SizeSpec]) -> list[tuple[str, str, Path, int, int]]:
    """Make the sizes of a cover picture; a broken cover is no reason to refuse the film."""
    with path.open("rb") as cover:
        loader = "png" if cover.read(4) == b"\x89PNG" else "jpeg"
    wanted = [spec for spec in image_sizes().values() if spec.name in ("thumb", "card", "large")]
    try:
        outcome = run_picture_job(path, incoming.folder, loader, wanted, ["webp"], (0.5, 0.5), Mark())
    except PictureRefused:
        return []
    return _files(outcome)
