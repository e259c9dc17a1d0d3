"""What portfolios are made of and several of them may show: projects, skills, résumés. Each belongs to one person."""

from __future__ import annotations

from typing import TypeAlias

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.models import OwnedModel, TimestampedModel

from ..querysets import RowManager
from ..validators import validate_date, validate_image, validate_link, validate_resume, validate_words

__all__ = [
    "AbstractProject",
    "AbstractResume",
    "AbstractSkill",
    "OwnedRow",
    "Project",
    "Resume",
    "Skill",
    "SkillCategory",
]


class SkillCategory(models.TextChoices):
    """What kind of thing somebody is good at."""

    LANGUAGE = "Language", _("Language")
    FRAMEWORK = "Framework", _("Framework")
    TOOL = "Tool", _("Tool")
    DESIGN = "Design", _("Design")
    SOFT_SKILL = "Soft skill", _("Soft skill")
    OTHER = "Other", _("Other")


class AbstractProject(OwnedModel, TimestampedModel):
    """Something somebody made. Dates are as exact as they are known: ``2024``, ``2024-06`` or ``2024-06-29``."""

    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, max_length=5_000)
    image_url = models.CharField(
        _("picture"),
        blank=True,
        max_length=2_000,
        validators=[validate_image],
        help_text=_("A web address, or asset: and the number of one of your pictures."),
    )
    image_alt = models.CharField(
        _("alternative text"), blank=True, max_length=500, help_text=_("What the picture shows, for who cannot see it.")
    )
    technologies = models.JSONField(
        _("technologies"), default=list, blank=True, validators=[validate_words], help_text=_("A list of words.")
    )
    link = models.CharField(_("link"), blank=True, max_length=2_000, validators=[validate_link])
    start_date = models.CharField(_("begun"), blank=True, max_length=10, validators=[validate_date])
    end_date = models.CharField(_("finished"), blank=True, max_length=10, validators=[validate_date])
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("The smallest comes first."))

    objects = RowManager()

    class Meta:
        abstract = True
        ordering = ["position", "-pk"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def __str__(self) -> str:
        return self.title


class AbstractSkill(OwnedModel, TimestampedModel):
    """Something somebody can do. ``level``: 1 (begun) to 5 (teaches it)."""

    name = models.CharField(_("name"), max_length=100)
    category = models.CharField(
        _("category"), max_length=20, choices=SkillCategory.choices, default=SkillCategory.OTHER
    )
    level = models.PositiveSmallIntegerField(
        _("level"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("From 1, begun, to 5, could teach it."),
    )
    years = models.DecimalField(
        _("years"),
        null=True,
        blank=True,
        max_digits=3,
        decimal_places=1,
        validators=[MinValueValidator(0), MaxValueValidator(80)],
    )
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("The smallest comes first."))

    objects = RowManager()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        verbose_name = _("skill")
        verbose_name_plural = _("skills")

    def __str__(self) -> str:
        return self.name


class AbstractResume(OwnedModel, TimestampedModel):
    """A résumé: ``content`` is a JSON Resume 1.0.0 document, kept as it came."""

    title = models.CharField(_("title"), max_length=200)
    content = models.JSONField(_("content"), default=dict, blank=True, validators=[validate_resume])

    objects = RowManager()

    class Meta:
        abstract = True
        ordering = ["-updated_at", "-pk"]
        verbose_name = _("résumé")
        verbose_name_plural = _("résumés")

    def __str__(self) -> str:
        return self.title

    def part(self, name: str) -> list[JsonObject]:
        """Return a section such as ``work``, without what is no object."""
        found = self.content.get(name) if isinstance(self.content, dict) else None
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


#: What people keep once and show in several places.
OwnedRow: TypeAlias = AbstractProject | AbstractSkill | AbstractResume


class Project(AbstractProject):
    """The default project."""

    class Meta(AbstractProject.Meta):
        swappable = "AI_CMS_PROJECT_MODEL"


class Skill(AbstractSkill):
    """The default skill."""

    class Meta(AbstractSkill.Meta):
        swappable = "AI_CMS_SKILL_MODEL"


class Resume(AbstractResume):
    """The default résumé."""

    class Meta(AbstractResume.Meta):
        swappable = "AI_CMS_RESUME_MODEL"
