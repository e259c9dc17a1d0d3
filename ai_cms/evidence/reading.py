"""Read reports for people and programs: as rows, as CSV, and what of a page waits for somebody to answer for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.pages.changes import changes_digest
from ai_cms.pages.models import AbstractPage, Publication

from .acceptances import unreviewed, unreviewed_changes
from .authorship import ReportFilter, report_rows

__all__ = ["COLUMNS", "csv_lines", "waiting_of"]

COLUMNS = (
    *("site", "page", "title", "path", "block", "type", "model", "call", "written_at", "edited", "reviewed"),
    *("responsible", "accepted_at", "acceptance", "text"),
)
#: What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(chosen: ReportFilter, *, actor: Actor) -> Iterator[str]:
    """Yield the report as lines of CSV, the names of the columns first. Cells that a spreadsheet would carry out are quoted."""
    yield _line(COLUMNS)
    for row in report_rows(chosen, actor=actor):
        yield _line([_cell(row[name]) for name in COLUMNS])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: object) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(cells)  # type: ignore[arg-type]
    return file.getvalue()


def waiting_of(page: AbstractPage) -> JsonObject:
    """Return what models wrote on the published page that nobody answers for: {"changes", "shown_digest"}."""
    publication = Publication.objects.filter(page_id=page.pk, active=True).first()
    document = Document(publication.content if publication is not None else [])
    changes = unreviewed_changes(unreviewed(page.pk, document))
    return {"changes": changes, "shown_digest": changes_digest(changes)}
