"""The blocks of portfolios: a page, and what shows the owner's projects, skills and résumé.

They refer to rows by id. What the rows hold is put into ``items`` (or ``content``) by :mod:`ai_cms.portfolio.filling` when a page
is published or a draft is shown; what a client writes there is replaced.
"""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from pydantic import Field

from ai_cms.blocks import Block, BlockPart, ImageRef, InlineText, Text, Url, blocks
from ai_cms.blocks.types.library.common import labelled
from ai_cms.core.jsontypes import JsonMapping

from .arrays import PAGE_BLOCK
from .contact_block import ContactBlock
from .resumes.dates import shown_date

__all__ = [
    "ContactBlock",
    "PortfolioPageBlock",
    "ProjectGridBlock",
    "ProjectItem",
    "ResumeBlock",
    "ResumeEntry",
    "ResumeSection",
    "ShownResume",
    "SkillChartBlock",
    "SkillItem",
    "TimelineBlock",
]

GROUP = _("Portfolio")
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Keys = Annotated[list[Key], Field(max_length=200)]
Name = Annotated[InlineText, Field(max_length=1_000)]
#: The parts of a résumé that a block may show.
Part = Literal[
    "work", "education", "volunteer", "projects", "skills", "languages", "certificates", "awards", "publications",
    "interests", "references",
]  # fmt: skip
PARTS = {
    "work": _("Work"),
    "education": _("Education"),
    "volunteer": _("Volunteering"),
    "projects": _("Projects"),
    "skills": _("Skills"),
    "languages": _("Languages"),
    "certificates": _("Certificates"),
    "awards": _("Awards"),
    "publications": _("Publications"),
    "interests": _("Interests"),
    "references": _("References"),
}
#: What the levels of a skill are called.
LEVELS = {1: _("Beginner"), 2: _("Basic"), 3: _("Proficient"), 4: _("Advanced"), 5: _("Expert")}
#: Those whose entries have a time.
DATED = ("work", "education", "volunteer", "projects", "certificates", "awards", "publications")
_FILLED = _("Filled in when the page is published.")


def _titled(props: JsonMapping) -> tuple[int, str] | None:
    title = props.get("title")
    return (2, title) if isinstance(title, str) and title else None


class Span(BlockPart):
    """Something with a beginning and an end, as exact as they are known."""

    start: str = ""
    end: str = ""

    @property
    def start_text(self) -> str:
        return shown_date(self.start)

    @property
    def end_text(self) -> str:
        return shown_date(self.end)


class ProjectItem(Span):
    """A project as it was when the page was published."""

    title: Name = ""
    text: Text = ""
    image: ImageRef = ""
    image_alt: InlineText = ""
    link: Url = ""
    technologies: list[Name] = []


class SkillItem(BlockPart):
    """A skill as it was when the page was published."""

    name: Name = ""
    category: str = ""
    level: int | None = None
    years: float | None = None

    @property
    def years_text(self) -> str:
        if self.years is None:
            return ""
        whole = int(self.years) if self.years == int(self.years) else self.years
        # Half a year is of the plural in every language that has one.
        text = ngettext("%(number)s year", "%(number)s years", whole if isinstance(whole, int) else 2)
        return text % {"number": number_format(whole)}

    @property
    def words(self) -> str:
        """The level and the years, to be read where a bar cannot be seen."""
        level = "" if self.level is None else str(LEVELS.get(self.level, ""))
        return ", ".join(filter(None, (level, self.years_text)))


class ResumeEntry(Span):
    """An entry of a résumé: a role, a degree, an award. ``group``: the employer or school that several entries share."""

    part: str = ""
    title: Name = ""
    group: Name = ""
    place: Name = ""
    link: Url = ""
    text: Text = ""
    points: list[Text] = []


class ResumeSection(BlockPart):
    """A section of a résumé."""

    part: str = ""
    entries: list[ResumeEntry] = []

    @property
    def label(self) -> str:
        return str(PARTS.get(self.part, self.part))


class ShownResume(BlockPart):
    """What a résumé block shows."""

    name: Name = ""
    label: Name = ""
    summary: Text = ""
    email: Name = ""
    phone: Name = ""
    url: Url = ""
    place: Name = ""
    profiles: list[ResumeEntry] = []
    sections: list[ResumeSection] = []


@blocks.register
class PortfolioPageBlock(Block):
    """A page of a portfolio and what stands on it; the first is the home page."""

    title: InlineText = labelled(_("Title"), min_length=1, max_length=200)
    slug: InlineText = labelled(
        _("Address"), "", max_length=100, text=False, help=_("Its part of the address; made of the title where empty.")
    )
    description: InlineText = labelled(_("Description"), "", max_length=300, help=_("For search engines."), text=False)

    class Meta:
        type = PAGE_BLOCK
        label = _("Portfolio page")
        drafts = False
        icon = "page"
        group = GROUP
        allowed_children = "*"
        allowed_parents = ("",)
        as_root = True
        example = {"title": "Work", "slug": "work"}


@blocks.register
class ProjectGridBlock(Block):
    """Projects of the page's owner, with pictures and links."""

    title: InlineText = labelled(_("Title"), "", max_length=200)
    projects: Keys = labelled(_("Projects"), list, help=_("Their numbers, in order; empty for all."))
    layout: Literal["cards", "list"] = labelled(
        _("Layout"), "cards", labels={"cards": _("Cards"), "list": _("One below the other")}
    )
    items: list[ProjectItem] = labelled(_("Contents"), list, max_length=600, help=_FILLED)

    class Meta:
        label = _("Project grid")
        drafts = False
        icon = "grid"
        group = GROUP
        example = {
            "title": "Selected work",
            "items": [{"title": "Tide tables", "text": "A map of every harbour.", "technologies": ["Python"]}],
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _titled(props)


@blocks.register
class SkillChartBlock(Block):
    """Skills of the page's owner, by category."""

    title: InlineText = labelled(_("Title"), "", max_length=200)
    skills: Keys = labelled(_("Skills"), list, help=_("Their numbers, in order; empty for all."))
    display: Literal["bars", "words"] = labelled(
        _("Display"), "bars", labels={"bars": _("Levels as bars"), "words": _("Words alone")}
    )
    items: list[SkillItem] = labelled(_("Contents"), list, max_length=600, help=_FILLED)

    class Meta:
        label = _("Skill chart")
        drafts = False
        icon = "chart"
        group = GROUP
        example = {"title": "Skills", "items": [{"name": "Python", "category": "Language", "level": 4, "years": 6}]}

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _titled(props)

    @property
    def categories(self) -> list[tuple[str, list[SkillItem]]]:
        """The skills by category, in the order in which the categories first come."""
        found: dict[str, list[SkillItem]] = {}
        for item in self.items:
            found.setdefault(item.category, []).append(item)
        return list(found.items())


@blocks.register
class TimelineBlock(Block):
    """Dated entries of a résumé, the newest first."""

    title: InlineText = labelled(_("Title"), "", max_length=200)
    resume: Key | None = labelled(_("Résumé"), None, help=_("Its number; empty for the newest."))
    parts: list[Part] = labelled(_("Parts"), lambda: ["work", "education"], max_length=12, labels=PARTS)
    items: list[ResumeEntry] = labelled(_("Contents"), list, max_length=600, help=_FILLED)

    class Meta:
        label = _("Timeline")
        drafts = False
        icon = "timeline"
        group = GROUP
        example = {
            "title": "The way here",
            "items": [{"title": "Engineer", "group": "Harbour Office", "start": "2021-04", "end": ""}],
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _titled(props)


@blocks.register
class ResumeBlock(Block):
    """A résumé, to be read or printed. How to reach its owner is shown where it is asked for alone."""

    title: InlineText = labelled(_("Title"), "", max_length=200)
    resume: Key | None = labelled(_("Résumé"), None, help=_("Its number; empty for the newest."))
    parts: list[Part] = labelled(
        _("Parts"), lambda: ["work", "education", "skills", "languages"], max_length=12, labels=PARTS
    )
    contact: bool = labelled(_("Show how to reach me"), False, help=_("E-mail, telephone, place and profiles."))
    content: ShownResume = labelled(_("Contents"), ShownResume, help=_FILLED)

    class Meta:
        label = _("Résumé")
        drafts = False
        icon = "document"
        group = GROUP
        example = {
            "content": {
                "name": "Ada Marsh",
                "label": "Engineer",
                "summary": "Ten years of software for harbours.",
                "sections": [{"part": "work", "entries": [{"title": "Engineer", "group": "Harbour Office"}]}],
            },
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _titled(props)
