"""What of a site's public text was written by which model, and who answers for it.

Publications are counted when a report is asked for, those alone that were published since the last one: publishing and reading
cost nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import router, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.dateparse import parse_datetime

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.provenance import provenance_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Publication

from .marks import mark_of
from .models import AcceptedBlock, Authored, AuthoredPage

__all__ = [
    "ReportFilter",
    "authored_rows",
    "authorship_summary",
    "refresh_authorship",
    "report_rows",
    "row_of",
]

_BATCH = 200
_COLUMNS = {"human": "human", "import": "imported", "rules": "rules", "model": "model"}
_EXCERPT = 200


def refresh_authorship(rows: QuerySet[Publication] | None = None) -> int:
    """Count publications that are new or were published again since they were counted; returns how many."""
    same = Q(authored_page__revision=F("revision"), authored_page__published_at=F("published_at"))
    behind: QuerySet[Any] = (Publication.objects.all() if rows is None else rows).filter(active=True)
    keys = list(behind.exclude(pk__in=behind.filter(same).values("pk")).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH):
        _count(keys[start : start + _BATCH])
    return len(keys)


def _count(keys: list[int]) -> None:
    pages, blocks = [], []
    columns = ("pk", "page_id", "revision", "published_at", "content")
    for pk, page_id, revision, published_at, content in Publication.objects.filter(pk__in=keys).values_list(*columns):
        found: Counter[str] = Counter()
        for walked in Document(content).walk():
            record = provenance_of(walked.block) or {}
            source = str(record.get("source") or "")
            found[_COLUMNS.get(source, "unknown")] += 1
            if source == "model":
                blocks.append(_authored(pk, page_id, walked.block, record))
        pages.append(
            AuthoredPage(publication_id=pk, revision=revision, published_at=published_at, blocks=found.total(), **found)
        )
    with transaction.atomic(using=router.db_for_write(Authored)):
        # One writer at a time, or two reports would count a page twice.
        list(Publication.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
        Authored.objects.filter(publication_id__in=keys).delete()
        AuthoredPage.objects.filter(publication_id__in=keys).delete()
        AuthoredPage.objects.bulk_create(pages)
        Authored.objects.bulk_create(blocks, batch_size=500)


def _authored(pk: int, page_id: int, block: JsonObject, record: JsonObject) -> Authored:
    alone = {key: value for key, value in block.items() if key != "children"}
    return Authored(
        publication_id=pk,
        page_key=page_id,
        block=str(block.get("id") or "")[:64],
        type=str(block.get("type") or "")[:64],
        # Of an agent that does not say which model it asks, its own name is what is known.
        model=str(record.get("model") or record.get("by") or "")[:200],
        by=str(record.get("by") or "")[:200],
        call=str(record.get("call") or "")[:64],
        written_at=_moment(record.get("at")),
        edited=bool(record.get("edited")),
        mark=mark_of(block),
        excerpt=" ".join(Document([alone]).text().split())[:_EXCERPT],
    )


def _moment(value: object) -> datetime | None:
    try:
        found = parse_datetime(str(value)) if value else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


@dataclass(frozen=True)
class ReportFilter:
    """``site``: its key. ``below``: the key of a page; it and what is below it. ``model``: its name. ``person``: the key of who
    answers for it. ``since``: written from then on. ``unreviewed``: only what nobody answers for."""

    site: int | None = None
    below: int | None = None
    model: str = ""
    person: str = ""
    since: datetime | None = None
    unreviewed: bool = False


def _publications(chosen: ReportFilter, actor: Actor) -> QuerySet[Publication]:
    pages = get_policy(get_page_model()).visible(actor, get_page_model().objects.non_polymorphic().order_by())
    rows: QuerySet[Publication] = Publication.objects.public().filter(page__in=pages.values("pk")).order_by()
    if chosen.site is not None:
        rows = rows.filter(site_id=chosen.site)
    if chosen.below is not None:
        top = pages.filter(pk=chosen.below).values("tree_id", "lft", "rght").first()
        if top is None:
            return rows.none()
        rows = rows.filter(page__tree_id=top["tree_id"], page__lft__gte=top["lft"], page__rght__lte=top["rght"])
    return rows


def authored_rows(chosen: ReportFilter, *, actor: Actor) -> QuerySet[Any]:
    """Return the public blocks that models wrote, with who answers for each (``person_name``, ``accepted_at``, ``acceptance``),
    on pages that ``actor`` may read. What is behind is counted first."""
    publications = _publications(chosen, actor)
    refresh_authorship(publications)
    answers = AcceptedBlock.objects.filter(
        page_key=OuterRef("page_key"), block=OuterRef("block"), mark=OuterRef("mark"), by_person=True
    ).order_by("-acceptance__at", "-pk")
    rows: QuerySet[Any] = Authored.objects.filter(publication__in=publications.values("pk")).annotate(
        reviewed=Exists(answers)
    )
    if chosen.model:
        rows = rows.filter(model=chosen.model)
    if chosen.since is not None:
        rows = rows.filter(written_at__gte=chosen.since)
    if chosen.unreviewed:
        rows = rows.filter(reviewed=False)
    rows = rows.annotate(
        person_name=Subquery(answers.values("acceptance__person_name")[:1]),
        person_key=Subquery(answers.values("acceptance__person_key")[:1]),
        accepted_at=Subquery(answers.values("acceptance__at")[:1]),
        acceptance_id=Subquery(answers.values("acceptance_id")[:1]),
    )
    if chosen.person:
        rows = rows.filter(person_key=chosen.person)
    return rows.select_related("publication__site").order_by("publication__path", "pk")


def authorship_summary(chosen: ReportFilter, *, actor: Actor) -> JsonObject:
    """Return the figures of a report: pages and blocks, blocks by source, by model, and the share still unreviewed.

    ``blocks``: all public ones of the pages chosen by site and place; the filters of model, person and time narrow what is
    told of models.
    """
    rows: QuerySet[Any] = authored_rows(chosen, actor=actor).order_by()
    pages = AuthoredPage.objects.filter(publication__in=_publications(chosen, actor).values("pk"))
    totals = pages.aggregate(
        pages=Count("pk"), **{name: Sum(name) for name in ("blocks", "human", "imported", "rules", "model", "unknown")}
    )
    by_model: dict[str, Counter[str]] = {}
    for model, reviewed, edited, count in rows.values_list("model", "reviewed", "edited").annotate(count=Count("pk")):
        found = by_model.setdefault(model, Counter())
        found["blocks"] += count
        found["reviewed" if reviewed else "unreviewed"] += count
        found["edited"] += count if edited else 0
    written = sum(found["blocks"] for found in by_model.values())
    waiting = sum(found["unreviewed"] for found in by_model.values())
    return {
        "pages": totals.pop("pages"),
        **{name: value or 0 for name, value in totals.items()},
        "by_models": written,
        "unreviewed": waiting,
        "share_unreviewed": round(waiting / written, 4) if written else 0.0,
        "models": [
            {"model": model, **{name: found[name] for name in ("blocks", "reviewed", "unreviewed", "edited")}}
            for model, found in sorted(by_model.items(), key=lambda item: (-item[1]["blocks"], item[0]))
        ],
    }


def row_of(row: Any) -> JsonObject:
    """Return one row of the report, for CSV and the API."""
    publication = row.publication
    return {
        "site": str(publication.site),
        "page": row.page_key,
        "title": publication.title,
        "path": publication.path,
        "block": row.block,
        "type": row.type,
        "model": row.model,
        "call": row.call,
        "written_at": row.written_at.isoformat() if row.written_at is not None else None,
        "edited": row.edited,
        "reviewed": row.reviewed,
        "responsible": row.person_name or "",
        "accepted_at": row.accepted_at.isoformat() if row.accepted_at is not None else None,
        "acceptance": str(row.acceptance_id) if row.acceptance_id else None,
        "text": row.excerpt,
    }


def report_rows(chosen: ReportFilter, *, actor: Actor) -> Iterator[JsonObject]:
    """Yield all rows of a report, in the order of their paths."""
    for row in authored_rows(chosen, actor=actor).iterator(chunk_size=500):
        yield row_of(row)
