"""Publish, plan, take off: the editor's buttons over the services of pages."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.exceptions import PublishRefused
from ai_cms.pages.services import publish_page, restore_page, schedule_page, unpublish_page
from ai_cms.pages.snapshots import document_problems

from .answers import JsonView
from .state import errors_by_block, status_of

__all__ = ["DecideView"]


class DecideView(JsonView):
    """``{"action": "publish" | "unpublish" | "schedule" | "restore"}`` for the version that ``If-Match`` names."""

    right = "view"
    deleted = True

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        page, body = self.page(), self.body()
        action = body.get("action")
        if action == "restore":
            restore_page(page, actor=self.actor)
            page.refresh_from_db()
            return self.answer({"version": page.version, "status": status_of(page)}, version=page.version)
        version = self.expected_version()
        try:
            if action == "publish":
                publish_page(page, actor=self.actor, expected_version=version)
            elif action == "unpublish":
                unpublish_page(page, actor=self.actor, expected_version=version)
            elif action == "schedule":
                moments = {name: _moment(body, name) for name in ("go_live_at", "expire_at")}
                schedule_page(page, actor=self.actor, expected_version=version, **moments)
            else:
                raise InvalidInput(errors={"action": [_("Choose publish, unpublish, schedule or restore.")]})
        except PublishRefused as error:
            problems = document_problems(page).get("content_json", [])
            fields = {name: found for name, found in (error.errors or {}).items() if name != "content_json"}
            answer: JsonObject = {
                "code": "publish_refused",
                "detail": str(error.detail),
                "errors": errors_by_block(page.content_json, problems),
                "fields": fields,
            }
            return self.answer(answer, status=400)
        page.refresh_from_db()
        return self.answer({"version": page.version, "status": status_of(page)}, version=page.version)


def _moment(body: JsonObject, name: str) -> datetime | None:
    """Return a time of the body; one without an offset is meant in the site's time zone."""
    raw = body.get(name)
    if raw in (None, ""):
        return None
    try:
        found = parse_datetime(raw) if isinstance(raw, str) else None
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput(errors={name: [_("Give a date and a time, such as 2030-01-31T08:00.")]})
    return timezone.make_aware(found) if timezone.is_naive(found) else found
