"""Documents as HTML, by templates that a host can override.

The template of a block is the first that exists of ``<folder>/<type>.html`` for the page's ``block_template_folders``,
``ai_cms/blocks/<page type>/<type>.html``, ``Meta.template``, and ``ai_cms/blocks/<type>.html``; then the same for the types its
class derives from. It gets ``block`` (the instance),
``id``, ``props``, ``children`` (HTML of what is inside), ``children_count``, ``page``, ``request`` and ``mode``.

Modes: ``public``; ``preview``, where blocks that cannot be shown leave a labelled box; ``edit``, where in addition
comments mark where each block and the children of each container begin and end.

Nothing but validated props reaches a template. A block that fails renders as nothing in public and is logged; with
``strict``, for publishing, it raises instead, so that the editor learns.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any, get_args

from django.conf import settings
from django.core.signals import setting_changed
from django.db import DatabaseError
from django.http import HttpRequest
from django.template import Context, RequestContext, TemplateDoesNotExist
from django.template.backends.django import Template as DjangoTemplate
from django.template.loader import select_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ...core.jsontypes import JsonMapping, JsonObject
from ..conf import blocks_settings
from ..documents.document import Document, Walked
from ..documents.pictures import finish_blocks
from ..documents.prepare import RAW_HTML_PERMISSION
from ..documents.upgrade import is_known
from ..documents.validation import lenient_block
from ..exceptions import BlockError, RenderFailed
from ..types.base import Block
from ..types.context import Mode, RenderContext
from ..types.registry import BlockRegistry, blocks

__all__ = ["Mode", "RenderContext", "Renderer", "render_blocks", "template_names"]

logger = logging.getLogger(__name__)

_PAGE_TYPE = re.compile(r"[A-Za-z0-9_-]+")


def render_blocks(
    document: Document | Iterable[JsonMapping] | None,
    *,
    request: HttpRequest | None = None,
    context: Mapping[str, object] | None = None,
    mode: Mode = "public",
    page: object = None,
    strict: bool = False,
) -> SafeString:
    """Return a document as HTML.

    ``context``: more for the templates. ``page``: its type chooses templates. ``strict``: raise RenderFailed for the
    first block that fails. Raises ValueError for an unknown mode.
    """
    if not isinstance(document, Document):
        document = Document(None if document is None else list(document))
    with Renderer(request=request, context=context, mode=mode, page=page, strict=strict) as renderer:
        return renderer.siblings(finish_blocks(document.blocks, public=mode == "public"), None, 0, ())


def template_names(block_class: type[Block], page_type: str = "", folders: tuple[str, ...] = ()) -> list[str]:
    """Return the names of a block's templates, the most specific first. ``folders``: of the page, such as those of its design."""
    names: list[str] = []
    for base in block_class.__mro__:
        if not (issubclass(base, Block) and base is not Block):
            continue
        meta = base.block_meta
        names += [f"{folder}/{meta.type}.html" for folder in folders]
        if page_type:
            names.append(f"ai_cms/blocks/{page_type}/{meta.type}.html")
        if meta.template:
            names.append(meta.template)
        names.append(f"ai_cms/blocks/{meta.type}.html")
    return list(dict.fromkeys(names))


_templates: dict[tuple[type[Block], str, tuple[str, ...]], Any] = {}


def find_template(block_class: type[Block], page_type: str = "", folders: tuple[str, ...] = ()) -> Any:
    """Return a block's template, remembered unless DEBUG is on. Raises TemplateDoesNotExist."""
    key = (block_class, page_type, folders)
    template = None if settings.DEBUG else _templates.get(key)
    if template is None:
        template = _templates[key] = select_template(template_names(block_class, page_type, folders))
    return template


def forget_templates(**kwargs: object) -> None:
    """Look templates up again."""
    if kwargs.get("setting") in (None, "TEMPLATES", "INSTALLED_APPS", "DEBUG"):
        _templates.clear()


setting_changed.connect(forget_templates, dispatch_uid="ai_cms.blocks.rendering.render")
blocks.on_change(forget_templates)


class Renderer:
    """Render blocks in one template context; a context manager."""

    def __init__(
        self,
        *,
        request: HttpRequest | None = None,
        context: Mapping[str, object] | None = None,
        mode: Mode = "public",
        page: object = None,
        strict: bool = False,
        page_type: str = "",
        registry: BlockRegistry = blocks,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode is one of {', '.join(get_args(Mode))}, not {mode!r}.")
        self.request = request
        self.mode: Mode = mode
        self.page = page
        self.page_type = page_type or page_type_of(page)
        self.folders = folders_of(page)
        self.strict = strict
        self.registry = registry
        self.values = {**(context or {}), "page": page, "mode": mode}
        self.errors: dict[str, list[BlockError]] = {}
        self._context: Context | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def siblings(
        self, siblings: Iterable[object], parent: JsonObject | None, depth: int, loc: tuple[str, ...]
    ) -> SafeString:
        """Return blocks that stand side by side as HTML."""
        return mark_safe(
            "".join(
                self.block(Walked(block, parent, index, depth, (*loc, str(index))))
                for index, block in enumerate(siblings)
                if isinstance(block, dict)
            )
        )

    def block(self, walked: Walked, children_count: int | None = None) -> SafeString:
        """Return one block as HTML, with markers in edit mode.

        ``children_count``: render the block as if it had so many children, with nothing in their place.
        """
        return self._marked(str(walked.block.get("id", "")), self._block(walked, children_count))

    def placeholder(self, block_id: str, message: str) -> SafeString:
        """Return what stands for a block that cannot be shown."""
        return self._marked(block_id, self._box(message))

    def _marked(self, block_id: str, html: SafeString) -> SafeString:
        if self.mode != "edit":
            return html
        return mark_safe(f"<!--block:{_marker(block_id)}-->{html}<!--/block:{_marker(block_id)}-->")

    def _block(self, walked: Walked, children_count: int | None) -> SafeString:
        block = walked.block
        if not is_known(block, self.registry):
            return self._box(_("Unknown block type “%(type)s”") % {"type": block.get("type")})
        block_class = self.registry[block["type"]]
        if block_class.block_meta.permission == RAW_HTML_PERMISSION and not blocks_settings.RAW_HTML:
            return self._box(_("“%(label)s” blocks are switched off") % {"label": block_class.block_meta.label})
        instance, errors = lenient_block(block_class, block.get("props"))
        if errors:
            self._report(block, [error.under(*walked.loc) for error in errors])
        if instance is None or (errors and self.mode == "public"):
            return self._box(_("“%(label)s” is not complete") % {"label": block_class.block_meta.label})
        children, count = self._children(walked, block_class, children_count)
        try:
            return self._render(block, block_class, instance, children, count)
        except (RenderFailed, DatabaseError):
            # A database that is down is the page's failure, not the block's, and must not be published as a gap.
            raise
        except Exception as error:
            # Templates and get_context are host code: one that fails must not take the page down.
            logger.exception("Rendering block %s (%s) failed", block.get("id"), block["type"])
            message = str(error) if settings.DEBUG else _("Its template failed.")
            failure = BlockError(list(walked.loc), "template_error", f"“{block_class.block_meta.label}”: {message}")
            self._report(block, [failure], error)
            return self._box(failure.msg)

    def _children(self, walked: Walked, block_class: type[Block], children_count: int | None) -> tuple[SafeString, int]:
        children = walked.block.get("children")
        children = children if isinstance(children, list) else []
        if children_count is None:
            html = self.siblings(children, walked.block, walked.depth + 1, (*walked.loc, "children"))
            count = len(children)
        else:
            html, count = SafeString(""), children_count
        if self.mode == "edit" and block_class.block_meta.is_container:
            block_id = _marker(str(walked.block.get("id", "")))
            html = mark_safe(f"<!--slot:{block_id}-->{html}<!--/slot:{block_id}-->")
        return html, count

    def _render(
        self, block: JsonObject, block_class: type[Block], instance: Block, children: SafeString, count: int
    ) -> SafeString:
        block_id = str(block.get("id", ""))
        variables: dict[str, Any] = {
            "block": instance,
            "id": block_id,
            "type": block["type"],
            "props": instance.__dict__,
            "children": children,
            "children_count": count,
            "pictures": (block.get("meta") or {}).get("pictures") or {},
        }
        if block_class.get_context is not Block.get_context:
            variables |= instance.get_context(RenderContext(block_id, self.mode, self.request, self.page, self.values))
        template = find_template(block_class, self.page_type, self.folders)
        if not isinstance(template, DjangoTemplate):
            return _trimmed(template.render({**self.values, **variables}, self.request))
        context = self._bound_context(template)
        with context.push(**variables):
            return _trimmed(template.template.render(context))

    def _bound_context(self, template: DjangoTemplate) -> Context:
        """Return the one context of all blocks: context processors run once for a page, not once for a block."""
        if self._context is None:
            values = {**self.values, "request": self.request}
            context = Context(values) if self.request is None else RequestContext(self.request, values)
            self._stack.enter_context(context.bind_template(template.template))
            self._context = context
        return self._context

    def _report(self, block: JsonMapping, errors: list[BlockError], cause: Exception | None = None) -> None:
        if self.strict:
            raise RenderFailed(errors[0]) from cause
        self.errors.setdefault(str(block.get("id", "")), []).extend(errors)
        if self.mode == "public" and cause is None:
            logger.warning("Block %s is not valid and was left out: %s", block.get("id"), errors[0].msg)

    def _box(self, message: str) -> SafeString:
        if self.mode == "public":
            return SafeString("")
        return format_html('<div class="ai-cms-block-problem" role="note">{}</div>', message)


def _trimmed(html: str) -> SafeString:
    """Return a block's HTML without the white space around it, which would part buttons that stand side by side."""
    return SafeString(html.strip())


def page_type_of(page: object) -> str:
    """Return the name under which a page's type has block templates of its own; "" for none."""
    for name in ("page_type", "type"):
        value = getattr(page, name, None)
        if isinstance(value, str) and _PAGE_TYPE.fullmatch(value):
            return value
    meta = getattr(page, "_meta", None)
    return str(getattr(meta, "model_name", "") or "")


def folders_of(page: object) -> tuple[str, ...]:
    """Return the folders of templates in which a page has blocks drawn before all others; () for none."""
    folders = getattr(page, "block_template_folders", ())
    return tuple(folder for folder in folders if isinstance(folder, str)) if isinstance(folders, tuple | list) else ()


def _marker(block_id: str) -> str:
    """Return an id that cannot end the comment it stands in."""
    return re.sub(r"[^a-z0-9-]|-(?=-)", "", block_id)


def missing_template(block_class: type[Block]) -> list[str] | None:
    """Return the names that were tried if a block class has no template at all, else ``None``."""
    try:
        select_template(template_names(block_class))
    except TemplateDoesNotExist:
        return template_names(block_class)
    return None
