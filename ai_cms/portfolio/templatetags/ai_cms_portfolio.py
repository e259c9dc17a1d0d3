"""What the templates of portfolios need."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from ai_cms.pages.templatetags.ai_cms_pages import page_head

register = template.Library()


@register.simple_tag
def design_address(token: str) -> str:
    """Return the address of the style sheet of a design; "" where ``ai_cms.portfolio.urls`` is not mounted."""
    try:
        return reverse("ai_cms_portfolio:styles", args=[token or "e30"])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def portfolio_head(context: template.Context) -> SafeString:
    """Return the head of the page that is shown: its own title and description behind those of the portfolio."""
    page: Any = context.get("page")
    shown: Any = context.get("head_page") or page
    with context.push(page=shown):
        return page_head(context)
