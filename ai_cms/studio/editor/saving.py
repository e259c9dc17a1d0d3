"""Read and save the draft, bring two edits together, and keep what was written for a page that is gone."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document, same_json
from ai_cms.blocks.documents.merge import merge_documents
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.exceptions import InvalidInput, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.exceptions import PageStale
from ai_cms.pages.models import AbstractPage, RevisionKind
from ai_cms.pages.services import update_page
from ai_cms.pages.services.keeping import keep_for_deleted
from ai_cms.pages.snapshots import document_problems

from .answers import JsonView
from .page_fields import fields_of
from .state import draft_state, errors_by_block, last_writer, status_of

__all__ = ["DraftView", "MergeView", "StateView"]


class StateView(JsonView):
    """Who is logged in, with a token for their writes: asked when a session may have ended or been renewed."""

    right = "view"

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        page = self.page()
        return self.answer(
            {
                "user": str(request.user.pk),
                "token": get_token(request),
                "version": page.version,
                "by": last_writer(page),
            }
        )


class DraftView(JsonView):
    """The draft. ``PUT`` saves a whole document, fields, or both, for the version that ``If-Match`` names.

    What fails the validation of its fields is saved all the same and named in the answer; a publication refuses it.
    """

    deleted = True

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        page = self.page()
        return self.answer({**draft_state(page), "fields": fields_of(page)["values"]}, version=page.version)

    def put(self, request: HttpRequest, pk: int) -> JsonResponse:
        page = self.page()
        version, body = self.expected_version(), self.body()
        content, fields = body.get("content"), body.get("fields") or {}
        if content is not None and not isinstance(content, list):
            raise InvalidInput(errors={"content": [_("A document is a list of blocks.")]})
        if not isinstance(fields, dict):
            raise InvalidInput(errors={"fields": [_("Give the fields as an object.")]})
        if page.deleted_at is not None:
            return self._keep(page, version, fields, content)
        if page.version != version:
            return self._stale(page)
        kind = RevisionKind.MANUAL if body.get("kind") == "manual" else RevisionKind.AUTOSAVE
        try:
            saved = update_page(
                page,
                actor=self.actor,
                content=content,
                fields=fields,
                slug=body.get("slug") if isinstance(body.get("slug"), str) else None,
                expected_version=version,
                kind=kind,
            )
        except PageStale:
            page.refresh_from_db()
            return self._stale(page)
        return self.answer(
            {
                "version": saved.version,
                "status": status_of(saved),
                "cleaned": {} if content is None else _cleaned(content, saved.content_json),
                "errors": errors_by_block(saved.content_json, document_problems(saved).get("content_json", [])),
            },
            version=saved.version,
        )

    def _stale(self, page: AbstractPage) -> JsonResponse:
        """Answer 412 with the present draft: the editor brings the two together, and asks where both changed one block."""
        words = _("The page was changed since.")
        found = {"detail": words, "code": "stale_version", **draft_state(page), "fields": fields_of(page)["values"]}
        return self.answer(found, version=page.version, status=412)

    def _keep(self, page: AbstractPage, version: int, fields: JsonObject, content: object) -> JsonResponse:
        """Answer 410 for a page in the bin; what was written for it is kept in its history."""
        found: JsonObject = {"code": "binned", "kept": None, "may_restore": self.can("restore", page)}
        found["detail"] = _("This page was put into the bin while you were writing.")
        try:
            kept = keep_for_deleted(
                page,
                actor=self.actor,
                base_version=version,
                fields=fields,
                content=page.content_json.to_json() if content is None else content,
            )
            found["kept"] = kept.number
        except RequestRefused:
            pass
        return self.answer(found, status=410)


class MergeView(JsonView):
    """Bring two edits of one document together: ``base``, ``mine`` and the draft as it is now."""

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        page, body = self.page(), self.body()
        documents = []
        for name in ("base", "mine"):
            raw = body.get(name)
            if not isinstance(raw, list):
                raise InvalidInput(errors={name: [_("A document is a list of blocks.")]})
            try:
                document = Document(raw)
                document.check_structure()
                documents.append(document)
            except (InvalidDocument, TypeError, ValueError) as error:
                raise InvalidInput(errors={name: [_("A document is a list of blocks.")]}) from error
        theirs: Document = page.content_json
        merged = merge_documents(documents[0], documents[1], theirs)
        return self.answer(
            {
                **draft_state(page),
                "fields": fields_of(page)["values"],
                "merged": merged.document.to_json(),
                "conflicts": merged.conflicts,
            },
            version=page.version,
        )


def _cleaned(sent: object, saved: Document) -> JsonObject:
    """Return the props that are stored otherwise than they were sent, by block: cleaned HTML, trimmed text."""
    nodes, _parents = saved.index()
    found: JsonObject = {}
    waiting = list(sent) if isinstance(sent, list) else []
    while waiting:
        block = waiting.pop()
        if not isinstance(block, dict):
            continue
        stored = nodes.get(str(block.get("id", "")))
        if stored is not None and not same_json(stored.get("props") or {}, block.get("props") or {}):
            found[stored["id"]] = stored.get("props") or {}
        waiting.extend(block.get("children") or [])
    return found
