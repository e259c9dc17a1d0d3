"""The folder: where people keep their files in order; addresses do not know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ai_cms.core.models import OwnedModel, TimestampedModel

from .. import get_folder_model_string

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

__all__ = ["AbstractFolder", "Folder"]


class AbstractFolder(OwnedModel, TimestampedModel):
    """A folder of an owner's files, in a tree by ``parent``."""

    parent = models.ForeignKey(
        get_folder_model_string(),
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("inside"),
    )
    name = models.CharField(_("name"), max_length=100)

    if TYPE_CHECKING:
        objects: ClassVar[models.Manager[AbstractFolder]]
        children: RelatedManager[AbstractFolder]

    class Meta:
        abstract = True
        ordering = ["name", "pk"]
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="aicms_%(class)s_name"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(parent=None), name="aicms_%(class)s_top_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Folder(AbstractFolder):
    """The default folder."""

    class Meta(AbstractFolder.Meta):
        swappable = "AI_CMS_FOLDER_MODEL"
