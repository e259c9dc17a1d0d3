"""System checks of ``ai_cms.pages``.

=====================  ================================================================
``ai_cms_pages.E001``  ``AI_CMS_PAGE_MODEL`` names no page model
``ai_cms_pages.E002``  ``AI_CMS_TEMPLATE_MODEL`` names no template model
``ai_cms_pages.E003``  the page model lacks the index on ``(tree_id, lft)``
``ai_cms_pages.E004``  ``PROPOSAL_POLICY`` cannot be imported
``ai_cms_pages.W001``  a page type names parents or children that do not exist
``ai_cms_pages.W002``  a page type has no template
``ai_cms_pages.W003``  pages are mounted below a prefix, and nothing answers for ``/robots.txt``
=====================  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.module_loading import import_string

from . import get_page_model, get_template_model
from .conf import pages_settings
from .models import AbstractPage, AbstractTemplate
from .services import page_types

__all__ = ["check_pages", "check_robots"]


@register(Tags.urls)
def check_robots(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check that crawlers, which ask at the root of a host alone, find ``robots.txt``."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        mounted = reverse("ai_cms_pages:robots").removeprefix(get_script_prefix())
        if mounted == "robots.txt":
            return []
        resolve("/robots.txt")
    except NoReverseMatch:
        return []
    except Resolver404:
        return [
            Warning(
                "No crawler finds robots.txt, and with it the sitemap: the pages are mounted below a prefix.",
                hint='Add path("robots.txt", ai_cms.pages.sitemaps.robots) to the root URLconf, or a text of your own.',
                id="ai_cms_pages.W003",
            )
        ]
    return []


@register(Tags.models)
def check_pages(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the page and template models in use, the page types' templates and the proposal policy."""
    found: list[CheckMessage] = []
    for setting, get, base, number in (
        ("AI_CMS_PAGE_MODEL", get_page_model, AbstractPage, 1),
        ("AI_CMS_TEMPLATE_MODEL", get_template_model, AbstractTemplate, 2),
    ):
        try:
            model = get()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), hint=f"Correct {setting}, or remove it.", id=f"ai_cms_pages.E00{number}"))
            continue
        if not issubclass(model, base):
            found.append(
                Error(
                    f"{setting} names {model._meta.label}, which is not a subclass of {base.__name__}.",
                    hint=f"Derive it from ai_cms.pages.models.{base.__name__}.",
                    obj=model,
                    id=f"ai_cms_pages.E00{number}",
                )
            )
    if found:
        return found
    return [*_check_index(), *_check_types(), *_check_policy()]


def _check_index() -> list[CheckMessage]:
    model = get_page_model()
    if any(tuple(index.fields) == ("tree_id", "lft") for index in model._meta.indexes):
        return []
    return [
        Error(
            f"{model._meta.label} lacks the index on (tree_id, lft).",
            hint="Say `class Meta(AbstractPageMeta)` on the concrete page model and make a migration.",
            obj=model,
            id="ai_cms_pages.E003",
        )
    ]


def _check_types() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    types = page_types()
    for page_type in types.values():
        for attribute in ("parent_page_types", "child_page_types"):
            unknown = [name for name in getattr(page_type, attribute) or () if name not in types]
            if unknown:
                found.append(
                    Warning(
                        f"{page_type._meta.label}.{attribute} names page types that do not exist: {', '.join(unknown)}.",
                        hint=f"Page types are named by label, in lower case: {', '.join(types)}.",
                        obj=page_type,
                        id="ai_cms_pages.W001",
                    )
                )
        try:
            select_template(page_type.template_names())
        except TemplateDoesNotExist:
            found.append(
                Warning(
                    f"There is no template for {page_type._meta.label}.",
                    hint=f"Make one of: {', '.join(page_type.template_names())}.",
                    obj=page_type,
                    id="ai_cms_pages.W002",
                )
            )
    return found


def _check_policy() -> list[CheckMessage]:
    path = pages_settings.PROPOSAL_POLICY
    if not path:
        return []
    try:
        import_string(path)
    except ImportError as error:
        return [
            Error(
                f'AI_CMS["PROPOSAL_POLICY"] cannot be imported: {error}',
                hint="Name a function (proposal, actor) -> bool by its dotted path, or leave it empty.",
                id="ai_cms_pages.E004",
            )
        ]
    return []
