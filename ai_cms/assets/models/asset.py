"""The asset: a file somebody owns, and what is known of it. Every read answers from these rows; no storage is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from polymorphic.models import PolymorphicModel

from ai_cms.core.models import OwnedModel, TimestampedModel

from .. import get_asset_model_string, get_folder_model_string
from ..querysets import AssetManager

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from .storing import Rendition

__all__ = [
    "AbstractAsset",
    "AbstractFile",
    "AbstractImage",
    "Asset",
    "AssetTag",
    "FileAsset",
    "ImageAsset",
    "Visibility",
]


class Visibility(models.TextChoices):
    """Who may fetch the file itself."""

    PUBLIC = "public", _("Public")
    PRIVATE = "private", _("Private")


class AbstractAsset(PolymorphicModel, OwnedModel, TimestampedModel):
    """What all assets have. A host that swaps the base derives its picture and file models from its own.

    ``stored_in`` and ``stored_name``: the storage's alias and the name there of the file as it came. ``url``: the finished
    address of what the public fetches; "" for what only a view hands out.
    """

    title = models.CharField(_("title"), max_length=255)
    name = models.CharField(_("file name"), max_length=255)
    folder = models.ForeignKey(
        get_folder_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assets",
        verbose_name=_("folder"),
    )
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    mime = models.CharField(_("media type"), max_length=100, editable=False)
    suffix = models.CharField(max_length=10, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    caption = models.TextField(_("caption"), blank=True, max_length=2_000)
    credit = models.CharField(
        _("credit"), blank=True, max_length=255, help_text=_("Who made it, and under which licence.")
    )
    prompt = models.TextField(_("prompt"), blank=True, editable=False)
    digital_source_type = models.CharField(_("origin"), max_length=60, blank=True, editable=False)
    provenance = models.JSONField(_("provenance"), default=dict, blank=True, editable=False)
    stored_in = models.CharField(max_length=30, editable=False)
    stored_name = models.CharField(max_length=500, editable=False)
    url = models.CharField(max_length=1_000, blank=True, editable=False)

    objects = AssetManager()  # type: ignore[misc]

    if TYPE_CHECKING:
        # What other tables say of an asset; the names are theirs.
        renditions: RelatedManager[Rendition]
        tags: RelatedManager[AssetTag]

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.PUBLIC

    @property
    def permalink(self) -> str:
        """The address that stays when the file is replaced; a view answers there."""
        return reverse("ai_cms_assets:file", args=[self.pk])

    @property
    def reference(self) -> str:
        """How blocks name the asset."""
        return f"asset:{self.pk}"


class AbstractAssetMeta:
    """Options of the concrete base, apart from ``AbstractAsset.Meta`` because that goes on to the subtypes."""

    verbose_name = _("asset")
    verbose_name_plural = _("assets")
    base_manager_name = "objects"
    indexes = [
        models.Index(fields=["owner", "sha256"], name="aicms_%(class)s_same"),
        models.Index(fields=["owner", "-created_at", "-id"], name="aicms_%(class)s_newest"),
        models.Index(fields=["-created_at", "-id"], name="aicms_%(class)s_all"),
    ]


if TYPE_CHECKING:
    # What both may count on: they are always mixed into an asset.
    _Base = AbstractAsset
else:
    _Base = models.Model


class AbstractImage(_Base):
    """What pictures have beside."""

    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    frames = models.PositiveIntegerField(default=1, editable=False)
    alt = models.CharField(
        _("alternative text"),
        max_length=500,
        blank=True,
        help_text=_("What the picture shows, for those who do not see it."),
    )
    decorative = models.BooleanField(
        _("only decoration"), default=False, help_text=_("Screen readers then skip the picture.")
    )
    # What a model proposes: {"text", "model", "call", "at"}; a person takes it over or not.
    alt_suggestion = models.JSONField(default=dict, blank=True, editable=False)
    focal_x = models.FloatField(_("focal point from the left"), default=0.5)
    focal_y = models.FloatField(_("focal point from the top"), default=0.5)
    placeholder = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True


class AbstractFile(_Base):
    """What other files have beside: how long sound and films play, where they say so."""

    duration = models.FloatField(_("duration in seconds"), null=True, editable=False)

    class Meta:
        abstract = True


class Asset(AbstractAsset):
    """The default base of all assets."""

    class Meta(AbstractAssetMeta):
        swappable = "AI_CMS_ASSET_MODEL"


class ImageAsset(AbstractImage, Asset):
    """A picture. The original is kept as it came, in the private storage; what is fetched are its renditions."""

    class Meta:
        swappable = "AI_CMS_IMAGE_ASSET_MODEL"
        base_manager_name = "objects"
        verbose_name = _("image")
        verbose_name_plural = _("images")


class FileAsset(AbstractFile, Asset):
    """Any other file."""

    class Meta:
        swappable = "AI_CMS_FILE_ASSET_MODEL"
        base_manager_name = "objects"
        verbose_name = _("file")
        verbose_name_plural = _("files")


class AssetTag(models.Model):
    """A word that an asset is found by. ``key``: the word without case, so that "Bread" and "bread" are one."""

    asset = models.ForeignKey(get_asset_model_string(), on_delete=models.CASCADE, related_name="tags")
    word = models.CharField(_("tag"), max_length=50)
    key = models.CharField(max_length=60)

    class Meta:
        ordering = ["word"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["asset", "key"], name="ai_cms_assets_tag")]
        indexes = [models.Index(fields=["key"], name="ai_cms_assets_tag_key")]

    def __str__(self) -> str:
        return self.word
