"""``{% load ai_cms_blocks %}``: documents in templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ..documents.document import Document
from ..html.references import resolve_reference
from ..rendering.render import Mode
from ..rendering.render import render_blocks as render

register = template.Library()

# What the outer block's template was given is no business of the blocks of another document.
_OWN = frozenset({"block", "id", "type", "props", "children", "children_count", "pictures"})


@register.simple_tag(takes_context=True)
def render_blocks(context: Context, document: Any, mode: Mode | None = None, page: object = None) -> SafeString:
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


@register.simple_tag(takes_context=True)
def poster_url(context: Context, src: str, poster: str = "") -> str:
    """Return the picture before a film plays: ``{% poster_url src block.poster as poster %}``.

    The block's own, else the cover that the file at ``src`` carries; "" for neither.
    """
    if poster:
        return resolve_reference(poster, context.get("request"))
    known = (context.get("pictures") or {}).get(src) or {}
    return str(known.get("poster", ""))


@register.simple_tag(takes_context=True)
def picture(
    context: Context,
    src: str,
    alt: str = "",
    *,
    sizes: str = "100vw",
    width: int | None = None,
    height: int | None = None,
    css: str = "",
    lazy: bool = True,
    decorative: bool = False,
) -> SafeString:
    """Show a picture in the size that fits: ``{% picture block.src block.alt sizes="50vw" %}``.

    What is known of the picture comes from the block's ``meta.pictures``; of any other address it is a plain ``<img>``.
    ``sizes``: as in HTML. ``css``: classes. ``lazy``: load it when it comes near. ``decorative``: without a text.
    """
    known = (context.get("pictures") or {}).get(src) or {}
    return SafeString(
        render_to_string(
            "ai_cms/blocks/includes/picture.html",
            {
                "picture": known,
                "src": src,
                "alt": "" if decorative else alt or known.get("alt", ""),
                "sizes": sizes,
                "width": known.get("width") or width,
                "height": known.get("height") or height,
                "css": css,
                "lazy": lazy,
            },
        )
    )
