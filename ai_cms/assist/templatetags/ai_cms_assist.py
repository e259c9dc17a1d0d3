"""Links to writing with a model, for admin templates of a host project."""

from __future__ import annotations

from django import template

from ai_cms.assist.admin_links import write_links
from ai_cms.core.mappings import TemplateContext
from ai_cms.pages.models import AbstractPage

register = template.Library()


@register.inclusion_tag("ai_cms/assist/admin_links.html", takes_context=True)
def assist_links(context: template.Context, page: AbstractPage) -> TemplateContext:
    """Show the links of ``page`` as list items; nothing for those who may not write for it.

    ::

        {% load ai_cms_assist %}<ul class="object-tools">{% assist_links page %}</ul>
    """
    return {"links": write_links(context["request"], page)}
