"""The panel that assist puts on the queue of pictures without a text in the assets' admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.models import Run

from .alt_texts import last_run, state_of, waiting

__all__ = ["alt_texts_panel"]


def alt_texts_panel(request: HttpRequest) -> SafeString:
    """Return the button that has texts proposed, or how far the run is; "" for whom may not, or without the admin."""
    actor = Actor.from_request(request)
    if not (actor.is_staff and get_policy(Run).can(actor, "add")):
        return SafeString()
    run = last_run(actor)
    context: TemplateContext = {
        "waiting": waiting(actor).count(),
        "again": waiting(actor, again=True).count(),
        "state": state_of(run) if run is not None else None,
    }
    try:
        context["start_url"] = reverse("admin:ai_cms_assist_writingrun_alt_texts")
        if run is not None:
            context["state_url"] = reverse("admin:ai_cms_assist_writingrun_alt_texts_state", args=[run.pk])
            context["cancel_url"] = reverse("admin:ai_cms_assist_writingrun_alt_texts_cancel", args=[run.pk])
    except NoReverseMatch:
        return SafeString()
    return SafeString(render_to_string("admin/ai_cms_assist/alt_texts_panel.html", context, request))
