"""What was copied elsewhere as blocks: HTML of Word, Google Docs or a web page, Markdown, rows of a spreadsheet."""

from __future__ import annotations

import re

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from ai_cms.blocks.convert import convert_html, convert_markdown
from ai_cms.blocks.documents.structure import Allowed
from ai_cms.blocks.html.richtext import sanitize_inline
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.core.jsontypes import JsonObject

from .answers import JsonView

__all__ = ["PasteView"]

MAX_CHARACTERS = 1_000_000


class PasteView(JsonView):
    """``{"html": …}`` or ``{"text": …}`` to blocks without ids; ``inline``: also as HTML to put into a line of text."""

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        page, body = self.page(), self.body()
        html, text = body.get("html") or "", body.get("text") or ""
        if not isinstance(html, str) or not isinstance(text, str):
            raise InvalidInput(errors={"html": [_("Give HTML or text.")]})
        if len(html) + len(text) > MAX_CHARACTERS:
            raise TooLarge(_("That is too much to be pasted at once. Paste it in parts."))
        if not html.strip() and "\t" in text.strip("\n"):
            made, warnings = _rows(text), []
        else:
            found = convert_html(html) if html.strip() else convert_markdown(text)
            made, warnings = found.blocks, [warning.message for warning in found.warnings]
        admitted = Allowed(page.allowed_blocks, blocks)
        left = [block for block in made if block["type"] in admitted]
        inline = ""
        if len(left) == 1 and left[0]["type"] == "rich_text":
            inline = _one_paragraph(left[0]["props"].get("html", ""))
        return self.answer({"blocks": left, "inline": inline, "left_out": len(made) - len(left), "warnings": warnings})


def _rows(text: str) -> list[JsonObject]:
    """Return the table block of rows that a spreadsheet put on the clipboard."""
    rows = [line.split("\t") for line in text.strip("\r\n").splitlines()]
    cells = [[sanitize_inline(_escaped(cell)) for cell in row[:50]] for row in rows[:1000]]
    return [{"type": "table", "props": {"header": True, "rows": cells}}]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _one_paragraph(html: str) -> str:
    """Return what is inside the only paragraph of ``html``; "" if there is more than one."""
    found = re.fullmatch(r"\s*<p>(.*)</p>\s*", html, re.DOTALL)
    return found[1] if found and "<p" not in found[1] and "</p>" not in found[1] else ""
