"""Put the owner's projects, skills and résumé into the blocks that show them.

Only rows of the page's owner are shown, whoever wrote their numbers into a block; a row that is gone is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from pydantic_core import PydanticCustomError

from ai_cms.blocks.documents.filling import document_fillers, replace_props, walk_blocks
from ai_cms.blocks.types.text import check_url
from ai_cms.core.jsontypes import JsonMapping, JsonObject

from . import get_project_model, get_resume_model, get_skill_model
from .cms_blocks import DATED

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

    from .models import AbstractProject, AbstractResume, AbstractSkill

__all__ = ["fill_portfolio_blocks", "resume_content", "resume_entries"]

_TYPES = frozenset({"project_grid", "skill_chart", "timeline", "resume"})
#: Where the parts of a JSON Resume keep title, group, place, dates, text and points.
_SHAPES: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "work": ("position", "name", "location", "startDate", "endDate", "summary", "highlights"),
    "volunteer": ("position", "organization", "", "startDate", "endDate", "summary", "highlights"),
    "education": ("area", "institution", "", "startDate", "endDate", "", "courses"),
    "projects": ("name", "entity", "", "startDate", "endDate", "description", "highlights"),
    "certificates": ("name", "issuer", "", "date", "", "", ""),
    "awards": ("title", "awarder", "", "date", "", "summary", ""),
    "publications": ("name", "publisher", "", "releaseDate", "", "summary", ""),
    "skills": ("name", "", "", "", "", "level", "keywords"),
    "languages": ("language", "", "", "", "", "fluency", ""),
    "interests": ("name", "", "", "", "", "", "keywords"),
    "references": ("name", "", "", "", "", "reference", ""),
}


def fill_portfolio_blocks(siblings: list[JsonObject], page: AbstractPage) -> list[JsonObject]:
    """Return blocks with the rows of the page's owner in them; no query for a page that shows none."""
    if not any(block.get("type") in _TYPES for block in walk_blocks(siblings)):
        return siblings
    rows = _Rows(getattr(page, "owner_id", None))
    return replace_props(siblings, rows.props)


class _Rows:
    """The rows of one person, each kind read once."""

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self._kept: dict[str, dict[int, Any]] = {}

    def props(self, block: JsonObject) -> JsonObject | None:
        props = block.get("props") or {}
        match block.get("type"):
            case "project_grid":
                found = self._picked("projects", get_project_model(), props.get("projects"))
                return {**props, "items": [project_item(row) for row in found]}
            case "skill_chart":
                found = self._picked("skills", get_skill_model(), props.get("skills"))
                return {**props, "items": [skill_item(row) for row in found]}
            case "timeline":
                return {**props, "items": self._timeline(props)}
            case "resume":
                resume = self._resume(props)
                content = (
                    {} if resume is None else resume_content(resume.content, _parts(props), bool(props.get("contact")))
                )
                return {**props, "content": content}
        return None

    def _all(self, kind: str, model: Any) -> dict[int, Any]:
        if kind not in self._kept:
            self._kept[kind] = {row.pk: row for row in model.objects.of_owner(self.owner)}
        return self._kept[kind]

    def _picked(self, kind: str, model: type[Model], keys: object) -> list[Any]:
        rows = self._all(kind, model)
        if not isinstance(keys, list) or not keys:
            return list(rows.values())
        wanted = [key for key in keys if isinstance(key, int)]
        return [rows[key] for key in dict.fromkeys(wanted) if key in rows]

    def _resume(self, props: JsonMapping) -> AbstractResume | None:
        rows = self._all("resumes", get_resume_model())
        key = props.get("resume")
        return rows.get(key) if isinstance(key, int) else next(iter(rows.values()), None)

    def _timeline(self, props: JsonMapping) -> list[JsonObject]:
        resume = self._resume(props)
        if resume is None:
            return []
        parts = [part for part in _parts(props, ["work", "education"]) if part in DATED]
        entries = [entry for part in parts for entry in resume_entries(resume.content, part)]
        # What goes on comes first, then what began last; a sort keeps the order of the rest.
        return sorted(entries, key=lambda entry: (not entry["end"], entry["start"]), reverse=True)


def _parts(props: JsonMapping, default: Sequence[str] = ("work", "education", "skills", "languages")) -> list[str]:
    parts = props.get("parts", default)
    return [part for part in parts if part in _SHAPES] if isinstance(parts, list | tuple) else list(default)


def project_item(row: AbstractProject) -> JsonObject:
    """Return a project in the shape of a ``ProjectItem``."""
    return {
        "title": row.title,
        "text": row.description,
        "image": row.image_url,
        "image_alt": row.image_alt,
        "link": row.link,
        "technologies": list(row.technologies),
        "start": row.start_date,
        "end": row.end_date,
    }


def skill_item(row: AbstractSkill) -> JsonObject:
    """Return a skill in the shape of a ``SkillItem``."""
    return {
        "name": row.name,
        "category": row.category,
        "level": row.level,
        "years": None if row.years is None else float(row.years),
    }


def resume_content(content: object, parts: Sequence[str], contact: bool) -> JsonObject:
    """Return a JSON Resume in the shape of a ``ShownResume``: the named parts alone."""
    basics = content.get("basics") if isinstance(content, dict) else None
    basics = basics if isinstance(basics, dict) else {}
    found: JsonObject = {name: _text(basics.get(name), 1_000) for name in ("name", "label")}
    found["summary"] = _text(basics.get("summary"), 20_000)
    if contact:
        where = basics.get("location")
        where = where if isinstance(where, dict) else {}
        places = [_text(where.get(name), 200) for name in ("city", "region", "countryCode")]
        profiles = [item for item in _list(basics.get("profiles")) if isinstance(item, dict)]
        found |= {
            "email": _text(basics.get("email"), 1_000),
            "phone": _text(basics.get("phone"), 1_000),
            "url": _link(basics.get("url")),
            "place": ", ".join(filter(None, places)),
            "profiles": [
                {
                    "part": "profiles",
                    "title": _text(item.get("username"), 1_000),
                    "group": _text(item.get("network"), 1_000),
                    "link": _link(item.get("url")),
                }
                for item in profiles
            ],
        }
    sections = [{"part": part, "entries": resume_entries(content, part)} for part in parts]
    found["sections"] = [section for section in sections if section["entries"]]
    return found


def resume_entries(content: object, part: str) -> list[JsonObject]:
    """Return one part of a JSON Resume as ``ResumeEntry`` shapes, in its order."""
    title, group, place, start, end, text, points = _SHAPES[part]
    rows = content.get(part) if isinstance(content, dict) else None
    entries = []
    for row in _list(rows):
        if not isinstance(row, dict):
            continue
        name = _text(row.get(title), 1_000)
        if part == "education":
            name = ", ".join(filter(None, (_text(row.get("studyType"), 500), name)))
        entries.append(
            {
                "part": part,
                "title": name,
                "group": _text(row.get(group), 1_000),
                "place": _text(row.get(place), 1_000),
                "start": _text(row.get(start), 10),
                # What happened on one day has no beginning and no end.
                "end": _text(row.get(end), 10) if end else _text(row.get(start), 10),
                "link": _link(row.get("url")),
                "text": _text(row.get(text), 20_000),
                "points": [_text(item, 2_000) for item in _list(row.get(points)) if isinstance(item, str)],
            }
        )
    return entries


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _link(value: object) -> str:
    """Return an address that may be linked; "" for one that may not, such as ``javascript:``."""
    try:
        return check_url(value) if isinstance(value, str) and len(value) <= 2_000 else ""
    except PydanticCustomError:
        return ""


document_fillers.register("portfolio", fill_portfolio_blocks)
