"""The dossier of a page: how each block of it came to be, and who answers for it, as one signed record."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.provenance import provenance_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import ActorLike, policy_for
from ai_cms.pages.addresses import public_url
from ai_cms.pages.models import AbstractPage, Publication

from .acceptances import accepted_marks, person_name
from .marks import KINDS, kind_of, mark_of
from .models import Acceptance
from .seals import sealed

__all__ = ["FORMAT", "acceptance_record", "page_dossier"]

FORMAT = "ai_cms.evidence/1"


def acceptance_record(acceptance: Acceptance) -> JsonObject:
    """Return an acceptance as JSON, with everything that was shown."""
    return {
        "id": str(acceptance.pk),
        "at": acceptance.at.isoformat(),
        "page": acceptance.page_key,
        "page_title": acceptance.page_title,
        "page_path": acceptance.page_path,
        "proposal": acceptance.proposal_id,
        "proposal_title": acceptance.proposal_title,
        "responsible": {"key": acceptance.person_key, "name": acceptance.person_name},
        "by_policy": acceptance.by_policy,
        "asked_by": acceptance.asked_by,
        "agent": acceptance.agent,
        "source": acceptance.source,
        "model": acceptance.model,
        "call": acceptance.call,
        "run": acceptance.run,
        "base_version": acceptance.base_version,
        "version": acceptance.version,
        "revision": acceptance.revision,
        "shown": acceptance.shown,
        "shown_digest": acceptance.shown_digest,
        # Whether the screen of the person said that it showed just this.
        "shown_confirmed": acceptance.shown_to_person == acceptance.shown_digest,
        "shown_to_person": acceptance.shown_to_person,
        "changes": acceptance.changes,
    }


def page_dossier(page: AbstractPage, *, actor: ActorLike, draft: bool = False) -> JsonObject:
    """Return the signed record of a page's published text (``draft``: of its working draft, also where nothing is published).

    ``{"format", "made_at", "page", "summary": {kind: blocks}, "blocks": […], "acceptances": […], "seal"}``; each block says its
    ``kind`` (:data:`ai_cms.evidence.marks.KINDS`), who wrote it and who ``answers`` for it. Raises what permissions raise.
    """
    policy_for(page).require(actor, "view", page)
    publication = Publication.objects.filter(page_id=page.pk, active=True).select_related("published_by").first()
    shown = None if draft else publication
    document = Document(shown.content) if shown is not None else page.content_json
    accepted = accepted_marks(page.pk)
    walked = [one.block for one in document.walk()]
    names = _names(walked)
    blocks = [_block(block, accepted.get((str(block["id"]), mark_of(block))), names) for block in walked]
    found = Counter(block["kind"] for block in blocks)
    rows = Acceptance.objects.filter(page_key=page.pk).order_by("at", "pk")
    return sealed(
        {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "page": {
                "id": page.pk,
                "title": shown.title if shown is not None else page.title,
                "path": page.path,
                "address": public_url(page.path),
                "type": page.type,
                "locale": page.locale,
                "state": "published" if shown is not None else "draft",
                "version": shown.version if shown is not None else page.version,
                "revision": shown.revision if shown is not None else page.latest_revision,
                "published_at": shown.published_at.isoformat() if shown is not None else None,
                "published_by": person_name(shown.published_by) if shown is not None else "",
            },
            "summary": {"blocks": len(blocks), **{kind: found.get(kind, 0) for kind in KINDS}},
            "blocks": blocks,
            "acceptances": [acceptance_record(row) for row in rows],
        }
    )


def _names(blocks: list[JsonObject]) -> dict[str, str]:
    """Return what the accounts are called that provenance names by their keys."""
    keys = {str((provenance_of(block) or {}).get("by") or "") for block in blocks}
    field = get_user_model()._meta.pk
    wanted = []
    for key in keys - {""}:
        try:
            wanted.append(field.to_python(key))
        except (ValidationError, ValueError, TypeError):
            # Of an agent or an importer it is a name.
            continue
    users = get_user_model()._default_manager.in_bulk(wanted)
    return {str(pk): person_name(user) for pk, user in users.items()}


def _block(block: JsonObject, acceptance: Acceptance | None, names: dict[str, str]) -> JsonObject:
    record: dict[str, Any] = provenance_of(block) or {}
    by = str(record.get("by") or "")
    alone = {key: value for key, value in block.items() if key != "children"}
    answers: JsonObject | None = None
    if acceptance is not None:
        answers = {
            "name": acceptance.person_name,
            "key": acceptance.person_key,
            "at": acceptance.at.isoformat(),
            "acceptance": str(acceptance.pk),
        }
    elif record.get("source") == "human":
        answers = {"name": names.get(by, by), "key": by, "at": record.get("at"), "acceptance": None}
    return {
        "id": str(block["id"]),
        "type": str(block.get("type", "")),
        "kind": kind_of(block, accepted=acceptance is not None),
        "text": " ".join(Document([alone]).text().split()),
        "source": record.get("source"),
        "by": names.get(by, by),
        "model": record.get("model"),
        "call": record.get("call"),
        "written_at": record.get("at"),
        "edited": bool(record.get("edited")),
        "answers": answers,
    }
