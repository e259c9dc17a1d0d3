"""Write portfolios: their fields, their pages as one array, and whether the public sees them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.exceptions import InvalidInput, RequestRefused, StaleVersion
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import Columns, FieldValues
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import SlugTaken
from ai_cms.pages.services import create_page, delete_page, publish_page, unpublish_page, update_page

from .. import get_portfolio_index_model, get_portfolio_model
from ..arrays import array_problems, blocks_of_pages
from ..conf import portfolio_settings
from ..design.tokens import design_problems
from ..exceptions import NoPlace, TooMany
from ..models import PortfolioMixin
from ..places import default_home, find_index

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["create_portfolio", "delete_portfolio", "ensure_index", "update_portfolio"]

#: What is written with the draft; pages, slug and publication go ways of their own.
_FIELDS = ("title", "design", "is_guided", "goal", "role", "seo_title", "seo_description", "locale")


def ensure_index() -> AbstractPage:
    """Return the page below which portfolios stand, made if there is none yet. Raises NoPlace."""
    found = find_index()
    if found is not None:
        return found
    home = get_page_model().objects.filter(pk=default_home()).order_by().first()
    if home is None:
        raise NoPlace
    try:
        return create_page(
            actor=Actor.system("portfolio"),
            parent=home,
            title=_("Portfolios"),
            slug=portfolio_settings.PORTFOLIO_SLUG,
            page_type=get_portfolio_index_model(),
        )
    except SlugTaken:
        # Made by another request just now, unless a page of another type stands there.
        found = find_index()
        if found is None:
            raise
        return found


def create_portfolio(
    *,
    actor: ActorLike,
    title: str,
    slug: str = "",
    pages: object = None,
    is_published: bool = False,
    owner: object = None,
    **fields: object,
) -> AbstractPage:
    """Create a portfolio, as a draft or published at once.

    ``slug``: empty to make one of the title. ``pages``: an array as :mod:`ai_cms.portfolio.arrays` has it. ``fields``: design,
    goal, role, is_guided, seo_title, seo_description, locale. Returns the portfolio.
    Raises InvalidInput with paths below ``pages`` and ``design``, SlugTaken, NoPlace, TooMany and what permissions raise.
    """
    who = Actor.of(actor)
    most = portfolio_settings.PORTFOLIO_MAX_PER_USER
    account = owner if owner is not None else who.account
    model = get_portfolio_model()
    get_policy(model).require(who, "add")
    limited = most and account is not None and not who.is_superuser
    if limited and model.objects.non_polymorphic().filter(owner=account).count() >= most:
        raise TooMany(most)
    parent = ensure_index()
    values = _checked_fields(fields)
    content = _content(pages, None, who) if pages is not None else []
    with _in_words_of_portfolios(), transaction.atomic(using=router.db_for_write(model)):
        portfolio = create_page(
            actor=who,
            parent=parent,
            title=title,
            slug=slug,
            page_type=model,
            content=content,
            fields=values,
            owner=owner,
        )
        if is_published:
            publish_page(portfolio, actor=who)
    return portfolio


def update_portfolio(
    portfolio: PortfolioMixin,
    *,
    actor: ActorLike,
    expected_version: int | None = None,
    is_published: bool | None = None,
    pages: object = None,
    slug: str | None = None,
    **fields: object,
) -> PortfolioMixin:
    """Change a portfolio's draft and, with ``is_published``, whether the public sees it; all or nothing.

    ``expected_version``: refuse with PageStale if it has another version; what was wanted is kept as a revision.
    Returns the fresh portfolio. Raises InvalidInput with paths below ``pages`` and ``design``, SlugTaken, PageStale and what
    permissions raise.
    """
    who = Actor.of(actor)
    policy_for(portfolio).require(who, "change", portfolio)
    values = _checked_fields(fields)
    content = _content(pages, portfolio.content_json, who) if pages is not None else None
    refused: StaleVersion | None = None
    fresh: PortfolioMixin = portfolio
    with _in_words_of_portfolios(), transaction.atomic(using=router.db_for_write(type(portfolio))):
        try:
            if values or content is not None or slug or expected_version is not None:
                fresh = update_page(
                    portfolio,
                    actor=who,
                    fields=values,
                    content=content,
                    slug=slug or None,
                    expected_version=expected_version,
                )
        except StaleVersion as error:
            # Raised behind the transaction: what was wanted is kept.
            refused = error
        else:
            if is_published is True:
                publish_page(fresh, actor=who, expected_version=fresh.version)
            elif is_published is False and fresh.live:
                fresh = unpublish_page(fresh, actor=who)
    if refused is not None:
        raise refused
    return fresh


def delete_portfolio(portfolio: AbstractPage, *, actor: ActorLike, expected_version: int | None = None) -> None:
    """Put a portfolio into the bin. Raises PageStale and what permissions raise."""
    delete_page(portfolio, actor=actor, expected_version=expected_version)


def _checked_fields(fields: FieldValues) -> Columns:
    unknown = sorted(set(fields) - set(_FIELDS) - {field.name for field in get_portfolio_model().type_fields()})
    if unknown:
        raise InvalidInput(errors={unknown[0]: [_("Portfolios have no such field.")]})
    if "design" in fields and (problems := design_problems(fields["design"])):
        raise InvalidInput(errors={"design": problems})
    return dict(fields)


def _content(pages: object, previous: Document | None, actor: Actor) -> list[JsonObject]:
    """Return the document for an array of pages. Raises InvalidInput also for props that a block does not have.

    A draft may hold props that are missing or too long, so that nobody loses what is half written; a key that no block knows
    is a mistake of the program that sends it.
    """
    blocks = blocks_of_pages(pages)
    try:
        document = prepare_document(
            blocks, previous=previous, allowed=get_portfolio_model().allowed_blocks, actor=actor
        )
    except InvalidDocument as error:
        problems = [problem.to_json() for problem in error.block_errors]
        raise InvalidInput(errors={"pages": array_problems(problems)}) from error
    strange = [problem.to_json() for problem in document.validate(strict=False) if problem.type == "extra_forbidden"]
    if strange:
        raise InvalidInput(errors={"pages": array_problems(strange)})
    return blocks


@contextmanager
def _in_words_of_portfolios() -> Iterator[None]:
    """Tell problems of the document as problems of the array of pages."""
    try:
        yield
    except InvalidDocument as error:
        problems = [problem.to_json() for problem in error.block_errors]
        raise InvalidInput(errors={"pages": array_problems(problems)}) from error
    except RequestRefused as error:
        if error.errors and "content_json" in error.errors:
            error.errors["pages"] = array_problems(error.errors.pop("content_json"))
        raise
