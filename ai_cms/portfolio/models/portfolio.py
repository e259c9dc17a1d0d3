"""The portfolio: a page whose document is an array of pages, in a design of its own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from ai_cms.blocks.documents.document import Document
from ai_cms.core.mappings import TemplateContext
from ai_cms.pages.models import Page

from .. import get_portfolio_index_model_string, get_portfolio_model_string
from ..arrays import PortfolioPage, pages_of
from ..design.css import css_token
from ..design.tokens import Design, validate_design

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ai_cms.pages.models import AbstractPage

    # What a mixin may count on: it is always mixed into a page.
    _Base = AbstractPage
else:
    _Base = models.Model

__all__ = ["Goal", "Portfolio", "PortfolioIndex", "PortfolioIndexMixin", "PortfolioMixin"]


class Goal(models.TextChoices):
    """What a portfolio is for."""

    JOB = "job", _("Find a job")
    FREELANCE = "freelance", _("Win clients")
    PERSONAL = "personal", _("Show my work")


class PortfolioMixin(_Base):
    """Everything a portfolio adds to a page; a host whose pages are its own says ``class Portfolio(PortfolioMixin, MyPage)``.

    The document holds one ``portfolio_page`` block for each page, the first being the home page; ``pages`` is the same as an
    array. ``design`` holds the tokens that differ from those of its layout.
    """

    owner_may_publish: ClassVar[bool] = True
    parent_page_types: ClassVar[tuple[str, ...] | None] = (get_portfolio_index_model_string().lower(),)
    child_page_types: ClassVar[tuple[str, ...] | None] = ()
    page_templates: ClassVar[tuple[str, ...]] = ("ai_cms/portfolio/portfolio.html",)
    private_fields: ClassVar[tuple[str, ...]] = ("is_guided", "goal")

    design = models.JSONField(
        _("design"),
        default=dict,
        blank=True,
        validators=[validate_design],
        help_text=_("A layout, and the colours, fonts, radius and spacing that differ from its own."),
    )
    is_guided = models.BooleanField(_("guided"), default=True, help_text=_("Show the steps that are left."))
    goal = models.CharField(_("goal"), max_length=20, blank=True, choices=Goal.choices)
    role = models.CharField(_("role"), max_length=100, blank=True, help_text=_("Such as: Frontend engineer."))

    #: The part of the address of the page that is shown; "" for the home page. Set by the view that serves further pages.
    shown_page: str = ""

    class Meta:
        abstract = True
        # As of pages: what is in the bin is seen where rows are saved and references followed.
        base_manager_name = "all_objects"
        verbose_name = _("portfolio")
        verbose_name_plural = _("portfolios")

    @property
    def is_published(self) -> bool:
        """Whether the public sees it."""
        return self.live

    @property
    def pages(self) -> list[PortfolioPage]:
        """The pages, the home page first."""
        return pages_of(self.content_json)

    @property
    def tokens(self) -> Design:
        """The design with every token filled in."""
        return Design.of(self.design)

    @property
    def block_template_folders(self) -> tuple[str, ...]:
        """Where the templates lie that draw blocks in this design alone."""
        return (f"ai_cms/portfolio/designs/{self.tokens.layout}/blocks",)

    def page_address(self, slug: str = "") -> str:
        """Return the URL path of one of the pages; "" for the home page."""
        home = self.get_absolute_url()
        if not slug:
            return home
        try:
            return reverse("ai_cms_portfolio:page", kwargs={"slug": self.slug, "page": slug})
        except NoReverseMatch:
            return f"{home}{slug}/"

    def shown_document(self, *, editing: bool) -> Document:
        """Return the blocks of the page that is shown; all of them where the document is edited."""
        if editing:
            document: Document = self.content_json
            return document
        found = self.current_page
        return Document(found.blocks) if found is not None else Document.empty()

    @property
    def current_page(self) -> PortfolioPage | None:
        """The page that is shown; ``None`` if there is none with that slug."""
        pages = self.pages
        if not self.shown_page:
            return pages[0] if pages else None
        return next((page for page in pages[1:] if page.slug == self.shown_page), None)

    def get_context(self, request: HttpRequest | None = None) -> TemplateContext:
        """Return the design, its template and the pages to choose from."""
        tokens, current = self.tokens, self.current_page
        return {
            "portfolio": self,
            "head_page": self._head(current),
            "design": tokens,
            "design_template": tokens.template,
            "design_token": css_token(self.design),
            "home": self.page_address(),
            "current": current,
            "is_home": not self.shown_page,
            # The title is shown where no block is the heading of the page.
            "has_heading": any(level == 1 for level, _text, _id in self.shown_document(editing=False).headings()),
            "navigation": [
                {
                    "title": page.title,
                    "url": self.page_address("" if index == 0 else page.slug),
                    "is_current": current is not None and page.id == current.id,
                }
                for index, page in enumerate(self.pages)
            ],
        }

    def _head(self, current: PortfolioPage | None) -> PortfolioMixin:
        """Return what the head of the page that is shown says of it, in the shape of a page."""
        if not self.shown_page or current is None:
            return self
        shown = copy.copy(self)
        shown.path = f"{self.path}{current.slug}/"
        shown.seo_title = f"{current.title} · {self.title}"
        shown.seo_description = current.description
        return shown

    def search_extra(self) -> str:
        return self.role


class PortfolioIndexMixin(_Base):
    """The page below which all portfolios stand, so that no two of them have one slug. It need not be published."""

    child_page_types: ClassVar[tuple[str, ...] | None] = (get_portfolio_model_string().lower(),)

    class Meta:
        abstract = True
        base_manager_name = "all_objects"
        verbose_name = _("home of the portfolios")
        verbose_name_plural = _("homes of the portfolios")


class PortfolioIndex(PortfolioIndexMixin, Page):
    """The page below which portfolios stand."""

    class Meta(PortfolioIndexMixin.Meta):
        swappable = "AI_CMS_PORTFOLIO_INDEX_MODEL"

    def __str__(self) -> str:
        return str(self.title)


class Portfolio(PortfolioMixin, Page):
    """A few pages in a design of one's own, at an address of one's own."""

    class Meta(PortfolioMixin.Meta):
        swappable = "AI_CMS_PORTFOLIO_MODEL"

    def __str__(self) -> str:
        return str(self.title)
