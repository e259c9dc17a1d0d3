"""Blocks of pictures and sound: image, gallery, video, audio."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ..base import Block, BlockPart
from ..registry import blocks
from ..text import ImageRef, InlineText, Url
from .common import FileRef, InlineHtml, Pixels, labelled

__all__ = ["AudioBlock", "GalleryBlock", "GalleryImage", "ImageBlock", "VideoBlock", "VideoTrack"]

_ALT_HELP = _("What the picture shows, for those who do not see it. Empty only for decoration.")


@blocks.register
class ImageBlock(Block):
    """One picture with an optional caption."""

    src: ImageRef = labelled(_("Image"), min_length=1)
    alt: InlineText = labelled(_("Alternative text"), "", help=_ALT_HELP, text=False)
    caption: InlineHtml = labelled(_("Caption"), "")
    link: Url = labelled(_("Link"), "")
    decorative: bool = labelled(_("Only decoration"), False, help=_("Screen readers then skip the picture."))
    width: Pixels | None = labelled(_("Width in pixels"), None)
    height: Pixels | None = labelled(_("Height in pixels"), None)

    class Meta:
        label = _("Image")
        drafts = False
        icon = "image"
        group = _("Media")
        example = {
            "src": "/static/ai_cms/blocks/example.svg",
            "alt": "A round loaf on a board",
            "caption": "Fresh from the oven.",
            "width": 640,
            "height": 400,
        }

    @property
    def alt_text(self) -> str:
        return "" if self.decorative else self.alt


class GalleryImage(BlockPart):
    """One picture of a gallery."""

    src: ImageRef = labelled(_("Image"), min_length=1)
    alt: InlineText = labelled(_("Alternative text"), "", help=_ALT_HELP, text=False)
    caption: InlineHtml = labelled(_("Caption"), "")
    link: Url = labelled(_("Link"), "")
    width: Pixels | None = labelled(_("Width in pixels"), None)
    height: Pixels | None = labelled(_("Height in pixels"), None)


@blocks.register
class GalleryBlock(Block):
    """Several pictures in a grid."""

    images: list[GalleryImage] = labelled(_("Images"), min_length=1, max_length=200)
    columns: Annotated[int, Field(ge=1, le=8)] = labelled(_("Columns"), 3)
    caption: InlineHtml = labelled(_("Caption"), "")

    class Meta:
        label = _("Gallery")
        drafts = False
        icon = "images"
        group = _("Media")
        example = {
            "images": [
                {"src": "/static/ai_cms/blocks/example.svg", "alt": "A round loaf on a board", "caption": "Monday"},
                {"src": "/static/ai_cms/blocks/example.svg", "alt": "The same loaf, cut", "caption": "Tuesday"},
            ],
            "columns": 2,
        }


class VideoTrack(BlockPart):
    """Subtitles or another text track of a video, in the WebVTT format."""

    src: FileRef = labelled(_("File"), min_length=1)
    kind: Literal["subtitles", "captions", "descriptions", "chapters"] = labelled(_("Kind"), "subtitles")
    language: str = labelled(_("Language"), "", max_length=35, pattern=r"^[A-Za-z0-9-]*$", text=False)
    label: InlineText = labelled(_("Label"), "", text=False)


@blocks.register
class VideoBlock(Block):
    """A video file, played by the browser. For YouTube and the like there is the embed block."""

    src: FileRef = labelled(_("Video file"), min_length=1)
    poster: ImageRef = labelled(_("Picture before it plays"), "")
    caption: InlineHtml = labelled(_("Caption"), "")
    tracks: list[VideoTrack] = labelled(_("Subtitles and other tracks"), list, max_length=40)
    width: Pixels | None = labelled(_("Width in pixels"), None)
    height: Pixels | None = labelled(_("Height in pixels"), None)

    class Meta:
        label = _("Video")
        drafts = False
        icon = "video"
        group = _("Media")
        example = {"src": "/media/kneading.mp4", "caption": "Kneading, in two minutes."}


@blocks.register
class AudioBlock(Block):
    """A sound file, played by the browser."""

    src: FileRef = labelled(_("Sound file"), min_length=1)
    caption: InlineHtml = labelled(_("Caption"), "")

    class Meta:
        label = _("Audio")
        drafts = False
        icon = "audio"
        group = _("Media")
        example = {"src": "/media/crust.mp3", "caption": "The crust, as it cools."}
