"""The worker: one job from standard input, one answer to standard output.

A picture is decoded once. The sizes are made from the largest down, each from the one before it, so that the full number of
pixels is touched once whatever the number of sizes.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from .colour import as_srgb, plain_mode
from .drawing import clean_drawing
from .encoding import placeholder_of, save
from .geometry import fill_box, needed_scale, target_size
from .job import Job, JobFailed, Limits, Made, Outcome, SizeSpec
from .media import PLAYABLE, look_at_media
from .opening import frame_count, open_picture, orientation_of, oriented, source_type_of

__all__ = ["carry_out", "main"]

_TURNED = {5, 6, 7, 8}
_LANCZOS = Image.Resampling.LANCZOS
#: Pictures that are encoded at the same time.
_ENCODERS = 2


def carry_out(job: Job) -> Outcome:
    """Do a job in this process. Raises JobFailed."""
    if job.loader == "svg":
        return clean_drawing(job)
    if job.loader in PLAYABLE:
        return look_at_media(job)
    picture = open_picture(job.path, job.loader, job.limits)
    frames = frame_count(picture, job.limits)
    orientation = orientation_of(picture)
    width, height = picture.size[::-1] if orientation in _TURNED else picture.size
    source_type = source_type_of(job.path, picture)
    if job.crop is not None:
        return _crop(job, picture, orientation, frames, source_type)
    if frames > 1:
        base, made = _animation(job, picture, orientation, frames)
    else:
        base, made = _still(job, picture, orientation, (width, height))
    return Outcome(width, height, frames, placeholder_of(base), source_type, tuple(made))


def _still(job: Job, picture: Image.Image, orientation: int, size: tuple[int, int]) -> tuple[Image.Image, list[Made]]:
    scale = max((needed_scale(spec, *size) for spec in job.sizes), default=min(1.0, 64 / max(size)))
    base = _base(picture, orientation, size, scale)
    waiting: list[Future[Made]] = []
    current = base
    # Encoders let other threads run: the largest size is written while the smaller ones are made. AVIF's has threads of its own,
    # and takes too much memory for two at once.
    with ThreadPoolExecutor(max_workers=1 if "avif" in job.formats else _ENCODERS) as pool:
        # The smallest last: each is made of a picture that is hardly larger than itself.
        for spec in sorted(job.sizes, key=lambda spec: -needed_scale(spec, *size)):
            result, current = _sized(current, spec, size, job.focal)
            for format in job.formats:
                # Writing empties what a picture knows of itself: each format has one of its own.
                own = result if format == job.formats[-1] else result.copy()
                waiting.append(pool.submit(_written, own, job, spec, format))
        made = [future.result() for future in waiting]
    return current, made


def _written(picture: Image.Image, job: Job, spec: SizeSpec, format: str) -> Made:
    return _made(spec.name, format, save([picture], job, spec.name, format, spec.quality), picture)


def _base(picture: Image.Image, orientation: int, size: tuple[int, int], scale: float) -> Image.Image:
    """Return the picture decoded, upright and in sRGB, at ``scale``."""
    profile = picture.info.get("icc_profile")
    stored = size[::-1] if orientation in _TURNED else size
    target = (max(1, round(stored[0] * scale)), max(1, round(stored[1] * scale)))
    # JPEG decodes to a half, a quarter or an eighth for a fraction of the work.
    picture.draft(None, target)
    _load(picture)
    picture = plain_mode(picture)
    if picture.size != target:
        picture = picture.resize(target, _LANCZOS, reducing_gap=2.0)
    return as_srgb(oriented(picture, orientation), profile)


def _sized(
    base: Image.Image, spec: SizeSpec, size: tuple[int, int], focal: tuple[float, float]
) -> tuple[Image.Image, Image.Image]:
    """Return the picture of one size, and what smaller ones are made of. ``size``: of the whole picture."""
    target = target_size(spec, *size)
    if spec.mode == "fill":
        box = fill_box(target, base.width, base.height, focal)
        return base.resize(target, _LANCZOS, box=box, reducing_gap=2.0), base
    if base.size == target:
        return base.copy(), base
    result = base.resize(target, _LANCZOS, reducing_gap=2.0)
    return result.copy(), result


def _animation(job: Job, picture: Image.Image, orientation: int, count: int) -> tuple[Image.Image, list[Made]]:
    """Make the sizes of an animation, frame by frame: its frames have times of their own."""
    size = picture.size[::-1] if orientation in _TURNED else picture.size
    results: dict[str, list[Image.Image]] = {spec.name: [] for spec in job.sizes}
    durations: list[int] = []
    loop = int(picture.info.get("loop", 1 if picture.format == "GIF" else 0))
    profile = picture.info.get("icc_profile")
    first: Image.Image | None = None
    for number in range(count):
        try:
            picture.seek(number)
            picture.load()
        except Exception as error:
            # As in _load().
            raise JobFailed("broken_picture", f"Frame {number + 1} of the animation cannot be read.") from error
        durations.append(max(1, round(picture.info.get("duration") or 100)))
        frame = as_srgb(oriented(picture.convert("RGBA"), orientation), profile)
        first = first or frame
        for spec in job.sizes:
            if spec.animate or number == 0:
                results[spec.name].append(_sized(frame, spec, size, job.focal)[0])
    made = []
    for spec in job.sizes:
        for format in job.formats:
            if format != "webp":
                continue
            path = save(results[spec.name], job, spec.name, format, spec.quality, durations, loop)
            made.append(_made(spec.name, format, path, results[spec.name][0]))
    if first is None:
        raise JobFailed("broken_picture", "The animation has no frames.")
    return first, made


def _crop(job: Job, picture: Image.Image, orientation: int, frames: int, source_type: str) -> Outcome:
    """Cut a part out in full size; of an animation its first frame would be left, so it is refused."""
    if frames > 1:
        raise JobFailed("animated", "An animation cannot be cropped.")
    size = picture.size[::-1] if orientation in _TURNED else picture.size
    base = _base(picture, orientation, size, 1.0)
    left, top, width, height = job.crop or (0.0, 0.0, 1.0, 1.0)
    box = (
        round(left * base.width),
        round(top * base.height),
        min(base.width, max(round((left + width) * base.width), round(left * base.width) + 1)),
        min(base.height, max(round((top + height) * base.height), round(top * base.height) + 1)),
    )
    if not (0 <= box[0] < box[2] and 0 <= box[1] < box[3]):
        raise JobFailed("bad_crop", "The part to keep lies outside the picture.")
    part = base.crop(box)
    format = job.formats[0]
    path = save([part], job, "crop", format, 95)
    return Outcome(part.width, part.height, 1, placeholder_of(part), source_type, (_made("", format, path, part),))


def _load(picture: Image.Image) -> None:
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:
        # What Pillow's readers raise for a broken file differs by format.
        raise JobFailed("broken_picture", "The picture is damaged or not complete.") from error


def _made(spec: str, format: str, path: Path, picture: Image.Image) -> Made:
    return Made(spec, format, str(path), picture.width, picture.height, path.stat().st_size)


def _bound(limits: Limits) -> None:
    """Give this process no more memory and time than the job may take, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read a job, do it, answer; what goes wrong is an answer too."""
    job = Job.from_json(sys.stdin.read())
    _bound(job.limits)
    try:
        answer = carry_out(job).to_json()
    except JobFailed as error:
        answer = json.dumps({"error": error.code, "detail": error.detail})
    except MemoryError:
        answer = json.dumps({"error": "too_much_memory", "detail": "The picture needs too much memory."})
    sys.stdout.write(answer)
