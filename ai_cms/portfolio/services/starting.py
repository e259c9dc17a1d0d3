"""What a portfolio can begin with: pages that suit its goal, made of what its owner has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["starter_pages"]


def starter_pages(portfolio: AbstractPage, *, name: str = "", about: str = "", email: str = "") -> list[JsonObject]:
    """Return an array of pages to begin with.

    ``name``: of the owner. ``about``: a few paragraphs of plain text. ``email``: where the button of the last part leads.
    The order follows the goal: who looks for a job shows the way here first, who looks for clients the work.
    """
    work = _block("project_grid", title=_("Selected work"))
    skills = _block("skill_chart", title=_("Skills"))
    timeline = _block("timeline", title=_("The way here"))
    intro = _block("rich_text", html=paragraphs(about) or f"<p>{escape(_('A few words about you.'))}</p>")
    hero = _block("hero", heading=name or portfolio.title, text=portfolio.role, level=1)
    orders = {
        "job": [intro, timeline, skills, work],
        "freelance": [work, intro, skills],
        "personal": [intro, work],
    }
    home = [hero, *orders.get(portfolio.goal, orders["personal"])]
    if email:
        home.append(
            _block(
                "call_to_action",
                title=_("Write to me"),
                text=_("I am glad to hear from you."),
                button_label=email,
                button_url=f"mailto:{email}",
            )
        )
    pages = [{"title": _("Home"), "slug": "home", "blocks": home}]
    if portfolio.goal == "job":
        pages.append({"title": _("Résumé"), "slug": "resume", "blocks": [_block("resume")]})
    return pages


def paragraphs(text: str) -> str:
    """Return plain text as HTML paragraphs."""
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return "".join("<p>" + escape(part).replace("\n", "<br>") + "</p>" for part in parts if part)


def _block(kind: str, **props: object) -> JsonObject:
    return {"type": kind, "props": props}
