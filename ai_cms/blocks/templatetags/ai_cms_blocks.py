"""``{% load ai_cms_blocks %}``: documents in templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from ..documents.document import Document
from ..html.references import resolve_reference
from ..rendering.render import Mode
from ..rendering.render import render_blocks as render

register = template.Library()

# What the outer block's template was given is no business of the blocks of another document.
_OWN = frozenset({"block", "id", "type", "props", "children", "children_count"})


@register.simple_tag(takes_context=True)
def render_blocks(context: Context, document: Any, mode: Mode | None = None, page: Any = None) -> SafeString:
    """Render a document: ``{% render_blocks article.body %}``.

    ``mode`` and ``page`` are those of the template around it unless given. Blocks see the variables of that template.
    """
    around: dict[str, Any] = dict(context.flatten())  # type: ignore[arg-type]
    values = {key: value for key, value in around.items() if key not in _OWN}
    return render(
        document if document != "" else Document.empty(),
        request=context.get("request"),
        context=values,
        mode=mode or context.get("mode") or "public",
        page=page if page is not None else context.get("page"),
    )


@register.simple_tag(takes_context=True)
def reference_url(context: Context, value: str) -> str:
    """Return the URL of an image or file reference: ``{% reference_url block.src as url %}``."""
    return resolve_reference(value or "", context.get("request"))
