"""The first page: what waits for the person who opens it, each with its next step."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model

from ..conf import studio_settings
from ..links import link
from ..registry import Panel, discover, panels
from .base import DeskView
from .waiting import sentence_of

__all__ = ["TodayView"]

#: Lines of a panel; the others are where its heading leads.
LINES = 5


class TodayView(DeskView):
    """What waits for me."""

    room = "today"

    def get(self, request: HttpRequest) -> HttpResponse:
        discover()
        shown = []
        total = 0
        for name, panel in [*panels.items(), *host_panels()]:
            if not panel.allowed(self.actor):
                continue
            found = panel.waiting(request, LINES)
            if not found.lines and not panel.empty:
                continue
            total += found.total if panel.counts else 0
            shown.append(self._shown(name, panel, found))
        may_add = get_policy(get_page_model()).can(self.actor, "add")
        # What has something to say stands before what has not.
        shown.sort(key=lambda item: not item["found"].lines)
        return self.show(
            "today.html",
            _("Today"),
            panels=shown,
            sentence=sentence_of(total),
            total=total,
            may_add=may_add,
            create=link("create"),
        )

    def _shown(self, name: str, panel: Panel, found: Any) -> dict[str, Any]:
        more = found.more_url if found.total > len(found.lines) or found.lines else ""
        url = panel.empty_url(self.request) if panel.empty_url is not None else ""
        return {"name": name, "panel": panel, "found": found, "more": more, "empty_url": url}


def host_panels() -> list[tuple[str, Panel]]:
    """Return the panels of ``STUDIO_PANELS``; the system checks tell of those that are none."""
    found = []
    for path in studio_settings.STUDIO_PANELS:
        panel = import_string(path)
        if isinstance(panel, Panel):
            found.append((path.rpartition(".")[2].lower(), panel))
    return found
