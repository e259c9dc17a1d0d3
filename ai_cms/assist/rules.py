"""What the local backend does for writing tasks without a model: drawn from what is given, and honest about it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.html import escape
from django.utils.translation import gettext as _

from ai_cms.llm.backends.local import text as local_text
from ai_cms.llm.backends.local.backend import rule
from ai_cms.llm.exceptions import LLMUnsupported
from ai_cms.llm.messages import LLMRequest

from ..core.jsontypes import JsonMapping, JsonObject
from .briefs import Part, read_brief, title_of, without_instructions
from .slots import map_text

__all__: list[str] = []


def _given(request: LLMRequest, *names: str) -> str:
    return next((str(request.payload[name]) for name in names if request.payload.get(name)), "")


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in re.split(r"\n\s*\n|\n", text) if part.strip()]
    return "".join(f"<p>{escape(part)}</p>" for part in parts)


def _pieces(request: LLMRequest, change: Callable[[str], str]) -> JsonMapping:
    """Change the text of each piece; the tags of HTML stay as they are."""
    found = []
    for piece in request.payload["pieces"]:
        text = map_text(piece["text"], change) if piece["format"] == "html" else change(piece["text"])
        found.append({"key": piece["key"], "text": text if text.strip() else piece["text"]})
    return {"pieces": found}


def _tidy(text: str) -> str:
    """Proofread a text, keeping the white space at its ends: it may stand between tags."""
    bare = text.strip()
    if not bare:
        return text
    start = text[: len(text) - len(text.lstrip())]
    return f"{start}{local_text.proofread(bare)}{text[len(text.rstrip()) :]}"


@rule("alt_text", replace=True)
def alt_text(request: LLMRequest) -> JsonMapping:
    """Name a picture by its file's name or the words around it. Raises LLMUnsupported where neither says anything."""
    alt = local_text.alt_text(_given(request, "file_name"), _given(request, "context"))
    if not alt:
        raise LLMUnsupported(
            _(
                "Without an AI model this site cannot see what a picture shows, and neither its name nor a context says so."
            ),
            reason="the file name says nothing",
        )
    return {"alt": alt}


@rule("proofread", replace=True)
def proofread(request: LLMRequest) -> JsonMapping:
    return _pieces(request, _tidy)


@rule("improve")
def improve(request: LLMRequest) -> JsonMapping:
    return _pieces(request, _tidy)


@rule("rewrite")
def rewrite(request: LLMRequest) -> JsonMapping:
    """Shorten plain text to its weightiest sentences; anything else is proofread, for no rule can change a tone."""
    if request.payload.get("length") != "shorter":
        return _pieces(request, _tidy)
    found = []
    for piece in request.payload["pieces"]:
        count = len(local_text.sentences(piece["text"]))
        plain = piece["format"] != "html"
        text = local_text.summary(piece["text"], max(1, count // 2)) if plain and count > 1 else ""
        found.append({"key": piece["key"], "text": text or map_text(piece["text"], _tidy)})
    return {"pieces": found}


def _no_model(request: LLMRequest) -> JsonMapping:
    raise LLMUnsupported(_("Without an AI model this site cannot translate."), reason="no rule translates")


for _name in ("translate", "translate_page"):
    rule(_name)(_no_model)


def _brief(request: LLMRequest) -> str:
    """Return what of a brief can be laid out. Raises LLMUnsupported for a mere instruction: nobody is here to follow it."""
    brief = without_instructions(_given(request, "brief"))
    if not brief:
        raise LLMUnsupported(
            _(
                "Without an AI model this site cannot write from an instruction. Give notes, headings or points to lay out."
            ),
            reason="the brief is an instruction",
        )
    return brief


@rule("page_draft")
def page_draft(request: LLMRequest) -> JsonMapping:
    """Lay the brief out: its first line as the opening, its parts as headings with their text, its points as lists."""
    brief = _brief(request)
    types = set(request.payload.get("block_types") or ())
    parts = read_brief(brief)
    own = title_of(parts)
    title = _given(request, "page_title") or own or next((part.heading for part in parts if part.heading), "")
    title = local_text.seo_title(brief, title, limit=90)
    made: list[JsonObject] = []
    # Headings and points are no sentences, and do not make any put together.
    prose = "\n".join(line for part in parts for line in part.paragraphs) or brief
    if "hero" in types and request.task == "page_draft":
        # A text of one sentence would be said twice.
        first = local_text.summary(prose, 1) if len(local_text.sentences(prose)) > 1 else ""
        made.append({"type": "hero", "props": {"heading": title, "text": first}})
    for part in parts:
        made.extend(_blocks_of(part, types))
    if not made:
        made.append({"type": "rich_text", "props": {"html": _paragraphs(brief)}})
    return {"title": title, "seo_description": local_text.seo_description(prose), "blocks": made}


rule("section_draft")(page_draft)


def _blocks_of(part: Part, types: set[str]) -> list[JsonObject]:
    made: list[JsonObject] = []
    if part.heading and "heading" in types:
        made.append({"type": "heading", "props": {"text": part.heading[:200], "level": 2}})
    if part.paragraphs:
        made.append({"type": "rich_text", "props": {"html": _paragraphs("\n".join(part.paragraphs))}})
    if part.points and "list" in types:
        made.append({"type": "list", "props": {"style": "ul", "items": [escape(point) for point in part.points]}})
    elif part.points:
        made.append({"type": "rich_text", "props": {"html": _paragraphs("\n".join(part.points))}})
    return made


@rule("hero")
def hero(request: LLMRequest) -> JsonMapping:
    name, role = _given(request, "name"), _given(request, "role")
    text = local_text.summary(_given(request, "notes"), 2) or role or name
    return {"heading": name if not role else f"{name}, {role}"[:120], "text": text[:600], "button": ""}


@rule("about")
def about(request: LLMRequest) -> JsonMapping:
    return {"html": _paragraphs(local_text.proofread(_given(request, "notes", "role", "name")))}


@rule("project_description")
def project_description(request: LLMRequest) -> JsonMapping:
    text = local_text.proofread(_given(request, "notes", "title"))
    used = ", ".join(request.payload.get("technologies") or ())
    return {"html": _paragraphs(f"{text}\n\n{used}" if used else text)}


@rule("resume_summary")
def resume_summary(request: LLMRequest) -> JsonMapping:
    return {"summary": local_text.summary(_given(request, "resume"), 3)}


@rule("resume_tailoring")
def resume_tailoring(request: LLMRequest) -> JsonMapping:
    resume, job = _given(request, "resume"), _given(request, "job")
    wanted = local_text.keywords(job, 12) if job else []
    return {
        "summary": local_text.summary(resume, 3),
        "highlights": [text[:500] for text in local_text.relevant(resume, job or resume, 5)],
        "missing": [word for word in wanted if word.lower() not in resume.lower()],
    }


@rule("continue")
def continue_(request: LLMRequest) -> JsonMapping:
    raise LLMUnsupported(_("Without an AI model this site cannot go on with a text."), reason="no rule writes new text")


@rule("post_draft")
def post_draft(request: LLMRequest) -> JsonMapping:
    brief = _brief(request)
    parts = []
    for part in read_brief(brief):
        points = "".join(f"<li>{escape(point)}</li>" for point in part.points)
        heading = f"<h2>{escape(part.heading)}</h2>" if part.heading else ""
        parts.append(heading + _paragraphs("\n".join(part.paragraphs)) + (f"<ul>{points}</ul>" if points else ""))
    return {
        "title": local_text.seo_title(brief, limit=90),
        "body": "".join(parts) or _paragraphs(brief),
        "excerpt": local_text.shorten(local_text.plain(brief), 280),
        "tags": local_text.keywords(brief, 5),
    }
