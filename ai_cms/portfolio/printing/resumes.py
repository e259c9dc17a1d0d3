"""A résumé as HTML for paper and as PDF."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.db import connections
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.slugs import make_slug

from ..cms_blocks import PARTS
from ..exceptions import PdfUnavailable
from ..filling import resume_content
from ..resumes.dates import shown_date
from .client import draw_pdf
from .job import BASE_URL, PdfFailed, PdfJob

if TYPE_CHECKING:
    from ..models import AbstractResume

__all__ = [
    "PAPERS",
    "STYLES",
    "page_context",
    "paper_context",
    "pdf_file",
    "pdf_is_installed",
    "resume_html",
    "resume_pdf",
]

logger = logging.getLogger(__name__)

#: The sizes of paper, with their style sheets.
PAPERS = {"a4": _lazy("A4"), "letter": _lazy("Letter")}
#: The looks of a résumé, named as the layouts of portfolios; the styles stand in ``paper/resume.css``.
STYLES = {
    "plain": _lazy("Plain"),
    "folio": _lazy("Folio"),
    "raster": _lazy("Raster"),
    "console": _lazy("Console"),
    "atelier": _lazy("Atelier"),
}
_STATIC = "ai_cms/portfolio/"
_DASH = "\N{EN DASH}"
_LISTS = ("skills", "languages", "interests")
_ORDER = ("work", "projects", "education", "skills", "languages", "certificates", "awards", "publications", "volunteer",
          "interests", "references")  # fmt: skip


def resume_html(content: object, *, style: str = "plain", title: str = "") -> str:
    """Return a JSON Resume as the HTML a PDF is made of: it names no style sheet and loads nothing."""
    return render_to_string("ai_cms/portfolio/paper/pdf.html", paper_context(content, style=style, title=title))


def resume_pdf(content: object, *, style: str = "plain", paper: str = "a4", title: str = "") -> bytes:
    """Return a JSON Resume as PDF/UA-1: real text in the order of reading, tags, bookmarks, language, title and author.

    Takes seconds, and up to 40 where the machine is busy: call it outside transactions. Raises PdfUnavailable where the extra
    ``pdf`` is not installed, all workers are busy, or no file was made in time; LookupError for an unknown style or paper.
    """
    if style not in STYLES or paper not in PAPERS:
        raise LookupError(f"There is no style {style!r} or paper {paper!r}.")
    if not pdf_is_installed():
        raise PdfUnavailable(code="pdf_not_installed")
    sheets = tuple(_sheet(f"paper/{name}.css") for name in ("fonts", "resume", paper))
    job = PdfJob(resume_html(content, style=style, title=title), sheets, _fonts())
    _let_go_of_databases()
    try:
        return draw_pdf(job)
    except PdfFailed as failure:
        logger.warning("No PDF of a résumé was made: %s", failure)
        raise PdfUnavailable(code=f"pdf_{failure.code}") from failure


def pdf_file(resume: AbstractResume, style: str, paper: str) -> HttpResponse:
    """Answer with a row's résumé as a PDF to keep. Raises what :func:`resume_pdf` raises."""
    made = resume_pdf(resume.content, style=style, paper=paper, title=resume.title)
    response = HttpResponse(made, content_type="application/pdf")
    name = make_slug(resume.title, allow_unicode=False, fallback="resume")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def _let_go_of_databases() -> None:
    """Give this thread's connections back: others may need them while a PDF is drawn. The next query opens one again."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def pdf_is_installed() -> bool:
    """Return whether the extra ``pdf`` is there; the library itself is loaded by the process that draws."""
    return find_spec("weasyprint") is not None


@cache
def _sheet(name: str) -> str:
    return _static_file(name).read_text("utf-8").replace('url("../fonts/', 'url("fonts/')


@cache
def _fonts() -> Mapping[str, tuple[str, bytes]]:
    folder = _static_file("fonts/LICENSE.txt").parent
    return {f"{BASE_URL}fonts/{file.name}": ("font/woff2", file.read_bytes()) for file in folder.glob("*.woff2")}


def _static_file(name: str) -> Path:
    """Return a file of ours: a host's own if it overrides it, and the app's where its finders do not know the app."""
    found = finders.find(_STATIC + name)
    return Path(found) if found else Path(__file__).resolve().parents[1] / "static" / _STATIC / name


def paper_context(content: object, *, style: str = "plain", title: str = "") -> TemplateContext:
    """Return what the templates of paper need of a JSON Resume."""
    shown = resume_content(content, _ORDER, True)
    language = _language(content)
    with translation.override(language):
        name = shown["name"] or title
        return {
            "resume": shown | {"name": name},
            "contact": list(_contact(shown)),
            "parts": [_part(section["part"], section["entries"]) for section in shown["sections"]],
            "title": " · ".join(filter(None, (name, shown["label"]))) or _("Résumé"),
            "style": style,
            "language": language,
            "rtl": get_language_info(language)["bidi"] if _is_known(language) else False,
        }


def page_context(resume: AbstractResume, style: str, paper: str) -> TemplateContext:
    """Return what the page of a résumé's print view needs: the paper, and ways to another size, look, and the file.

    The ways are query strings, so that the view may stand anywhere.
    """
    return paper_context(resume.content, style=style, title=resume.title) | {
        "paper": paper,
        "sheet": f"{_STATIC}paper/{paper}.css",
        "papers": _ways(PAPERS, paper, lambda name: {"format": "html", "paper": name, "style": style}),
        "styles": _ways(STYLES, style, lambda name: {"format": "html", "paper": paper, "style": name}),
        "pdf_url": f"?{urlencode({'format': 'pdf', 'paper': paper, 'style': style})}" if pdf_is_installed() else "",
        "interface_language": translation.get_language() or "en",
    }


def _ways(choices: JsonMapping, current: str, query: Callable[[str], dict[str, str]]) -> list[JsonObject]:
    return [
        {"label": label, "url": f"?{urlencode(query(name))}", "is_current": name == current}
        for name, label in choices.items()
    ]


def _language(content: object) -> str:
    """Return the language a résumé is written in: its ``meta.language``, else the one in use."""
    meta = content.get("meta") if isinstance(content, dict) else None
    named = meta.get("language") if isinstance(meta, dict) else None
    if isinstance(named, str) and translation.check_for_language(named):
        return named
    return translation.get_language() or "en"


def _is_known(language: str) -> bool:
    try:
        get_language_info(language)
    except KeyError:
        return False
    return True


def _contact(shown: JsonMapping) -> Any:
    if shown["email"]:
        yield {"text": shown["email"], "url": f"mailto:{shown['email']}"}
    if shown["phone"]:
        yield {"text": shown["phone"], "url": ""}
    if shown["place"]:
        yield {"text": shown["place"], "url": ""}
    for url in filter(None, [shown["url"], *(profile["link"] for profile in shown["profiles"])]):
        yield {"text": url.removeprefix("https://").removeprefix("http://").removesuffix("/"), "url": url}


def _part(part: str, entries: list[JsonObject]) -> JsonObject:
    label = str(PARTS[part])
    if part in _LISTS:
        return {"label": label, "is_list": True, "entries": entries}
    groups: list[JsonObject] = []
    for employer, found in groupby(entries, key=lambda entry: entry["group"]):
        roles = list(found)
        if part in ("work", "volunteer") and employer and len(roles) > 1:
            groups.append(
                {
                    "title": employer,
                    "meta": roles[0]["place"],
                    "link": roles[0]["link"],
                    "roles": [
                        {"title": role["title"] or employer, "meta": _span(role), "entry": role} for role in roles
                    ],
                }
            )
        else:
            groups += [_single(role) for role in roles]
    return {"label": label, "groups": groups}


def _single(entry: JsonObject) -> JsonObject:
    title = entry["title"] or entry["group"]
    where = ", ".join(filter(None, (entry["group"] if title != entry["group"] else "", entry["place"])))
    return {
        "title": title,
        "meta": " · ".join(filter(None, (where, _span(entry)))),
        "link": entry["link"],
        "entry": entry,
    }


def _span(entry: JsonMapping) -> str:
    """Return when something was, as people write it: from March 2017 to June 2021 with a dash between, or until today."""
    start, end = shown_date(entry["start"]), shown_date(entry["end"])
    if start and end:
        return start if start == end else f"{start} {_DASH} {end}"
    if start:
        return f"{start} {_DASH} {_('today')}"
    return end
